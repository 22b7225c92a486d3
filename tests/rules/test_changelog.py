import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from release.core.auto import TYPES, CommitText, quiet_types, read_commits
from release.core.changelog import Notes, entry, entry_of, message_of, with_entry
from release.core.check import Change
from release.core.config import AutoConfig
from release.core.forge import forge_of
from release.core.metric_deltas import compare_metrics
from release.core.metrics import Param, ValueFile
from release.core.pointer import PointerChange

DAY = dt.date(2026, 11, 23)


def file(values, path="performance.json"):
    return ValueFile(path=path, values=values)


def announced(*messages, merge=()):
    """What commits say, newest first; those at the places of `merge` are merges."""
    return read_commits(
        [
            CommitText(
                id=f"{number:040x}",
                subject=message.partition("\n")[0],
                body=message.partition("\n\n")[2],
                parents=("f" * 40, "e" * 40) if number in merge else ("f" * 40,),
            )
            for number, message in enumerate(messages)
        ],
        TYPES,
    )


def subjects(*texts):
    """Commits of these subjects, each read by itself."""
    return [said for text in texts for said in read_commits([CommitText(id="c", subject=text)], TYPES)]


def notes(**parts):
    return Notes(**{"version": "1.4.0", "date": DAY, "message": "charCNN", **parts})


def pointer(path, change, before, after):
    return PointerChange(
        path=path,
        parent=None,
        change=change,
        before_oid=None,
        after_oid=None,
        before_size_bytes=before,
        after_size_bytes=after,
    )


FULL = notes(
    metrics=compare_metrics(
        [file({"overall.f1": 0.8412, "overall.loss": 0.312, "class.a.f1": 0.8, "class.b.f1": 0.9, "n": True})],
        [
            file(
                {
                    "overall.f1": 0.863,
                    "overall.loss": 0.2801,
                    "class.a.f1": 0.75,
                    "class.b.f1": 0.9,
                    "n": True,
                    "x": math.nan,
                }
            )
        ],
    ),
    params=[
        Param(file="params.json", key="num_filters", before=50, after=100, change=Change.CHANGED),
        Param(file="params.json", key="lr", before=None, after=1e-5, change=Change.ADDED),
        Param(file="params.json", key="note", before="", after=None, change=Change.REMOVED),
    ],
    pointers=[
        pointer("model/model.pt", Change.CHANGED, 12_300_000, 14_100_000),
        pointer("data/new.csv", Change.ADDED, None, 81_000),
        pointer("data/old.csv", Change.REMOVED, None, None),
    ],
    commits=subjects(
        "feat(model): wider filters (#12)",
        "fix!: drop the old format",
        "Fix: a typo",
        "docs: say more",
        "Update data",
    ),
    unreleased="- by hand\r\n  <b>as is</b>",
    regression="attention is *slower*",
    excluded=["archive/**"],
)


def test_an_entry_tells_the_numbers_first_then_the_settings_the_data_and_the_commits():
    assert (
        entry(FULL)
        == """## [1.4.0] - 2026-11-23

charCNN

- by hand\r
  <b>as is</b>

### Performance

| Metric       | Before |  After |  Change |        |
| ------------ | -----: | -----: | ------: | ------ |
| overall.f1   | 0.8412 | 0.8630 | +0.0218 | better |
| overall.loss | 0.3120 | 0.2801 | -0.0319 | better |

<details>
<summary>2 more, 2 unchanged</summary>

| Metric     | Before |  After |  Change |       |
| ---------- | -----: | -----: | ------: | ----- |
| class.a.f1 | 0.8000 | 0.7500 | -0.0500 | worse |
| x          |        |    NaN |         | new   |

</details>

Accepted regression: attention is \\*slower\\*

### Parameters

- num_filters: 50 -> 100
- lr: 1e-05 (added)
- note: "" (removed)

### Data and models

- model/model.pt: 12.3 MB -> 14.1 MB
- data/new.csv: 81 kB (added)
- data/old.csv: ? (removed)

Not audited: archive/\\*\\*

### Changes

#### Breaking changes

- drop the old format

#### Features

- model: wider filters (#12)

#### Fixes

- a typo

#### Other

- docs: say more
- Update data
"""
    )


def test_what_does_not_apply_is_left_out():
    assert entry(notes()) == "## [1.4.0] - 2026-11-23\n\ncharCNN\n"
    assert entry(notes(metrics=compare_metrics([file({"a": 1})], [file({"a": 1})], headline=()))) == entry(notes())


def test_subjects_that_follow_no_convention_are_a_plain_list():
    text = entry(notes(commits=subjects("Wider filters", "note: this is no type", "# odd", "@octocat was here")))
    assert text.endswith(
        "### Changes\n\n- Wider filters\n- note: this is no type\n- \\# odd\n- @<!-- -->octocat was here\n"
    )


def test_a_breaking_change_of_an_unknown_type_has_its_group():
    text = entry(notes(commits=subjects("i18n!: rename all keys", "Update data")))
    assert text.endswith("### Changes\n\n#### Breaking changes\n\n- rename all keys\n\n#### Other\n\n- Update data\n")


def changes_of(*messages, merge=()):
    return entry(notes(commits=announced(*messages, merge=merge))).partition("### Changes\n\n")[2]


def test_models_data_and_experiments_have_sections_and_quiet_types_are_left_out():
    said = announced(
        "exp(lr): a sweep",
        "data: more images",
        "model: resnet50",
        "chore: lint",
        "chore: raise the floor\n\nRelease: patch",
        "docs!: another license",
        "docs: words",
        "ci: a squash (#3)\n\n* ci: a\n\n* fix: a typo",
        "Wider filters",
    )
    text = entry(notes(commits=said, left_out=quiet_types(AutoConfig(types={"docs": "patch"}))))
    assert (
        text.partition("### Changes\n\n")[2]
        == """#### Breaking changes

- another license

#### Models

- resnet50

#### Data

- more images

#### Experiments

- lr: a sweep

#### Other

- chore: raise the floor
- docs: words
- ci: a squash (#3)
- Wider filters
"""
    )
    assert "### Changes" not in entry(notes(commits=announced("chore: lint"), left_out=quiet_types(AutoConfig())))


@pytest.mark.parametrize(
    ("url", "page", "commit"),
    [
        ("git@github.com:o/k.git", "[#12](https://github.com/o/k/pull/12)", "https://github.com/o/k/commit/"),
        ("https://x:secret@github.com/o/k", "[#12](https://github.com/o/k/pull/12)", "https://github.com/o/k/commit/"),
        (
            "ssh://git@gitlab.com:22/g/h/k.git",
            "[!12](https://gitlab.com/g/h/k/-/merge_requests/12)",
            "/g/h/k/-/commit/",
        ),
        ("https://codeberg.org/o/k/", "[#12](https://codeberg.org/o/k/pulls/12)", "https://codeberg.org/o/k/commit/"),
    ],
)
def test_on_a_known_forge_requests_and_commits_are_links(url, page, commit):
    sign = page[1:4]
    said = announced(f"feat: TOML ({sign})", "fix: a typo")
    text = entry(notes(commits=said, forge=forge_of(url)))
    assert f"- TOML ({page})\n" in text
    assert "- a typo ([0000000](" in text
    assert f"{commit}{1:040x}))\n" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/srv/o.git",
        "https://git.example.org/o/k",
        "https://github.com.evil.org/o/k",
        "git@github.com:o/k )(x",
    ],
)
def test_elsewhere_nothing_is_a_link(url):
    assert forge_of(url) is None


def test_what_was_reverted_and_its_revert_are_not_told():
    assert changes_of("fix: a typo", 'Revert "feat: French"', "feat: French") == "#### Fixes\n\n- a typo\n"
    assert changes_of('Revert "feat: French"', "feat: French") == ""


def test_a_revert_of_what_was_released_before_is_told_as_one():
    told = '#### Fixes\n\n- a typo\n\n#### Other\n\n- Revert "feat: French"\n- revert: the cache\n'
    assert changes_of("fix: a typo", 'Revert "feat: French"', "revert: the cache") == told
    assert changes_of('Revert "Wider filters"', "Update data") == '- Revert "Wider filters"\n- Update data\n'


def test_what_breaks_is_told_by_its_footer_and_what_is_new_by_the_subject():
    assert (
        changes_of(
            "feat(loader)!: read TOML\n\nText.\n\nBREAKING CHANGE: config.yaml is\n  not read, @you\nReviewed-by: Ada",
            "data: more\n\nBREAKING-CHANGE:\n\n- another order\n- other\n  names",
            "i18n!: all keys",
            "Wider filters\n\nBREAKING CHANGE: other shapes",
        )
        == """#### Breaking changes

- loader: config.yaml is not read, @<!-- -->you
- another order
- other names
- all keys
- other shapes

#### Features

- loader: read TOML

#### Data

- more

#### Other

- Wider filters
"""
    )


def test_of_a_squash_its_subject_is_told_and_what_breaks():
    squash = (
        "feat: TOML (#7)\n\n* feat: TOML\n\n* fix: a typo in it\n\n* refactor!: no YAML\n\nBREAKING CHANGE: no JSON"
    )
    assert changes_of(squash) == "#### Breaking changes\n\n- no JSON\n\n#### Features\n\n- TOML (#7)\n"
    without_type = "Read TOML (#7)\n\n* feat: TOML\n* docs: more\n* fix: a typo\n* Improve it"
    told = "#### Features\n\n- TOML\n\n#### Fixes\n\n- a typo\n\n#### Other\n\n- Read TOML (#7)\n"
    assert changes_of(without_type) == told


def test_of_a_merge_only_what_its_commits_do_not_say_is_told():
    title = "Merge pull request #7 from x/topic\n\nfeat: TOML"
    assert changes_of(title, "feat: TOML", "Improve it", merge=[0]).count("TOML") == 1
    assert changes_of(title, "WIP", merge=[0]) == "#### Features\n\n- TOML\n\n#### Other\n\n- WIP\n"
    assert changes_of("Merge branch 'topic'\n\nfix it", "WIP", merge=[0]) == "- WIP\n"
    breaking = "Merge branch 'topic'\n\nBREAKING CHANGE: no YAML"
    assert changes_of(breaking, merge=[0]) == "#### Breaking changes\n\n- no YAML\n"


def test_metrics_and_params_of_several_files_name_their_file():
    metrics = compare_metrics([], [file({"f1": 1.0}, "a.json"), file({"f1": 0.5}, "b.json")])
    params = [Param(file=path, key="lr", before=1, after=2, change=Change.CHANGED) for path in ("p.yaml", "q.yaml")]
    text = entry(notes(metrics=metrics, params=params))
    assert "| a.json:f1 |        | 1.0000 |        | new |" in text
    assert "- p.yaml:lr: 1 -> 2\n- q.yaml:lr: 1 -> 2\n" in text


def test_an_entry_of_ten_thousand_changes_stays_readable():
    values = {f"class.c{n}.f1": 0.5 for n in range(10_000)}
    text = entry(
        notes(metrics=compare_metrics([], [file(values)]), commits=subjects(*(f"commit {n}" for n in range(10_000))))
    )
    assert text.count("\n") < 250
    assert "| ... 9,900 more |        |        |        |     |" in text
    assert "- ... 9,900 more" in text


HOSTILE = st.text(alphabet="ab \n\r<>&|`*_[]()#!-+=~@\\:/\x1b\u202e.1\udcff", max_size=12)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_text_from_outside_builds_no_markdown(one, two, three):
    text = entry(
        notes(
            message=one,
            metrics=compare_metrics([], [file({f"k{two}": 1, "s": three})], headline=("s",)),
            params=[Param(file="p", key=one, before=two, after=three, change=Change.CHANGED)],
            pointers=[pointer(two, Change.ADDED, None, 1)],
            commits=subjects(three, one),
        )
    )
    text.encode()
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    kinds = [token.type for token in tokens if token.nesting == 1]
    assert kinds.count("table_open") == 2
    assert kinds.count("heading_open") == 5
    assert kinds.count("bullet_list_open") == 3
    assert sum(token.type == "html_block" for token in tokens) == 2
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "text_special", "html_inline", "softbreak"}


@given(HOSTILE, HOSTILE)
def test_an_entry_is_found_again_in_the_file_it_was_put_into(one, two):
    text = entry(notes(message=f"m{one}", commits=subjects(two, f"fix: {one}")))
    data = with_entry(with_entry(None, "## [1.3.0] - 2026-01-01\n", "1.3.0"), text, "1.4.0")
    assert entry_of(data, "1.4.0") == text
    assert entry_of(data, "1.3.0") == "## [1.3.0] - 2026-01-01\n"


@pytest.mark.parametrize(
    "message",
    ["charCNN", "*a* [b](c) <d> & `e` | f", "# no heading", "1. no list", "see @someone", "a\\b \\* c", "2.0"],
)
def test_the_message_of_an_entry_is_read_back(message):
    assert message_of(entry(notes(message=message))) == message


@pytest.mark.parametrize(
    "block", ["### Added", "- a\n- b", "two\nlines", "* star", "| a | b |", "> quote", "1. one", ""]
)
def test_a_hand_written_entry_has_no_message(block):
    assert message_of(f"## [1.0.0] - 2026-01-01\n\n{block}\n") is None
