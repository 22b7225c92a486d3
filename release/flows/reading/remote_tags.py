"""Which tags the git remote has, asked while this clone is read; no answer is no error where one only looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from release.adapters.git.process import Running
from release.adapters.git.refs import remote_refs, start_asking
from release.core.tags.tag import TagRef
from release.errors import Unknown
from release.flows.project import Project

_PATIENCE_S = 5.0  # whoever only looks is not kept waiting for a dead host


class RemoteTags(Struct, frozen=True, kw_only=True):
    """The remote's tags by name; `tags` None: not asked, or no answer, for the reason in `trouble`."""

    tags: Mapping[str, TagRef] | None = None
    trouble: str | None = None


class AskedTags:
    """A question on its way; `answer` waits for it, a few seconds at most."""

    def __init__(self, remote: str, running: Running | None) -> None:
        self._remote = remote
        self._running = running

    def answer(self) -> RemoteTags:
        """What the remote said."""
        if self._running is None:
            return RemoteTags()
        self._running.ask_limit_s = min(self._running.ask_limit_s, _PATIENCE_S)
        try:
            tags = remote_refs(self._running, self._remote).tags
        except Unknown as error:
            return RemoteTags(trouble=error.message)
        return RemoteTags(tags={tag.name: tag for tag in tags})


@contextmanager
def asking_for_tags(project: Project, *, ask: bool) -> Iterator[AskedTags]:
    """Begin to ask; whatever happens, no process is left. A repository without that remote is not asked."""
    remote = project.config.git_remote
    if not ask or remote not in project.repository.settings.remotes:
        yield AskedTags(remote, None)
        return
    running = start_asking(project.repository.git, remote)
    try:
        yield AskedTags(remote, running)
    finally:
        running.stop()
