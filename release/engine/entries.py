"""Changelog entries of the releases: from the file, from the tag, or written from the commits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from release.core.auto import CommitStatement, CommitText, is_release_commit, known_types, quiet_types, read_commits
from release.core.changelog import EntrySource, Notes, entry, entry_of
from release.core.forge import forge_of
from release.core.gates import compared_metrics
from release.core.metric_deltas import compare_params
from release.core.pointer import pointer_changes
from release.core.tag_message import parse_object
from release.core.tags import History, ReleaseTag
from release.core.text import OnProgress, command_line, no_progress
from release.dvc.pointers import PointerReader, read_pointers
from release.engine.project import Access, Project
from release.engine.tag_reading import read_releases
from release.engine.values import CachedMetrics, ReadValues, changelog_path, commit_paths, read_many_values
from release.errors import Refused, UsageError
from release.git.log import read_history
from release.git.objects import Objects
from release.git.refs import read_tags
from release.system.files import read_file

_ENTRY = re.compile(r"^## \[", re.MULTILINE)
_NO_VALUES = ReadValues(metrics=(), params=())


class Entries:
    """The releases of a project, lowest version first, and its changelog, read through one `Objects`."""

    def __init__(self, project: Project, objects: Objects, on_progress: OnProgress = no_progress) -> None:
        self._project = project
        self._objects = objects
        self._cached = CachedMetrics(project, Access.ALL, on_progress)
        self.dated = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
        found = read_releases(project, (tag.ref for tag in self.dated.values()))
        self.releases, self.broken = found.all, found.broken

    @cached_property
    def path(self) -> str:
        """The changelog's path from the git root. Raises UsageError if there is no commit."""
        found = self._objects.get("HEAD")
        if found is None or found.kind != "commit":
            raise UsageError("no commit yet", help="git add FILES && git commit")
        return changelog_path(self._objects, self._objects.tree_of(found.id), self._project.config)

    def read_file(self) -> bytes | None:
        """Return the file of the work tree, None if it is missing. Raises Refused for a link or a folder."""
        return read_file(self._project.repository.work_tree, self.path)

    def published(self, release: ReleaseTag) -> str:
        """Return the entry as the release has it: from the file of its commit, else as `entries` do."""
        config, version = self._project.config, str(release.version)
        tree = self._objects.tree_of(release.ref.commit_id or "")
        path = changelog_path(self._objects, tree, config)
        data = self._objects.file(tree, path)
        text = None if data is None else entry_of(data, version, path=path)
        return text if text is not None else self.entries([release])[0][0]

    def entries(self, releases: Sequence[ReleaseTag]) -> list[tuple[str, EntrySource]]:
        """Return each release's entry from the tag's message (`--at`, `--no-commit`), else generated from the commit.

        The values that they need are read in one step: metrics that DVC tracks cost a round trip each.
        """
        raws = [self._objects.get(release.ref.object_id) for release in releases]
        messages = [parse_object(raw.data if raw and raw.kind == "tag" else b"") for raw in raws]
        pairs = {
            release.name: (release, self._previous(release))
            for release, message in zip(releases, messages, strict=True)
            if not _ENTRY.match(message.body)
        }
        ids = (each.ref.commit_id for pair in pairs.values() for each in pair if each is not None)
        commits = dict.fromkeys(id for id in ids if id is not None)
        self._objects.preload(commits)
        PointerReader(self._objects).prefetch(list(commits), self._project.config)
        values = read_many_values(self._objects, commits, self._project.config, self._cached)
        return [
            (self._written(*pairs[release.name], message.subject, values), EntrySource.WRITTEN)
            if release.name in pairs
            else (message.body.rstrip() + "\n", EntrySource.TAG)
            for release, message in zip(releases, messages, strict=True)
        ]

    def _written(
        self, release: ReleaseTag, previous: ReleaseTag | None, subject: str, values: Mapping[str, ReadValues]
    ) -> str:
        objects, config = self._objects, self._project.config
        commit, before_id = release.ref.commit_id, previous.ref.commit_id if previous else None
        assert commit is not None  # `release_tags` leaves out tags of other objects
        now, before = values[commit], values[before_id] if before_id else _NO_VALUES
        dated = self.dated[release.name]
        if dated.when is None:
            name = f"refs/tags/{release.name}" if release.name.startswith("-") else release.name
            raise Refused(f"{release.name} has an invalid date", help=command_line("git", "show", name))
        return entry(
            Notes(
                version=str(release.version),
                date=dated.when.date(),
                message=subject or dated.subject,
                metrics=compared_metrics(config, before.metrics, now.metrics),
                params=compare_params(before.params, now.params),
                pointers=pointer_changes(
                    read_pointers(objects, before_id, config).outs if before_id else (),
                    read_pointers(objects, commit, config).outs,
                ),
                commits=self._commits(commit, before_id),
                left_out=quiet_types(config.auto),
                forge=forge_of(*self._project.repository.settings.addresses(config.git_remote)),
            )
        )

    def _commits(self, commit: str, before: str | None) -> list[CommitStatement]:
        """Return the commits after `before`, without those that a release made."""
        found = [
            CommitText(id=each.id, subject=each.subject, body=each.body, parents=each.parents)
            for each in self._history.since(commit, before)
        ]
        said = read_commits(found, known_types(self._project.config.auto))
        template = self._project.config.commit_message
        return [
            each
            for each in said
            if each.commit.subject.partition(":")[0] not in self._subjects
            and not is_release_commit(each.commit, template)
        ]

    @cached_property
    def _subjects(self) -> frozenset[str]:
        return frozenset(f"Release {release.name}" for release in self.releases)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {release.name: place for place, release in enumerate(self.releases)}

    @cached_property
    def _history(self) -> History:
        tips = [release.ref.commit_id for release in self.releases if release.ref.commit_id is not None]
        git, config, head = self._project.repository.git, self._project.config, self._objects.get("HEAD")
        paths = commit_paths(self._objects, head.id, config) if head is not None else ()
        return History(read_history(git, tips, paths=paths), tips)

    def _previous(self, release: ReleaseTag) -> ReleaseTag | None:
        """Return the highest version in the release's history; for a final version, the previous final version."""
        final = release.version.prerelease is None
        lower = (self.releases[place] for place in range(self._places[release.name] - 1, -1, -1))
        return next(
            (
                other
                for other in lower
                if not (final and other.version.prerelease)
                and self._history.has(release.ref.commit_id or "", other.ref.commit_id or "")
                and other.version < release.version
            ),
            None,
        )
