"""Insertion of missing releases into a changelog; all other bytes stay. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from semver import Version

from release.core.changelog.file import parse, with_entry
from release.core.versions.version import parse_semver, parse_static, precedence


def listed_versions(data: bytes | None, *, path: str = "CHANGELOG.md") -> frozenset[Version]:
    """Return the versions that have an entry; `1.0` is 1.0.0. Raises UnreadableChangelog."""
    if data is None:
        return frozenset()
    found = (_version(section.version) for section in parse(data, path=path).versions)
    return frozenset(version for version in found if version is not None)


def with_missing(
    data: bytes | None, entries: Iterable[tuple[Version, str]], *, path: str = "CHANGELOG.md"
) -> bytes | None:
    """Insert each missing entry before the first lower version, below Unreleased; existing entries stay.

    Returns None if the file does not exist and there are no entries. Raises UnreadableChangelog.
    """
    listed = listed_versions(data, path=path)
    known = [] if data is None else [_version(section.version) for section in parse(data, path=path).versions]
    groups: dict[int, list[tuple[Version, str]]] = {}
    for version, entry in sorted(entries, key=lambda pair: precedence(pair[0])):
        if version not in listed:
            # Entries with the same position are inserted together, so that the file is parsed once per group.
            at = next((at for at, other in enumerate(known) if other is not None and other < version), len(known))
            groups.setdefault(at, []).append((version, entry.strip("\n")))
    for group in groups.values():
        text = "\n\n".join(entry for _, entry in reversed(group))
        data = _placed(data, group[-1][0], text + "\n", path)
    return data


def _placed(data: bytes | None, version: Version, entry: str, path: str) -> bytes:
    if data is None:
        return with_entry(None, entry, str(version), path=path)
    log = parse(data, path=path)
    lower = [each for each in log.versions if (known := _version(each.version)) is not None and known < version]
    if lower and lower[0] is log.versions[0]:  # the newest goes where `bump` puts it
        return with_entry(data, entry, str(version), consume_unreleased=False, path=path)
    at = lower[0].start if lower else log.references
    if not log.versions and log.unreleased is not None:
        at = log.unreleased.end
    level = log.versions[0].level if log.versions else 2
    text = entry.strip("\n")
    if level != 2:
        text = "\n".join(_deeper(line, level - 2) for line in text.split("\n"))
    before, after = log.text[:at], log.text[at:]
    parts = [before.rstrip("\r\n") + log.eol * 2 if before.strip() else before, text.replace("\n", log.eol), log.eol]
    parts += [log.eol + after] if after.strip() else []
    return (codecs.BOM_UTF8 if log.bom else b"") + "".join(parts).encode("utf-8")


def _deeper(line: str, levels: int) -> str:
    """Shift a heading of an entry by a number of levels, to match the file's own."""
    if not line.startswith("##"):
        return line
    return "#" * levels + line if levels > 0 else line[-levels:]


def _version(text: str | None) -> Version | None:
    if text is None:
        return None
    return parse_semver(text) or parse_static(text)
