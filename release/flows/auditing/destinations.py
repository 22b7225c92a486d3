"""Destinations of outs: the remote and store of each, and problems of these whatever they contain."""

from __future__ import annotations

import posixpath

from msgspec import Struct

from release.core.config import AuditConfig
from release.core.problems import (
    Problem,
    in_tree_remote,
    local_only_remote,
    no_remote,
    remote_unanswered,
    unreadable_config,
)
from release.dvc.dvc_config import BadConfig, DvcSettings, RemoteSettings
from release.dvc.store import Forbidden
from release.dvc.stores import CachedStore
from release.errors import ReleaseError


class Destination(Struct, frozen=True):
    """The remote and store that must have an out's objects, or the reason why there is none."""

    remote: RemoteSettings | None = None
    asked: CachedStore | None = None
    fault: ReleaseError | BadConfig | None = None


class Place(Struct, frozen=True):
    """A remote by name (None: the default one) of a DVC root, and the number of outs that belong there."""

    root: str
    name: str | None
    outs: int


def remote_problems(
    place: Place, destination: Destination, settings: DvcSettings, config: AuditConfig
) -> list[Problem]:
    """Return the problems of a remote that outs belong to."""
    remote, asked = destination.remote, destination.asked
    root, name, outs = place.root, place.name, place.outs
    if isinstance(destination.fault, BadConfig):
        return [unreadable_config(root, str(destination.fault))]
    if destination.fault is not None:
        return [remote_unanswered(root, name or "default", destination.fault, outs, forbidden=False)]
    if remote is None or asked is None:
        return [no_remote(root, name, outs)]
    problems = []
    if remote.local_only and settings.remote is None:
        problems.append(local_only_remote(root, remote.name, outs))
    inside = _inside(remote, settings)
    if inside is not None:
        problems.append(in_tree_remote(root, remote.name, inside, config.in_tree_remote))
    if asked.trouble is not None:
        forbidden = isinstance(asked.trouble, Forbidden)
        problems.append(remote_unanswered(root, remote.name, asked.trouble, outs, forbidden=forbidden))
    return problems


def _inside(remote: RemoteSettings, settings: DvcSettings) -> str | None:
    """Return the path, from the git root, of a store inside the work tree; None for every other store."""
    path = "" if remote.folder is None else posixpath.realpath(remote.folder)
    root = posixpath.realpath(settings.git_root)
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else None
