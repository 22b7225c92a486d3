"""Version files: find and replace the version (and the day of a citation) in known formats and by patterns."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import lru_cache
from itertools import islice
from typing import Any

from msgspec import Struct
from semver import Version

from release.core.config import VersionFile
from release.core.documents import BadDocument, Timestamp, decode, load_json, load_toml, load_yaml
from release.core.limits import MAX_SETTINGS_BYTES, MAX_VERSION_FILE_BYTES
from release.core.text import quote, size, toml
from release.core.version import parse_static, pep440
from release.errors import UsageError

# Bounded, so that no file makes the search slow; a full stop after the version does not belong to it.
_VERSION = r"(?P<version>[0-9]{1,20}\.[0-9A-Za-z.+-]{0,100}[0-9A-Za-z])"
_DATE = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_MOST_ASSIGNMENTS = 20

_Keys = tuple[str | int, ...]  # the way to a value in a document


class BadVersionFile(UsageError):
    """A version file without exactly one version to read and replace."""

    section = "version-files"


def static_version(pyproject: bytes) -> str | None:
    """Return the static version of a pyproject.toml; None if it has none, or is not TOML."""
    if b"version" not in pyproject or (b"project" not in pyproject and b"poetry" not in pyproject):
        return None
    try:
        return _version(pyproject, "pyproject.toml")
    except BadDocument:
        return None


def usual_files(pyproject: bytes | None) -> tuple[str, ...]:
    """Return the names of the files next to a pyproject.toml (None: there is none) that usually repeat its version."""
    names = ["pyproject.toml", "uv.lock", "setup.cfg", "package.json"]
    names += [*LOCKS["package.json"], "CITATION.cff"]
    try:
        document = {} if pyproject is None else _document(pyproject, "pyproject.toml")
    except BadDocument:
        document = {}
    for keys in (("project", "name"), ("tool", "poetry", "name")):
        name = _value(document, keys)
        if isinstance(name, str) and re.fullmatch(r"[0-9A-Za-z._-]+", name):
            package = re.sub(r"[-_.]+", "_", name)
            packages = dict.fromkeys((package, package.lower()))
            names += [f"{folder}{each}/__init__.py" for each in packages for folder in ("src/", "")]
            break
    return tuple(names)


# Lock files, which repeat the version of the file next to them.
LOCKS = {"pyproject.toml": ("uv.lock",), "package.json": ("package-lock.json", "npm-shrinkwrap.json")}


def leader_of(path: str) -> str | None:
    """Return the path of the file whose version a lock file repeats; None for any other file."""
    folder, name = posixpath.split(path)
    return next((posixpath.join(folder, leader) for leader, locks in LOCKS.items() if name in locks), None)


def current_version(data: bytes, file: VersionFile) -> str | None:
    """Return the version in a file, by its pattern or its format (None: not static).

    Raises BadVersionFile if the file cannot be parsed, or the pattern is not found exactly once.
    """
    if file.pattern is not None:
        return _match(data, file)["version"].decode()
    try:
        return _version(data, posixpath.basename(file.path))
    except BadDocument as error:
        kind = _FORMATS[posixpath.basename(file.path)].kind
        raise BadVersionFile(
            f"{file.path} is not valid {kind}: {error}", help=f"correct {quote(file.path)} and commit it"
        ) from error


def has_version(data: bytes, file: VersionFile) -> bool:
    """Return True if a file of a known format can be read and has a static version."""
    try:
        return current_version(data, file) is not None
    except BadVersionFile:
        return False


def spelled(version: Version, file: VersionFile) -> str:
    """Return the version as the file spells it: in Python files by PEP 440."""
    python = file.pattern is None and _FORMATS[posixpath.basename(file.path)].is_python
    return pep440(version) if python else str(version)


def with_version(data: bytes, file: VersionFile, *, new: str, day: str = "") -> bytes:
    """Return the file with another version and day (YYYY-MM-DD); all other bytes stay. Raises BadVersionFile."""
    if file.pattern is not None:
        match = _match(data, file)
        spans = {match.span("version"): new} | ({match.span("date"): day} if day and "{date}" in file.pattern else {})
        for (start, end), text in sorted(spans.items(), reverse=True):
            data = data[:start] + text.encode() + data[end:]
        return data
    name = posixpath.basename(file.path)
    if current_version(data, file) is not None:
        written: bytes | None = data
        for keys in _FORMATS[name].places(_document(data, name)):
            text = day if keys == _CITED_DAY else new
            written = written if written is None or not text else _replaced(written, name, keys, text)
        if written is not None:
            return written
    raise BadVersionFile(
        f"the version in {file.path} cannot be replaced without touching other lines",
        help=f'name it by a pattern: version-files = [{{path = {toml(file.path)}, pattern = "..."}}]',
    )


def _replaced(data: bytes, name: str, keys: _Keys, new: str) -> bytes | None:
    """Return the file with a new value at one place; None if that is impossible without other changes.

    Bytes are replaced, not the document rewritten; the result is parsed again to check that nothing else changed.
    """
    wanted = deepcopy(_document(data, name))
    inside = _value(wanted, keys[:-1])
    old = inside[keys[-1]]
    inside[keys[-1]] = Timestamp(new) if isinstance(old, Timestamp) else new
    pattern = _assignment(str(keys[-1]), old.text if isinstance(old, Timestamp) else old)
    start = _FORMATS[name].start(data, inside)
    for place in islice(pattern.finditer(data, start), _MOST_ASSIGNMENTS):
        written = data[: place.start("value")] + new.encode() + data[place.end("value") :]
        if _shown(written, name) == repr(wanted):
            return written
    return None


def _assignment(key: str, old: str) -> re.Pattern[bytes]:
    """Match `version = "1.2.3"` in every spelling of TOML, JSON, YAML, INI and Python."""
    return re.compile(
        rb"(?<![0-9A-Za-z_-])"
        + re.escape(key.encode())
        + rb"""["']?[ \t]*(?::[ \t]*\w+[ \t]*)?[=:][ \t]*(?:\"{3}|'{3}|["'])?(?P<value>"""
        + re.escape(old.encode())
        + rb""")(?![0-9A-Za-z_.+-])"""
    )


def _shown(data: bytes, name: str) -> str:
    """Return a document as text for comparison, since NaN does not equal NaN as a value."""
    try:
        return repr(_FORMATS[name].load(data))
    except BadDocument:
        return ""


def _version(data: bytes, name: str) -> str | None:
    document = _document(data, name)
    place = next(iter(_FORMATS[name].places(document)), None)
    found = None if place is None else _value(document, place)
    return found if isinstance(found, str) else None


@lru_cache(maxsize=8)
def _document(data: bytes, name: str) -> Any:
    return _FORMATS[name].load(data)


def _value(document: Any, keys: Sequence[str | int]) -> Any:
    """Return the value at a place; None if it does not exist."""
    for key in keys:
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and isinstance(key, int):
            document = document[key]
        else:
            return None
    return document


# Formats: how each is read, and where it has the version


def _load_setup_cfg(data: bytes) -> dict[str, dict[str, str]]:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read_string(decode(data, most_bytes=MAX_SETTINGS_BYTES))
    except Error as error:
        raise BadDocument(str(error).partition("\n")[0]) from None
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _load_python(data: bytes) -> dict[str, str | None]:
    """Return the text of `__version__` at the top level, and the rest of the module."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the file, not of this program
            module = ast.parse(decode(data, most_bytes=MAX_SETTINGS_BYTES))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadDocument(str(error)) from None
    versions = []
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        named = any(isinstance(target, ast.Name) and target.id == "__version__" for target in targets)
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            versions.append(value.value)
            value.value = ""
    return {"__version__": versions[0] if len(versions) == 1 else None, "": repr(versions[1:]) + ast.dump(module)}


def _first_of(*places: _Keys) -> Callable[[Any], Iterator[_Keys]]:
    def found(document: Any) -> Iterator[_Keys]:
        yield from islice((keys for keys in places if isinstance(_value(document, keys), str)), 1)

    return found


def _static(document: Any) -> Iterator[_Keys]:
    """Yield the place in a setup.cfg, unless its version is that of another file (`attr:`, `file:`)."""
    keys = ("metadata", "version")
    if parse_static(_value(document, keys) or "") is not None:
        yield keys


def _in_npm_lock(document: Any) -> Iterator[_Keys]:
    for keys in (("version",), ("packages", "", "version")):
        if isinstance(_value(document, keys), str):
            yield keys


def _in_uv_lock(document: Any) -> Iterator[_Keys]:
    """Yield the place of the package that is the folder itself."""
    packages = _value(document, ("package",))
    for number, package in enumerate(packages if isinstance(packages, list) else ()):
        source = _value(package, ("source",))
        if source in ({"virtual": "."}, {"editable": "."}) and isinstance(_value(package, ("version",)), str):
            yield ("package", number, "version")


_CITED_DAY: _Keys = ("date-released",)


def _in_citation(document: Any) -> Iterator[_Keys]:
    if isinstance(_value(document, ("version",)), str):
        yield ("version",)
        if isinstance(_value(document, _CITED_DAY), str | Timestamp):
            yield _CITED_DAY


def _at_its_name(data: bytes, package: Any) -> int:
    """Return the offset of a package in a uv.lock, since many may have the same version."""
    return max(0, data.find(f'[[package]]\nname = "{package.get("name")}"\n'.encode()))


class _Format(Struct, frozen=True):
    """A file's reader, and the places that repeat the version; the first is the one that counts.

    `start` returns the offset from which to search for the value.
    """

    kind: str
    load: Callable[[bytes], Any]
    places: Callable[[Any], Iterator[_Keys]]
    is_python: bool = False
    start: Callable[[bytes, Any], int] = lambda _data, _table: 0


def _load_json(data: bytes) -> Any:
    return load_json(decode(data, most_bytes=MAX_VERSION_FILE_BYTES))


_NPM_LOCK = _Format("JSON", _load_json, _in_npm_lock)
_FORMATS = {
    "pyproject.toml": _Format(
        "TOML",
        lambda data: load_toml(decode(data, most_bytes=MAX_SETTINGS_BYTES)),
        _first_of(("project", "version"), ("tool", "poetry", "version")),
        is_python=True,
    ),
    "uv.lock": _Format(
        "TOML",
        lambda data: load_toml(decode(data, most_bytes=MAX_VERSION_FILE_BYTES)),
        _in_uv_lock,
        is_python=True,
        start=_at_its_name,
    ),
    "setup.cfg": _Format("INI", _load_setup_cfg, _static, is_python=True),
    "package.json": _Format("JSON", _load_json, _first_of(("version",))),
    "package-lock.json": _NPM_LOCK,
    "npm-shrinkwrap.json": _NPM_LOCK,
    "CITATION.cff": _Format("YAML", lambda data: load_yaml(decode(data, most_bytes=MAX_SETTINGS_BYTES)), _in_citation),
    "__init__.py": _Format("Python", _load_python, _first_of(("__version__",)), is_python=True),
}


# Patterns


def _match(data: bytes, file: VersionFile) -> re.Match[bytes]:
    if len(data) > MAX_VERSION_FILE_BYTES:
        raise BadVersionFile(
            f"{file.path} has {size(len(data))}; the limit is {size(MAX_VERSION_FILE_BYTES)}",
            help="correct version-files in [tool.release]",
        )
    found = list(islice(re.finditer(_expression(file.pattern or "").encode("utf-8"), data), 1000))
    if len(found) != 1:
        times = "is not found" if not found else f"is found {len(found)} times, not once"
        raise BadVersionFile(
            f"{file.path}: the pattern {file.pattern!r} {times}",
            help="correct version-files in [tool.release]: ^ is the beginning of a line, $ its end"
            if found
            else "correct version-files in [tool.release]",
        )
    return found[0]


def _expression(pattern: str) -> str:
    """Return the regular expression of a pattern.

    A leading `^` is the beginning of a line, a trailing `$` its end. A word at either end matches as a whole word:
    `version` does not match in `cff-version`. A line end matches LF and CRLF.
    """
    text = pattern.removeprefix("^")
    begins = r"(?m:^)" if text != pattern else r"(?<![\w-])" if re.match(r"\w", text, re.ASCII) else ""
    whole = text.removesuffix("$")
    ends = r"(?m:(?=\r?$))" if whole != text else r"(?!\w)" if re.search(r"\w\Z", whole, re.ASCII) else ""
    known = {"{version}": _VERSION, "{date}": _DATE}
    parts = re.split(r"(\{version\}|\{date\})", whole)
    return begins + "".join(known.get(part) or re.escape(part).replace("\\\n", "\r?\n") for part in parts) + ends
