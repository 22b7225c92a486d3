import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.changelog import entry_of, is_open, parse_changelog, unreleased_text, with_entry, without_entry
from release.errors import ExitCode, Refused

ENTRY = "## [1.1.0] - 2026-11-23\n\ncharCNN\n\n### Changes\n\n- one\n"
KEPT = """# Changelog

Intro.

## [Unreleased]

### Added

- by hand

## [1.0.0] - 2026-01-01

- first

[Unreleased]: https://example.org/compare/v1.0.0...HEAD
[1.0.0]: https://example.org/releases/v1.0.0
"""
BY_HAND = "### Added\n\n- by hand"
LINES = st.sampled_from([
    "# Changelog", "## [Unreleased]", "## Unreleased", "### Added", "- item", "", "", "text", "```", "~~~", "<!--", "-->",
    "## [1.0.0] - 2026-01-01", "## 0.9", "# v0.1.0", "[1.0.0]: https://example.org", "Unreleased", "---", "===", "    ## [0.1.0]",
    "## Notes", "é", "  ", "-----",
])  # fmt: skip
FILES = st.builds(
    lambda lines, eol, bom, final: bom + (eol.join(lines) + (eol if final else "")).encode(),
    st.lists(LINES, max_size=14), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]), st.booleans(),
)  # fmt: skip


def entry(hand_written="", version="1.1.0"):
    return (
        f"## [{version}] - 2026-11-23\n\ncharCNN\n\n"
        + (f"{hand_written}\n\n" if hand_written else "")
        + "### Changes\n\n- one\n"
    )


def released(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return with_entry(data, entry(unreleased_text(data)), "1.1.0", **options).decode()


def test_a_missing_file_is_made_with_an_empty_unreleased():
    text = with_entry(None, ENTRY, "1.1.0").decode()
    assert text.startswith("# Changelog\n")
    assert text.endswith("\n## [Unreleased]\n\n" + ENTRY)
    assert unreleased_text(text.encode()) == ""
    assert unreleased_text(None) == ""


def test_hand_written_text_moves_into_the_entry_and_all_else_stays():
    assert released(KEPT) == KEPT.replace(f"{BY_HAND}\n\n", "").replace(
        "## [Unreleased]\n\n", f"## [Unreleased]\n\n{entry(BY_HAND)}\n"
    )


def test_a_prerelease_leaves_unreleased_where_it_is():
    text = with_entry(KEPT.encode(), ENTRY, "1.1.0", consume_unreleased=False).decode()
    assert text == KEPT.replace("## [1.0.0] -", f"{ENTRY}\n## [1.0.0] -")


def test_a_second_release_finds_nothing_left_to_move():
    once = released(KEPT).encode()
    assert unreleased_text(once) == ""
    twice = with_entry(once, entry(version="1.2.0"), "1.2.0").decode()
    assert [s.version for s in parse_changelog(twice.encode()).versions] == ["1.2.0", "1.1.0", "1.0.0"]
    assert twice.count("by hand") == 1


@pytest.mark.parametrize(
    "heading",
    [
        "## Unreleased",
        "## [unreleased]",
        "## [Unreleased] - 2026",
        "##  UNRELEASED  ##",
        "## [Unreleased](https://x)",
        "# Unreleased",
        "### [Unreleased]",
        "   ## Unreleased",
    ],
)
def test_any_wording_of_unreleased_is_found(heading):
    text = released(f"{heading}\n\n- by hand\n")
    level = {"# U": "#", "###": "###"}.get(heading[:3], "##")
    assert text.startswith(f"{heading}\n\n{level} [1.1.0] - 2026-11-23\n\ncharCNN\n\n- by hand\n")
    assert unreleased_text(text.encode()) == ""


@pytest.mark.parametrize(
    "noise",
    [
        "```\n## [Unreleased]\n```",
        "~~~md\n## [Unreleased]\n```\n~~~",
        "<!--\n## [Unreleased]\n-->",
        "<!-- ## [Unreleased] -->",
        "    ## [Unreleased]",
        "````\n```\n## [Unreleased]\n````",
        "#Unreleased",
        "####### Unreleased",
    ],
)
def test_what_only_looks_like_the_heading_is_left_alone(noise):
    text = f"# Changelog\n\n{noise}\n\n## [1.0.0]\n\n- first\n"
    assert unreleased_text(text.encode()) == ""
    assert released(text) == text.replace("## [1.0.0]", f"{entry()}\n## [1.0.0]")


def test_a_file_without_unreleased_gets_the_entry_above_the_newest():
    assert (
        released("# Log\n\n# v1.0.0\n- a\n")
        == "# Log\n\n" + entry().replace("###", "@@").replace("## ", "# ").replace("@@", "##") + "\n# v1.0.0\n- a\n"
    )
    assert released("# Log\n") == f"# Log\n\n{entry()}"
    assert released("# Log\n\n[x]: https://x\n") == f"# Log\n\n{entry()}\n[x]: https://x\n"
    assert released("") == entry()


def test_line_ends_a_final_newline_and_a_byte_order_mark_are_kept():
    crlf = KEPT.replace("\n", "\r\n")
    assert released(crlf) == released(KEPT).replace("\n", "\r\n")
    assert released(KEPT.rstrip("\n")) == released(KEPT).rstrip("\n")
    assert not released("## [Unreleased]\n\n- x").endswith("\n")
    assert released(b"\xef\xbb\xbf" + KEPT.encode()) == "\ufeff" + released(KEPT)
    mixed = KEPT.replace("- by hand\n", "- by\r\n  hand\n").encode()
    assert b"- by\r\n  hand\n\n### Changes" in with_entry(mixed, entry(unreleased_text(mixed)), "1.1.0")


def test_the_entry_of_a_version_is_found_again():
    assert entry_of(released(KEPT).encode(), "1.1.0") == entry(BY_HAND)
    assert entry_of(released(KEPT.replace("\n", "\r\n")).encode(), "1.1.0") == entry(BY_HAND)
    assert entry_of(KEPT.encode(), "1.0.0") == "## [1.0.0] - 2026-01-01\n\n- first\n"
    assert entry_of(KEPT.encode(), "1.0") is None
    assert entry_of(b"## v1.0.0-rc.1 (2026)\n\n- x\n", "1.0.0-rc.1") == "## v1.0.0-rc.1 (2026)\n\n- x\n"


def test_a_file_that_is_not_utf8_is_refused_by_name():
    with pytest.raises(Refused, match=r"docs/LOG.md is not UTF-8 text: line 2 holds byte 0xff") as caught:
        with_entry(b"# a\n\xff", ENTRY, "1.1.0", path="docs/LOG.md")
    assert caught.value.code is ExitCode.REFUSED
    assert caught.value.help
    with pytest.raises(Refused):
        parse_changelog("# a".encode("utf-16"))


@given(FILES, st.booleans())
def test_inserting_a_version_twice_equals_once(data, consume):
    once = with_entry(data, entry(unreleased_text(data)), "1.1.0", consume_unreleased=consume)
    if entry_of(once, "1.1.0"):  # not if the file ends in an open fence or comment
        assert with_entry(once, entry(unreleased_text(once)), "1.1.0", consume_unreleased=consume) == once


@given(FILES)
def test_no_line_that_was_there_is_lost_or_changes_its_place(data):
    def lines(text):
        return [line for line in text.decode("utf-8-sig").replace("\r", "").split("\n") if line.strip()]

    after = lines(with_entry(data, ENTRY, "1.1.0", consume_unreleased=False))
    for line in lines(data):
        assert line in after
        after = after[after.index(line) + 1 :] if after.index(line) else after[1:]


@given(FILES)
def test_the_lines_of_a_release_are_those_before_and_those_of_the_entry(data):
    def lines(text):
        return sorted(re.sub(r"^#+", "#", line) for line in text.replace("\r", "").split("\n") if line.strip())

    by_hand = unreleased_text(data)
    after = with_entry(data, entry(by_hand), "1.1.0")
    assert lines(after.decode("utf-8-sig")) == lines(data.decode("utf-8-sig") + "\n" + entry())
    assert unreleased_text(after) == "" or not by_hand
    assert (b"\r\n" in after) or b"\r\n" not in data
    assert after.endswith(b"\n") == (data.endswith(b"\n") or data in {b"", b"\xef\xbb\xbf"})


@given(st.binary())
def test_any_bytes_are_a_changelog_or_refused(data):
    with contextlib.suppress(Refused):
        assert with_entry(data, ENTRY, "1.1.0")
        data.decode()


def test_a_long_file_is_read_at_once():
    data = (
        "# Changelog\n\n" + "".join(f"## [{n}.0.0]\n\n- x\n\n" for n in range(20_000)) + "[1]: u\n" * 20_000
    ).encode()
    assert len(parse_changelog(data).versions) == 20_000


HUB = "https://hub.test/o/k"
ENTRY = "## [1.1.0] - 2026-01-05\n\nx\n"


LOG = "# Changelog\n\n## [Unreleased]\n\n- a\n\n## [1.0.0] - 2017-06-20\n\n- b\n\n"


def linked(*lines, version="1.1.0", previous="v1.0.0", end="\n", **options):
    text = LOG + "\n".join(lines) + "\n"
    entry = ENTRY.replace("1.1.0", version)
    data = text.replace("\n", end).encode()
    written = with_entry(data, entry, version, tags=(previous, f"v{version}"), **options).decode()
    assert written.count("\r\n") == (written.count("\n") if end == "\r\n" else 0)
    return written.replace("\r\n", "\n").partition("- b\n\n")[2].splitlines()


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            [f"[unreleased]: {HUB}/compare/v1.0.0...HEAD", f"[1.0.0]: {HUB}/compare/v0.3.0...v1.0.0"],
            [
                f"[unreleased]: {HUB}/compare/v1.1.0...HEAD",
                f"[1.1.0]: {HUB}/compare/v1.0.0...v1.1.0",
                f"[1.0.0]: {HUB}/compare/v0.3.0...v1.0.0",
            ],
        ),
        (  # the first version has no other to compare with; Unreleased below, as mdformat sorts
            [f"[1.0.0]: {HUB}/releases/tag/v1.0.0", f"[Unreleased]: {HUB}/-/compare/v1.0.0...main"],
            [
                f"[1.0.0]: {HUB}/releases/tag/v1.0.0",
                f"[1.1.0]: {HUB}/-/compare/v1.0.0...v1.1.0",
                f"[Unreleased]: {HUB}/-/compare/v1.1.0...main",
            ],
        ),
        (
            [f"[unreleased]: {HUB}/compare/v1.0.0..HEAD"],
            [f"[unreleased]: {HUB}/compare/v1.1.0..HEAD", f"[1.1.0]: {HUB}/compare/v1.0.0..v1.1.0"],
        ),
        (
            [f"[1.0.0]: {HUB}/-/tags/v1.0.0", f"[0.3.0]: {HUB}/-/tags/v0.3.0"],
            [
                f"[1.1.0]: {HUB}/-/tags/v1.1.0",
                f"[1.0.0]: {HUB}/-/tags/v1.0.0",
                f"[0.3.0]: {HUB}/-/tags/v0.3.0",
            ],
        ),
        ([f"[issue]: {HUB}/issues/1", "[1.0.0]: notes.md"], [f"[issue]: {HUB}/issues/1", "[1.0.0]: notes.md"]),
    ],
)
def test_links_of_keep_a_changelog_go_on(before, after, end):
    assert linked(*before, end=end) == after
    made = LOG.replace("- a\n\n", "").replace("## [1.0.0]", f"{ENTRY.strip()}\n\n## [1.0.0]") + "\n".join(after)
    undone = without_entry(f"{made}\n".replace("\n", end).encode(), "1.1.0", unreleased="- a")
    assert undone.decode() == (LOG + "\n".join(before) + "\n").replace("\n", end)


def test_links_of_prereleases_and_old_releases_leave_unreleased_alone():
    both = [f"[unreleased]: {HUB}/compare/v1.0.0...HEAD", f"[1.0.0]: {HUB}/compare/v0.3.0...v1.0.0"]
    new = f"[1.1.0-rc.1]: {HUB}/compare/v1.0.0...v1.1.0-rc.1"
    assert linked(*both, version="1.1.0-rc.1", consume_unreleased=False) == [both[0], new, both[1]]


def test_links_that_are_there_stay():
    lines = [f"[unreleased]: {HUB}/compare/v1.1.0...HEAD", f"[1.1.0]: {HUB}/compare/v1.0.0...v1.1.0"]
    assert linked(*lines) == lines


UNDERLINED = """Changelog
=========

Unreleased
----------

- by hand

1.0.0 (2020-01-01)
------------------

- First
---
- Second

    1.5.0
    -----

---
title: 1.6.0
---
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_underlined_headings_are_headings(end):
    data = UNDERLINED.replace("\n", end).encode()
    log = parse_changelog(data)
    assert [section.version for section in log.versions] == ["1.0.0"]
    assert unreleased_text(data) == "- by hand"
    written = with_entry(data, f"## [1.1.0] - 2026-01-05{end}{end}- by hand\n", "1.1.0").decode().replace(end, "\n")
    new = "Unreleased\n----------\n\n## [1.1.0] - 2026-01-05\n\n- by hand\n\n1.0.0 (2020-01-01)\n---"
    assert new in written


@pytest.mark.parametrize(
    "heading",
    ["1.1.0 (unreleased)\n------------------", "## [1.1.0] - Unreleased", "## 1.1.0 - TBD", "## 1.1.0 (TBD)"]
    + [
        f"## 1.1.0 {each}"
        for each in ("(in development)", "(WIP)", "- XXXX-XX-XX", "- not released", "- ????", "(next)")
    ]
    + [f"## [1.1.0] - {each}" for each in ("yyyy-mm-dd", "upcoming", "2026-02-30", "2026-01-05 (not yet released)")]
    + ["## 1.1.0"],
)
def test_a_heading_that_says_unreleased_is_open(heading):
    text = f"Changelog\n=========\n\n{heading}\n\n- by hand\n\n## 1.0.0\n"
    found = entry_of(text.encode(), "1.1.0")
    assert found is not None
    assert is_open(found.partition("\n")[0])


@pytest.mark.parametrize(
    "date", ["2026-01-05", "(2026-01-05)", "- 5 January 2026", "(Jan 5th, 2026)", "5.1.2026", "2026/01/05"]
)
def test_a_heading_with_a_date_is_not_open(date):
    assert not is_open(f"## [1.1.0] {date}")


def test_compare_links_in_the_order_of_mdformat_stay_in_it():
    text = "# Changelog\n\n## [Unreleased]\n\n- x\n\n## [1.0.0] - 2026-01-01\n\n- y\n\n"
    links = "[1.0.0]: https://h/compare/v0.9.0...v1.0.0\n[unreleased]: https://h/compare/v1.0.0...HEAD\n"
    entry = "## [1.1.0] - 2026-02-01\n\n- x\n"
    written = with_entry((text + links).encode(), entry, "1.1.0", tags=("v1.0.0", "v1.1.0"))
    assert [line for line in written.decode().splitlines() if line.startswith("[")] == [
        "[1.0.0]: https://h/compare/v0.9.0...v1.0.0",
        "[1.1.0]: https://h/compare/v1.0.0...v1.1.0",
        "[unreleased]: https://h/compare/v1.1.0...HEAD",
    ]
