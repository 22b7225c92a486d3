"""Changelog entries of existing releases: from the tag's message, else generated from their commits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timezone

from release.core.changelog import EntrySource, Notes, entry
from release.core.gates import directions
from release.core.metric_deltas import compare_metrics, compare_params
from release.core.pointer import pointer_changes
from release.core.tag_message import TagMessage, parse_object
from release.core.tags import DatedTag, History, ReleaseTag
from release.core.text import OnProgress, command_line, ignore
from release.dvc.pointers import read_pointers
from release.engine.project import Access, Project
from release.engine.values import CachedMetrics, ReadValues, read_many_values, read_values
from release.errors import Refused
from release.git.log import read_history
from release.git.objects import Objects

_ENTRY = re.compile(r"^## \[", re.MULTILINE)
_NO_VALUES = ReadValues(metrics=(), params=())


class EntryWriter:
    """Writer of changelog entries; it reads the history once, and the files of each commit once."""

    def __init__(
        self,
        project: Project,
        objects: Objects,
        releases: tuple[ReleaseTag, ...],
        dated: Mapping[str, DatedTag],
        on_progress: OnProgress = ignore,
    ) -> None:
        self._project = project
        self._objects = objects
        self._releases = releases  # lowest version first
        self._own = frozenset(f"Release {release.name}" for release in self._releases)
        self._dated = dated
        self._kept = CachedMetrics(project, Access.EVERYWHERE, on_progress)
        self._values: dict[str, ReadValues] = {}
        self._before: dict[str, ReleaseTag | None] = {}
        self._history: History | None = None

    def read_ahead(self, releases: Iterable[ReleaseTag]) -> None:
        """Read in one step the values that these entries need: metrics that DVC tracks cost a round trip each."""
        written = [release for release in releases if not _ENTRY.match(self._message(release).body)]
        both = [each for release in written for each in (release, self._previous(release)) if each is not None]
        commits = dict.fromkeys(each.ref.commit_id for each in both if each.ref.commit_id is not None)
        self._values |= read_many_values(self._objects, commits, self._project.config, self._kept)

    def entry_of(self, release: ReleaseTag) -> tuple[str, EntrySource]:
        """Return the entry from the tag's message (`--at`, `--no-commit`), else generated from the commit."""
        message = self._message(release)
        if _ENTRY.match(message.body):
            return message.body.rstrip() + "\n", EntrySource.TAG
        return self._written(release, message.subject), EntrySource.WRITTEN

    def _message(self, release: ReleaseTag) -> TagMessage:
        raw = self._objects.get(release.ref.object_id)
        return parse_object(raw.data if raw and raw.kind == "tag" else b"")

    def _written(self, release: ReleaseTag, subject: str) -> str:
        objects, config = self._objects, self._project.config
        commit, history = release.ref.commit_id, self._read_history()
        assert commit is not None  # `release_tags` leaves out tags of other objects
        previous = self._previous(release)
        before_id = previous.ref.commit_id if previous else None
        values, before = self._values_of(commit), self._values_of(before_id) if before_id else _NO_VALUES
        dated = self._dated[release.name]
        if dated.when is None:
            raise Refused(
                f"{release.name} has a date that no calendar has",
                help=command_line(
                    "git", "show", f"refs/tags/{release.name}" if release.name.startswith("-") else release.name
                ),
            )
        sides = directions(config.gates, (*values.metrics, *before.metrics), config.folder)
        return entry(
            Notes(
                version=str(release.version),
                date=dated.when.astimezone(timezone.utc).date(),
                message=subject or dated.subject,
                metrics=compare_metrics(before.metrics, values.metrics, directions=sides, headline=config.headline),
                params=compare_params(before.params, values.params),
                pointers=pointer_changes(
                    read_pointers(objects, before_id, config).outs if before_id else (),
                    read_pointers(objects, commit, config).outs,
                ),
                commits=[subject for subject in history.since(commit, before_id) if not self._is_own(subject)],
            )
        )

    def _is_own(self, subject: str) -> bool:
        """Return whether a release made the commit, so that the entry does not list it."""
        return subject.partition(":")[0] in self._own

    def _read_history(self) -> History:
        if self._history is None:
            tips = [release.ref.commit_id for release in self._releases if release.ref.commit_id is not None]
            git, folder = self._project.repository.git, self._project.config.folder
            self._history = History(read_history(git, tips, folder=folder), tips)
        return self._history

    def _values_of(self, commit: str) -> ReadValues:
        if commit not in self._values:
            self._values[commit] = read_values(self._objects, commit, self._project.config, self._kept)
        return self._values[commit]

    def _previous(self, release: ReleaseTag) -> ReleaseTag | None:
        if release.name not in self._before:
            self._before[release.name] = self._found_before(release, self._read_history())
        return self._before[release.name]

    def _found_before(self, release: ReleaseTag, history: History) -> ReleaseTag | None:
        """Return the highest version in the release's history; for a final version the previous final."""
        final = release.version.prerelease is None
        lower = self._releases[: self._releases.index(release)]
        return next(
            (
                other
                for other in reversed(lower)
                if not (final and other.version.prerelease)
                and history.has(release.ref.commit_id or "", other.ref.commit_id or "")
                and other.version < release.version
            ),
            None,
        )
