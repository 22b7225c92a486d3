"""Metric and parameter files that DVC tracks, of any revision, found by that revision's own pointers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from release.core.config import Config
from release.core.metrics import ValueFile
from release.core.text import OnProgress, ignore
from release.flows.project import Project
from release.flows.reach import Access
from release.git.objects import Objects

if TYPE_CHECKING:
    from release.flows.reading.kept_files import CachedFiles


class CachedMetricsRead(Struct, frozen=True, kw_only=True):
    """The requested paths of a commit that DVC tracks, each with its files."""

    files: Mapping[str, tuple[ValueFile, ...]] = field(default_factory=dict)

    def of(self, paths: Iterable[str]) -> tuple[ValueFile, ...]:
        """Return the files of these paths, each once."""
        return tuple({file.path: file for path in paths for file in self.files.get(path, ())}.values())


class CachedMetrics:
    """Reader for a whole command: each distinct object is read once. Nothing is loaded before the first read."""

    def __init__(self, project: Project, reach: Access, on_progress: OnProgress = ignore) -> None:
        self._project = project
        self._reach = reach
        self._on_progress = on_progress
        self._files: CachedFiles | None = None

    def read(self, objects: Objects, commit: str, config: Config, paths: Sequence[str]) -> CachedMetricsRead:
        """Return the files among `paths` that DVC tracks in a commit."""
        return self.read_many(objects, {commit: paths}, config)[commit]

    def read_many(
        self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config
    ) -> dict[str, CachedMetricsRead]:
        """Read many commits in one step. An incomplete commit has no files."""
        asked = {commit: tuple(paths) for commit, paths in wanted.items() if paths}
        found = dict.fromkeys(wanted, CachedMetricsRead())
        if asked:
            read = self._reader().read(objects, asked, config)
            found |= {commit: CachedMetricsRead(files=files) for commit, files in read.items()}
        return found

    def _reader(self) -> CachedFiles:
        if self._files is None:
            from release.flows.reading.kept_files import CachedFiles  # most repositories have no such files

            ask = self._reach is not Access.HERE
            self._files = CachedFiles(self._project, ask=ask, on_progress=self._on_progress)
        return self._files
