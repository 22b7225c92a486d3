"""A repository before it is written: what git has, what the stores have, and what its pointers promise."""

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import yaml
from project import Project

ROOT = "@ROOT@"  # in files and links: the folder that the whole world lies in
OTHER = "@OTHER@"  # in files: the commit of the repository `other` beside this one
CONFIG = ".dvc/config"
SETTINGS = b"[core]\n    remote = storage\n['remote \"storage\"']\n    url = ../../stores/blob\n"


@dataclass(frozen=True, slots=True)
class Promise:
    """A file that a pointer names, with its bytes."""

    pointer: str
    path: str
    content: bytes


@dataclass(slots=True)
class Repository:
    """Everything that a seed decides. Paths of `objects` are relative to `stores`, of `beside` to the world."""

    files: dict[str, bytes] = field(
        default_factory=lambda: {CONFIG: SETTINGS, ".dvc/.gitignore": b"/config.local\n/tmp\n/cache\n"}
    )
    links: dict[str, str] = field(default_factory=dict)
    programs: set[str] = field(default_factory=set)
    objects: dict[str, bytes] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    external: str = "allow"  # what the audit is told of imports
    default: str = "blob"  # the store that the default remote of the top is

    def change(self, path: str, content: bytes | None) -> None:
        """Put another file in the place of one, or take it away (None); what its pointers promised is void."""
        self.files.pop(path, None)
        if content is not None:
            self.files[path] = content
        self.promises = [promise for promise in self.promises if promise.pointer != path]

    def write_to(self, project: Project) -> None:
        """Write it all, commit it and push it."""
        here = str(project.world.root).encode()
        for path, content in self.beside.items():
            place = project.world.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.replace(ROOT.encode(), here))
        other = self._commit_of_other(project)
        attributes = [path for path in self.files if path.endswith(".gitattributes")]
        for path, content in self.files.items():
            if path in attributes:
                continue
            file = project.write(path, content.replace(ROOT.encode(), here).replace(OTHER.encode(), other))
            file.chmod(0o755 if path in self.programs else 0o644)
        for path, target in self.links.items():
            link = project.folder / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target.replace(ROOT, str(project.world.root)))
        for path, content in self.objects.items():
            place = project.world.root / "stores" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(self.modes.get(path, 0o444))
        project.git("add", "--all", "--force")
        for path in attributes:  # afterwards: they would change what git takes from the work tree
            project.write(path, self.files[path])
            project.git("add", "--force", path)
        project.git("commit", "--quiet", "--allow-empty", "-m", "Work")
        project.git("push", "--quiet", "origin", "HEAD")

    def _commit_of_other(self, project: Project) -> bytes:
        """Make a repository of the files `other/` beside this one, if there are some; return its commit."""
        if not any(path.startswith("other/") for path in self.beside):
            return b""
        other = project.at("other")
        other.git("init", "--quiet")
        other.git("add", "--all", "--force")
        other.git("commit", "--quiet", "-m", "Other")
        return other.head.encode()


@dataclass(slots=True)
class Draft:
    """What one kind writes: everything below a folder of its own, unless it says otherwise with a `/`."""

    repository: Repository
    folder: str
    random: Random
    store: str = ""  # "": the default remote's
    _count: int = 0

    def path(self, name: str) -> str:
        """Return a path from the top of the repository."""
        return name[1:] if name.startswith("/") else f"{self.folder}/{name}"

    def fresh(self, more: bytes = b"") -> bytes:
        """Return bytes that nothing else has."""
        self._count += 1
        return f"{self.folder} {self._count} {self.random.randrange(10**6)}\n".encode() + more

    def write(self, name: str, content: str | bytes) -> str:
        """Give git a file; return its path."""
        path = self.path(name)
        self.repository.files[path] = content.encode() if isinstance(content, str) else content
        return path

    def link(self, name: str, target: str) -> str:
        """Give git a symbolic link; return its path."""
        path = self.path(name)
        self.repository.links[path] = target
        return path

    def keep(self, content: bytes, *, oid: str | None = None, legacy: bool = False, suffix: str = "") -> str:
        """Put an object on the store; return its oid."""
        oid = oid or hashlib.md5(content).hexdigest() + suffix
        self.repository.objects[self.place(oid, legacy=legacy)] = content
        return oid

    def place(self, oid: str, *, legacy: bool = False) -> str:
        """Return where the store has an object."""
        store = self.store or self.repository.default
        return f"{store}/{'' if legacy else 'files/md5/'}{oid[:2]}/{oid[2:]}"

    def promise(self, pointer: str, name: str, content: bytes) -> None:
        """Note that a pointer names a file with this content."""
        self.repository.promises.append(Promise(self.path(pointer), posixpath.normpath(self.path(name)), content))

    # --- outs, as DVC writes them

    def file(self, pointer: str, name: str, content: bytes | None = None, **more: Any) -> dict[str, Any]:
        """Keep a file and promise it; return its out."""
        content = self.fresh() if content is None else content
        self.promise(pointer, name, content)
        return out(name, self.keep(content), len(content), **more)

    def tree(self, pointer: str, name: str, files: Mapping[str, bytes] | None = None, **more: Any) -> dict[str, Any]:
        """Keep a folder and promise its files; return its out."""
        files = {"a.txt": self.fresh(), "b/c.bin": self.fresh(b"\0")} if files is None else files
        for relpath, content in files.items():
            self.promise(pointer, f"{name}/{relpath}", content)
        listing = [{"md5": self.keep(content), "relpath": relpath} for relpath, content in sorted(files.items())]
        oid = self.keep(json.dumps(listing).encode(), suffix=".dir")
        return out(name, oid, sum(map(len, files.values())), nfiles=len(files), **more)

    def listed(self, name: str, listing: bytes, *, size: int = 9, nfiles: int = 1) -> dict[str, Any]:
        """Keep a directory object with these bytes; return the out that names it, and promise nothing."""
        return out(name, self.keep(listing, suffix=".dir"), size, nfiles=nfiles)

    def point(self, name: str, *outs: Mapping[str, Any], **top: Any) -> str:
        """Write a `.dvc` file; return its path."""
        return self.write(name, text(top | {"outs": [dict(each) for each in outs]}))

    def track(self, name: str = "a.bin", content: bytes | None = None, **more: Any) -> str:
        """Track a file as `dvc add` does; return the pointer's path."""
        return self.point(f"{name}.dvc", self.file(f"{name}.dvc", name, content, **more))

    def lock(self, stages: Mapping[str, Iterable[Mapping[str, Any]]], name: str = "dvc.lock") -> str:
        """Write a `dvc.lock` with the outs of these stages."""
        return self.write(name, text({"schema": "2.0", "stages": {each: ran(*outs) for each, outs in stages.items()}}))

    def pipeline(self, stages: Mapping[str, Any], **top: Any) -> str:
        """Write a `dvc.yaml`."""
        return self.write("dvc.yaml", text({**top, "stages": stages}))

    # --- settings

    def configure(self, lines: str) -> None:
        """Add lines at the end of DVC's settings."""
        files = self.repository.files
        if CONFIG in files:
            files[CONFIG] = files[CONFIG].rstrip(b"\n") + b"\n" + lines.encode() + b"\n"

    def remote(self, name: str, store: str, more: str = "") -> None:
        """Add a remote."""
        self.configure(f"['remote \"{name}\"']\n    url = ../../stores/{store}\n{more}")


Build = Callable[[Draft], object]


def out(name: str, oid: str | None, size: int | None, **more: Any) -> dict[str, Any]:
    """Return an out as DVC 3 writes it; what is None is left out."""
    nfiles = more.pop("nfiles", None)
    fields = {"md5": oid, "size": size, "nfiles": nfiles, "hash": "md5", **more, "path": name}
    return {key: value for key, value in fields.items() if value is not None}


def ran(*outs: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a stage of `dvc.lock`."""
    order = ("path", "hash", "md5", "size", "nfiles")
    rows = [{key: each[key] for key in (*order, *(each.keys() - set(order))) if key in each} for each in outs]
    return {"cmd": "true", **more, "outs": rows}


def text(document: Any) -> str:
    """Return YAML in DVC's form."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
