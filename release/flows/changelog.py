"""Changelog of `release changelog`: the entry of a release or of the next one, or the file rebuilt from the tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from release.core.changelog import EntryReport, EntrySource, RebuildReport, entry_of, listed_versions, with_missing
from release.core.tags import DatedTag, ReleaseTag, TagRef, broken_among, release_tags
from release.core.text import OnProgress, ignore
from release.engine.plan import read_status
from release.engine.project import Access, Project
from release.engine.tag_reading import named_tag, readable
from release.engine.values import changelog_path
from release.errors import Cancelled, UsageError
from release.flows.reading.entries import EntryWriter
from release.git.objects import Objects
from release.git.refs import local_tags, read_tags
from release.system.files import read_file, write_file

Confirm = Callable[[RebuildReport], bool]  # shows the difference; True: write it

_HEADING = re.compile(r"\A## [^\n]*\n+")


def unreleased_entry(project: Project) -> EntryReport:
    """Return the entry that a release would write now, as far as this clone knows. Changes nothing."""
    report = read_status(project, Access.NUMBERS)
    plan = report.plan
    broken = broken_among(local_tags(project.repository.git))
    if report.released is not None or not plan.changelog_entry:
        return EntryReport(tag=None, version=None, text="", source=EntrySource.DRAFTED, broken=broken)
    body = _HEADING.sub("", plan.changelog_entry)
    if body.startswith(f"Release {plan.version}\n"):
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
        raise UsageError(f"there is no release {word} here", help="release list, or release fetch if it is new")
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

    Raises Cancelled if not confirmed, Refused if the changelog is not a regular file, BrokenTag for a release
    that cannot be read: the entry of the next release would be compared with the wrong one.
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
        form = project.config.tag_format
        found = release_tags((tag.ref for tag in dated.values()), form, project.config.ignore_tags)
        return cls(project=project, dated=dated, releases=found.all, broken=found.broken)

    def path(self, objects: Objects) -> str:
        """Return the changelog's path from the git root. Raises UsageError if there is no commit."""
        found = objects.get("HEAD")
        if found is None or found.kind != "commit":
            raise UsageError("there is no commit yet", help="git commit")
        return changelog_path(objects, objects.tree_of(found.id), self.project.config)

    def read_file(self, objects: Objects) -> bytes | None:
        """Return the file of the work tree, None if it is missing. Raises Refused for a link or a folder."""
        return read_file(self.project.repository.work_tree, self.path(objects))
