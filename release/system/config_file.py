"""The configuration files of a project, and edits of TOML that keep every other byte."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from release.core.config import BadConfig, Config, configured, parse_config
from release.core.documents import BadDocument, decode, load_toml
from release.core.limits import MAX_SETTINGS_BYTES
from release.core.text import command_line


def as_toml(values: Mapping[str, Any]) -> str:
    """Format the values as the TOML table `tool.release`, with nested tables below it."""
    import tomlkit  # 60 ms, and only `init` needs it

    return tomlkit.dumps({"tool": {"release": values}})


def with_table(data: bytes, values: Mapping[str, Any]) -> bytes | None:
    """Append the table `tool.release` to a TOML file; None if the result is not the same document plus this table."""
    eol = "\r\n" if b"\r\n" in data else "\n"
    gap = "" if not data else eol if data.endswith(b"\n") else eol * 2
    added = data + (gap + as_toml(values).replace("\n", eol)).encode()
    try:
        before, after = load_toml(decode(data)), load_toml(decode(added))
    except BadDocument:
        return None
    return added if after == {**before, "tool": {**before.get("tool", {}), "release": values}} else None


# Lookup of the configuration: the nearest `[tool.release]` or `.release.toml` up to the git root


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
    name = "" if folder == git_root else folder.relative_to(git_root).as_posix()
    return configured(name, lambda path: _read(git_root / path, git_root))


def _read(path: Path, git_root: Path) -> bytes | None:
    """Return a file's bytes, one more than the limit at most; None if there is no such file. Raises BadConfig."""
    if not os.path.lexists(path):
        return None
    name = path.relative_to(git_root).as_posix()
    try:
        if not path.resolve().is_relative_to(git_root):
            raise BadConfig(f"{name} is a link out of the repository", help="put the file itself there")
        if not path.is_file():  # reading a pipe could block for ever
            raise BadConfig(f"{name} is not a file", help=command_line("ls", "-l", names=(name,)))
        with path.open("rb") as file:
            return file.read(MAX_SETTINGS_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else "it is a symbolic link to itself"
        raise BadConfig(f"{name} cannot be read: {reason}", help=command_line("ls", "-l", names=(name,))) from error
