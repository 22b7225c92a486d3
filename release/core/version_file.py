"""Version files: find and replace the version in TOML, JSON, Python and text files."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any

from release.core.config import VersionFile
from release.core.documents import BadDocument, decode, load_toml
from release.core.limits import MAX_SETTINGS_BYTES, MAX_VERSION_FILE_BYTES
from release.core.text import quote, size, toml
from release.errors import UsageError

# Bounded, so that no file makes the search slow; a full stop after the version is not part of it.
_VERSION = r"([0-9]{1,20}\.[0-9A-Za-z.+-]{0,100}[0-9A-Za-z])"
_MOST_ASSIGNMENTS = 20


class BadVersionFile(UsageError):
    """A version file without exactly one version to read and replace."""


def static_version(pyproject: bytes) -> str | None:
    """Return `[project] version` of a pyproject.toml; None if it has no static one, or is not TOML."""
    if b"version" not in pyproject or b"project" not in pyproject:
        return None
    try:
        project = _project(pyproject)
    except BadDocument:
        return None
    version = project.get("version")
    return version if isinstance(version, str) else None


def current_version(data: bytes, file: VersionFile) -> str | None:
    """Return the version in a file: by its pattern, found exactly once, or of `[project]` (None: not static).

    Raises BadVersionFile.
    """
    if file.pattern is not None:
        return _match(data, file)[1].decode()
    try:
        version = _project(data).get("version")
    except BadDocument as error:
        raise BadVersionFile(
            f"{file.path} is not valid TOML: {error}", help=f"correct {quote(file.path)} and commit it"
        ) from error
    return version if isinstance(version, str) else None


def with_version(data: bytes, file: VersionFile, *, new: str) -> bytes:
    """Return the file with another version; all other bytes stay. Raises BadVersionFile."""
    if file.pattern is not None:
        match = _match(data, file)
        return data[: match.start(1)] + new.encode() + data[match.end(1) :]
    old = current_version(data, file)
    if old is not None:
        # Replace bytes instead of rewriting the document, and compare the result: nothing else changes.
        wanted = load_toml(decode(data))
        wanted["project"]["version"] = new
        for place in islice(_assignments(old).finditer(data), _MOST_ASSIGNMENTS):
            written = data[: place.start("version")] + new.encode() + data[place.end("version") :]
            if _shown(written) == repr(wanted):
                return written
    raise BadVersionFile(
        f"the version in {file.path} cannot be replaced without touching other lines",
        help=f'name it by a pattern: version-files = [{{path = {toml(file.path)}, pattern = "..."}}]',
    )


def _assignments(old: str) -> re.Pattern[bytes]:
    """Match `version = "1.2.3"` in every spelling of TOML, inline tables and dotted keys included."""
    return re.compile(
        rb"""(?<![0-9A-Za-z_-])version["']?[ \t]*=[ \t]*(?P<quotes>\"{3}|'{3}|["'])(?P<version>"""
        + re.escape(old.encode())
        + rb""")(?P=quotes)"""
    )


def _shown(data: bytes) -> str:
    """Return a TOML document as text for comparison, since NaN does not equal NaN as a value."""
    try:
        return repr(load_toml(decode(data)))
    except BadDocument:
        return ""


@lru_cache(maxsize=4)
def _project(data: bytes) -> dict[str, Any]:
    document: Any = load_toml(decode(data, most_bytes=MAX_SETTINGS_BYTES))
    project = document.get("project") if isinstance(document, dict) else None
    return project if isinstance(project, dict) else {}


def _match(data: bytes, file: VersionFile) -> re.Match[bytes]:
    if len(data) > MAX_VERSION_FILE_BYTES:
        raise BadVersionFile(
            f"{file.path} has {size(len(data))}; the limit is {size(MAX_VERSION_FILE_BYTES)}",
            help="correct version-files in [tool.release]",
        )
    before, _, after = (file.pattern or "").partition("{version}")
    # A line end in the pattern matches either line ending.
    sides = (re.escape(side).replace("\\\n", "\r?\n") for side in (before, after))
    pattern = _VERSION.join(sides)
    found = list(islice(re.finditer(pattern.encode("utf-8"), data), 1000))
    if len(found) != 1:
        times = "nowhere" if not found else f"{len(found)} times"
        raise BadVersionFile(
            f"{file.path}: the pattern {file.pattern!r} is found {times}, not once",
            help="correct version-files in [tool.release]",
        )
    return found[0]
