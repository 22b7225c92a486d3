"""Parsers of `.dvc`, `dvc.lock` and `dvc.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from release.core.documents import BadDocument, TooLarge, decode, load_yaml
from release.core.limits import MAX_POINTER_BYTES, MAX_POINTER_VALUES
from release.core.pointer import CloudEntry, Origin, why_unsafe

# Type-checked access to values of a pointer file


class BadPointer(ValueError):
    """A pointer file that cannot be read; the message says why."""


class BeyondLimit(BadPointer):
    """A pointer file that exceeds a limit; it may be valid."""


def as_yaml(data: bytes, *, most_values: int = MAX_POINTER_VALUES) -> Any:
    """Return the YAML values of a pointer file. Raises BadPointer."""
    try:
        return load_yaml(decode(data, most_bytes=MAX_POINTER_BYTES), most_values=most_values)
    except TooLarge as error:
        raise BeyondLimit(str(error)) from None
    except BadDocument as error:
        message = f"it is not valid YAML: {error}"
        raise BadPointer(message) from None


def as_mapping(value: Any, what: str) -> dict[Any, Any]:
    """Return the value, which must be a mapping. Raises BadPointer."""
    if not isinstance(value, dict):
        message = f"{what} is {shortened(value)}, not a mapping"
        raise BadPointer(message)
    return value


def as_list(value: Any, what: str) -> list[Any]:
    """Return the value, which must be a list; None becomes an empty one. Raises BadPointer."""
    if value is None:
        return []
    if not isinstance(value, list):
        message = f"{what} is {shortened(value)}, not a list"
        raise BadPointer(message)
    return value


def as_name(value: Any) -> str:
    """Return the value, which must be text. Raises BadPointer."""
    if not isinstance(value, str):
        message = f"a name is {shortened(value)}, not text"
        raise BadPointer(message)
    return value


def text_at(entry: dict[Any, Any], key: str) -> str | None:
    """Return the text at a key; None if missing. Raises BadPointer."""
    value = entry.get(key)
    if value is not None and (not isinstance(value, str) or "\0" in value):
        message = f"{key} is {shortened(value)}, not text"
        raise BadPointer(message)
    return value


def count_at(entry: dict[Any, Any], key: str) -> int | None:
    """Return the integer at a key, at least 0; None if missing. Raises BadPointer."""
    value = entry.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        message = f"{key} is {shortened(value)}, not a count"
        raise BadPointer(message)
    return value


def flag_at(entry: dict[Any, Any], key: str) -> bool:
    """Return the boolean at a key; True if missing. Raises BadPointer."""
    value = entry.get(key, True)
    if not isinstance(value, bool):
        message = f"{key} is {shortened(value)}, not true or false"
        raise BadPointer(message)
    return value


def shortened(value: Any) -> str:
    """Shorten a value for a message."""
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Parser of `dvc.yaml`: bytes -> stages and declared outs, with the flags that only it has

_LISTS = ("outs", "metrics", "plots")


class DeclaredOut(Struct, frozen=True, kw_only=True):
    """An out of a stage: `path` as written, relative to the stage's working folder."""

    path: str
    cache: bool = True
    push: bool = True
    remote: str | None = None


class DeclaredStage(Struct, frozen=True, kw_only=True):
    """A stage as dvc.yaml declares it; `wdir` is relative to the folder of dvc.yaml. `dvc repro` skips a frozen one."""

    name: str
    outs: tuple[DeclaredOut, ...]
    wdir: str = "."
    frozen: bool = False


def read_dvc_yaml(document: Any) -> tuple[DeclaredStage, ...]:
    """Return the stages of a plain `dvc.yaml` (see `plain.py`) from its YAML values."""
    return tuple(_declared(name, stage) for name, stage in ((document or {}).get("stages") or {}).items())


def _declared(name: str, stage: Mapping[str, Any]) -> DeclaredStage:
    entries = [entry for kind in _LISTS for entry in stage.get(kind) or ()]
    flags = {
        path: each for entry in entries for path, each in ({entry: {}} if isinstance(entry, str) else entry).items()
    }
    outs = tuple(
        DeclaredOut(path=path, **{key: each[key] for key in ("cache", "push", "remote") if key in each})
        for path, each in flags.items()
    )
    return DeclaredStage(name=name, outs=outs, wdir=stage.get("wdir") or ".", frozen=stage.get("frozen") is True)


# Parsers of `.dvc` files and `dvc.lock` files: bytes -> values, or BadPointer


class Recorded(Struct, frozen=True, kw_only=True):
    """An out or dependency as written: `path` is relative to the working folder of its stage.

    `oid` is None if none is recorded; `hash_name` None means a pointer of DVC 2 or older. `deps` of imports have their
    `cloud` version, too.
    """

    path: str
    oid: str | None = None
    hash_name: str | None = None
    size_bytes: int | None = None
    nfiles: int | None = None
    cache: bool = True
    push: bool = True
    remote: str | None = None
    cloud: tuple[CloudEntry, ...] = ()


class DvcFile(Struct, frozen=True, kw_only=True):
    """A `.dvc` file. `wdir` is relative to its folder."""

    outs: tuple[Recorded, ...]
    deps: tuple[Recorded, ...] = ()
    wdir: str = "."
    origin: Origin = Origin.OWN


class LockedStage(Struct, frozen=True, kw_only=True):
    """A stage of `dvc.lock`: inputs and outputs of its last run.

    `params` maps a file to its keys and values, as YAML gave them.
    """

    name: str
    outs: tuple[Recorded, ...] = ()
    deps: tuple[Recorded, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_OID = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
_OID_CHARACTERS = frozenset("0123456789abcdef")

# The text that `dvc add` writes for one file or folder. Names that YAML might not take for text, and oids that it might
# take for a number, are left to YAML. In no number or date does a dot precede a letter other than `e`.
_MACHINE_WRITTEN = re.compile(
    rb"outs:\n- md5: (?P<oid>[0-9a-f]{32}(?:\.dir)?)\n  size: (?P<size>0|[1-9][0-9]{0,17})\n"
    rb"(?:  nfiles: (?P<nfiles>0|[1-9][0-9]{0,17})\n)?(?:  isexec: (?:true|false)\n)?(?P<md5>  hash: md5\n)?"
    rb"  path: (?P<path>(?:[A-Za-z_]|[0-9][A-Za-z0-9_/-]*\.[A-DF-Za-df-z])[A-Za-z0-9_./-]*)\n"
)
_NOT_TEXT = frozenset({"null", "true", "false"})
_NUMBER = re.compile(r"[0-9e]+|0b[01]+")  # hex digits that YAML takes for a number


def read_lock(document: Any) -> Mapping[str, LockedStage]:
    """Return the stages of a `dvc.lock` from its YAML values. Raises BadPointer."""
    stages = as_mapping(as_mapping(document or {}, "the file").get("stages") or {}, "stages")
    return {as_name(name): _stage(name, stage) for name, stage in stages.items()}


def parse_machine_written(data: bytes) -> DvcFile | None:
    """Return a `.dvc` file as `dvc add` writes it for one file or folder, without a parser of YAML; else None."""
    match = _MACHINE_WRITTEN.fullmatch(data)
    if match is None:
        return None
    oid, path = match["oid"].decode(), match["path"].decode()
    nfiles = match["nfiles"]
    if path.lower() in _NOT_TEXT or _NUMBER.fullmatch(oid) or (nfiles is not None and not oid.endswith(".dir")):
        return None
    recorded = Recorded(
        path=path,
        oid=oid,
        hash_name="md5" if match["md5"] else None,
        size_bytes=int(match["size"]),
        nfiles=None if nfiles is None else int(nfiles),
    )
    return DvcFile(outs=(recorded,))


def read_dvc_file(document: Any) -> DvcFile:
    """Return a `.dvc` file from its YAML values. Raises BadPointer."""
    document = as_mapping(document or {}, "the file")
    outs = [as_mapping(out, "an out") for out in as_list(document.get("outs"), "outs")]
    deps = [as_mapping(dep, "a dependency") for dep in as_list(document.get("deps"), "deps")]
    return DvcFile(
        outs=tuple(_recorded(out) for out in outs),
        deps=tuple(_recorded(dep) for dep in deps if dep.get("path") is not None),
        wdir=text_at(document, "wdir") or ".",
        origin=_origin(outs, deps),
    )


def _origin(outs: list[dict[Any, Any]], deps: list[dict[Any, Any]]) -> Origin:
    """Return the origin of the bytes: `dvc import` and `import-url` have one dependency and one out."""
    if len(deps) != 1 or len(outs) != 1:
        return Origin.OWN
    (dep,), (out,) = deps, outs
    if dep.get("repo") is not None:
        return Origin.IMPORT
    versioned = dep.get("version_id") or dep.get("cloud") or dep.get("files")
    if out.get("push") is False and versioned:
        return Origin.IMPORT_URL
    recorded = out.get("md5") or out.get("files") or out.get("cloud")
    return Origin.OWN if recorded else Origin.IMPORT_URL


def _stage(name: str, value: Any) -> LockedStage:
    stage = as_mapping(value, f"stage {name}")
    outs = [as_mapping(out, f"an out of stage {name}") for out in as_list(stage.get("outs"), "outs")]
    deps = [as_mapping(dep, f"a dependency of stage {name}") for dep in as_list(stage.get("deps"), "deps")]
    params = as_mapping(stage.get("params") or {}, f"params of stage {name}")
    return LockedStage(
        name=name,
        outs=tuple(_recorded(out) for out in outs),
        deps=tuple(_recorded(dep) for dep in deps),
        params={as_name(file): as_mapping(values, f"params of {file}") for file, values in params.items()},
    )


def _recorded(entry: dict[Any, Any]) -> Recorded:
    path = text_at(entry, "path")
    if not path:
        message = "an out or dependency has no path"
        raise BadPointer(message)
    oid = _oid(entry, path)
    if oid is not None and not oid.endswith(".dir") and ("nfiles" in entry or "files" in entry):
        message = f"{path} has the md5 of a file and the keys of a folder, and `dvc pull` does not get it"
        raise BadPointer(message)
    return Recorded(
        path=path,
        oid=oid,
        hash_name=text_at(entry, "hash"),
        size_bytes=count_at(entry, "size"),
        nfiles=count_at(entry, "nfiles"),
        cache=flag_at(entry, "cache"),
        push=flag_at(entry, "push"),
        remote=text_at(entry, "remote"),
        cloud=_cloud(entry),
    )


def _oid(entry: dict[Any, Any], path: str) -> str | None:
    """Return the md5; it becomes part of file names, so anything but an oid is refused."""
    value = entry.get("md5")
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not _OID.fullmatch(text):
        message = f"the md5 of {path} is {shortened(value)}, not 32 hex digits"
        raise BadPointer(message)
    return text


def _cloud(entry: dict[Any, Any]) -> tuple[CloudEntry, ...]:
    """Return the version ids on cloud-versioned remotes: of the file itself, or of each file of a folder."""
    if "files" in entry:
        files = [as_mapping(file, "an entry of files") for file in as_list(entry["files"], "files")]
        return tuple(_cloud_entry(file, relpath=_relpath(file)) for file in files)
    if entry.get("cloud") is None and entry.get("version_id") is None:
        return ()
    return (_cloud_entry(entry, relpath=""),)


def _cloud_entry(entry: dict[Any, Any], *, relpath: str) -> CloudEntry:
    cloud = as_mapping(entry.get("cloud") or {}, "cloud")
    if len(cloud) > 1:
        message = "cloud names more than one remote"
        raise BadPointer(message)
    remote, meta = next(((as_name(name), as_mapping(value, "cloud")) for name, value in cloud.items()), (None, entry))
    return CloudEntry(
        relpath=relpath,
        remote_name=remote,
        version_id=text_at(meta, "version_id"),
        etag=text_at(meta, "etag"),
        md5=_oid(entry, relpath or "the out"),
        size_bytes=count_at(entry, "size"),
    )


def _relpath(entry: dict[Any, Any]) -> str:
    relpath = text_at(entry, "relpath")
    reason = why_unsafe(relpath or "")
    if reason is not None:
        message = f"an entry of files has the path {shortened(relpath)}: {reason}"
        raise BadPointer(message)
    return relpath or ""


# Objects that a pointer file marks as executable (`isexec: true`); pure. Source: dvc/output.py (`set_exec`)

_MARK = b"isexec"


def executable_oids(data: bytes) -> frozenset[str]:
    """Return the oids of executable outs of a `.dvc` file or `dvc.lock`; none if it cannot be read."""
    if _MARK not in data:  # true of nearly all files
        return frozenset()
    try:
        document = as_yaml(data)
    except BadPointer:
        return frozenset()
    found: set[str] = set()
    waiting: list[Any] = [document]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if here.get("isexec") is True and isinstance(here.get("md5"), str):
                found.add(here["md5"])
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return frozenset(found)
