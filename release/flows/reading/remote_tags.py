"""Tags of the git remote, queried while the clone is read; for read-only commands no answer is no error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from release.core.tags import TagRef
from release.errors import Unknown
from release.flows.project import Project
from release.git.process import Running
from release.git.refs import remote_refs, start_asking

_PATIENCE_S = 5.0  # read-only commands do not wait longer for an unreachable host


class RemoteTags(Struct, frozen=True, kw_only=True):
    """The remote's tags by name; `tags` None: not queried, or no answer, for the reason in `trouble`."""

    tags: Mapping[str, TagRef] | None = None
    trouble: str | None = None


class RemoteTagQuery:
    """A running query; `answer` waits for it, a few seconds at most."""

    def __init__(self, remote: str, running: Running | None) -> None:
        self._remote = remote
        self._running = running

    def answer(self) -> RemoteTags:
        """Return the remote's tags."""
        if self._running is None:
            return RemoteTags()
        self._running.ask_limit_s = min(self._running.ask_limit_s, _PATIENCE_S)
        try:
            tags = remote_refs(self._running, self._remote).tags
        except Unknown as error:
            return RemoteTags(trouble=error.message)
        return RemoteTags(tags={tag.name: tag for tag in tags})


@contextmanager
def asking_for_tags(project: Project, *, ask: bool) -> Iterator[RemoteTagQuery]:
    """Start the query, and stop its process at the end. A repository without that remote is not queried."""
    remote = project.config.git_remote
    if not ask or remote not in project.repository.settings.remotes:
        yield RemoteTagQuery(remote, None)
        return
    running = start_asking(project.repository.git, remote)
    try:
        yield RemoteTagQuery(remote, running)
    finally:
        running.stop()
