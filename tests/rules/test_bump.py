"""The version decision: each sentence of the contract's "Versions, tags, bases" as a row or a story."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release.core.check import Verdict, exit_code
from release.core.next_version import VersionFacts, decide_version
from release.core.tags import TagRef, merged_tags, release_tags
from release.core.version import Level, TagFormat, parse_kind
from release.errors import ExitCode, UsageError

V = Version.parse


class History:
    """Commits by name with their tags, as the facts about one of them.

    `tags` maps a tag to its commit; a line is the commits oldest first. `light` are lightweight,
    `local` and `remote` only there, `gone` are commits that this repository does not have.
    """

    def __init__(self, lines, tags, *, light=(), local=(), remote=(), gone=()):
        self.lines = [line.split() for line in lines]
        self.refs = {
            name: TagRef(name=name, object_id=commit if name in light else f"object-of-{name}", commit_id=commit)
            for name, commit in tags.items()
        }
        self.local, self.remote, self.gone = local, remote, gone

    def facts(self, kind, commit, **more):
        before, after = {commit: 0}, set()
        for line in self.lines:
            if commit in line:
                at = line.index(commit)
                before |= {one: at - number for number, one in enumerate(line[:at])}
                after |= set(line[at + 1 :])

        def named(commits):
            return frozenset(name for name, ref in self.refs.items() if ref.commit_id in commits)

        releases = release_tags(self.refs.values(), TagFormat())
        ids = {name: ref.object_id for name, ref in self.refs.items()}
        return VersionFacts(
            kind=parse_kind(kind),
            commit=commit,
            **{
                "releases": releases.all,
                "elsewhere": releases.elsewhere,
                "ancestors": {
                    name: before[ref.commit_id] for name, ref in self.refs.items() if ref.commit_id in before
                },
                "descendants": named(after),
                "absent": named(self.gone),
                "local_tags": {name: id for name, id in ids.items() if name not in self.remote},
                "remote_tags": {name: id for name, id in ids.items() if name not in self.local},
                **more,
            },
        )

    def decide(self, kind, commit, **more):
        return decide_version(self.facts(kind, commit, **more))


def summary(decision):
    return (
        decision.tag,
        decision.base and decision.base.name,
        decision.previous and decision.previous.name,
        int(exit_code(decision.checks)),
    )


def refusal(decision):
    return next(check for check in decision.checks if check.blocks)


MAIN = History(
    ["a b c d e", "a b h"], {"v1.4.2": "b", "v1.5.0-rc.1": "c", "v1.5.0-rc.2": "d"}, light=(), local=(), remote=()
)


@pytest.mark.parametrize(
    ("kind", "pre", "commit", "expected"),
    [
        ("patch", None, "h", ("v1.4.3", "v1.4.2", "v1.4.2", 0)),
        ("pre", None, "e", ("v1.5.0-rc.3", "v1.5.0-rc.2", "v1.5.0-rc.2", 0)),
        ("final", None, "e", ("v1.5.0", "v1.5.0-rc.2", "v1.4.2", 0)),
        ("minor", None, "e", ("v1.5.0", "v1.5.0-rc.2", "v1.4.2", 0)),
        ("patch", None, "e", ("v1.5.0", "v1.5.0-rc.2", "v1.4.2", 0)),
        ("major", None, "e", ("v2.0.0", "v1.5.0-rc.2", "v1.4.2", 0)),
        ("major", "rc", "e", ("v2.0.0-rc.1", "v1.5.0-rc.2", "v1.5.0-rc.2", 0)),
        ("1.7.0", None, "e", ("v1.7.0", "v1.5.0-rc.2", "v1.4.2", 0)),
        ("2.0.0-rc.1", None, "e", ("v2.0.0-rc.1", "v1.5.0-rc.2", "v1.5.0-rc.2", 0)),
        ("final", None, "d", ("v1.5.0", "v1.5.0-rc.2", "v1.4.2", 0)),
    ],
)
def test_the_previous_release_of_a_final_is_the_previous_final(kind, pre, commit, expected):
    assert summary(MAIN.decide(kind, commit, pre=pre, on_default_branch=False)) == expected


def test_a_first_release_counts_from_nothing():
    decision = History(["a"], {}).decide("minor", "a")
    assert summary(decision) == ("v0.1.0", None, None, 0)
    assert decision.base_version == V("0.0.0")
    assert decision.notes == ()


def test_a_first_release_counts_from_the_static_version():
    decision = History(["a"], {}).decide("minor", "a", static_version=V("1.2.0"))
    assert summary(decision) == ("v1.3.0", None, None, 0)
    assert "1.2.0" in decision.notes[0]


def test_the_static_version_is_no_base_once_there_are_tags():
    assert summary(MAIN.decide("minor", "e", static_version=V("9.0.0")))[0] == "v1.5.0"


def test_a_hotfix_from_v1_4_2_works_while_main_is_at_v2():
    history = History(["a b c d", "a b h"], {"v1.4.2": "b", "v1.5.0": "c", "v2.0.0": "d"})
    decision = history.decide("patch", "h", on_default_branch=False)
    assert summary(decision) == ("v1.4.3", "v1.4.2", "v1.4.2", 0)
    assert decision.notes == ("greater than 1.4.3 on another line of history: v1.5.0, v2.0.0",)


def test_a_forgotten_commit_can_be_tagged_late():
    history = History(["a b c d"], {"v1.4.2": "a", "v1.5.0": "d"})
    assert summary(history.decide("patch", "b")) == ("v1.4.3", "v1.4.2", "v1.4.2", 0)


def test_a_late_version_must_be_smaller_than_every_descendants():
    history = History(["a b c d"], {"v1.4.2": "a", "v1.5.0": "d"})
    check = refusal(history.decide("minor", "b"))
    assert (check.name, check.code) == ("version", ExitCode.REFUSED)
    assert "v1.5.0 already contains this commit" in check.message
    assert check.help == "release bump 1.4.3"


def test_where_no_patch_fits_there_is_no_help():
    history = History(["a b d"], {"v1.4.2": "a", "v1.4.3": "d"})
    assert refusal(history.decide("patch", "b")).help is None
    assert exit_code(history.decide("patch", "b").checks) is ExitCode.REFUSED


@pytest.mark.parametrize("kind", ["1.5.0-rc.2", "1.4.9", "0.0.1", "1.5.0-rc.1"])
def test_a_version_must_be_greater_than_every_ancestors(kind):
    decision = MAIN.decide(kind, "e")
    check = refusal(decision)
    assert (check.name, check.code) == ("version", ExitCode.REFUSED)
    again = kind == "1.5.0-rc.2"
    assert f"{kind} is {'released already:' if again else 'not greater than'} v1.5.0-rc.2" in check.message
    assert check.help == "release bump 1.5.0"
    assert exit_code(decision.checks) is ExitCode.REFUSED


LOST = History(["a b c", "a x"], {"v1.4.2": "a", "v1.5.0": "x"})


@pytest.mark.parametrize("kind", ["patch", "minor"])
def test_a_tag_that_a_squash_lost_is_refused_on_the_default_branch(kind):
    decision = LOST.decide(kind, "c")
    check = refusal(decision)
    assert exit_code(decision.checks) is ExitCode.REFUSED
    assert "v1.5.0 is not an ancestor" in check.message
    assert check.help == f"release bump {kind} --base v1.5.0"


def test_base_says_what_to_count_from():
    assert summary(LOST.decide("minor", "c", base_override="v1.5.0")) == ("v1.6.0", "v1.5.0", "v1.5.0", 0)


def test_base_of_an_rc_keeps_the_previous_final():
    history = History(["a b c", "a x"], {"v1.4.2": "a", "v1.5.0-rc.1": "x"})
    assert summary(history.decide("final", "c", base_override="v1.5.0-rc.1")) == (
        "v1.5.0",
        "v1.5.0-rc.1",
        "v1.4.2",
        0,
    )


def test_base_does_not_let_a_version_go_below_it_or_an_ancestor():
    check = refusal(LOST.decide("1.4.9", "c", base_override="v1.5.0"))
    assert (check.code, check.help) == (ExitCode.REFUSED, "release bump 1.5.1 --base v1.5.0")
    history = History(["a b c"], {"v1.4.2": "a", "v1.5.0": "b"})
    assert exit_code(history.decide("patch", "c", base_override="v1.4.2").checks) is ExitCode.REFUSED


def test_base_must_be_a_release():
    with pytest.raises(UsageError, match=r"--base 'v9'") as caught:
        LOST.decide("minor", "c", base_override="v9")
    assert caught.value.help == "release bump minor --base v1.5.0"


def test_a_greater_tag_elsewhere_is_a_note_off_the_default_branch():
    decision = LOST.decide("patch", "c", on_default_branch=False)
    assert summary(decision) == ("v1.4.3", "v1.4.2", "v1.4.2", 0)
    assert "v1.5.0" in decision.notes[0]


def test_an_equal_tag_elsewhere_is_refused_on_every_branch():
    decision = LOST.decide("minor", "c", on_default_branch=False)
    assert exit_code(decision.checks) is ExitCode.REFUSED
    assert refusal(decision).help == "release bump 1.5.1"


def test_a_release_that_was_not_fetched_yet_is_a_race():
    history = History(["a b"], {"v1.4.2": "a", "v1.5.0": "z"}, remote=("v1.5.0",), gone=("z",))
    for kind in ("minor", "patch"):
        decision = history.decide(kind, "b")
        assert exit_code(decision.checks) is ExitCode.RACED
        assert refusal(decision).help == f"git pull --tags && release bump {kind}"


def test_the_rc_number_is_free_over_tags_of_other_lines():
    history = History(["a b", "a x"], {"v1.4.2": "a", "v1.5.0-rc.1": "x"}, remote=("v1.5.0-rc.1",))
    assert history.decide("minor", "b", pre="rc", on_default_branch=False).tag == "v1.5.0-rc.2"


def test_a_tag_only_here_on_another_commit_is_refused():
    history = History(["a b", "a x"], {"v1.4.2": "a", "v1.5.0": "x"}, local=("v1.5.0",))
    decision = history.decide("minor", "b", on_default_branch=False)
    assert [check.code for check in decision.checks if check.blocks] == [ExitCode.REFUSED]  # one problem, one help


def test_a_tag_of_no_release_can_take_the_name_too():
    history = History(["a b"], {"v1.4.2": "a"})
    for local, remote, code in [
        ({"v1.5.0": "blob"}, {}, ExitCode.REFUSED),
        ({}, {"v1.5.0": "blob"}, ExitCode.RACED),
        ({"v1.5.0": "one"}, {"v1.5.0": "other"}, ExitCode.RACED),
        ({"v1.5.0": "blob"}, {"v1.5.0": "blob"}, ExitCode.REFUSED),
    ]:
        decision = history.decide("minor", "b", local_tags=local, remote_tags=remote)
        check = refusal(decision)
        assert (check.name, exit_code(decision.checks)) == ("tag", code)
        assert "v1.5.0" in check.message
        assert check.help


@pytest.mark.parametrize("where", ["local_tags", "remote_tags"])
def test_a_tag_that_would_be_a_folder_is_named(where):
    check = refusal(History(["a"], {}).decide("1.4.0", "a", **{where: {"v1.4.0/x": "1"}}))
    assert (check.name, check.code) == ("tag", ExitCode.REFUSED)
    assert "v1.4.0/x" in check.message
    assert check.help.endswith(" v1.4.0/x")


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        (("object", "a"), ("object", "a"), True),
        (("object", "a"), ("other", "b"), False),
        (("object", "a"), ("other", "a"), False),  # made twice
        (("a", "a"), ("object", "a"), True),  # CI checkouts make lightweight copies
        (("object", "a"), ("a", "a"), True),
        (("a", "a"), ("object", "b"), False),
        (("a", "a"), ("b", "b"), False),
    ],
)
def test_a_previous_release_whose_tag_moved_on_the_remote_is_refused(here, there, same):
    ours, theirs = (TagRef(name="v1.4.2", object_id=object, commit_id=commit) for object, commit in (here, there))
    releases = release_tags(merged_tags([ours], [theirs]), TagFormat()).all
    ids = {"local_tags": {"v1.4.2": here[0]}, "remote_tags": {"v1.4.2": there[0]}}
    decision = History(["a b c"], {"v1.4.2": "a"}).decide("minor", "c", releases=releases, **ids)
    assert summary(decision) == ("v1.5.0", "v1.4.2", "v1.4.2", 0 if same else 7)
    if not same:
        check = refusal(decision)
        assert check.message == "v1.4.2 on origin is a different object than here"
        assert check.help.startswith("git fetch --force origin tag v1.4.2 && release bump minor   (")


def test_without_the_remote_the_tag_check_is_skipped():
    decision = MAIN.decide("final", "e", remote_tags=None)
    assert [check.verdict for check in decision.checks] == [Verdict.OK, Verdict.SKIPPED]


RELEASED = History(["a b"], {"v1.4.2": "a", "v1.5.0": "b"})


def test_the_same_exact_version_again_is_nothing_to_release():
    decision = RELEASED.decide("1.5.0", "b")
    assert decision.nothing == "v1.5.0 is already released at this commit"
    assert summary(decision) == ("v1.5.0", "v1.5.0", "v1.4.2", 0)
    assert RELEASED.decide("v1.5.0", "b", allow_empty=True).nothing


def test_so_is_the_same_exact_prerelease():
    assert MAIN.decide("1.5.0-rc.2", "d").nothing


@pytest.mark.parametrize(
    ("kind", "again"),
    [(kind, kind) for kind in ("patch", "minor", "major", "1.6.0", "1.6.0-rc.1")]
    + [(kind, "1.5.1") for kind in ("pre", "final", "1.4.0", "1.5.0-rc.1")],  # these cannot follow 1.5.0
)
def test_any_other_kind_on_a_released_commit_is_refused(kind, again):
    decision = RELEASED.decide(kind, "b")
    check = refusal(decision)
    assert (check.name, exit_code(decision.checks)) == ("already released", ExitCode.REFUSED)
    assert "v1.5.0" in check.message
    assert check.help == f"release bump {again} --allow-empty"


def test_a_refusal_carries_the_version_that_could_be_planned():
    assert RELEASED.decide("minor", "b").tag == "v1.6.0"
    assert RELEASED.decide("final", "b").tag is None


def test_allow_empty_releases_the_same_commit_again():
    assert summary(RELEASED.decide("patch", "b", allow_empty=True)) == ("v1.5.1", "v1.5.0", "v1.5.0", 0)


@pytest.mark.parametrize("kind", ["pre", "minor"])
def test_an_rc_on_the_commit_stands_in_the_way_of_what_counts_up(kind):
    assert refusal(MAIN.decide(kind, "d", on_default_branch=False)).name == "already released"


@pytest.mark.parametrize("kind", ["final", "1.5.0", "2.0.0-rc.1"])
def test_but_not_of_the_final_or_an_exact_version(kind):
    assert exit_code(MAIN.decide(kind, "d").checks) is ExitCode.DONE


UNPUBLISHED = History(["a b"], {"v1.4.2": "a", "v1.5.0": "b"}, local=("v1.5.0",))


@pytest.mark.parametrize("kind", ["minor", "1.5.0"])
def test_a_release_that_is_only_local_is_published_by_its_own_kind_or_version(kind):
    decision = UNPUBLISHED.decide(kind, "b")
    assert decision.publish_only.name == "v1.5.0"
    assert summary(decision) == ("v1.5.0", "v1.4.2", "v1.4.2", 0)


@pytest.mark.parametrize(
    ("kind", "pre"),
    [("patch", None), ("major", None), ("pre", None), ("final", None), ("1.6.0", None), ("minor", "rc")],
)
def test_another_kind_does_not_publish_it_and_names_it(kind, pre):
    decision = UNPUBLISHED.decide(kind, "b", pre=pre, unpublished=frozenset({"v1.5.0"}))
    check = refusal(decision)
    assert (decision.publish_only, exit_code(decision.checks)) == (None, ExitCode.REFUSED)
    assert check.message.startswith("v1.5.0 is made but not published; release bump auto publishes it, ")
    assert check.message.endswith("release recover --undo takes it back")
    assert check.help == "release bump 1.5.0"


def test_a_tag_that_was_made_by_hand_is_taken_back_by_git():
    message = refusal(UNPUBLISHED.decide("major", "b")).message
    assert message.startswith("v1.5.0 is here but not on origin; release bump 1.5.0 publishes it, ")
    assert message.endswith("git tag -d v1.5.0 deletes it")


@pytest.mark.parametrize(
    ("tags", "kind", "pre", "published"),
    [
        ({"v1.5.0-rc.1": "a", "v1.5.0-rc.2": "b"}, "pre", None, True),
        ({"v1.5.0-rc.1": "a", "v1.5.0": "b"}, "final", None, True),
        ({"v1.4.2": "a", "v1.5.0-rc.1": "b"}, "minor", "rc", True),
        ({"v1.4.2": "a", "v1.5.0-rc.1": "b"}, "minor", None, False),
        ({"v1.4.2": "a", "v1.5.0-rc.1": "b"}, "pre", None, False),
        ({"v1.4.2": "a", "v1.5.0-rc.1": "b"}, "final", None, False),
        ({"v1.4.2": "a", "v1.5.0-rc.1": "b"}, "1.5.0", None, False),
        ({"v0.1.0": "b"}, "minor", None, True),
        ({"v0.1.0": "b"}, "patch", None, False),
    ],
)
def test_the_same_kind_is_the_one_that_made_it(tags, kind, pre, published):
    history = History(["a b"], tags, local=(list(tags)[-1],))
    decision = history.decide(kind, "b", pre=pre)
    assert (decision.publish_only is not None) is published
    assert (exit_code(decision.checks) is ExitCode.DONE) is published


@pytest.mark.parametrize(("kind", "published"), [("minor", True), ("patch", False), ("major", False)])
def test_a_first_release_that_wrote_the_static_version_itself_is_published_by_its_kind(kind, published):
    history = History(["a b"], {"v1.3.0": "b"}, local=("v1.3.0",))
    decision = history.decide(kind, "b", static_version=V("1.3.0"))
    assert (decision.publish_only is not None) is published


def test_unless_empty_releases_are_allowed():
    decision = UNPUBLISHED.decide("patch", "b", allow_empty=True)
    assert (decision.tag, decision.publish_only) == ("v1.5.1", None)


def test_publishing_looks_at_the_remote_too():
    decision = UNPUBLISHED.decide("minor", "b", remote_tags={"v1.5.0/x": "1"})
    assert refusal(decision).name == "tag"


def test_a_lightweight_tag_that_is_only_local_is_not_published():
    history = History(["a b"], {"v1.4.2": "a", "v1.5.0": "b"}, local=("v1.5.0",), light=("v1.5.0",))
    for kind in ("minor", "1.5.0"):
        check = refusal(history.decide(kind, "b"))
        assert "lightweight" in check.message
        assert check.help == "git tag -d v1.5.0"


def test_a_lightweight_base_is_marked():
    decision = History(["a b"], {"v1.4.2": "a"}, light=("v1.4.2",)).decide("patch", "b")
    assert summary(decision) == ("v1.4.3", "v1.4.2", "v1.4.2", 0)
    assert decision.notes == ("v1.4.2 is a lightweight tag",)


def test_a_tag_that_was_moved_on_the_remote_is_a_race():
    decision = RELEASED.decide("1.5.0", "b", remote_tags={"v1.5.0": "other", "v1.4.2": "object-of-v1.4.2"})
    assert decision.nothing is None
    assert exit_code(decision.checks) is ExitCode.RACED


def test_a_ci_checkout_that_made_the_tag_lightweight_is_none():
    assert RELEASED.decide("1.5.0", "b", local_tags={"v1.5.0": "b"}).nothing


def test_rc_rc_final_compare_as_they_should():
    history = History(["a b c d"], {"v1.4.2": "a"})
    assert summary(history.decide("minor", "b", pre="rc")) == ("v1.5.0-rc.1", "v1.4.2", "v1.4.2", 0)
    history = History(["a b c d"], {"v1.4.2": "a", "v1.5.0-rc.1": "b"})
    assert summary(history.decide("pre", "c")) == ("v1.5.0-rc.2", "v1.5.0-rc.1", "v1.5.0-rc.1", 0)
    history = History(["a b c d"], {"v1.4.2": "a", "v1.5.0-rc.1": "b", "v1.5.0-rc.2": "c"})
    assert summary(history.decide("final", "d")) == ("v1.5.0", "v1.5.0-rc.2", "v1.4.2", 0)
    history = History(["a b c d"], {"v1.4.2": "a", "v1.5.0-rc.2": "c", "v1.5.0": "d"})
    assert refusal(history.decide("final", "d")).name == "already released"


def test_a_repository_with_a_dozen_messy_tags_is_adopted():
    tags = ["v0.1", "v0.2", "v1-final", "2-track-data", "10-bigrams-experiment", "baseline", "v1.0", "1.1.1"]
    tags += ["charCNN@v1.3.0", "charCNN#prod#2", "exp/7", "v1.1", "v2024.01.05", "nightly-2024.01.01", "data-v2"]
    commits = [f"c{number}" for number in range(len(tags) + 1)]
    history = History([" ".join(commits)], dict(zip(tags, commits, strict=False)), light=tags[:6])
    assert summary(history.decide("minor", commits[-1])) == ("v1.2.0", "1.1.1", "1.1.1", 0)


@pytest.mark.parametrize(
    ("tags", "kind", "expected"),
    [
        (("v2.6.10", "2.6.11"), "patch", ("v2.6.12", "2.6.11", "2.6.11", 0)),
        (("1.0", "1.1"), "patch", ("v1.1.1", "1.1", "1.1", 0)),
        (("v0.9.0", "v1.0.0rc1"), "patch", ("v1.0.0", "v1.0.0rc1", "v0.9.0", 0)),
        (("v0.9.0", "v1.0.0rc1"), "final", ("v1.0.0", "v1.0.0rc1", "v0.9.0", 0)),
        (("v0.9.0", "v1.0.0rc1"), "pre", ("v1.0.0-rc.2", "v1.0.0rc1", "v1.0.0rc1", 0)),
        (("v1.2.3", "v1.2.3.post1"), "patch", ("v1.2.4", "v1.2.3.post1", "v1.2.3.post1", 0)),
        (("v1.2.3+cpu", "v1.2.3+cu118"), "patch", ("v1.2.4", "v1.2.3+cu118", "v1.2.3+cu118", 0)),
        (("v1.2.3+cu118", "v1.2.3+cpu"), "patch", ("v1.2.4", "v1.2.3+cpu", "v1.2.3+cpu", 0)),
        (("v1.2.3", "release-1.2.4"), "patch", ("v1.2.5", "v1.2.3", "v1.2.3", 0)),
        (("v1.2.3", "release-1.3.0"), "minor", ("v1.4.0", "v1.2.3", "v1.2.3", 0)),
        (("v1.2.3", "project@1.2.4"), "1.2.4", ("v1.2.4", "v1.2.3", "v1.2.3", 3)),
        (("v1.2.3-rc.1", "release-1.2.3"), "final", ("v1.2.3", "v1.2.3-rc.1", None, 3)),
        (("Release/0.1",), "minor", ("v0.2.0", None, None, 0)),
        (("v1.2.3", "nightly-2024.01.01", "data-v2", "model@v1.2.4"), "patch", ("v1.2.4", "v1.2.3", "v1.2.3", 0)),
    ],
)
def test_tags_in_other_forms_count_and_versions_elsewhere_are_not_made_again(tags, kind, expected):
    commits = [f"c{number}" for number in range(len(tags) + 1)]
    history = History([" ".join(commits)], dict(zip(tags, commits, strict=False)))
    assert summary(history.decide(kind, commits[-1])) == expected


def test_a_version_elsewhere_is_refused_with_the_next_free_one():
    history = History(["a b c d"], {"v1.2.3": "a", "release-1.2.4": "b", "release-1.2.5": "c"})
    check = refusal(history.decide("1.2.4", "d"))
    assert (check.name, check.code) == ("version", ExitCode.REFUSED)
    assert check.message == "1.2.4 is taken: there is a tag release-1.2.4"
    assert check.help == "release bump 1.2.6"


@pytest.mark.parametrize(
    ("kind", "pre"), [("1.6.0", "rc"), ("final", "rc"), ("pre", "beta"), ("minor", "7"), ("2.0.0-a.lock", None)]
)
def test_what_cannot_be_is_wrong_usage(kind, pre):
    with pytest.raises(UsageError):
        MAIN.decide(kind, "e", pre=pre)


@pytest.mark.parametrize("kind", ["pre", "final"])
def test_pre_and_final_after_a_final_are_wrong_usage(kind):
    with pytest.raises(UsageError):
        MAIN.decide(kind, "h", on_default_branch=False)


numbers = st.builds(Version, *[st.integers(0, 2)] * 3, st.none() | st.sampled_from(["rc.1", "rc.2", "beta.1"]))


@given(
    st.lists(numbers, max_size=5, unique=True),
    st.sampled_from([*Level]) | numbers,
    st.integers(0, 6),
    st.booleans(),
)
def test_what_is_not_refused_keeps_the_order_of_the_history(tagged, kind, position, on_default):
    commits = [f"c{number}" for number in range(7)]
    tags = {f"v{version}": commits[number] for number, version in enumerate(tagged)}
    history = History([" ".join(commits)], tags)
    try:
        decision = history.decide(
            kind.value if isinstance(kind, Level) else str(kind), commits[position], on_default_branch=on_default
        )
    except UsageError:
        return
    if exit_code(decision.checks) is ExitCode.DONE and decision.nothing is None:
        assert decision.tag not in tags
        for number, version in enumerate(tagged):
            assert version < decision.version if number <= position else version > decision.version
