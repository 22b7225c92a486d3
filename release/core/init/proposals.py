"""Scan result and proposals of `release init`. Pure; the texts are in `init.files`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.tags.releases import DatedTag


class Service(Enum):
    """CI service that makes releases on merge; NONE: no CI, or a service that is set up by hand."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class RepositoryScan(Struct, frozen=True, kw_only=True):
    """Result of scanning a repository.

    `files` are the bytes of those existing files that `init` may change or read. `not_found` describes each out whose
    objects are neither on their remote nor in the cache (the remote may be a disk that is not mounted, so nothing is
    concluded from it). `dvc_remotes` are the names in `.dvc/config`, `dvc_default` the default one (None: none is).
    `headline` are the keys of the metrics that are shown first; `stages` counts the stages that were run. `package` is
    what follows this package's name for pip to install it elsewhere (`==1.2.0`); None: it was installed from a place
    that only this machine has.
    """

    name: str
    files: Mapping[str, bytes]
    remotes: tuple[str, ...]
    remote_url: str | None
    tags: tuple[DatedTag, ...]
    configured: str | None
    metrics: tuple[str, ...]
    not_found: tuple[str, ...]
    dvc_remotes: tuple[str, ...]
    dvc_default: str | None
    dvc_url: str
    headline: tuple[str, ...] = ()
    stages: int = 0
    package: str | None = None
    unknown: tuple[str, ...] = ()


class InitOptions(Struct, frozen=True, kw_only=True):
    """Options of `release init`.

    `service` None: detect it from the remote's address. `storage`: URL of DVC's default remote if it has none. `gate`:
    a metric's key and its allowed drop ("2%"); None: no gate. `package`: the requirement that pip installs in CI; None:
    this version of this package.
    """

    service: Service | None = None
    hooks: bool = True
    storage: str | None = None
    gate: tuple[str, str] | None = None
    package: str | None = None


class FileProposal(Struct, frozen=True, kw_only=True):
    """A file to write: `before` None if it does not exist yet. `why` is the reason."""

    path: str
    before: bytes | None
    after: bytes
    why: str

    @property
    def diff(self) -> str:
        """The difference in the format of `diff -u`."""
        old = (self.before or b"").decode("utf-8", "replace").splitlines()
        new = self.after.decode("utf-8", "replace").splitlines()
        origin = "/dev/null" if self.before is None else f"a/{self.path}"
        return "\n".join(difflib.unified_diff(old, new, origin, f"b/{self.path}", lineterm=""))


class InitPlan(Struct, frozen=True, kw_only=True):
    """Everything that `init` would write, what it detected (`seen`), and what is left to the user (`advice`)."""

    files: tuple[FileProposal, ...] = ()
    seen: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class InitReport(Struct, frozen=True, kw_only=True):
    """The plan; `written`: it was carried out; `preview`: dry run."""

    plan: InitPlan
    written: bool = False
    preview: bool = False


class Proposals(Struct):
    """Collector of files to write, findings and advice."""

    sight: RepositoryScan
    files: list[FileProposal] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def create(self, path: str, text: str, why: str) -> bool:
        """Propose a new file. Returns False if it exists: nothing is overwritten."""
        if path in self.sight.files:
            return False
        self.files.append(FileProposal(path=path, before=None, after=text.encode(), why=why))
        return True

    def change(self, path: str, after: bytes, why: str) -> None:
        """Propose other bytes for an existing file."""
        before = self.sight.files[path]
        if after != before:
            self.files.append(FileProposal(path=path, before=before, after=after, why=why))

    def plan(self) -> InitPlan:
        """Return everything collected."""
        return InitPlan(files=tuple(self.files), seen=tuple(self.seen), advice=tuple(self.advice))


def service_of(url: str | None, files: Sequence[str]) -> Service:
    """Detect the service from a remote's address or existing files."""
    told = (url or "").lower()
    if "github" in told or any(path.startswith(".github/") for path in files):
        return Service.GITHUB
    if "gitlab" in told or ".gitlab-ci.yml" in files:
        return Service.GITLAB
    return Service.NONE
