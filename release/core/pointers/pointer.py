"""Values for a commit's DVC data: outs of `.dvc` files and of `dvc.lock`."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.change import Change

PIPELINE, LOCK = "dvc.yaml", "dvc.lock"
POINTER_NAMES = ("*.dvc", PIPELINE, LOCK)  # as patterns


def is_stage_file(path: str) -> bool:
    """Return whether DVC reads a file as a stage, not as data or a dependency (`dvc.dvcfile.is_valid_filename`)."""
    return path.endswith(".dvc") or path[path.rfind("/") + 1 :] == PIPELINE


def is_pointer(path: str) -> bool:
    """Return whether a file says which data a commit has: a `.dvc` file, dvc.yaml or dvc.lock.

    A path whose last part is `.dvc` is DVC's folder, or a file that is in its way.
    """
    name = path[path.rfind("/") + 1 :]
    return name == LOCK or (is_stage_file(name) and name != ".dvc")


def pipeline_of(lock: str) -> str:
    """Return the path of the dvc.yaml that belongs to a dvc.lock."""
    return f"{lock.removesuffix(LOCK)}{PIPELINE}"


def lock_of(pipeline: str) -> str:
    """Return the path of the dvc.lock that belongs to a dvc.yaml."""
    return f"{pipeline.removesuffix(PIPELINE)}{LOCK}"


class Layout(Enum):
    """Layouts of objects below the remote's root."""

    MD5 = "md5"  # files/md5/xx/yyyy, DVC 3
    LEGACY = "legacy"  # xx/yyyy, DVC 2 and older (md5-dos2unix)
    VERSION = "version"  # the plain path, with a version id (cloud-versioned remotes)


class ObjectKey(Struct, frozen=True, order=True, gc=False):  # there may be millions; six times as fast as a tuple
    """One object on one remote; `oid` keeps the `.dir` suffix of directory objects.

    `remote` is the identity of the store (its resolved URL without secrets), not its name: two names of one store are
    one. `layout` is the value of `Layout`.
    """

    remote: str
    layout: str
    oid: str

    @property
    def is_dir(self) -> bool:
        """True if the object is a directory listing."""
        return self.oid.endswith(".dir")


class CloudEntry(Struct, frozen=True, kw_only=True):
    """A file on a cloud-versioned remote: `relpath` is "" for a single file."""

    relpath: str
    remote_name: str | None
    version_id: str | None
    etag: str | None
    md5: str | None
    size_bytes: int | None


class Origin(Enum):
    """Origin of an out's bytes."""

    OWN = "own"
    IMPORT = "import"  # dvc import: another repository
    IMPORT_URL = "import-url"  # dvc import-url --no-download or version-aware: another URL


class Out(Struct, frozen=True, kw_only=True):
    """One out of a `.dvc` file or of a stage.

    `path` is relative to the git root, with `/`. `pointer` is the file that declares it (`model.pt.dvc`, `dvc.lock`),
    relative to the git root; `stage` the name in dvc.yaml (None for a `.dvc` file). `oid` is None if nothing was
    recorded. `hash_name` is "md5", or what the pointer names. `size_bytes` (for a directory the sum of its files) and
    `nfiles` are None if not recorded.
    """

    path: str
    pointer: str
    stage: str | None = None
    oid: str | None = None
    hash_name: str = "md5"
    layout: Layout = Layout.MD5
    size_bytes: int | None = None
    nfiles: int | None = None
    cache: bool = True
    push: bool = True
    remote: str | None = None
    origin: Origin = Origin.OWN
    cloud: tuple[CloudEntry, ...] = ()
    subrepo: str = ""  # folder (relative to the git root) of the nearest .dvc/config; "" for the root

    @property
    def is_dir(self) -> bool:
        """True if the out is a directory."""
        return self.oid is not None and self.oid.endswith(".dir")


class PointerChange(Struct, frozen=True, kw_only=True):
    """A model or data pointer that differs between two commits; sizes in bytes, None if unknown."""

    path: str
    parent: str | None  # the directory out that the file is in, for changes inside directories
    change: Change
    before_oid: str | None
    after_oid: str | None
    before_size_bytes: int | None
    after_size_bytes: int | None
