"""The changelog: entries, sections of the file, missing releases, numbers in an entry."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace
from semver import Version

from release.core.auto import FENCE, ChangeNote, CommitStatement
from release.core.check import Change
from release.core.forge import Forge
from release.core.metrics import Metric, MetricVerdict, Param
from release.core.pointer import PointerChange
from release.core.tags import TagRef
from release.core.text import (
    Scalar,
    columns_of,
    count,
    delta,
    exact,
    for_markdown,
    for_terminal,
    from_markdown,
    number,
    quote,
    unified,
)
from release.core.version import parse_static, precedence
from release.errors import Refused

MAX_LINES = 100  # per list or table, to keep entries readable; `release diff` shows all

_GROUPS = {"feat": "Features", "fix": "Fixes", "model": "Models", "data": "Data", "exp": "Experiments"}


class Notes(Struct, frozen=True, kw_only=True):
    """Content of an entry.

    `commits` are newest first; `unreleased` is hand-written Markdown. `regression` is the reason why a metric may be
    worse (None: no gate was overridden); `excluded` are the paths that the audit skips; `left_out` the types of commits
    that cause no release and are not listed; `forge` is the host to link to (None: no links).
    """

    version: str
    date: date
    message: str
    metrics: Sequence[Metric] = ()
    params: Sequence[Param] = ()
    pointers: Sequence[PointerChange] = ()
    commits: Sequence[CommitStatement] = ()
    unreleased: str = ""
    regression: str | None = None
    excluded: Sequence[str] = ()
    left_out: Collection[str] = ()
    forge: Forge | None = None


def entry(notes: Notes) -> str:
    """Return the entry with LF and a final newline; `unreleased` is copied byte for byte."""
    parts = [f"## [{notes.version}] - {notes.date.isoformat()}", _prose(notes.message)]
    if notes.unreleased:
        parts.append(notes.unreleased)
    several = len({param.file for param in notes.params}) > 1
    parts += [
        *_performance(notes.metrics),
        *([f"Accepted regression: {_prose(notes.regression)}"] if notes.regression is not None else []),
        *_section("Parameters", [_param(param, several=several) for param in notes.params]),
        *_section("Data and models", [_changed(each.path, each.change, *each.sides()) for each in notes.pointers]),
        *_excluded(notes.excluded),
        *_changes([each for each in notes.commits if not _is_left_out(each, notes.left_out)], notes.forge),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _prose(text: str) -> str:
    return for_markdown(text, in_cell=False)


def _performance(metrics: Sequence[Metric]) -> list[str]:
    shown = [metric for metric in metrics if metric.headline]
    rest = [metric for metric in metrics if not metric.headline and metric.verdict is not MetricVerdict.UNCHANGED]
    quiet = len(metrics) - len(shown) - len(rest)
    if not shown and not rest:
        return []
    several = len({metric.file for metric in metrics}) > 1
    parts = ["### Performance"]
    if shown:
        parts.append(_table(shown, several=several))
    if rest:
        unchanged = f", {count(quiet)} unchanged" if quiet else ""
        summary = f"{count(len(rest))} more{unchanged}" if shown else f"{count(len(rest))} metrics{unchanged}"
        parts += [f"<details>\n<summary>{summary}</summary>", _table(rest, several=several), "</details>"]
    return parts


def _table(metrics: Sequence[Metric], *, several: bool) -> str:
    rows = [("Metric", "Before", "After", "Change", "")]
    for metric in metrics[:MAX_LINES]:
        before = "" if metric.verdict is MetricVerdict.NEW else _figure(metric.before)
        after = "" if metric.verdict is MetricVerdict.REMOVED else _figure(metric.after)
        if metric.verdict is MetricVerdict.UNREADABLE:
            before, after = ("" if side == "null" else side for side in (before, after))
        name = for_markdown(metric.identity if several else metric.key) or "(no name)"
        rows.append((name, before, after, delta(metric.delta), metric.verdict.value))
    if len(metrics) > MAX_LINES:
        rows.append((f"... {count(len(metrics) - MAX_LINES)} more", "", "", "", ""))
    return "\n".join(_padded(rows, right=(1, 2, 3)))


def _padded(rows: Sequence[tuple[str, ...]], *, right: Collection[int]) -> Iterator[str]:
    """Yield the lines of a table, formatted as by Prettier and mdformat; the columns `right` are right-aligned."""
    widths = [max(3, *map(columns_of, column)) for column in zip(*rows, strict=True)]
    cut = [f"{'-' * (width - 1)}:" if at in right else "-" * width for at, width in enumerate(widths)]
    for row in (rows[0], tuple(cut), *rows[1:]):
        gaps = [" " * (width - columns_of(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            gap + cell if at in right else cell + gap for at, (cell, gap) in enumerate(zip(row, gaps, strict=True))
        ]
        yield f"| {' | '.join(cells)} |"


def _figure(value: Scalar) -> str:
    return _value(number(value)) if isinstance(value, str) else number(value)


def _section(title: str, items: Sequence[str]) -> list[str]:
    return [f"### {title}", _list(items)] if items else []


def _list(items: Sequence[str]) -> str:
    lines = [f"- {item or '(no message)'}" for item in items[:MAX_LINES]]
    if len(items) > MAX_LINES:
        lines.append(f"- ... {count(len(items) - MAX_LINES)} more")
    return "\n".join(lines)


def _param(param: Param, *, several: bool) -> str:
    name = f"{param.file}:{param.key}" if several else param.key
    return _changed(name, param.change, _setting(param.before), _setting(param.after))


def _changed(name: str, change: Change, before: str, after: str) -> str:
    name = _prose(name) or "(no name)"
    if change is Change.ADDED:
        return f"{name}: {after} (added)"
    return f"{name}: {before} (removed)" if change is Change.REMOVED else f"{name}: {before} -> {after}"


def _setting(value: Scalar) -> str:
    return _value(exact(value)) or '""'


def _value(text: str, limit: int = 80) -> str:
    return for_markdown(text if len(text) <= limit else f"{text[:limit]}...")


def _excluded(paths: Sequence[str]) -> list[str]:
    return [f"Not audited: {', '.join(_prose(path) for path in paths[:MAX_LINES])}"] if paths else []


def _changes(commits: Sequence[CommitStatement], forge: Forge | None) -> list[str]:
    """List the changes by type if any commit is Conventional (conventionalcommits.org), else the subjects."""
    notes = list(_announced([each for each in commits if not each.reverted]))

    def line(text: str, id: str) -> str:
        return _prose(text) if forge is None else forge.link(_prose(text), id)

    if not any(note.what for note, _ in notes):
        return _section("Changes", [line(note.line, id) for note, id in notes])
    groups: dict[str, list[str]] = {title: [] for title in ("Breaking changes", *_GROUPS.values(), "Other")}
    for note, id in notes:
        group = _group(note)
        text = note.line if group == "Other" else f"{note.scope}: {note.what}" if note.scope else note.what
        groups[group].append(line(text, id))
    return [
        "### Changes",
        *(part for title, items in groups.items() if items for part in (f"#### {title}", _list(items))),
    ]


def _is_left_out(said: CommitStatement, types: Collection[str]) -> bool:
    """Return True if all changes of a commit are of these types, and it asks for no level (`Release: patch`)."""
    asks = any(name == "release" and value.lower() != "none" for name, value in said.trailers)
    return not asks and all(note.type in types and not note.breaking for note in said.notes)


def _announced(commits: Sequence[CommitStatement]) -> Iterator[tuple[ChangeNote, str]]:
    """Yield each subject and breaking change, with the commit's id; of squashes and merges also features and fixes.

    Changes that merges and squashes repeat are left out.
    """
    known = {(_group(each.notes[0]), each.notes[0].title) for each in commits if not each.commit.is_merge}
    for each in commits:
        subject, *others = each.notes
        if not each.commit.is_merge:
            yield subject, each.commit.id
        elif subject.what:
            others = [subject, *others]
        for note in others:
            group = _group(note)
            if group != "Other" and (note.breaking or not subject.what) and (group, note.title) not in known:
                known.add((group, note.title))
                yield note, each.commit.id


def _group(note: ChangeNote) -> str:
    return "Breaking changes" if note.breaking else _GROUPS.get(note.type, "Other")


def listed(commits: Sequence[CommitStatement], forge: Forge | None) -> frozenset[str]:
    """Return the lines that entries have of these commits."""
    return frozenset(line for part in _changes(commits, forge) for line in part.split("\n") if line.startswith("- "))


_MADE_SECTIONS = {
    "Performance": re.compile(r"\||</?details>|<summary>"),
    "Parameters": re.compile(r"- .*(?: -> |\((?:added|removed)\)$)"),
    "Data and models": re.compile(r"- .*(?: -> |\((?:added|removed)\)$)"),
    "Changes": re.compile(r"- \(no message\)$"),
}
_MADE = re.compile(r"(?:Accepted regression|Not audited): |- \.\.\. [\d,]+ more$")


def hand_written(entry: str, *, unreleased: str, message: str, commits: Collection[str]) -> str:
    """Return the text of an entry that `entry` did not write: `unreleased`, as it was, and what was added since.

    `message` is that of the release; `commits` are lines as of `listed`. A line in doubt counts as hand-written.
    """
    body = entry.partition("\n")[2].strip("\n")
    if message_of(entry) == message:
        body = body.partition("\n\n")[2]
    before, found, after = body.partition(unreleased) if unreleased else (body, "", "")
    parts = (_without_made(before, commits), found, _without_made(after, commits))
    return "\n\n".join(part for part in parts if part)


def _without_made(text: str, commits: Collection[str]) -> str:
    kept: list[str] = []
    section, fence = "", False
    groups = ("Breaking changes", *_GROUPS.values(), "Other")
    for line in text.split("\n"):
        fence ^= FENCE.match(line) is not None
        heading = None if fence else _ATX.match(line)
        title = (heading["text"] or "").strip() if heading else ""
        if heading is not None and not (section == "Changes" and title in groups):
            section = title if title in _MADE_SECTIONS else ""
        made = _MADE_SECTIONS.get(section)
        if fence or made is None:
            generated = not fence and _MADE.match(line) is not None
        else:
            generated = heading is not None or line in commits or any(each.match(line) for each in (made, _MADE))
        if not generated:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


# CHANGELOG.md: finding sections and adding an entry; all other bytes stay (keepachangelog.com)

HEADER = "# Changelog\n\nAll notable changes to this project are documented in this file.\n\n## [Unreleased]\n"

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_ATX = re.compile(r"^ {0,3}(?P<level>#{1,6})(?:[ \t]+(?P<text>.*))?$")
_TITLE = re.compile(r"^ {0,3}(?![-+*>|=#][ \t]|[-=*_]+$)\S")
_UNDERLINE = re.compile(r"^ {0,3}(?P<sign>=+|-+)[ \t]*$")
_LONGEST_TITLE = 200  # characters of a heading that are searched for the version
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:[ \t]*\S")
_UNRELEASED = re.compile(r"^\[?unreleased\b", re.IGNORECASE)
_VERSION = re.compile(
    r"^(?:(?:version|release)[ \t]+)?\[?v?(?P<version>\d+(?:\.\d+){1,2}(?:[-+.]?[0-9A-Za-z][0-9A-Za-z.+-]*)?)(?![\w/])",
    re.IGNORECASE,
)
# A full version with optional link and date: an entry even below `##`, where standard-version puts patch releases.
_DEEP_ENTRY = re.compile(
    r"^\[?v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\]?(?:\([^)\s]*\))?(?:[ \t]*[-\u2013(]?[ \t]*\d{4}-\d\d-\d\d\)?)?$"
)


_OPEN = re.compile(
    r"\b(?:unreleased|not[ -](?:yet[ -])?released|TBD|TBA|WIP|in[ -](?:development|progress)|upcoming)\b", re.IGNORECASE
)
_ISO_DATE = re.compile(r"(?<![\d.-])\d{4}-\d{2}-\d{2}(?![\d-])")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_OTHER_DATE = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}|\d{{4}}[./]\d{{1,2}}[./]\d{{1,2}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\.? {_MONTH},? \d{{4}})(?!\d)",
    re.IGNORECASE,
)


class UnreadableChangelog(Refused):
    """A changelog that is not UTF-8 text."""

    section = "changelog"


class Section(Struct, frozen=True, kw_only=True):
    """A heading with the text below it, as offsets: `start` of the heading, `body` after it, `end`.

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


def parse_changelog(data: bytes, *, path: str = "CHANGELOG.md") -> ChangelogFile:
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
    log = parse_changelog(data, path=path)
    section = log.unreleased
    return _trimmed(log.text[section.body : section.end]) if section else ""


def with_entry(
    data: bytes | None,
    entry: str,
    version: str,
    *,
    consume_unreleased: bool = True,
    path: str = "CHANGELOG.md",
    tags: tuple[str | None, str] | None = None,
) -> bytes:
    """Return the file with the entry of a version added, newest first; `data` None makes a new file.

    `entry` already contains the text of `unreleased_text`, which is therefore removed from its old place. Not with
    `consume_unreleased=False`, for prereleases and old releases: these go above the first lower version. If the version
    has an entry, the file is unchanged. Heading levels follow the file's. `tags` are the previous tag (None: there is
    none) and the new one, for the links at the end of the file; None: links are not changed.
    """
    if data is None:
        return f"{HEADER}\n{entry.strip()}\n".encode()
    log = parse_changelog(data, path=path)
    if _find(log, version):
        return data
    section = log.unreleased
    hand_written = _trimmed(log.text[section.body : section.end]) if section and consume_unreleased else ""
    newest = log.versions[0] if log.versions else None
    below = newest
    if not consume_unreleased:
        number = parse_static(version)
        below = next((each for each in log.versions if number and (v := _version(each)) and v < number), None)
    if below is not newest or section is None:
        start = end = below.start if below else log.references
    else:
        start, end = (section.body if consume_unreleased else section.end), section.end
    level = section.level if section else log.versions[0].level if log.versions else 2
    added = _adapted(entry.strip("\n"), hand_written, level=level, eol=log.eol)
    links = log.text[log.references :]
    if tags is not None:
        links = _linked(links, version, *tags, eol=log.eol, newest=below is newest and consume_unreleased)
    text = log.text[: log.references] + links
    return _replaced(replace(log, text=text), start, end, added)


_COMPARED = re.compile(r"(?P<url>\S*/compare/)(?P<base>\S+?)(?P<dots>\.{2,3})(?P<tip>[^\s.][^\s]*?)")
_TAGGED = re.compile(r"(?P<url>\S*/(?:releases/tag|-/tags|-/releases|src/tag)/)(?P<tip>\S+)")
_LINK = re.compile(r"^ {0,3}\[(?P<name>[^\]]+)\]:[ \t]*(?P<target>\S{1,1000})[ \t]*(?=\r?$)", re.MULTILINE)


def _linked(links: str, version: str, previous: str | None, tag: str, *, eol: str, newest: bool) -> str:
    """Add a link in the form of keepachangelog.com: `[1.4.0]: .../compare/v1.3.0...v1.4.0`.

    If it is the `newest` release, `[unreleased]` compares with it. Links of another form are not changed.
    """
    lines = list(_LINK.finditer(links))
    if any(found["name"].lower() == version.lower() for found in lines):
        return links
    open_link = next((each for each in lines if _UNRELEASED.match(each["name"])), None)
    released = next((each for each in lines if parse_static(each["name"].lower().removeprefix("v")) is not None), None)
    since = open_link and _COMPARED.fullmatch(open_link["target"])
    like = since or next((at for each in lines if (at := _COMPARED.fullmatch(each["target"]))), None)
    named = released and _TAGGED.fullmatch(released["target"])
    base = previous or (since["base"] if since else None)
    if like is not None and base is not None:
        target = f"{like['url']}{base}{like['dots']}{tag}"
    elif named is not None:
        target = f"{named['url']}{tag}"
    else:
        return links
    names = [found["name"].lower() for found in lines]
    if len(names) > 1 and names == sorted(names):  # as mdformat leaves them
        released = next((each for each in lines if each["name"].lower() > version.lower()), None)
        last = lines[-1].end()
    else:
        last = open_link.end() if open_link else 0
    before = released.start() if released else last
    line = f"[{version}]: {target}"
    links = links[:before] + (f"{line}{eol}" if released else f"{eol}{line}") + links[before:]
    if open_link is None or since is None or not newest:
        return links
    start, after = open_link.start("target"), open_link.end("target")
    if start > before:  # below the versions
        start, after = start + len(line) + len(eol), after + len(line) + len(eol)
    return links[:start] + f"{since['url']}{tag}{since['dots']}{since['tip']}" + links[after:]


def _unlinked(links: str, version: str) -> str:
    """Remove the link that `_linked` added: `[unreleased]` compares with the previous release again."""
    lines = list(_LINK.finditer(links))
    own = next((each for each in lines if each["name"].lower() == version.lower()), None)
    if own is None:
        return links
    compared = _COMPARED.fullmatch(own["target"])
    open_link = next((each for each in lines if _UNRELEASED.match(each["name"])), None)
    since = open_link and _COMPARED.fullmatch(open_link["target"])
    changes = [(own.start(), own.end(), "")]
    if compared and open_link and since and since["base"] == compared["tip"]:
        target = f"{since['url']}{compared['base']}{since['dots']}{since['tip']}"
        changes.append((*open_link.span("target"), target))
    for start, end, text in sorted(changes, reverse=True):
        rest = links[end:] if text else links[end:].removeprefix("\r").removeprefix("\n")
        links = links[:start] + text + rest
    return links


def entry_of(data: bytes, version: str, *, path: str = "CHANGELOG.md") -> str | None:
    """Return the entry of a version with LF and a final newline, None if there is none."""
    log = parse_changelog(data, path=path)
    section = _find(log, version)
    return _trimmed(log.text[section.start : section.end]).replace("\r\n", "\n") + "\n" if section else None


def without_entry(data: bytes, version: str, *, unreleased: str = "", path: str = "CHANGELOG.md") -> bytes:
    """Return the file without the entry of a version; `unreleased` goes to the end of Unreleased, made if it is gone."""
    log = parse_changelog(data, path=path)
    section = _find(log, version)
    if section is None:
        return data
    links = _unlinked(log.text[log.references :], version)
    if unreleased and log.unreleased is None:
        place = f"{'#' * section.level} [Unreleased]{log.eol * 2}{unreleased}"
        return _replaced(replace(log, text=log.text[: log.references] + links), section.start, section.end, place)
    before, after = log.text[: section.start].rstrip("\r\n"), log.text[section.end : log.references] + links
    after = after.lstrip("\r\n")
    text = f"{before}{log.eol * 2}{after}" if after.strip() else f"{before}{log.eol}"
    plain = (codecs.BOM_UTF8 if log.bom else b"") + text.encode()
    open_section = parse_changelog(plain, path=path).unreleased
    if not unreleased or open_section is None:
        return plain
    text = _trimmed(text[open_section.body : open_section.end])
    return _replaced(
        parse_changelog(plain, path=path),
        open_section.body,
        open_section.end,
        f"{text}{log.eol * 2}{unreleased}".strip(),
    )


_YANKED = re.compile(r"[ \t]*\[YANKED\]", re.IGNORECASE)
_WHY_YANKED = re.compile(r"\A\s*Yanked: [^\n]*\n?")


def with_yank(data: bytes, version: str, reason: str | None, *, path: str) -> bytes:
    """Return the file with `[YANKED]` in a version's heading and the reason below it; `reason` None removes both."""
    log = parse_changelog(data, path=path)
    section = _find(log, version)
    if section is None:
        return data
    heading = log.text[section.start : section.body].rstrip()
    if (_YANKED.search(heading) is None) == (reason is None):
        return data
    body = log.text[section.body : section.end].strip("\r\n")
    if reason is None:
        heading, body = _YANKED.sub("", heading), _WHY_YANKED.sub("", body).strip("\r\n")
    else:
        heading, body = f"{heading} [YANKED]", f"Yanked: {for_markdown(reason)}{log.eol * 2}{body}".rstrip()
    return _replaced(log, section.start, section.end, f"{heading}{log.eol * 2}{body}".rstrip())


def message_of(entry: str) -> str | None:
    """Return the message at the start of an entry, as it was given to `entry`; None if there is none.

    The message is a block of one line that is no heading, list, table or quote.
    """
    first = entry.partition("\n")[2].strip("\n").partition("\n\n")[0].strip()
    if not first or "\n" in first or re.match(r"[-+*>|#<`]|\d+[.)][ \t]|!?\[", first):
        return None
    return from_markdown(first)


def is_open(heading: str) -> bool:
    """Return True if a version's heading marks it as not released yet (`unreleased`, `TBD`), or has no valid date."""
    return says_open(heading) or not (_is_dated(heading) or _OTHER_DATE.search(heading))


def says_open(heading: str) -> bool:
    """Return True if a version's heading has words for "not released yet"."""
    return _OPEN.search(heading) is not None


def _is_dated(heading: str) -> bool:
    for found in _ISO_DATE.findall(heading):
        with suppress(ValueError):  # 2026-02-30
            return bool(date.fromisoformat(found))
    return False


def _find(log: ChangelogFile, version: str) -> Section | None:
    return next((section for section in log.versions if section.version == version), None)


def _replaced(log: ChangelogFile, start: int, end: int, text: str) -> bytes:
    """Return the file with new text between two offsets, with blank lines around it."""
    return _encoded(replace(log, text=_spliced(log, start, end, text)))


def _encoded(log: ChangelogFile) -> bytes:
    return (codecs.BOM_UTF8 if log.bom else b"") + log.text.encode("utf-8")


def _spliced(log: ChangelogFile, start: int, end: int, text: str) -> str:
    before, after = log.text[:start], log.text[end:]
    body = before.rstrip("\r\n")
    merged = f"{body + log.eol * 2 if body else before}{text}{log.eol * 2 + after if after.strip() else ''}"
    if (log.text.endswith("\n") or not log.text) and not merged.endswith("\n"):
        merged += log.eol
    return merged


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
    inside = False
    for level, whole, start, body in _headings(text[:references]):
        title = whole[:_LONGEST_TITLE]
        version = _VERSION.match(title)
        if inside and (level <= sections[-1].level or (version and (level <= 2 or _DEEP_ENTRY.match(title)))):
            sections[-1] = replace(sections[-1], end=start)
            inside = False
        if not inside and (version or _UNRELEASED.match(title)):
            named = version["version"] if version else None
            sections.append(Section(version=named, level=level, start=start, body=body, end=references))
            inside = True
    return sections


def _headings(text: str) -> list[tuple[int, str, int, int]]:
    """Return (level, title, start, end) of each heading outside code fences and comments, with `#` or underlined."""
    headings: list[tuple[int, str, int, int]] = []
    fence, comment = "", False
    title: re.Match[str] | None = None  # a line below a blank one; the next line may underline it
    blank = True
    for match in _LINE.finditer(text):
        line = match[0].rstrip("\r\n")
        above, title = title, None
        opened = FENCE.match(line)
        if fence:
            ended = opened and opened["fence"].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if ended else fence
        elif comment or line.lstrip().startswith("<!--"):
            comment = "-->" not in line
        elif opened:
            fence = opened["fence"]
        elif atx := _ATX.match(line):
            headings.append((len(atx["level"]), (atx["text"] or "").rstrip("# \t"), match.start(), match.end()))
        elif above is not None and (under := _UNDERLINE.match(line)):
            level = 1 if under["sign"][0] == "=" else 2
            headings.append((level, above[0].strip(), above.start(), match.end()))
        elif blank and _TITLE.match(line):
            title = match
        blank = not line.strip()
    return headings


# Reports of `release changelog`


class EntrySource(Enum):
    """Sources of an entry, as printed."""

    FILE = "file"
    TAG = "tag"  # releases made with `--at` or `--no-commit` have it in the tag's message
    WRITTEN = "written"  # generated from the commits
    DRAFTED = "drafted"  # draft of the next release


class EntryReport(Struct, frozen=True, kw_only=True):
    """An entry as Markdown.

    `tag` and `version` None: the entry of the next release (`text` "": nothing to release). `broken` are tags that
    cannot be read: one of them may be the true previous release.
    """

    tag: str | None
    version: str | None
    text: str
    source: EntrySource
    broken: tuple[TagRef, ...] = ()


class RebuildReport(Struct, frozen=True, kw_only=True):
    """The file before and after (None: no file); `added` are the tags whose entries were missing, newest first."""

    path: str
    before: bytes | None
    after: bytes | None
    added: tuple[str, ...]
    written: bool

    @property
    def changed(self) -> bool:
        """True if any entry was missing."""
        return self.before != self.after

    @property
    def diff(self) -> str:
        """The difference in the format of `diff -u`."""
        return unified(self.path, self.before, self.after)


# Insertion of missing releases into a changelog; all other bytes stay.


def listed_versions(data: bytes | None, *, path: str = "CHANGELOG.md") -> frozenset[Version]:
    """Return the versions that have an entry; `1.0` is 1.0.0. Raises UnreadableChangelog."""
    versions = () if data is None else map(_version, parse_changelog(data, path=path).versions)
    return frozenset(version for version in versions if version is not None)


def with_missing(
    data: bytes | None, entries: Iterable[tuple[Version, str]], *, path: str = "CHANGELOG.md"
) -> bytes | None:
    """Insert each missing entry before the first lower version, below Unreleased; existing entries stay.

    Returns None if the file does not exist and there are no entries. Raises UnreadableChangelog.
    """
    listed = listed_versions(data, path=path)
    missing = [pair for pair in entries if pair[0] not in listed]
    missing.sort(key=lambda pair: precedence(pair[0]), reverse=True)
    if data is None and missing:
        version, entry = missing.pop()
        data = with_entry(None, entry, str(version), path=path)
    if data is None or not missing:
        return data
    log = parse_changelog(data, path=path)  # once: a file may have thousands of entries
    level = log.unreleased.level if log.unreleased else log.versions[0].level if log.versions else 2
    for place, texts in reversed(_places(log, missing)):  # from the end, so that the places before it stay
        added = (_adapted(text.strip("\n"), "", level=level, eol=log.eol) for text in texts)
        log = replace(log, text=_spliced(log, place, place, (log.eol * 2).join(added)))
    return _encoded(log)


def _places(log: ChangelogFile, missing: Sequence[tuple[Version, str]]) -> list[tuple[int, list[str]]]:
    """Return the offsets at which entries are missing, in the order of the file; `missing` are newest first."""
    known = [(version, section.start) for section in log.versions if (version := _version(section)) is not None]
    top = log.unreleased.end if log.unreleased else None
    found: dict[int, list[str]] = {}
    at = 0
    for version, text in missing:
        while at < len(known) and not known[at][0] < version:
            at += 1
        place = known[at][1] if at < len(known) else log.references
        newest = log.versions[0].start if log.versions else log.references
        found.setdefault(top if top is not None and place == newest else place, []).append(text)
    return sorted(found.items())


def _version(section: Section) -> Version | None:
    return None if section.version is None else parse_static(section.version)


# Comparison of an existing entry with the commit

_FACTS = ("Performance", "Parameters", "Data and models")


def stated_values(entry: str) -> list[str]:
    """Return the lines of an entry that state numbers, parameters or data.

    Spaces and escapes, which formatters change, are normalised. Other lines below our headings are hand-written. Parts
    of wrapped lines are returned, too: they differ from every line that `entry` writes.
    """
    found, inside = [], False
    for line in entry.splitlines():
        text = " ".join(line.replace("\\", "").replace("|", " | ").split())
        if text.startswith("##"):
            inside = text.lstrip("# ") in _FACTS
        elif inside and text.startswith("|"):
            found += [text] if text.strip("|-: ") else []
        elif inside and ("->" in text or text.endswith(("(added)", "(removed)")) or text.startswith("- ...")):
            found.append(text)
    return found
