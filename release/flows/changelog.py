"""`release changelog`: the entry of a release, the one that comes next, or the whole file made anew from the tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timezone

from msgspec import Struct

from release.adapters.files import read_file, write_file
from release.adapters.git.objects import Objects
from release.adapters.git.refs import subjects_since, tags_in_history
from release.adapters.git.tags import read_tags
from release.core.changelog import Notes, entry
from release.core.changelog_file import entry_of
from release.core.changelog_rebuild import listed_versions, with_missing
from release.core.changelog_report import EntryReport, EntrySource, RebuildReport
from release.core.deltas import compare_metrics, compare_params
from release.core.gate import directions
from release.core.pointer_changes import pointer_changes
from release.core.releases import DatedTag
from release.core.series import release_tags
from release.core.tag import ReleaseTag
from release.core.tag_message import parse
from release.core.version import TagFormat
from release.errors import Cancelled, Refused, UsageError
from release.flows.audit import read_pointers
from release.flows.contents import ReadValues, changelog_path, read_values
from release.flows.inquiry import Reach
from release.flows.kept_values import KeptValues
from release.flows.project import Project
from release.flows.revision import named_tag
from release.flows.status import read_status

Confirm = Callable[[RebuildReport], bool]  # shows the difference; True: write it

_ENTRY = re.compile(r"^## \[", re.MULTILINE)
_HEADING = re.compile(r"\A## [^\n]*\n+")


def unreleased_entry(project: Project) -> EntryReport:
    """The entry that a release would write now, as far as this clone knows. Changes nothing."""
    report = read_status(project, Reach.HERE)
    plan = report.plan
    if report.released is not None or not plan.changelog_entry:
        return EntryReport(tag=None, version=None, text="", source=EntrySource.DRAFTED)
    body = _HEADING.sub("", plan.changelog_entry)
    if body.startswith(f"Release {plan.version}\n"):
        body = body.partition("\n")[2].lstrip("\n")
    text = f"## [Unreleased]\n\n{body}"
    return EntryReport(tag=None, version=None, text=text, source=EntrySource.DRAFTED)


def entry_of_release(project: Project, word: str) -> EntryReport:
    """The entry of a release: as the file has it, else as its tag does, else written anew. Raises UsageError."""
    book = _Book.of(project)
    tag = named_tag(word, {each.ref.name: each.ref for each in book.dated.values()}, project.config.tag_format)
    release = next((each for each in book.releases if tag is not None and each.name == tag.name), None)
    if release is None:
        raise UsageError(f"there is no release {word} here", help="release list, or release fetch if it is new")
    with Objects(project.repository.git) as objects:
        data = book.read_file(objects)
        text = None if data is None else entry_of(data, str(release.version), path=book.path(objects))
        source = EntrySource.FILE
        if text is None:
            text, source = book.missing_entry(objects, release)
    return EntryReport(tag=release.name, version=str(release.version), text=text, source=source)


def rebuild(project: Project, confirm: Confirm | None) -> RebuildReport:
    """Bring every release without an entry into the file of the work tree; `confirm` None: only look.

    Raises Cancelled if not confirmed, Refused for a file that is no plain file.
    """
    book = _Book.of(project)
    with Objects(project.repository.git) as objects:
        path = book.path(objects)
        data = book.read_file(objects)
        listed = listed_versions(data, path=path)
        lacking = [release for release in book.releases if release.version not in listed]
        entries = [(release.version, book.missing_entry(objects, release)[0]) for release in lacking]
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
    kept: KeptValues

    @classmethod
    def of(cls, project: Project) -> _Book:
        """As the tags here are now."""
        dated = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
        form = TagFormat(project.config.tag_format)
        releases = release_tags((tag.ref for tag in dated.values()), form, project.config.ignore_tags).all
        kept = KeptValues(project, Reach.EVERYWHERE)
        return cls(project=project, dated=dated, releases=releases, kept=kept)

    def path(self, objects: Objects) -> str:
        """The changelog from the git root. Raises UsageError without a commit."""
        found = objects.get("HEAD")
        if found is None or found.kind != "commit":
            raise UsageError("there is no commit yet", help="git commit")
        return changelog_path(objects, objects.tree_of(found.id), self.project.config)

    def read_file(self, objects: Objects) -> bytes | None:
        """As it lies in the work tree; None if it does not. Raises Refused for a link or a folder."""
        return read_file(self.project.repository.work_tree, self.path(objects))

    def missing_entry(self, objects: Objects, release: ReleaseTag) -> tuple[str, EntrySource]:
        """From the tag's own message, where `--at` or `--no-commit` put it; else from what its commit says."""
        raw = objects.get(release.ref.object_id)
        text = raw.data.partition(b"\n\n")[2].decode("utf-8", "replace") if raw and raw.kind == "tag" else ""
        message = parse(text)
        if _ENTRY.match(message.body):
            return message.body.rstrip() + "\n", EntrySource.TAG
        return self._written(objects, release, message.subject), EntrySource.WRITTEN

    def _written(self, objects: Objects, release: ReleaseTag, subject: str) -> str:
        git, config = self.project.repository.git, self.project.config
        commit = release.ref.commit_id
        assert commit is not None
        previous = self._previous(release)
        before_id = previous.ref.commit_id if previous else None
        values = read_values(objects, commit, config, self.kept)
        before = read_values(objects, before_id, config, self.kept) if before_id else ReadValues(metrics=(), params=())
        outs = read_pointers(objects, commit, config).outs
        outs_before = read_pointers(objects, before_id, config).outs if before_id else ()
        dated = self.dated[release.name]
        when = dated.when
        if when is None:
            raise Refused(f"{release.name} has a date that no calendar has", help=f"git show {release.name}")
        sides = directions(config.gates, (*values.metrics, *before.metrics), config.folder)
        return entry(
            Notes(
                version=str(release.version),
                date=when.astimezone(timezone.utc).date(),
                message=subject or dated.subject,
                metrics=compare_metrics(before.metrics, values.metrics, directions=sides, headline=config.headline),
                params=compare_params(before.params, values.params),
                pointers=pointer_changes(outs_before, outs),
                commits=[found for _, found in subjects_since(git, commit, before_id)],
            )
        )

    def _previous(self, release: ReleaseTag) -> ReleaseTag | None:
        """The highest version in its history; for a final version the previous final."""
        merged = tags_in_history(
            self.project.repository.git, release.ref.commit_id or "", [other.ref for other in self.releases]
        )
        final = release.version.prerelease is None
        return max(
            (
                other
                for other in self.releases
                if other.name in merged and other.version < release.version and not (final and other.version.prerelease)
            ),
            key=lambda other: other.version,
            default=None,
        )
