"""Lookup of the configuration: the nearest `[tool.release]` or `.release.toml` up to the git root."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from release.core.config.file import parse_config
from release.core.config.reader import BadConfig
from release.core.config.values import Config
from release.core.documents.document import BadDocument, decode, load_toml
from release.core.limits import MAX_SETTINGS_BYTES
from release.core.shell import command_line, quote

_OWN = ".release.toml"
_SHARED = "pyproject.toml"
# Most pyproject.toml do not configure release; those are not parsed. TOML allows the spaces and quotes.
_MENTIONED = re.compile(rb"""tool\s*["']?\s*\]?\s*[.\]=]|["']tool["']""")


def find_config(start: Path, git_root: Path) -> Config:
    """Return the configuration that applies in a folder; the defaults if there is none. Raises BadConfig."""
    found = find_table(start, git_root)
    if found is None:
        return Config()
    table, source = found
    return parse_config(table, source=source, folder=source.rpartition("/")[0])


def find_table(start: Path, git_root: Path) -> tuple[dict[str, Any], str] | None:
    """Return the configuration table as written, and its file relative to the git root; None if there is none.

    Raises BadConfig.
    """
    inside = start if start.is_relative_to(git_root) else git_root
    for folder in (inside, *inside.parents):
        found = _of_folder(folder, git_root)
        if found is not None:
            return found
        if folder == git_root:
            break
    return None


def _of_folder(folder: Path, git_root: Path) -> tuple[dict[str, Any], str] | None:
    own, shared = folder / _OWN, folder / _SHARED
    mine = _table(own, git_root) if os.path.lexists(own) else None
    theirs = _tool_table(shared, git_root) if os.path.lexists(shared) else None
    if mine is not None and theirs is not None:
        place = folder.relative_to(git_root).as_posix()
        raise BadConfig(
            f"both {_OWN} and {_SHARED} configure release in {'this repository' if place == '.' else place}",
            help=f"keep one: move the keys of {_OWN} to [tool.release] in {_SHARED}",
        )
    table, source = (mine, own) if mine is not None else (theirs, shared)
    return None if table is None else (table, _name(source, git_root))


def _tool_table(path: Path, git_root: Path) -> dict[str, Any] | None:
    data = _read(path, git_root)
    if not (b"release" in data and _MENTIONED.search(data)):
        return None
    tool = _parse(data, path, git_root).get("tool")
    table = tool.get("release") if isinstance(tool, dict) else None
    return None if table is None else _as_table(table, path, git_root)


def _as_table(value: object, path: Path, git_root: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadConfig(f"{_name(path, git_root)}: tool.release must be a table", help="[tool.release]")
    return value


def _table(path: Path, git_root: Path) -> dict[str, Any]:
    document = _parse(_read(path, git_root), path, git_root)
    tool = document.get("tool")
    # A whole `[tool.release]` block as in pyproject.toml, with its header, means the same.
    if len(document) == 1 and isinstance(tool, dict) and tool.keys() == {"release"}:
        return _as_table(tool["release"], path, git_root)
    return document


def _read(path: Path, git_root: Path) -> bytes:
    name = _name(path, git_root)
    try:
        if not path.resolve().is_relative_to(git_root):
            raise BadConfig(f"{name} is a link out of the repository", help="put the file itself there")
        if not path.is_file():  # reading a pipe could block for ever
            raise BadConfig(f"{name} is no file", help=command_line("ls", "-l", names=(name,)))
        with path.open("rb") as file:
            data = file.read(MAX_SETTINGS_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else "it is a link in a circle"
        raise BadConfig(f"{name} cannot be read: {reason}", help=command_line("ls", "-l", names=(name,))) from error
    if len(data) > MAX_SETTINGS_BYTES:
        raise BadConfig(f"{name} is larger than 1 MB", help=command_line("ls", "-l", names=(name,)))
    return data


def _parse(data: bytes, path: Path, git_root: Path) -> dict[str, Any]:
    try:
        document = load_toml(decode(data))
    except BadDocument as error:
        name = _name(path, git_root)
        raise BadConfig(f"{name} is not valid TOML: {error}", help=f"correct {quote(name)}") from error
    assert isinstance(document, dict)
    return document


def _name(path: Path, git_root: Path) -> str:
    return path.relative_to(git_root).as_posix()
