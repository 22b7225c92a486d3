"""State of a release on the remote, queried at the URL that is pushed to."""

from __future__ import annotations

from release.core.release import Record, RemoteState
from release.errors import Unknown
from release.git import push as git_push
from release.git import refs
from release.git.process import Git
from release.git.push import RefState, RefUpdate
from release.git.repository import Repository

_ELSEWHERE = "?"  # an id that is not ours; the id itself is unknown


def ref_updates(record: Record) -> tuple[RefUpdate, ...]:
    """Return the refs of the push, each with the value that the remote must have before.

    The release's own tag comes last: if it is there, everything is, even without atomic pushes.
    """
    updates = []
    if record.remote_branch is not None:
        updates.append(RefUpdate(ref=f"refs/heads/{record.remote_branch}", new=record.commit, old=record.tip))
    tags = {**record.also, record.tag: record.tag_object}
    updates += [RefUpdate(ref=f"refs/tags/{name}", new=id, old="") for name, id in tags.items()]
    return tuple(updates)


def read_remote_state(repository: Repository, record: Record) -> RemoteState | None:
    """Return the state; None without an answer, or if the remote is no longer configured.

    Git would take the name of an unknown remote for a path.
    """
    if record.remote not in repository.settings.remotes:
        return None
    pushed_to = _push_side(repository, record.remote)
    if pushed_to is not None:
        return _read_by_push(repository, record, pushed_to)
    return _read_at(repository.git, record, record.remote)


def _push_side(repository: Repository, remote: str) -> str | None:
    """Return the push URL if it differs from the fetch URL, else None."""
    settings = repository.settings
    if not (settings.every(f"remote.{remote}.pushurl") or settings.named(r"url\..+\.pushinsteadof")):
        return None
    urls = [repository.git.run("remote", "get-url", *how, "--", remote).text for how in ((), ("--push",))]
    return urls[1] if urls[0] != urls[1] else None


def _read_at(git: Git, record: Record, place: str) -> RemoteState | None:
    try:
        there = refs.remote_refs(refs.start_asking(git, place), place)
        tip = there.branch(record.remote_branch) if record.remote_branch else None
        holds = None
        if tip is not None and tip not in (record.commit, record.tip) and record.tag_ref not in there.refs:
            holds = _holds(git, record, place, tip)
    except Unknown:
        return None
    return RemoteState(tag=there.refs.get(record.tag_ref), branch=tip, holds_commit=holds)


def _holds(git: Git, record: Record, place: str, tip: str) -> bool | None:
    known = refs.is_ancestor(git, record.commit, tip)
    if known is None:
        refs.fetch_objects(git, place, f"refs/heads/{record.remote_branch}")
        known = refs.is_ancestor(git, record.commit, tip)
    return known


def _read_by_push(repository: Repository, record: Record, url: str) -> RemoteState | None:
    """Query by a dry run, because a pusher may have no read access; read by URL only if that is not enough."""
    found = git_push.refs_by_push(repository.git, record.remote, ref_updates(record))
    if found is None:
        return None
    tag = {RefState.OURS: record.tag_object, RefState.OTHER: _ELSEWHERE}.get(found[record.tag_ref])
    branch = found.get(f"refs/heads/{record.remote_branch}")
    if tag is None and branch is RefState.OTHER:
        return _read_at(repository.git, record, url) or RemoteState(tag=None, branch=_ELSEWHERE, holds_commit=None)
    tips = {RefState.OURS: record.commit, RefState.BEFORE: record.tip, RefState.OTHER: _ELSEWHERE}
    return RemoteState(tag=tag, branch=tips.get(branch) if branch else None, holds_commit=None)
