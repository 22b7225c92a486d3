"""Tags with dates and subjects, from one `for-each-ref`, however many there are."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from release.adapters.git.process import Git
from release.adapters.git.refs import resolve_commit, tag_lines
from release.core.tags.releases import DatedTag
from release.core.tags.tag import TagRef

# Names and subjects contain no newline, so each line is a tag; NUL separates its fields.
_FIELDS = (
    "%(refname:lstrip=2)",
    "%(objectname)",
    "%(*objectname)",
    "%(objecttype)",
    "%(*objecttype)",
    "%(creatordate:raw)",
    "%(contents:subject)",
)


def read_tags(git: Git) -> tuple[DatedTag, ...]:
    """Return every local tag, sorted by name; one that names no commit or cannot be read has no commit id."""
    fields = "%00".join(_FIELDS)
    listed, broken = tag_lines(git, fields, git.start("for-each-ref", f"--format={fields}", "refs/tags"))
    tags = tuple(_parse(git, line) for line in listed)
    if not broken:
        return tags
    return tuple(sorted((*tags, *(DatedTag(ref=ref, when=None, subject="") for ref in broken)), key=_name_of))


def parse_date(raw: str) -> datetime | None:
    """Parse git's raw date, `1700000000 +0100`, as an aware datetime in that zone; None if out of range."""
    seconds, _, zone = raw.partition(" ")
    try:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        return datetime.fromtimestamp(int(seconds), timezone(-offset if zone.startswith("-") else offset))
    except (ValueError, OverflowError, OSError):
        return None


def _name_of(tag: DatedTag) -> str:
    return tag.ref.name


def _parse(git: Git, line: bytes) -> DatedTag:
    fields = line.split(b"\0")
    name, object_id, peeled, kind, peeled_kind, when = (
        field.decode("utf-8", "surrogateescape") for field in fields[: len(_FIELDS) - 1]
    )
    subject = b"\0".join(fields[len(_FIELDS) - 1 :]).decode("utf-8", "replace")
    commit = object_id if kind == "commit" else peeled if peeled_kind == "commit" else None
    if peeled_kind == "tag":  # a tag of a tag: `%(*...)` peels only once
        commit = resolve_commit(git, object_id)
    ref = TagRef(name=name, object_id=object_id, commit_id=commit)
    return DatedTag(ref=ref, when=parse_date(when), subject=subject)
