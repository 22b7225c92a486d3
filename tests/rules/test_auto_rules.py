"""The rules of `auto`: what commits and bytes ask for, as a table; laws over all of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release.core.auto import TYPES, WORDS, AutoFacts, CommitText, choose_level, read_commits
from release.core.check import Change
from release.core.config import AutoConfig
from release.core.metrics import Param
from release.core.pointer import PointerChange

ONE = Version(1, 2, 3)
ZERO = Version(0, 2, 3)


def sha(number):
    return f"{number:040x}"


def commit(subject, body="", number=1, parents=("f" * 40,)):
    return CommitText(id=sha(number), subject=subject, body=body, parents=parents)


def commits(*subjects):
    """Newest first, as git tells them."""
    return [commit(subject, number=number) for number, subject in enumerate(subjects, 1)]


def pointer(path, before="a" * 32, after="b" * 32):
    change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
    return PointerChange(
        path=path,
        parent=None,
        change=change,
        before_oid=before,
        after_oid=after,
        before_size_bytes=1,
        after_size_bytes=1,
    )


PARAM = Param(file="params.yaml", key="lr", before=0.1, after=0.2, change=Change.CHANGED)


def word(rules=None, base=ONE, **facts):
    return choose_level(AutoFacts(base=base, **facts), rules or AutoConfig()).word


# What `git merge --squash` writes of a commit
LOG = f"commit {'a' * 40}\nAuthor: Z <z@example.com>\nDate:   Thu May 17 11:21:50 2018 -0400\n\n    {{}}\n\n"


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("feat: a", "", "minor"),
        ("FEAT(scope): a", "", "minor"),
        ("fix: a", "", "patch"),
        ("perf(x): a", "", "patch"),
        ("revert: something older", "", "patch"),
        ("i18n!: rename all keys", "", "major"),
        ("build-deps(core)!: another ABI", "", "major"),
        ("feat: a", "BREAKING CHANGE:\nthe text begins on the next line", "major"),
        ("feat: a", "BREAKING CHANGE:\n\n- a list\n- of two", "major"),
        ("feat: a", "BREAKING CHANGE:\nSigned-off-by: a footer, not the text", "minor"),
        ("docs: a", "```\nBREAKING CHANGE: an example\n```", "none"),
        ("docs: a", "```\nan example\n```\n\nBREAKING CHANGE: this one counts", "major"),
        ("docs: a", "> BREAKING CHANGE: quoted", "none"),
        ("chore: a", "<details>\n\n* feat!: of another project\n\n</details>", "none"),
        ("chore: a", "<details>\n<details>\n</details>\n* feat!: still quoted\n</details>", "none"),
        ("docs: a", "```\n```python\nBREAKING CHANGE: still in the fence\n```", "none"),
        ("chore: a", "<blockquote>\n<li>x</li>\nBREAKING CHANGE: b\n</blockquote>", "none"),
        ("docs: a", "<pre>\n* feat!: b\n</pre>\n\nBREAKING CHANGE: ours", "major"),
        ("docs: a", "<!-- * feat: b -->\n* fix: c", "patch"),
        ("docs: a", "<!--\n<!-- * feat: b\n-->\n* fix: c", "patch"),
        # bots that update dependencies quote upstream; their own text is before it, and a person's heading is no quote
        ("Bump x from 1 to 2 (#4)", "Bumps x.\n\nRelease notes\n\n* feat!: theirs", "patch"),
        ("chore(deps-dev): bump x from 1 to 2", "### Changelog\n\nBREAKING CHANGE: theirs", "none"),
        ("fix(deps): update dependency x to v2", "BREAKING CHANGE: ours\n\n**Release Notes**\n\n* a", "major"),
        ("feat: a", "Changelog:\n\nBREAKING CHANGE: ours", "major"),
        # a list below a footer is its text, a squash's next line is not
        ("docs: a", "BREAKING CHANGE: b\n\n* c\n* feat: d", "major"),
        ("Merged PR 12: feat: a", "", "minor"),
        ("docs: a", "", "none"),
        ("chore(deps): a", "", "none"),
        ("ci: a", "", "none"),
        ("refactor: a", "", "none"),
        ("refactor!: a", "", "major"),
        ("feat(api)!: a", "", "major"),
        ("chore: a", "BREAKING CHANGE: gone", "major"),
        ("chore: a", "text\n\nBREAKING-CHANGE: gone", "major"),
        ("chore: a", "a breaking change: not in capitals, not at all", "none"),
        ("docs: a", "no BREAKING CHANGE: in the middle of a line", "none"),
        ("Improve it", "", "patch"),
        ("WIP: feat: no type that is known", "", "patch"),
        ("feat:no blank", "", "patch"),
        ("feat : a blank too many", "", "patch"),
        ("", "", "patch"),
        # squashes: every line of the body that is one
        ("docs: all (#1)", "* docs: a\n* feat: b\n", "minor"),
        ("docs: all (#1)", "- fix: a\n\n  more\n\n- docs: b", "patch"),
        ("docs: all (#1)", "* feat!: a", "major"),
        ("docs: all (#1)", "feat: no bullet, so a sentence", "none"),
        ("docs: all (#1)", "* Improve it", "none"),
        # squashes without a list: git merge --squash, and Bitbucket, where each message begins after a blank line
        ("Squashed commit of the following:", LOG.format("feat: a"), "minor"),
        (
            "chore: merge x",
            f"Squashed commit of the following:\n\n{LOG.format('docs: a')}{LOG.format('fix!: b')}",
            "major",
        ),
        ("Squashed commit of the following:", LOG.format("feat: a\n    \n    BREAKING CHANGE: b\n    c"), "major"),
        ("Squashed commit of the following:", LOG.format("docs: a\n    \n    Release-As: 2.0.0"), "2.0.0"),
        ("docs: a", "commit of the bytes\nAuthor: Z\n\n    feat: code in a text", "none"),
        ("Merged in x (pull request #1)", "feat: a\n\nApproved-by: Z", "minor"),
        ("Merged in x (pull request #1)", "docs: a\n\ntext\n\nfeat!: b\n\nCloses: #5", "major"),
        # as commitizen reads it
        ("BREAKING CHANGE: no JSON", "", "major"),
        # trailers decide for their commit
        ("docs: a", "Release: minor", "minor"),
        ("docs: a", "text\r\n\r\nrelease: MAJOR\r\n", "major"),
        ("feat: a", "Release: patch", "patch"),
        ("feat!: a", "Release: none", "none"),
        ("docs: a", "* feat: b\n\nRelease: patch\n\n* feat: c\n\nRelease: minor", "minor"),
        ("docs: a", "Release: minor changes only", "none"),
        ("docs: a", "Release-As: 2.0.0", "2.0.0"),
        ("docs: a", "Release-As: v2.0.0-rc.1", "2.0.0-rc.1"),
        ("docs: a", "Release-As: 2.0", "none"),
        ("docs: a", "Release-As: 2.0.0+build", "none"),
    ],
)
def test_what_a_commit_says(subject, body, expected):
    assert word(commits=[commit(subject, body)]) == expected


@pytest.mark.parametrize(
    ("facts", "expected", "reason"),
    [
        ({"pointers": [pointer("model.pt")]}, "minor", "minor: model.pt changed"),
        ({"pointers": [pointer("model.pt", before=None)]}, "minor", "minor: model.pt added"),
        ({"pointers": [pointer("model.pt", after=None)]}, "major", "major: model.pt removed"),
        (
            {"pointers": [pointer("a.pt", after=None), pointer("b.pt", before=None, after="a" * 32)]},
            "major",
            "major: a.pt renamed to b.pt",
        ),
        ({"params": [PARAM]}, "minor", "minor: params.yaml: lr 0.1 -> 0.2"),
        (
            {"interface": ["labels.json"], "pointers": [pointer("labels.json")]},
            "major",
            "major: labels.json changed (an interface)",
        ),
        ({}, "none", None),
    ],
)
def test_what_changed_in_the_bytes(facts, expected, reason):
    choice = choose_level(AutoFacts(base=ONE, **facts), AutoConfig())
    assert choice.word == expected
    assert next(iter(choice.reasons), None) == reason


def test_an_interface_is_named_once():
    facts = AutoFacts(base=ONE, interface=["labels.json"], pointers=[pointer("labels.json")])
    assert choose_level(facts, AutoConfig()).reasons == ("major: labels.json changed (an interface)",)


@pytest.mark.parametrize(
    ("rules", "facts", "expected"),
    [
        ({"removed": "minor"}, {"pointers": [pointer("x", after=None)]}, "minor"),
        ({"data": "patch"}, {"pointers": [pointer("x")]}, "patch"),
        ({"data": "none"}, {"pointers": [pointer("x")]}, "none"),
        ({"params": "major"}, {"params": [PARAM]}, "major"),
        ({"other": "none"}, {"commits": commits("Improve it")}, "none"),
        ({"types": {"docs": "patch"}}, {"commits": commits("docs: a")}, "patch"),
        ({"types": {"tune": "minor"}}, {"commits": commits("tune: a")}, "minor"),
        ({"types": {"feat": "patch"}}, {"commits": commits("feat: a")}, "patch"),
    ],
)
def test_rules_can_be_configured(rules, facts, expected):
    assert word(AutoConfig(**rules), **facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"commits": commits("feat!: a")}, "minor"),
        ({"commits": commits("docs!: a")}, "minor"),
        ({"pointers": [pointer("x", after=None)]}, "minor"),
        ({"interface": ["x"]}, "minor"),
        ({"commits": [commit("docs: a", "Release: major")]}, "major"),  # said in so many words
    ],
)
def test_below_1_0_0_breaking_is_minor(facts, expected):
    assert word(base=ZERO, **facts) == expected
    assert word(AutoConfig(breaking_below_1="major"), base=ZERO, **facts) == "major"


def test_what_breaks_is_no_less_than_its_type_even_where_breaking_is():
    assert word(AutoConfig(breaking_below_1="patch"), base=ZERO, commits=commits("feat!: a")) == "minor"


def test_the_newest_release_as_counts_and_every_reason_is_told():
    found = choose_level(
        AutoFacts(
            base=ONE, commits=[commit("fix: b", "Release-As: 3.0.0", 2), commit("feat: a", "Release-As: 2.0.0", 1)]
        ),
        AutoConfig(),
    )
    assert found.kind == Version(3, 0, 0)
    assert found.reasons == (
        "3.0.0: 0000000 fix: b (Release-As)",
        "minor: 0000000 feat: a",
        "patch: 0000000 fix: b",
    )


def test_trailers_that_cannot_be_understood_are_noted():
    found = choose_level(
        AutoFacts(base=ONE, commits=[commit("fix: a", "Release-As: soon\nRelease: big")]), AutoConfig()
    )
    assert found.notes == (
        "0000000: Release-As: soon is not understood: name a full version, such as 2.0.0",
        "0000000: Release: big is not understood: it is major, minor, patch or none",
    )


def merge(subject, number, *parents, body=""):
    return commit(subject, body, number, tuple(map(sha, parents)))


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ("Merge branch 'topic'", "", "none"),
        ("Merge pull request #1 from x/topic", "feat: a", "minor"),
        ("Merge pull request #1 from x/topic", "Improve it", "none"),
        ("feat: a (#1)", "", "minor"),
        ("Merge branch 'topic'", "Release-As: 4.0.0", "4.0.0"),
    ],
)
def test_a_merge_says_only_what_is_conventional(subject, body, expected):
    assert word(commits=[merge(subject, 3, 1, 2, body=body)]) == expected


def revert(of, number, subject=None):
    return commit(subject or f'Revert "{of.subject}"', f"This reverts commit {of.id}.", number)


def test_a_revert_takes_back_and_a_revert_of_it_brings_again():
    feat = commit("feat: a", number=1)
    back = revert(feat, 2)
    again = revert(back, 3)
    assert word(commits=[back, feat]) == "none"
    assert word(commits=[again, back, feat]) == "minor"
    assert word(commits=[revert(again, 4), again, back, feat]) == "none"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("feat: a cache, done properly", "minor"),
        ("docs: why the cache went", "patch"),  # the fix that it mentions stays
        ("fix: revert the cache", "none"),
        ("chore(deps): Revert the cache", "none"),
        ("revert: the cache", "none"),
        ("Merged PR 12: Revert 'fix: a cache'", "none"),
        ("Back out the cache", "none"),
    ],
)
def test_a_commit_with_a_subject_of_its_own_takes_nothing_back(subject, expected):
    fix = commit("fix: a cache", number=1)
    assert word(commits=[commit(subject, f"This reverts commit {fix.id}.", 2), fix]) == expected


def test_a_revert_of_an_older_release_s_commit_is_a_patch():
    assert word(commits=[revert(commit("feat: a", number=1), 2)]) == "patch"


@pytest.mark.parametrize(
    ("subject", "of"),
    [
        ('Revert "feat: a (#1)" (#2)', "feat: a (#1)"),
        ('Revert "feat: a (#1)"', "feat: a (#1)"),
        ('Revert "feat: a" (#2)', "feat: a"),
        ("revert: feat: a", "feat: a"),
        ("revert: feat: a (#2)", "feat: a"),
        ("revert(x): feat: a (#1) (#2)", "feat: a (#1)"),
        ("revert: feat: a (#1)", "feat: a (#1)"),
    ],
)
def test_a_revert_without_an_id_is_found_by_its_subject(subject, of):
    assert word(commits=[commit(subject, "Reverts x/y#1", 2), commit(of, number=1)]) == "none"


def reverted(*messages, merges=()):
    """The messages, newest first, that are reverted or reverts; A to F in them stand for the ids of the first six."""
    ids = [letter * 40 for letter in "abcdef"]
    texts = [re.sub(r"\b[A-F]\b", lambda found: found[0].lower() * 40, message) for message in messages]
    read = read_commits(
        [
            CommitText(
                id=id,
                subject=text.partition("\n\n")[0],
                body=text.partition("\n\n")[2],
                parents=("9" * 40, "8" * 40) if place in merges else ("9" * 40,),
            )
            for place, (id, text) in enumerate(zip(ids, texts, strict=False))
        ],
        TYPES,
    )
    return [message for message, said in zip(messages, read, strict=True) if said.reverted]


GONE = [
    # git: revert, of a merge, --reference, of a revert
    ('Revert "feat: a"\n\nThis reverts commit B.', "feat: a"),
    ("Back out a\n\nThis reverts commit B, reversing\nchanges made to C.", "feat: a"),
    ("Back out a\n\nThis reverts commit bbbbbbbb (feat: a, 2026-11-29).", "feat: a"),
    ('Reapply "feat: a"\n\nThis reverts commit B.', 'Revert "feat: a"\n\nThis reverts commit 0123456789.'),
    ('Reapply "feat: a"', 'Revert "feat: a"\n\nThis reverts commit 0123456789.'),
    # GitHub: the button, with the numbers of a squash or without
    ('Revert "feat: a" (#2)\n\nReverts x/y#1', "feat: a (#1)"),
    ('Revert "feat: a (#1)" (#2)', "feat: a (#1)"),
    ('Revert "feat: a" (#2)\n\nReverts x/y#1', "feat: another title, edited (#1)"),
    ('Revert "feat: a" (#2)\n\nReverts x/y#1', "feat: a"),  # merged by a rebase
    ('Revert "Revert "feat: a"" (#3)\n\nReverts x/y#2', 'Revert "feat: a" (#2)\n\nReverts x/y#1'),
    ("Revert \u201cfeat: a\u201d (#2)", "feat: a (#1)"),
    # GitLab, Azure DevOps, Bitbucket, Gerrit
    ('Revert "feat: a"\n\nThis reverts commit B', "feat: a"),
    ('Revert "feat: a"\n\nThis reverts merge request !12', "feat: a (!12)"),
    ("Merged PR 13: Revert 'feat: a'\n\nReverted commit `bbbbbbbb`.", "Merged PR 12: feat: a"),
    ('Merged PR 13: Revert "Merged PR 12: feat: a"', "Merged PR 12: feat: a"),
    ('Revert "feat: a (pull request #3)" (pull request #4)', "feat: a (pull request #3)"),
    ('Revert "feat: a"\n\nThis reverts commit B.\n\nReason for revert: it is slow', "feat: a"),
    ('Revert^2 "feat: a"', 'Revert "feat: a"'),
    # Conventional Commits and its tools
    ("revert: feat: a\n\nThis reverts commit B.", "feat: a"),
    ("revert: let us never speak of it\n\nRefs: B", "feat: a"),
    ("revert(x)!: feat: a", "feat: a"),
    ("fix: revert the cache\n\nThis reverts commit B.", "feat: a"),
    # several in one
    ("Revert both\n\nThis reverts commit B.\nThis reverts commit C.", "feat: b", "feat: a"),
    ("Revert both\n\nThis reverts commits B and C.", "feat: b", "feat: a"),
    ("revert: the noodles\n\nRefs: B, C", "feat: b", "feat: a"),
    ('Revert "feat: b" and "feat: a"', "feat: b (#7)", "feat: a"),
    ('Revert "feat: b (#7)", "feat: a (#6)" (#8)', "feat: b (#7)", "feat: a (#6)"),
    (
        'Take two back (#9)\n\n* Revert "feat: b"\n\nThis reverts commit B.\n\n* Revert "feat: a"\n\nThis reverts commit C.',
        "feat: b",
        "feat: a",
    ),
    ('Revert two features (#9)\n\n* Revert "feat: b"\n* Revert "feat: a"', "feat: b", "feat: a"),
    ('Revert "feat: a"', 'Revert "feat: a"', "feat: a", "feat: a"),
]


@pytest.mark.parametrize("messages", GONE, ids=lambda messages: messages[0][:50])
def test_a_revert_is_found_in_every_form_that_git_and_forges_write(messages):
    assert reverted(*messages, "docs: older") == [*messages]


@pytest.mark.parametrize(
    ("messages", "gone"),
    [
        # what adds something, or only mentions a revert; only git's own line makes a plain subject a revert
        (("Another cache\n\nThis reverts commit B and does it in another way.", "feat: a"), []),
        (("Another cache\n\nThis reverts commit B. It was slow.", "feat: a"), []),
        (("Another cache\n\nAs it was slow, this reverts commit B.", "feat: a"), []),
        (("Another cache\n\nWe may revert commit B later.", "feat: a"), []),
        (("feat: another cache\n\nThis reverts commit B.", "feat: a"), []),
        (('feat: Revert "feat: a"', "feat: a"), []),
        (("chore!: other keys\n\nThis reverts commit B.", "feat: a"), []),
        (("docs: why\n\n```\nThis reverts commit B.\n```", "feat: a"), []),
        (('Reverting "feat: a" has a price', "feat: a"), []),
        # of the same title, but not what was reverted
        (('Revert "feat: a" (#2)\n\nReverts x/y#1', "feat: a (#5)"), []),
        (('Revert "feat: a (#1)" (#2)', "feat: a (#5)"), []),
        (('Revert "Update data"\n\nThis reverts commit 0123456789.', "Update data"), []),
        (("feat: a", 'Revert "feat: a"'), []),
        # in part
        (("Revert both\n\nThis reverts commits B and 0123456789.", "feat: a"), ["feat: a"]),
        (('Revert "feat: b" and "feat: a"', "feat: b"), ["feat: b"]),
        (('feat: c (#9)\n\n* Revert "feat: a"\n\nThis reverts commit B.\n\n* feat: c', "feat: a"), ["feat: a"]),
        (('Better (#9)\n\n* Revert "feat: a"\n* feat: c', "feat: a"), ["feat: a"]),
        (('Better (#9)\n\n* Revert "feat: a"\n* Improve it', "feat: a"), ["feat: a"]),
        (('Revert "feat: a" (#2)\n\nReverts x/y#1\n\n* feat: c', "feat: a (#1)"), ["feat: a (#1)"]),
    ],
    ids=lambda value: value[0][:50] if isinstance(value, tuple) else None,
)
def test_what_is_no_revert_or_one_in_part(messages, gone):
    assert reverted(*messages, "docs: older") == gone


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('* feat: a\n* Revert "feat: a"\n* docs: b', "none"),
        ('* Revert "feat: a"\n* feat: a', "minor"),  # the oldest line comes first: the feature is newer
        ('* fix: a\n\nBREAKING CHANGE: b\n\n* Revert "fix: a"', "none"),
        ('* fix: a\n* feat: b\n* Revert "feat: b"', "patch"),
    ],
)
def test_a_squash_may_revert_its_own_lines(body, expected):
    assert word(commits=[commit("docs: all (#1)", body)]) == expected


def test_a_merge_s_title_does_not_bring_back_what_it_brought():
    feat = merge("feat: t", 3, 1)
    joined = merge("Merge pull request #7 from x/topic", 5, 2, 3, body="feat: t")
    assert word(commits=[revert(feat, 6), joined, feat]) == "none"
    assert word(commits=[joined, feat]) == "minor"
    by_number = commit('Revert "The topic" (#8)', "Reverts x/y#7", 6)
    assert word(commits=[by_number, joined, feat]) == "none"


def test_the_revert_of_something_older_counts_as_one():
    rules = AutoConfig(types={"revert": "none"}, other="minor")
    assert word(rules, commits=commits('Revert "Wider filters"')) == "none"
    assert word(rules, commits=commits("Back to wider filters")) == "minor"


def test_a_release_as_without_effect_is_noted():
    found = choose_level(
        AutoFacts(
            base=ONE,
            commits=[
                commit("fix: c", "Release-As: 3.0.0", 3),
                commit("fix: b", "Release-As: 2.0.0 please", 2),
                commit("fix: a", "Release-As: 2.0.0\nRelease-As:", 1),
            ],
        ),
        AutoConfig(),
    )
    assert found.kind == Version(3, 0, 0)
    assert found.notes == (
        "0000000: Release-As: 2.0.0 please is not understood: name a full version, such as 2.0.0",
        "0000000: Release-As: 2.0.0 has no effect: that of 0000000 is newer",
        "0000000: Release-As: (nothing) is not understood: name a full version, such as 2.0.0",
    )


def test_a_commit_is_taken_back_once_the_same_subject_again_counts():
    assert word(commits=commits("feat: a", 'Revert "feat: a"', "feat: a")) == "minor"


def test_a_reverted_merge_takes_all_that_it_brought():
    # 1 <- 2 (main), 1 <- 3 <- 4 (topic), 5 merges 4 into 2, 6 reverts 5
    main, topic = merge("docs: m", 2, 1), [merge("feat: t", 4, 3), merge("feat!: t", 3, 1)]
    joined = merge("Merge branch 'topic'", 5, 2, 4)
    back = commit("Revert", f"This reverts commit {joined.id}, reversing\nchanges made to {main.id}.", 6)
    assert word(commits=[joined, *topic, main]) == "major"
    assert word(commits=[back, joined, *topic, main]) == "none"


subjects = st.sampled_from(
    [*(f"{name}: x" for name in TYPES), *(f"{name}!: x" for name in TYPES), "Improve it", "Merge branch 'x'", ""]
)
bodies = st.sampled_from(["", "BREAKING CHANGE: x", "* feat: x\n* fix: y", "Release: minor", "Release: none", "text"])
texts = st.builds(
    lambda subject, body, number, merged: commit(
        subject, body, number, (sha(900), sha(901)) if merged else (sha(900),)
    ),
    subjects.filter(lambda subject: not subject.startswith("revert")),
    bodies,
    st.integers(1, 800),
    st.booleans(),
)
pointers = st.builds(
    lambda path, ends: pointer(path, *ends),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([("a", "b"), (None, "b"), ("a", None)]),
)
levels = st.sampled_from(WORDS)
rules = st.builds(
    AutoConfig,
    removed=levels,
    data=levels,
    params=levels,
    other=levels,
    breaking_below_1=levels,
    types=st.dictionaries(st.sampled_from(sorted(TYPES)), levels),
)
bases = st.sampled_from([ZERO, ONE])


def rank(found):
    return WORDS.index(found.word)


@given(bases, rules, st.lists(texts, max_size=6), texts, st.lists(pointers, max_size=3), st.integers(0, 6))
def test_one_more_commit_never_lowers_the_level(base, config, some, more, changed, place):
    fewer = choose_level(AutoFacts(base=base, commits=some, pointers=changed), config)
    all_of_them = choose_level(
        AutoFacts(base=base, commits=[*some[:place], more, *some[place:]], pointers=changed), config
    )
    assert rank(all_of_them) >= rank(fewer)


@given(bases, rules, st.lists(texts, max_size=4), st.lists(pointers, max_size=3), pointers)
def test_one_more_pointer_never_lowers_the_level(base, config, some, changed, more):
    fewer = choose_level(AutoFacts(base=base, commits=some, pointers=changed), config)
    assert rank(choose_level(AutoFacts(base=base, commits=some, pointers=[*changed, more]), config)) >= rank(fewer)


@given(bases, rules, st.permutations(range(5)), st.lists(texts, min_size=5, max_size=5))
def test_the_order_does_not_matter(base, config, order, some):
    straight = choose_level(AutoFacts(base=base, commits=some), config)
    turned = choose_level(AutoFacts(base=base, commits=[some[position] for position in order]), config)
    assert straight.word == turned.word
    assert sorted(straight.reasons) == sorted(turned.reasons)


@given(bases, rules, st.lists(texts, max_size=6), st.lists(pointers, max_size=3))
def test_every_commit_and_pointer_is_a_reason_and_the_first_asks_for_the_most(base, config, some, changed):
    found = choose_level(AutoFacts(base=base, commits=some, pointers=changed), config)
    assert len(found.reasons) == len(some) + len(changed)
    assert found.word == (found.reasons[0].partition(":")[0] if found.reasons else "none")


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_a_commit(subject, body):
    found = choose_level(AutoFacts(base=ONE, commits=[commit(subject, body)]), AutoConfig())
    assert len(found.reasons) == 1 + isinstance(found.kind, Version)


def test_a_hostile_body_costs_no_time():
    body = (
        LOG.format("a" * 50_000 + "\n" * 50_000) * 2
        + "*" * 50_000
        + "\n"
        + " " * 50_000
        + "\n"
        + "- " * 50_000
        + "Release: " * 20_000
    )
    assert word(commits=[commit('Revert "' * 5_000, body)] * 3) == "patch"
