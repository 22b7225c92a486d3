"""Files that repeat the version: reading it, and writing another one with every other byte kept."""

from __future__ import annotations

import re
from typing import Any

from release.core.config import VersionFile
from release.core.document import BadDocument, decode, load_toml
from release.errors import UsageError

_BOM = b"\xef\xbb\xbf"
_VERSION = r"[0-9][0-9A-Za-z.+-]*"


class BadVersionFile(UsageError):
    """A version file without one version that could be read and replaced."""


def static_version(pyproject: bytes) -> str | None:
    """`[project] version` of a pyproject.toml; None if it has none that is static, or is no TOML."""
    if b"version" not in pyproject or b"project" not in pyproject:
        return None
    try:
        project = _project(pyproject)
    except BadDocument:
        return None
    version = project.get("version")
    return version if isinstance(version, str) else None


def current_version(data: bytes, file: VersionFile) -> str | None:
    """The version that a file says: by its pattern, found exactly once, or of `[project]` (None: not static).

    Raises BadVersionFile.
    """
    if file.pattern is not None:
        return _match(data, file)[1].decode()
    try:
        version = _project(data).get("version")
    except BadDocument as error:
        raise BadVersionFile(
            f"{file.path} is not valid TOML: {error}", help=f"correct {file.path} and commit it"
        ) from error
    return version if isinstance(version, str) else None


def with_version(data: bytes, file: VersionFile, *, new: str) -> bytes:
    """The file with another version, every other byte as it was. Raises BadVersionFile."""
    if file.pattern is not None:
        match = _match(data, file)
        return data[: match.start(1)] + new.encode() + data[match.end(1) :]
    import tomlkit  # noqa: PLC0415 - 25 ms, and only for a pyproject.toml

    bom, body = (_BOM, data[len(_BOM) :]) if data.startswith(_BOM) else (b"", data)
    document = tomlkit.parse(body.decode("utf-8"))
    project: Any = document["project"]
    project["version"] = _like(project["version"], new)
    written = bom + tomlkit.dumps(document).encode("utf-8")
    if written.count(b"\n") != data.count(b"\n") or static_version(written) != new:
        raise BadVersionFile(
            f"the version in {file.path} cannot be replaced without touching other lines",
            help=f'name it by a pattern: version-files = [{{path = "{file.path}", pattern = "..."}}]',
        )
    return written


def _like(old: Any, new: str) -> Any:
    """A TOML string with the quotes of the old one."""
    import tomlkit  # noqa: PLC0415

    return tomlkit.string(new, literal=str(old.as_string()).startswith("'"))


def _project(data: bytes) -> dict[str, Any]:
    document: Any = load_toml(decode(data))
    project = document.get("project") if isinstance(document, dict) else None
    return project if isinstance(project, dict) else {}


def _match(data: bytes, file: VersionFile) -> re.Match[bytes]:
    before, _, after = (file.pattern or "").partition("{version}")
    pattern = re.escape(before) + f"({_VERSION})" + re.escape(after)
    found = list(re.finditer(pattern.encode("utf-8"), data))
    if len(found) != 1:
        times = "nowhere" if not found else f"{len(found)} times"
        raise BadVersionFile(
            f"{file.path}: the pattern {file.pattern!r} is found {times}, not once",
            help="correct version-files in [tool.release]",
        )
    return found[0]
