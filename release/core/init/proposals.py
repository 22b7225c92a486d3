"""What `release init` finds in a repository, and the files it proposes. Pure; the texts are in `init.files`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.tags.releases import DatedTag

OWN_CONFIG, SHARED_CONFIG = ".release.toml", "pyproject.toml"


class Service(Enum):
    """Where releases are made on merge; NONE: by hand, or a service that is set up by hand."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class Sight(Struct, frozen=True, kw_only=True):
    """What was found. `files` are the bytes of those files that are there, of all that `init` may touch or read.

    `not_found` says of each out whose objects are neither on their remote nor here where they were looked for: the
    remote may be a disk that is not mounted, so nothing is concluded from it. `dvc_remotes` are the names in
    `.dvc/config`, `dvc_default` the one that is the default (None: none is). `headline` are the keys of
    the metrics that are shown first; `stages` how many stages were run. `package` is what follows this
    package's name for pip to install it elsewhere (`==1.2.0`); None: it came from a place that only this machine sees.
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


class Wishes(Struct, frozen=True, kw_only=True):
    """What was asked for.

    `service` None: by the remote's address. `storage`: URL of DVC's default remote if it has none. `gate`: a
    metric's key and how much it may lose ("2%"); None: no gate. `package`: what pip installs in CI; None: this
    version of this package.
    """

    service: Service | None = None
    hooks: bool = True
    storage: str | None = None
    gate: tuple[str, str] | None = None
    package: str | None = None


class FileProposal(Struct, frozen=True, kw_only=True):
    """A file to write: `before` None if it is not there yet. `why` completes "so that ..."."""

    path: str
    before: bytes | None
    after: bytes
    why: str

    @property
    def diff(self) -> str:
        """The difference, as `diff -u` shows it."""
        old = (self.before or b"").decode("utf-8", "replace").splitlines()
        new = self.after.decode("utf-8", "replace").splitlines()
        origin = "/dev/null" if self.before is None else f"a/{self.path}"
        return "\n".join(difflib.unified_diff(old, new, origin, f"b/{self.path}", lineterm=""))


class InitPlan(Struct, frozen=True, kw_only=True):
    """All that `init` would write, what it goes by (`seen`), and what only a person can do (`advice`)."""

    files: tuple[FileProposal, ...] = ()
    seen: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class InitReport(Struct, frozen=True, kw_only=True):
    """The plan, whether it was carried out, and whether it was only to be looked at."""

    plan: InitPlan
    written: bool = False
    preview: bool = False


class Proposals(Struct):
    """Collects files that are not there yet, and words."""

    sight: Sight
    files: list[FileProposal] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def create(self, path: str, text: str, why: str) -> bool:
        """Propose a new file; nothing is overwritten: False if it is there."""
        if path in self.sight.files:
            return False
        self.files.append(FileProposal(path=path, before=None, after=text.encode(), why=why))
        return True

    def change(self, path: str, after: bytes, why: str) -> None:
        """Propose other bytes for a file that is there."""
        before = self.sight.files[path]
        if after != before:
            self.files.append(FileProposal(path=path, before=before, after=after, why=why))

    def plan(self) -> InitPlan:
        """All of it."""
        return InitPlan(files=tuple(self.files), seen=tuple(self.seen), advice=tuple(self.advice))


def service_of(url: str | None, files: Sequence[str]) -> Service:
    """The service that a remote's address, or files that are there already, tell of."""
    told = (url or "").lower()
    if "github" in told or any(path.startswith(".github/") for path in files):
        return Service.GITHUB
    if "gitlab" in told or ".gitlab-ci.yml" in files:
        return Service.GITLAB
    return Service.NONE
