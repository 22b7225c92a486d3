"""Parsers of `.dvc`, `dvc.lock` and `dvc.yaml`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, ValidationError, convert, field

from release.core.documents import BadDocument, TooLarge, decode, load_yaml, plain_words
from release.core.limits import MAX_POINTER_BYTES, MAX_POINTER_VALUES
from release.core.pointer import CloudEntry, DeclaredOut, Layout, Origin, Recorded, why_unsafe
from release.core.remotes import SCHEMES

_Kind = TypeVar("_Kind")


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
        raise BadPointer(f"it is not valid YAML: {error}") from None


def _read(document: Any, kind: type[_Kind]) -> _Kind:
    """Return the values of a file; an empty one has none. Raises BadPointer."""
    try:
        return convert(document or {}, kind)
    except ValidationError as error:
        raise BadPointer(plain_words(error)) from None


# What a `.dvc` file or a `dvc.lock` may say; keys that decide nothing here are left to DVC

_Text = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]
_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]  # `dvc pull` fails at a larger one


class _Version(Struct):
    version_id: _Text | None = None
    etag: _Text | None = None


class _File(_Version):
    md5: str | int | None = None  # YAML takes some for numbers
    size: _Count | None = None
    relpath: _Text = ""
    cloud: Annotated[dict[str, _Version], Meta(max_length=1)] | None = None


class _Data(_File):
    path: _Text | None = None
    hash: _Text | None = None
    nfiles: _Count | None = None
    cache: bool = True
    push: bool = True
    isexec: bool = False
    remote: _Text | None = None
    files: list[_File] | None = None
    repo: Any = None


class _DvcFile(Struct):
    outs: list[_Data] | None = None
    deps: list[_Data] | None = None
    wdir: _Text | None = None


class _Stage(Struct):
    cmd: Any = None
    outs: list[_Data] | None = None
    deps: list[_Data] | None = None
    params: dict[str, dict[str, Any]] | None = None


class _Lock(Struct):
    stages: dict[str, _Stage] | None = None


# Parser of `dvc.yaml`: bytes -> stages and declared outs, with the flags that only it has

_LISTS = ("outs", "metrics", "plots")


class DeclaredStage(Struct, frozen=True, kw_only=True):
    """A stage as dvc.yaml declares it.

    `wdir` is relative to the folder of dvc.yaml. `dvc repro` skips a frozen one. `command` is "" if it is a template.
    """

    name: str
    outs: tuple[DeclaredOut, ...]
    wdir: str = "."
    frozen: bool = False
    command: str = ""


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
    command, wdir = _command(stage.get("cmd")), stage.get("wdir") or "."
    return DeclaredStage(
        name=name,
        outs=outs,
        wdir=wdir,
        frozen=stage.get("frozen") is True,
        command="" if "${" in command else command,
    )


def _command(value: Any) -> str:
    """Return a command, or a list of them, as one text."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def declared_artifact(data: bytes | None, model: str, folder: str) -> str | None:
    """Return the path, from the git root, that the `dvc.yaml` in a folder has for a model among its `artifacts`.

    DVC finds the model by it. None if it is not there.
    """
    path = _artifacts(data).get(model, {}).get("path")
    return posixpath.normpath(posixpath.join(folder, path)) if isinstance(path, str) else None


def declared_models(data: bytes | None) -> dict[str, str]:
    """Return the artifacts of type `model` that a `dvc.yaml` has, each with its path relative to the file."""
    found = {name: entry.get("path") for name, entry in _artifacts(data).items() if entry.get("type") == "model"}
    return {name: path for name, path in found.items() if isinstance(name, str) and isinstance(path, str)}


def _artifacts(data: bytes | None) -> dict[Any, dict[Any, Any]]:
    try:
        document = as_yaml(b"" if data is None else data)
    except BadPointer:  # reported by the audit
        return {}
    found = document.get("artifacts") if isinstance(document, dict) else None
    entries = found.items() if isinstance(found, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


# Parsers of `.dvc` files and `dvc.lock` files: bytes -> values, or BadPointer


class DvcFile(Struct, frozen=True, kw_only=True):
    """A `.dvc` file. `wdir` is relative to its folder."""

    outs: tuple[Recorded, ...]
    deps: tuple[Recorded, ...] = ()
    wdir: str = "."
    origin: Origin = Origin.OWN


class LockedStage(Struct, frozen=True, kw_only=True, eq=False):  # hashed by identity: `params` has no hash
    """A stage of `dvc.lock`: inputs and outputs of its last run.

    `params` maps a file to its keys and values, as YAML gave them.
    """

    name: str
    command: str = ""
    outs: tuple[Recorded, ...] = ()
    deps: tuple[Recorded, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_OID = re.compile(r"[0-9a-f]{32}(?:\.dir)?")

# The text that `dvc add` writes for one file or folder. Names that YAML might not take for text, and oids that it might
# take for a number, are left to YAML. In no number or date does a dot precede a letter other than `e`.
_MACHINE_WRITTEN = re.compile(
    rb"outs:\n- md5: (?P<oid>[0-9a-f]{32}(?:\.dir)?)\n  size: (?P<size>0|[1-9][0-9]{0,17})\n"
    rb"(?:  nfiles: (?P<nfiles>0|[1-9][0-9]{0,17})\n)?(?P<isexec>  isexec: true\n)?(?P<md5>  hash: md5\n)?"
    rb"  path: (?P<path>(?:[A-Za-z_]|[0-9][A-Za-z0-9_/-]*\.[A-DF-Za-df-z])[A-Za-z0-9_./-]*)\n"
)
_NOT_TEXT = frozenset({"null", "true", "false"})
_NUMBER = re.compile(r"[0-9e]+|0b[01]+")  # hex digits that YAML takes for a number


_LOCK_HEAD = b"schema: '2.0'\nstages:\n"
_LOCK_STAGE = rb"  [A-Za-z0-9_.@-]+:\n(?:    [^\n]+\n)+"


def lock_parts(data: bytes) -> list[bytes]:
    """Return a `dvc.lock` in parts of one stage, each a whole `dvc.lock`; one part if it cannot surely be taken apart.

    Most stages are the same in most commits, and a large lock takes a second to read. Each part has to be plain (see
    `plain.py`): in plain YAML no value goes on in a line that is indented less.
    """
    body = data.removeprefix(_LOCK_HEAD)
    if len(data) > MAX_POINTER_BYTES or body == data or not re.fullmatch(rb"(?:%b)+" % _LOCK_STAGE, body):
        return [data]
    return [_LOCK_HEAD + stage for stage in re.findall(_LOCK_STAGE, body)]


def read_lock(document: Any) -> Mapping[str, LockedStage]:
    """Return the stages of a `dvc.lock` from its YAML values. Raises BadPointer."""
    return {
        name: LockedStage(
            name=name,
            command=_command(stage.cmd),
            outs=tuple(map(_recorded, stage.outs or ())),
            deps=tuple(map(_recorded, stage.deps or ())),
            params=stage.params or {},
        )
        for name, stage in (_read(document, _Lock).stages or {}).items()
    }


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
        layout=_layout(match["md5"]),
        size_bytes=int(match["size"]),
        nfiles=None if nfiles is None else int(nfiles),
        isexec=match["isexec"] is not None,
    )
    return DvcFile(outs=(recorded,))


def read_dvc_file(document: Any) -> DvcFile:
    """Return a `.dvc` file from its YAML values. Raises BadPointer."""
    file = _read(document, _DvcFile)
    outs, deps = file.outs or [], file.deps or []
    return DvcFile(
        outs=tuple(map(_recorded, outs)),
        deps=tuple(_recorded(dep) for dep in deps if dep.path is not None),
        wdir=file.wdir or ".",
        origin=_origin(outs, deps),
    )


def _origin(outs: list[_Data], deps: list[_Data]) -> Origin:
    """Return the origin of the bytes: `dvc import` and `import-url` have one dependency and one out."""
    if len(deps) != 1 or len(outs) != 1:
        return Origin.OWN
    (dep,), (out,) = deps, outs
    if dep.repo is not None:
        return Origin.IMPORT
    if not out.push and (dep.version_id or dep.cloud or dep.files):
        return Origin.IMPORT_URL
    return Origin.OWN if out.md5 or out.files or out.cloud else Origin.IMPORT_URL


def _recorded(entry: _Data) -> Recorded:
    if not entry.path:
        raise BadPointer("an out or dependency has no path")
    scheme, url, _ = entry.path.partition("://")
    if (
        entry.version_id is not None
        and url
        and "version_aware" not in (SCHEMES[scheme].usual if scheme in SCHEMES else ())
    ):
        raise BadPointer(f"{entry.path} has a version_id, which {scheme} does not know, and `dvc pull` fails")
    oid = _oid(entry, entry.path)
    if oid is not None and not oid.endswith(".dir") and (entry.nfiles is not None or entry.files is not None):
        raise BadPointer(f"{entry.path} has the md5 of a file and the keys of a folder, and `dvc pull` does not get it")
    cloud = entry.files or ([entry] if entry.cloud is not None or entry.version_id is not None else ())
    return Recorded(
        path=entry.path,
        oid=oid,
        hash_name=entry.hash or "md5",
        layout=_layout(entry.hash),
        size_bytes=entry.size,
        nfiles=entry.nfiles,
        cache=entry.cache,
        push=entry.push,
        isexec=entry.isexec,
        remote=entry.remote,
        cloud=tuple(map(_cloud_entry, cloud)),
    )


def _layout(hash: object) -> Layout:
    return Layout.LEGACY if hash is None else Layout.MD5  # DVC 2 and older name no hash


def _oid(entry: _File, path: str) -> str | None:
    """Return the md5; it becomes part of file names, so anything but an oid is refused."""
    if entry.md5 is None or entry.md5 == "":
        return None
    text = str(entry.md5)
    if not _OID.fullmatch(text):
        raise BadPointer(f"the md5 of {path} is {text[:60]!r}, not 32 hex digits")
    return text


def _cloud_entry(entry: _File) -> CloudEntry:
    """Return the version id of an out, or of a file of a folder, on a cloud-versioned remote."""
    is_file = not isinstance(entry, _Data)
    reason = why_unsafe(entry.relpath) if is_file else None
    if reason is not None:
        raise BadPointer(f"an entry of files has the path {entry.relpath!r}: {reason}")
    remote, version = next(iter((entry.cloud or {}).items()), (None, entry))
    return CloudEntry(
        relpath=entry.relpath if is_file else "",
        remote_name=remote,
        version_id=version.version_id,
        md5=_oid(entry, entry.relpath or "the out"),
        size_bytes=entry.size,
    )
