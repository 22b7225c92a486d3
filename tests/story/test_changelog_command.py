"""`release changelog` on real repositories: what is written stays, what is missing comes in."""

from __future__ import annotations

import json
import sys
from importlib.resources import files

import jsonschema
import pexpect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from semver import Version

from release.core.changelog import listed_versions, with_missing

pytestmark = pytest.mark.fast

HAND = "# Changes\n\nIntro.\n\n## [Unreleased]\n\n- soon\n\n## [0.2.0] - 2025-01-01\n\nBy hand, *kept*.  \n\n[1]: http://x\n"


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


@pytest.fixture
def series(without_dvc):
    """v0.1.0, v0.2.0, v0.3.0, tagged by hand; nobody wrote a changelog."""
    for number in (1, 2, 3):
        values = json.dumps({"f1": number / 10})
        without_dvc.commit(f"feat: step {number}", **{"model/performance.json": values})
        without_dvc.git("tag", "-a", f"v0.{number}.0", "-m", f"Step {number}")
    without_dvc.save("More")
    return without_dvc


def test_the_entry_of_a_release_without_a_file_is_written_anew(series):
    found = follows("changelog", series.release("changelog v0.2.0 --json").succeeds())
    assert (found["tag"], found["source"]) == ("v0.2.0", "written")
    out = series.release("changelog 0.2.0").succeeds().out
    assert out.startswith("## [0.2.0] - ")
    assert "Step 2" in out
    assert "| f1     | 0.1000 | 0.2000 | +0.1000 | better |" in out
    assert series.unchanged()


def test_a_file_has_the_last_word(series):
    series.save("x")
    series.write("CHANGELOG.md", HAND)
    found = follows("changelog", series.release("changelog v0.2.0 --json").succeeds())
    assert (found["source"], found["entry"]) == ("file", "## [0.2.0] - 2025-01-01\n\nBy hand, *kept*.\n")


def test_the_entry_in_a_tag_comes_from_there(project):
    project.release("bump minor -m charCNN --no-commit --yes").succeeds()
    found = follows("changelog", project.release("changelog v0.1.0 --json").succeeds())
    assert found["source"] == "tag"
    assert found["entry"].startswith("## [0.1.0] - ")
    assert "Release-Schema" not in found["entry"]


def test_what_is_unreleased_is_what_a_release_would_write(series):
    out = series.release("changelog").succeeds().out
    assert out.startswith("## [Unreleased]\n\n")
    assert "More" in out
    assert series.unchanged()
    assert follows("changelog", series.release("changelog --json").succeeds())["source"] == "drafted"
    series.git("tag", "-a", "v0.4.0", "-m", "Now")
    series.git("push", "--quiet", "origin", "--tags")
    run = series.release("changelog").succeeds()
    assert (run.out, run.err) == ("", "nothing to release\n")


def test_a_rebuild_shows_the_difference_and_keeps_every_byte(series):
    series.write("CHANGELOG.md", HAND)
    run = series.release("changelog --rebuild --dry-run").succeeds().says("+## [0.3.0]", "+## [0.1.0]", "dry run")
    assert series.unchanged()
    assert "\n-" not in run.out.split("+++")[1]
    found = follows("changelog", series.release("changelog --rebuild --yes --json").succeeds())
    assert (found["added"], found["written"]) == (["v0.3.0", "v0.1.0"], True)
    text = series.read("CHANGELOG.md").decode()
    order = [
        text.index(word)
        for word in (
            "- soon",
            "## [0.3.0]",
            "## [0.2.0] - 2025-01-01\n\nBy hand, *kept*.  \n",
            "## [0.1.0]",
            "[1]: http://x",
        )
    ]
    assert order == sorted(order)
    series.release("changelog --rebuild --yes").succeeds().says("has every release")
    assert series.unchanged()


def test_without_a_file_one_is_made(series):
    series.release("changelog --rebuild --yes").succeeds()
    text = series.read("CHANGELOG.md").decode()
    order = [text.index(f"## [0.{number}.0]") for number in (3, 2, 1)]
    assert order == sorted(order)
    assert "## [Unreleased]" in text


def test_releases_that_wrote_no_file_come_in(project):
    project.release("bump minor -m charCNN --no-commit --yes").succeeds()
    project.release("changelog --rebuild --yes").succeeds()
    assert "charCNN" in project.read("CHANGELOG.md").decode()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("changelog v9.9.9", 2, "no release v9.9.9 here"),
        ("changelog --rebuild", 2, "--yes"),
        ("changelog v0.1.0 --rebuild --yes", 2, "every release"),
    ],
)
def test_wrong_words_are_usage(series, words, code, said):
    series.release(words).fails_with(code).says(said).helps()
    assert series.unchanged()


def test_a_link_or_text_that_is_not_utf_8_is_refused(series):
    series.write("CHANGELOG.md", b"# Changes\n\xff\n")
    series.release("changelog --rebuild --yes").fails_with(3).says("UTF-8")
    assert series.unchanged()
    (series.folder / "CHANGELOG.md").unlink()
    (series.folder / "CHANGELOG.md").symlink_to("../origin.git/config")
    series.release("changelog --rebuild --yes").fails_with(3)
    assert series.unchanged()


def test_a_person_sees_the_difference_and_is_asked_once(series):
    environment = {**series.world.environment(), "TERM": "xterm"}
    for key, code in (("n\r", 130), ("\x03", 130), ("y\r", 0)):
        assert not (series.folder / "CHANGELOG.md").exists()
        child = pexpect.spawn(
            sys.executable, ["-m", "release", "changelog", "--rebuild"],
            cwd=str(series.folder), env=environment, timeout=60, dimensions=(200, 100),
        )  # fmt: skip
        child.expect_exact("Write CHANGELOG.md?")
        child.send(key)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code
    assert (series.folder / "CHANGELOG.md").exists()


def test_an_entry_that_is_written_anew_does_not_list_the_commit_that_the_release_made(project):
    project.release("bump minor -m First --yes").succeeds()
    project.save("feat: a thing")
    project.release("bump minor -m Second --yes").succeeds()
    project.write("CHANGELOG.md", "# Changelog\n")
    project.release("changelog --rebuild --yes").succeeds()
    assert b"a thing" in project.read("CHANGELOG.md")
    assert b"Release v0." not in project.read("CHANGELOG.md")


ODD = b"""# Changelog\r
\r
### [0.2.0](https://example.org/compare/v0.1.0...v0.2.0) (2026-01-05)\r
\r
* a patch as standard-version writes it\r
\r
## 0.1.1 - 2026-01-05\r
\r
### 3.11 support\r
\r
no entry, only a heading\r
\r
### 0.1.0\r
\r
no date  \r
no newline at the end"""


def test_entries_in_odd_forms_are_kept_byte_by_byte_and_not_written_twice(project):
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        project.save(version)
        project.git("tag", "-a", f"v{version}", "-m", version)
    project.write("CHANGELOG.md", ODD)
    project.release("changelog --rebuild --yes").succeeds().says("+### [0.3.0]")
    made = project.read("CHANGELOG.md")
    assert made.replace(b"\r\n", b"").count(b"\n") == 0, "another line ending"
    assert ODD.partition(b"### [0.2.0]")[2] in made
    assert (made.count(b"[0.2.0]"), made.count(b"0.1.0\r\n"), made.count(b"[0.3.0]")) == (1, 1, 1)
    project.release("changelog --rebuild --yes").succeeds().says("has every release")
    assert project.read("CHANGELOG.md") == made


versions = st.lists(st.builds(Version, *[st.integers(0, 3)] * 3), unique=True, max_size=5)


@given(versions, versions, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_file_keeps_its_text_and_gets_each_version_once(there, wanted, eol, unreleased, references):
    there = sorted(there, reverse=True)
    text = "# Changelog\n\n" + ("## [Unreleased]\n\n- soon\n\n" if unreleased else "")
    text += "".join(f"## [{version}]\n\nText of {version}.\n\n" for version in there)
    text += "[1]: http://x\n" if references else ""
    data = text.replace("\n", eol).encode()
    entries = [(version, f"## [{version}] - 2026-01-01\n\nNew {version}.\n") for version in wanted]
    made = with_missing(data, entries)
    assert made is not None
    assert listed_versions(made) == {*there, *wanted}
    assert with_missing(made, entries) == made
    found = made.decode()
    for line in filter(str.strip, data.decode().split(eol)):
        assert found.count(line) >= 1
    order = [found.index(f"## [{version}]") for version in sorted({*there, *wanted}, reverse=True)]
    assert order == sorted(order)
    assert (eol == "\r\n") is (found.count("\r\n") == found.count("\n"))
