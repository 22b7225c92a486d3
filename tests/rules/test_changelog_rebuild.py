"""Many entries that come into a changelog at once lie as if each had come by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release.core import changelog
from release.core.changelog import with_missing

HEAD = "# Changelog\n\n## [Unreleased]\n\n- a thought\n"
VERSIONS = [Version(1, minor, patch) for minor in range(4) for patch in range(3)]


def entry(version):
    return f"## [{version}] - 2026-01-05\n\nwords of {version}\n"


def written(versions, head=HEAD):
    return (head + "".join(f"\n{entry(version)}" for version in versions)).encode()


@given(st.sets(st.sampled_from(VERSIONS)), st.sets(st.sampled_from(VERSIONS)))
def test_together_is_as_one_after_the_other(there, missing):
    data = written(sorted(there, reverse=True))
    alone = data
    for version in sorted(missing):
        alone = with_missing(alone, [(version, entry(version))])
    assert with_missing(data, [(version, entry(version)) for version in missing]) == alone


@given(st.sets(st.sampled_from(VERSIONS)), st.sets(st.sampled_from(VERSIONS)))
def test_a_sorted_file_stays_sorted_and_what_is_there_stays(there, missing):
    data = written(sorted(there, reverse=True))
    assert with_missing(data, [(version, entry(version)) for version in missing]) == written(
        sorted(there | missing, reverse=True)
    )


def test_a_file_that_is_not_there_is_made_with_all_of_them():
    made = with_missing(None, [(version, entry(version)) for version in VERSIONS])
    assert made is not None
    assert [made.count(f"words of {version}\n".encode()) for version in VERSIONS] == [1] * len(VERSIONS)
    assert made.index(b"[1.3.2]") < made.index(b"[1.0.0]")


def test_a_file_sorted_otherwise_keeps_its_order():
    data = written([Version(1, 0, 0), Version(1, 3, 0)])
    made = with_missing(data, [(Version(1, 2, 0), entry("1.2.0")), (Version(0, 9, 0), entry("0.9.0"))])
    assert made is not None
    places = [made.index(f"## [{version}]".encode()) for version in ("1.2.0", "1.0.0", "1.3.0", "0.9.0")]
    assert places == sorted(places)


def test_the_file_is_read_once_however_many_entries_are_missing(monkeypatch):
    """Once per entry took minutes for a thousand releases."""
    read, parse = [], changelog.parse_changelog

    def counted(data, *, path):
        read.append(path)
        return parse(data, path=path)

    monkeypatch.setattr(changelog, "parse_changelog", counted)
    many = [(Version(1, number, 0), entry(f"1.{number}.0")) for number in range(200)]
    for data in (None, written(VERSIONS)):
        read.clear()
        assert with_missing(data, many) is not None
        assert len(read) <= 2
