"""`release changelog`: one entry, or the entries that are missing in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timezone

from msgspec import Struct

from release.core.auto import CommitStatement, CommitText, known_types, read_commits
from release.core.changelog import (
    EntryReport,
    EntrySource,
    Notes,
    RebuildReport,
    entry,
    entry_of,
    listed_versions,
    with_missing,
)
from release.core.gates import compared_metrics
from release.core.metric_deltas import compare_params
from release.core.pointer import pointer_changes
from release.core.tag_message import TagMessage, parse_object
from release.core.tags import DatedTag, History, ReleaseTag, TagRef, broken_among
from release.core.text import OnProgress, command_line, ignore
from release.dvc.pointers import read_pointers
from release.engine.plan import read_status
from release.engine.project import Access, Project
from release.engine.tag_reading import named_tag, read_releases, readable
from release.engine.values import CachedMetrics, ReadValues, changelog_path, read_many_values, read_values
from release.errors import Cancelled, Refused, UsageError
from release.git.log import read_history
from release.git.objects import Objects
from release.git.refs import local_tags, read_tags
from release.system.files import read_file, write_file

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
        self._cached = CachedMetrics(project, Access.ALL, on_progress)
        self._values: dict[str, ReadValues] = {}
        self._before: dict[str, ReleaseTag | None] = {}
        self._history: History | None = None

    def read_ahead(self, releases: Iterable[ReleaseTag]) -> None:
        """Read in one step the values that these entries need: metrics that DVC tracks cost a round trip each."""
        written = [release for release in releases if not _ENTRY.match(self._message(release).body)]
        both = [each for release in written for each in (release, self._previous(release)) if each is not None]
        commits = dict.fromkeys(each.ref.commit_id for each in both if each.ref.commit_id is not None)
        self._values |= read_many_values(self._objects, commits, self._project.config, self._cached)

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
        commit = release.ref.commit_id
        assert commit is not None  # `release_tags` leaves out tags of other objects
        previous = self._previous(release)
        before_id = previous.ref.commit_id if previous else None
        values, before = self._values_of(commit), self._values_of(before_id) if before_id else _NO_VALUES
        dated = self._dated[release.name]
        if dated.when is None:
            raise Refused(
                f"{release.name} has an invalid date",
                help=command_line(
                    "git", "show", f"refs/tags/{release.name}" if release.name.startswith("-") else release.name
                ),
            )
        return entry(
            Notes(
                version=str(release.version),
                date=dated.when.astimezone(timezone.utc).date(),
                message=subject or dated.subject,
                metrics=compared_metrics(config, before.metrics, values.metrics),
                params=compare_params(before.params, values.params),
                pointers=pointer_changes(
                    read_pointers(objects, before_id, config).outs if before_id else (),
                    read_pointers(objects, commit, config).outs,
                ),
                commits=self._commits(commit, before_id),
            )
        )

    def _commits(self, commit: str, before: str | None) -> list[CommitStatement]:
        """Return the commits after `before`, without those that a release made."""
        found = [
            CommitText(id=each.id, subject=each.subject, body=each.body, parents=each.parents)
            for each in self._read_history().since(commit, before)
        ]
        said = read_commits(found, known_types(self._project.config.auto))
        return [each for each in said if each.commit.subject.partition(":")[0] not in self._own]

    def _read_history(self) -> History:
        if self._history is None:
            tips = [release.ref.commit_id for release in self._releases if release.ref.commit_id is not None]
            git, folder = self._project.repository.git, self._project.config.folder
            self._history = History(read_history(git, tips, folder=folder), tips)
        return self._history

    def _values_of(self, commit: str) -> ReadValues:
        if commit not in self._values:
            self._values[commit] = read_values(self._objects, commit, self._project.config, self._cached)
        return self._values[commit]

    def _previous(self, release: ReleaseTag) -> ReleaseTag | None:
        if release.name not in self._before:
            self._before[release.name] = self._found_before(release, self._read_history())
        return self._before[release.name]

    def _found_before(self, release: ReleaseTag, history: History) -> ReleaseTag | None:
        """Return the highest version in the release's history; for a final version, the previous final version."""
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


# Changelog of `release changelog`: the entry of a release or of the next one, or the file rebuilt from the tags

Confirm = Callable[[RebuildReport], bool]  # shows the difference; True: write it

_HEADING = re.compile(r"\A## [^\n]*\n+")


def unreleased_entry(project: Project) -> EntryReport:
    """Return the entry that a release would write now, as far as this clone knows. Changes nothing."""
    report = read_status(project, Access.METRICS_ONLY)
    plan = report.plan
    broken = broken_among(local_tags(project.repository.git))
    if report.released is not None or not plan.release.changelog_entry:
        return EntryReport(tag=None, version=None, text="", source=EntrySource.DRAFTED, broken=broken)
    body = _HEADING.sub("", plan.release.changelog_entry)
    if body.startswith(f"Release {plan.release.version}\n"):
        body = body.partition("\n")[2].lstrip("\n")
    text = f"## [Unreleased]\n\n{body}"
    return EntryReport(tag=None, version=None, text=text, source=EntrySource.DRAFTED, broken=broken)


def entry_of_release(project: Project, word: str) -> EntryReport:
    """Return the entry of a release, from the file, else from its tag, else generated. Raises UsageError."""
    book = _Book.of(project)
    refs = {each.ref.name: each.ref for each in book.dated.values()}
    tag = readable(named_tag(word, refs, project.config.tag_format))
    release = next((each for each in book.releases if tag is not None and each.name == tag.name), None)
    if release is None:
        raise UsageError(f"no release {word} here", help="release list, or release fetch if it is new")
    with Objects(project.repository.git) as objects:
        data = book.read_file(objects)
        text = None if data is None else entry_of(data, str(release.version), path=book.path(objects))
        source = EntrySource.FILE
        if text is None:
            text, source = EntryWriter(project, objects, book.releases, book.dated).entry_of(release)
    broken = broken_among(each.ref for each in book.dated.values())
    return EntryReport(tag=release.name, version=str(release.version), text=text, source=source, broken=broken)


def rebuild(project: Project, confirm: Confirm | None, on_progress: OnProgress = ignore) -> RebuildReport:
    """Add every missing release to the changelog in the work tree; `confirm` None: change nothing.

    Raises Cancelled if not confirmed, Refused if the changelog is not a regular file, and for a release that
    cannot be read: the entry of the next release would be compared with the wrong one.
    """
    book = _Book.of(project)
    for tag in book.broken:
        readable(tag)
    with Objects(project.repository.git) as objects:
        path = book.path(objects)
        data = book.read_file(objects)
        listed = listed_versions(data, path=path)
        lacking = [release for release in book.releases if release.version not in listed]
        objects.preload(release.ref.commit_id for release in lacking if release.ref.commit_id is not None)
        writer = EntryWriter(project, objects, book.releases, book.dated, on_progress)
        writer.read_ahead(lacking)
        entries = [(release.version, writer.entry_of(release)[0]) for release in lacking]
    new = with_missing(data, entries, path=path)
    report = RebuildReport(
        path=path, before=data, after=new, added=tuple(release.name for release in reversed(lacking)), written=False
    )
    if new is None or new == data or confirm is None:
        return report
    if not confirm(report):
        raise Cancelled("cancelled; nothing was changed")
    write_file(project.repository.work_tree, path, new, before=data)
    return RebuildReport(path=path, before=data, after=new, added=report.added, written=True)


class _Book(Struct, frozen=True, kw_only=True):
    """The releases of a project and its changelog."""

    project: Project
    dated: Mapping[str, DatedTag]
    releases: tuple[ReleaseTag, ...]
    broken: tuple[TagRef, ...]

    @classmethod
    def of(cls, project: Project) -> _Book:
        """Return the releases and changelog for the current local tags."""
        dated = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
        found = read_releases(project, (tag.ref for tag in dated.values()))
        return cls(project=project, dated=dated, releases=found.all, broken=found.broken)

    def path(self, objects: Objects) -> str:
        """Return the changelog's path from the git root. Raises UsageError if there is no commit."""
        found = objects.get("HEAD")
        if found is None or found.kind != "commit":
            raise UsageError("no commit yet", help="git add FILES && git commit")
        return changelog_path(objects, objects.tree_of(found.id), self.project.config)

    def read_file(self, objects: Objects) -> bytes | None:
        """Return the file of the work tree, None if it is missing. Raises Refused for a link or a folder."""
        return read_file(self.project.repository.work_tree, self.path(objects))
