"""Text of a tag object and its commit: tagger, message, subject."""

from __future__ import annotations

from release.core.tags import Signature, TagRef
from release.git.objects import Objects
from release.git.refs import parse_date


def tagger_and_text(objects: Objects, ref: TagRef) -> tuple[Signature | None, str]:
    """Return tagger and message; None and "" for a lightweight tag."""
    if not ref.annotated:
        return None, ""
    head, _, message = objects.read(ref.object_id).partition(b"\n\n")
    lines = (line[7:] for line in head.split(b"\n") if line.startswith(b"tagger "))
    line = next(lines, b"").decode("utf-8", "replace")
    return _signature(line), message.decode("utf-8", "replace")


def subject_of(objects: Objects, commit: str) -> str:
    """Return the first line of a commit's message."""
    message = objects.read(commit).partition(b"\n\n")[2].lstrip(b"\n")
    return message.split(b"\n", 1)[0].decode("utf-8", "replace")


def _signature(line: str) -> Signature | None:
    """Parse `Name <email> 1700000000 +0100`; None if it has another form."""
    name, open_, rest = line.partition("<")
    email, close, when = rest.rpartition(">")
    date = parse_date(when.strip()) if open_ and close else None
    return None if date is None else Signature(name=name.strip(), email=email.strip(), when=date)
