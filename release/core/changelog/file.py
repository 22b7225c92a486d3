"""CHANGELOG.md: finding sections and adding an entry; all other bytes stay (keepachangelog.com)."""

from __future__ import annotations

import codecs
import re

from msgspec import Struct

from release.core.escape import for_terminal
from release.core.shell import quote
from release.errors import Refused

_HEADER = "# Changelog\n\nAll notable changes to this project are documented in this file.\n\n## [Unreleased]\n"

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_ATX = re.compile(r"^ {0,3}(?P<level>#{1,6})(?:[ \t]+(?P<text>.*))?$")
_LONGEST_TITLE = 200  # the version is looked for in this many characters of a heading
_UNDERLINE = re.compile(r"^ {0,3}(?P<sign>=+|-+)[ \t]*$")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:[ \t]*\S")
_UNRELEASED = re.compile(r"^\[?unreleased\b", re.IGNORECASE)
_VERSION = re.compile(
    r"^(?:(?:version|release)[ \t]+)?\[?v?(?P<version>\d+(?:\.\d+){1,2}(?:[-+.]?[0-9A-Za-z][0-9A-Za-z.+-]*)?)(?![\w/])",
    re.IGNORECASE,
)
# A full version with optional link and date: an entry of its own even below `##`, as standard-version writes patch
# releases.
_DEEP_ENTRY = re.compile(
    r"^\[?v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\]?(?:\([^)\s]*\))?(?:[ \t]*[-\u2013(]?[ \t]*\d{4}-\d\d-\d\d\)?)?$"
)


_OPEN = re.compile(r"\b(?:unreleased|TBD)\b", re.IGNORECASE)


class UnreadableChangelog(Refused):
    """A changelog that is not UTF-8 text."""


class Section(Struct, frozen=True, kw_only=True):
    """A heading and all below it, as offsets in the text: `start` of the heading, `body` after it, `end`.

    `version` is None for Unreleased.
    """

    version: str | None
    level: int
    start: int
    body: int
    end: int


class ChangelogFile(Struct, frozen=True, kw_only=True):
    """A changelog's text, without byte order mark, and its sections.

    `eol` is the most frequent line ending. `references` is the offset of the link references at the end.
    """

    text: str
    bom: bool
    eol: str
    unreleased: Section | None
    versions: tuple[Section, ...]
    references: int


def parse(data: bytes, *, path: str = "CHANGELOG.md") -> ChangelogFile:
    """Find the sections; headings in code fences and comments are ignored. Raises UnreadableChangelog."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableChangelog(
            f"{for_terminal(path)} is not UTF-8 text: line {line} holds byte 0x{error.object[error.start]:02x}",
            help=f"convert {quote(path)} to UTF-8 and commit it",
        ) from None
    crlf = text.count("\r\n")
    references = _references(text)
    sections = _sections(text, references)
    return ChangelogFile(
        text=text,
        bom=data.startswith(codecs.BOM_UTF8),
        eol="\r\n" if crlf > text.count("\n") - crlf else "\n",
        unreleased=next((section for section in sections if section.version is None), None),
        versions=tuple(section for section in sections if section.version is not None),
        references=references,
    )


def unreleased_text(data: bytes | None, *, path: str = "CHANGELOG.md") -> str:
    """Return the text under `## [Unreleased]`, without blank lines around it; line endings stay."""
    if data is None:
        return ""
    log = parse(data, path=path)
    section = log.unreleased
    return _trimmed(log.text[section.body : section.end]) if section else ""


def with_entry(
    data: bytes | None, entry: str, version: str, *, consume_unreleased: bool = True, path: str = "CHANGELOG.md"
) -> bytes:
    """Return the file with the entry of a version added, newest first; None makes a new file.

    `entry` already holds the text of `unreleased_text`, which is therefore removed from its old place (not with
    `consume_unreleased=False`, for prereleases). A version that has an entry keeps it, so that inserting twice equals
    inserting once. Heading levels follow those of the file.
    """
    if data is None:
        return f"{_HEADER}\n{entry.strip()}\n".encode()
    log = parse(data, path=path)
    if _find(log, version):
        return data
    section, text = log.unreleased, log.text
    hand_written = _trimmed(text[section.body : section.end]) if section and consume_unreleased else ""
    if section is None:
        start = end = log.versions[0].start if log.versions else log.references
    elif consume_unreleased:
        start, end = section.body, section.end
    else:
        start = end = section.end
    level = section.level if section else log.versions[0].level if log.versions else 2
    added = _adapted(entry.strip("\n"), hand_written, level=level, eol=log.eol)
    before, after = text[:start], text[end:]
    merged = f"{_apart(before, log.eol)}{added}{log.eol * 2 + after if after.strip() else ''}"
    if text.endswith("\n") or not text:
        merged = merged if merged.endswith("\n") else merged + log.eol
    return (codecs.BOM_UTF8 if log.bom else b"") + merged.encode("utf-8")


def entry_of(data: bytes, version: str, *, path: str = "CHANGELOG.md") -> str | None:
    """Return the entry of a version with LF and a final newline, None if there is none."""
    log = parse(data, path=path)
    section = _find(log, version)
    return _trimmed(log.text[section.start : section.end]).replace("\r\n", "\n") + "\n" if section else None


def is_open(heading: str) -> bool:
    """Return True if a version's heading says that it is not released yet."""
    return _OPEN.search(heading) is not None


def _find(log: ChangelogFile, version: str) -> Section | None:
    return next((section for section in log.versions if section.version == version), None)


def _apart(before: str, eol: str) -> str:
    """Return the text before an insertion, ending with exactly one blank line; empty text stays empty."""
    body = before.rstrip("\r\n")
    return body + eol * 2 if body else before


def _adapted(entry: str, hand_written: str, *, level: int, eol: str) -> str:
    """Return the entry with the file's heading level and line endings; hand-written text in it is unchanged."""
    head, found, tail = entry.partition(hand_written) if hand_written else (entry, "", "")

    def ours(part: str) -> str:
        return re.sub(r"(?m)^##(?=#* )", "#" * level, part).replace("\r\n", "\n").replace("\n", eol)

    return ours(head) + found + ours(tail)


def _trimmed(text: str) -> str:
    """Strip blank lines around the text."""
    return re.sub(r"\A(?:[ \t]*\r?\n)+", "", text).rstrip()


def _references(text: str) -> int:
    """Return the offset of the link references at the end; the text's length if there are none."""
    begin = end = len(text)
    while end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        line = text[start:end]
        if _REFERENCE.match(line):
            begin = start
        elif line.strip():
            break
        end = start
    return begin


def _sections(text: str, references: int) -> list[Section]:
    """Return Unreleased and the versions, in the order of the file.

    Each ends where the next heading of its level, or the next version, begins.
    """
    sections: list[Section] = []
    pending: list[tuple[str | None, int, int, int]] = []  # the open section: version, level, start, body

    def close(end: int) -> None:
        for version, level, start, body in pending:
            sections.append(Section(version=version, level=level, start=start, body=body, end=end))
        pending.clear()

    for level, whole, start, body in _headings(text[:references]):
        title = whole[:_LONGEST_TITLE]
        version = _VERSION.match(title)
        unreleased = _UNRELEASED.match(title) is not None
        entry = version and (level <= 2 or _DEEP_ENTRY.match(title))
        if pending and (level <= pending[0][1] or entry):
            close(start)
        if not pending and (version or unreleased):
            pending.append((version["version"] if version else None, level, start, body))
    close(references)
    return sections


def _without_closing(title: str) -> str:
    """Strip the closing `#` signs of a heading."""
    title = title.rstrip(" \t")
    bare = title.rstrip("#")
    return bare.rstrip(" \t") if bare[-1:] in ("", " ", "\t") else title


def _headings(text: str) -> list[tuple[int, str, int, int]]:
    """Return (level, title, start, end) of each heading outside code fences and comments, ATX and underlined."""
    headings: list[tuple[int, str, int, int]] = []
    fence, comment = "", False
    previous: tuple[str, int] | None = None  # a paragraph's line, which an underline would make a heading
    for match in _LINE.finditer(text):
        line, start = match[0].rstrip("\r\n"), match.start()
        opened = _FENCE.match(line)
        if comment or fence:
            comment = comment and "-->" not in line
            if fence and opened and opened["fence"].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            previous = None
        elif opened:
            fence, previous = opened["fence"], None
        elif line.lstrip().startswith("<!--"):
            comment, previous = "-->" not in line, None
        elif atx := _ATX.match(line):
            headings.append((len(atx["level"]), _without_closing(atx["text"] or ""), start, match.end()))
            previous = None
        elif previous and (under := _UNDERLINE.match(line)):
            headings.append((1 if under["sign"][0] == "=" else 2, previous[0], previous[1], match.end()))
            previous = None
        else:
            previous = (
                (line.strip(), start) if line.strip() and not line.startswith(("    ", "\t", "-", ">", "|")) else None
            )
    return headings
