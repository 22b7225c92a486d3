"""A tag's data compared with its `Release-Digest`, using local information only; contacts no DVC remote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from release.core.check import Verdict
from release.core.config import Config
from release.core.tag_message import Trailers
from release.core.tags import TagRef
from release.core.verification import DataCheck, Known, compare_digest, digest_mismatch, not_comparable
from release.dvc.inventory import Inventory
from release.dvc.pointers import PointerReader
from release.errors import ReleaseError
from release.flows.project import Project
from release.flows.reading.tag_watch import own_config
from release.git.objects import Objects


class DigestCheck:
    """Digest checks of one command; information that releases share is read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known = Inventory(project.dvc)

    def prepare(self, objects: Objects, commits: Sequence[str]) -> None:
        """Read the pointers of many commits in few git calls."""
        PointerReader(objects).prefetch(commits, self._project.config)

    def hold(self, objects: Objects, tag: TagRef, said: Trailers | None) -> DataCheck:
        """Whether the data of its commit is what it swears to; see `held`.

        Uses today's configuration, then the commit's own, which may exclude other paths. If neither excludes
        as many paths as the tag says, the digests cannot be compared.
        """
        if said is None or said.digest is None or tag.commit_id is None:
            return compare_digest(tag.name, None, Known())
        excluded = 0
        worst = None
        try:
            for config in self._configs(objects, tag.commit_id):
                pointers = PointerReader(objects).read(tag.commit_id, config)
                excluded = excluded or len(pointers.excluded)
                if len(pointers.excluded) != said.excluded:
                    continue
                found = compare_digest(tag.name, said, self._known.of(pointers))
                if found.verdict is Verdict.OK:
                    return found
                if worst is None or found.verdict is Verdict.UNKNOWN:
                    worst = found
        except ReleaseError as error:  # an incomplete commit
            return digest_mismatch(tag.name, error.message)
        return worst or digest_mismatch(tag.name, not_comparable(tag.name, said, excluded))

    def _configs(self, objects: Objects, commit: str) -> Iterator[Config]:
        """Yield today's configuration, then the commit's own if it excludes other paths."""
        seen = self._project.config
        yield seen
        config = own_config(self._project, objects, commit)
        if config is not None and config.audit != seen.audit:
            yield config


def excluded_by_its_own(project: Project, objects: Objects, commit: str) -> tuple[str, ...] | None:
    """Return the paths that a commit's own configuration excludes; None if it has none, or it cannot be read."""
    with suppress(ReleaseError):
        config = own_config(project, objects, commit)
        return None if config is None else PointerReader(objects).read(commit, config).excluded
    return None
