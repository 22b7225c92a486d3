"""Which commits are release commits of ours, by their words alone; and which entries are prepared releases."""

import pytest
from semver import Version

from release.core.auto import (
    CommitText,
    is_release_commit,
    release_trailer,
    released_tags,
    reverted_commits,
    squashed_tags,
)
from release.core.config import BadConfig, CommitMessage, parse_config
from release.core.draft import prepared_version

DEFAULT = CommitMessage()

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
    assert is_release_commit(commit("Release v1.4.0", body), DEFAULT) is bool(tags)


def test_a_trailer_below_another_subject_is_no_reason_to_leave_the_commit_out():
    assert not is_release_commit(commit("feat: beam search", "Release-Tag: v1.4.0"), DEFAULT)


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


CHORE = CommitMessage(pattern="chore(release): {tag}")


@pytest.mark.parametrize(
    ("pattern", "message", "subject"),
    [
        ("Release {tag}: {message}", "charCNN", "Release v1.4.0: charCNN"),
        ("Release {tag}: {message}", None, "Release v1.4.0"),
        ("chore(release): {tag}", "charCNN", "chore(release): v1.4.0"),
        ("chore(release): {tag} {message}", "charCNN", "chore(release): v1.4.0 charCNN"),
        ("chore(release): {tag} {message}", None, "chore(release): v1.4.0"),
        ("chore(release): {version} ({message}) [skip ci]", "a", "chore(release): 1.4.0 (a) [skip ci]"),
        ("chore(release): {version} ({message}) [skip ci]", None, "chore(release): 1.4.0 [skip ci]"),
        ("{tag} {message}", None, "v1.4.0"),
        ("{message} ({tag})", None, "Release 1.4.0 (v1.4.0)"),
        ("{tag}: {message}", "{version} {tag}", "v1.4.0: {version} {tag}"),
    ],
)
def test_the_subject_follows_the_template_and_is_recognized(pattern, message, subject):
    template = CommitMessage(pattern=pattern)
    assert template.subject(tag="v1.4.0", version="1.4.0", message=message) == subject
    assert template.names(subject, "v1.4.0")
    assert not template.names(subject, "v1.4.1")
    assert not template.names(subject, "v11.4.0")
    assert not template.names(f"{subject}, and more.", "v1.4.0") or pattern.endswith("{message}")
    body = release_trailer(["v1.4.0"], signed_off_by="Ada <ada@example.org>")
    assert body == "Release-Tag: v1.4.0\nSigned-off-by: Ada <ada@example.org>\n"
    assert is_release_commit(commit(subject, body), template)
    assert squashed_tags(commit("A branch (#3)", f"* feat: a\n\n* {subject}\n\n{body}\n* more"), template) == (
        "v1.4.0",
    )
    id = "a" * 40
    back = commit(f'Revert "{subject}"', f"This reverts commit {id}.")
    assert reverted_commits(back) == (id,)


@pytest.mark.parametrize("indent", ["", "    "])
def test_a_squash_that_quotes_a_release_of_several_models_names_each(indent):
    tags = ("charCNN@v1.3.0", "ranker@v0.4.0")
    body = release_trailer(tags)
    lines = [
        "feat: beam search",
        "",
        f"Release {', '.join(tags)}: new clicks",
        "",
        *body.splitlines(),
        "",
        "fix: a typo",
    ]
    text = "".join(f"{indent}{line}\n" for line in lines)
    assert squashed_tags(commit("A branch (#3)", text), DEFAULT) == tags
    assert squashed_tags(commit("A branch (#3)", text.replace("\n", "\r\n")), DEFAULT) == tags
    other = text.replace(f"Release {', '.join(tags)}", "Release charCNN@v1.3.0")
    assert squashed_tags(commit("A branch (#3)", other), DEFAULT) == tags[:1]
    assert squashed_tags(commit("A branch (#3)", text.replace("ranker@v0.4.0\n", "ranker@ v0.4.0\n")), DEFAULT) == ()


def test_the_default_subject_stays_one_under_another_template():
    assert is_release_commit(commit("Release v1.4.0: a", "Release-Tag: v1.4.0"), CHORE)
    assert not is_release_commit(commit("chore(release): v1.4.0", "Release-Tag: v1.4.0"), DEFAULT)
    assert not is_release_commit(commit("chore(release): v1.4.0 and more", "Release-Tag: v1.4.0"), CHORE)


@pytest.mark.parametrize(
    "pattern", ["", "release", "{message}", "{tag}{message}", "{tag} {tag}", "{tag} {name}", "a\n{tag}"]
)
def test_a_template_that_no_release_can_be_known_by_is_refused(pattern):
    with pytest.raises(BadConfig, match="commit-message"):
        parse_config({"commit-message": pattern}, source=".release.toml", folder="")
