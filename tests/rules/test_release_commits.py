"""Which commits are release commits of ours, by their words alone; and which entries are prepared releases."""

import pytest
from semver import Version

from release.core.auto import CommitText, is_release_commit, release_trailer, released_tags
from release.core.draft import prepared_version

WHO, LATER = "Ada <a@b> 1767603600 +0000", "Ada <a@b> 1767603700 +0000"
FORGE = "GitHub <noreply@github.com> 1767603600 +0000"


def commit(subject, body="", author=WHO, committer=WHO):
    return CommitText(id="c", subject=subject, body=body, author=author, committer=committer)


def test_the_trailer_names_each_tag():
    body = release_trailer(["v1.4.0", "charCNN@v1.3.0"])
    assert body == "Release-Tag: v1.4.0\nRelease-Tag: charCNN@v1.3.0\n"
    assert released_tags(commit("Release v1.4.0", body)) == ("v1.4.0", "charCNN@v1.3.0")


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ("Release-Tag: v1.4.0", ("v1.4.0",)),
        ("Release-Tag: v1.4.0\n(cherry picked from commit abc)", ("v1.4.0",)),
        ("Release-Tag: v1.4.0\nSigned-off-by: Ada <a@b>", ("v1.4.0",)),
        ("See below.\n\nRelease-Tag: v1.4.0", ()),
        ("* feat: x\n\n* Release v1.4.0\n\nRelease-Tag: v1.4.0", ()),
        ("> Release-Tag: v1.4.0", ()),
        ("    Release-Tag: v1.4.0", ()),
        ("Release-Tag: v1.4.0 and more words", ()),
        ("Release-Tag:", ()),
    ],
)
def test_only_a_body_of_trailers_counts(body, tags):
    assert released_tags(commit("Release v1.4.0", body, committer=LATER)) == tags
    assert is_release_commit(commit("Release v1.4.0", body)) is bool(tags)


def test_a_trailer_below_another_subject_is_no_reason_to_leave_the_commit_out():
    assert not is_release_commit(commit("feat: beam search", "Release-Tag: v1.4.0"))


@pytest.mark.parametrize(
    ("old", "tags"),
    [
        (commit("Release v1.4.0"), ("v1.4.0",)),
        (commit("Release v1.4.0: charCNN, at last"), ("v1.4.0",)),
        (commit("Release v1.4.0 (#7)"), ()),
        (commit("Release v1.4.0", committer=FORGE), ()),
        (commit("Release v1.4.0", committer=LATER), ()),
        (commit("Release v1.4.0", "With a text."), ()),
        (commit('Revert "Release v1.4.0"'), ()),
    ],
)
def test_before_there_were_trailers_it_is_subject_and_committer(old, tags):
    assert released_tags(old) == tags


@pytest.mark.parametrize(
    ("author", "committer", "moved"),
    [
        (WHO, WHO, False),
        (WHO, FORGE, False),
        (WHO, "Ada <a@b> 1767603601 +0100", False),
        (WHO, LATER, True),
        (WHO, "Ada <a@b> ", True),
        (WHO, f"Ada <a@b> {'9' * 5000} +0000", True),
    ],
)
def test_a_copy_is_known_by_its_dates(author, committer, moved):
    assert commit("Release v1.4.0", author=author, committer=committer).is_moved is moved


ENTRY = "## [1.4.0] - 2026-01-05\n\nWords\n"


@pytest.mark.parametrize(
    ("changelog", "previous", "taken", "found"),
    [
        (ENTRY, None, (), "1.4.0"),
        (ENTRY, "## [1.3.0] - 2026-01-01\n", (), "1.4.0"),
        (ENTRY, ENTRY, (), None),
        (ENTRY, None, ("1.4.0",), None),
        (ENTRY.replace("2026-01-05", "2026-01-05 (unreleased)"), None, (), None),
        (ENTRY.replace("2026-01-05", "2026-01-05, TBD"), None, (), None),
        (ENTRY.replace("2026-01-05", "Unreleased"), None, (), None),
        (ENTRY.replace(" - 2026-01-05", ""), None, (), None),
        (ENTRY.replace("1.4.0", "1.3.0"), None, (), None),
        (None, ENTRY, (), None),
    ],
)
def test_what_is_prepared(changelog, previous, taken, found):
    data, before = (None if text is None else f"# Changelog\n\n{text}".encode() for text in (changelog, previous))
    version = prepared_version(data, before, Version(1, 3, 0), taken=[Version.parse(each) for each in taken])
    assert version == (None if found is None else Version.parse(found))
