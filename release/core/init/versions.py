"""Version files of another release tool, translated to `version-files`. Pure."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from release.core.config.values import VersionFile
from release.core.documents.document import BadDocument, decode
from release.core.versions.file import BadVersionFile, current_version, static_version

_SHARED = "pyproject.toml"
_LONGEST_LINE = 300


class NamedFile(Struct, frozen=True):
    """A file that holds the version, and the text beside it on its line ("" if not given)."""

    path: str
    hint: str


def named_files(tools: Mapping[str, Mapping[str, Any]], ini: bytes) -> tuple[NamedFile, ...]:
    """Return the files that bump-my-version, commitizen and python-semantic-release name.

    `tools` are their tables; `ini` is a `.bumpversion.cfg`.
    """
    found = [*_of_bumpversion(tools.get("bumpversion", {})), *_of_ini(ini)]
    found += _of_pairs(tools.get("commitizen", {}).get("version_files"))
    semantic = tools.get("semantic_release", {})
    for key in ("version_toml", "version_variables"):
        found += (NamedFile(one.path, one.hint.rpartition(".")[2]) for one in _of_pairs(semantic.get(key)))
    return tuple(dict.fromkeys(one for one in found if _is_plain(one.path)))


def proposed(
    named: tuple[NamedFile, ...], files: Mapping[str, bytes], version: str
) -> tuple[list[str | dict[str, str]], list[str]]:
    """Return `version-files` for them, and the paths that the user must check. Empty if the default suffices."""
    wanted: list[str | dict[str, str]] = []
    unclear: list[str] = []
    shared = static_version(files.get(_SHARED, b"")) == version
    for one in named:
        if one.path not in files or (one.path == _SHARED and shared):
            continue
        pattern = _pattern(one, files.get(one.path, b""), version)
        if pattern is None:
            unclear.append(one.path)
        elif not any(isinstance(known, dict) and known["path"] == one.path for known in wanted):
            wanted.append({"path": one.path, "pattern": pattern})
    return ([_SHARED, *wanted] if shared and wanted else wanted), list(dict.fromkeys(unclear))


def _of_bumpversion(table: Mapping[str, Any]) -> Iterator[NamedFile]:
    files = table.get("files")
    for file in files if isinstance(files, list) else []:
        path = file.get("filename") if isinstance(file, dict) else None
        if isinstance(path, str):
            yield NamedFile(path, _beside(file.get("search", table.get("search"))))


def _of_ini(data: bytes) -> Iterator[NamedFile]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(decode(data))
    except (configparser.Error, BadDocument):
        return
    for section in parser.sections():
        if section.startswith("bumpversion:file:"):
            path = section.removeprefix("bumpversion:file:").strip()
            yield NamedFile(path, _beside(parser.get(section, "search", fallback=None)))


def _of_pairs(told: object) -> Iterator[NamedFile]:
    """Parse `path:text beside the version`; further parts after a second colon are ignored."""
    for text in told if isinstance(told, list) else []:
        if isinstance(text, str):
            path, _, rest = text.partition(":")
            yield NamedFile(path, rest.partition(":")[0])


def _beside(search: object) -> str:
    """Return the text before the version, from a search text of bump-my-version."""
    return search.partition("{current_version}")[0].strip() if isinstance(search, str) else ""


def _is_plain(path: str) -> bool:
    """Return True for a path inside the repository that is no pattern."""
    odd = path.startswith(("/", "~", "-")) or set("*?[\\") & set(path) or {"..", ".git"} & set(path.split("/"))
    return bool(path) and path.isprintable() and not odd


def _pattern(one: NamedFile, data: bytes, version: str) -> str | None:
    """Return a pattern made of the only line with the version and the hint; None if it is not unique."""
    try:
        lines = decode(data).splitlines()
    except BadDocument:
        return None
    found = {
        line.strip()
        for line in lines
        if len(line) < _LONGEST_LINE and line.count(version) == 1 and one.hint in line and "{version}" not in line
    }
    if len(found) != 1:
        return None
    pattern = found.pop().replace(version, "{version}")
    try:
        same = current_version(data, VersionFile(path=one.path, pattern=pattern)) == version
    except BadVersionFile:
        return None
    return pattern if same and pattern.isprintable() else None
