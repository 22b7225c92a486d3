"""`release changelog`: one entry, or the entries that are missing in the file."""

from __future__ import annotations

import re
from collections.abc import Callable

from release.core.changelog import (
    EntryReport,
    EntrySource,
    RebuildReport,
    entry_of,
    listed_versions,
    with_missing,
)
from release.core.tags import broken_among
from release.core.text import OnProgress, no_progress
from release.engine.entries import Entries
from release.engine.plan import read_status
from release.engine.project import Access, Project
from release.engine.tag_reading import named_tag, readable
from release.errors import Cancelled, NotFound
from release.git.objects import Objects
from release.git.refs import local_tags
from release.system.files import write_file

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
    with Objects(project.repository.git) as objects:
        book = Entries(project, objects)
        refs = {each.ref.name: each.ref for each in book.dated.values()}
        tag = readable(named_tag(word, refs, project))
        release = next((each for each in book.releases if tag is not None and each.name == tag.name), None)
        if release is None:
            raise NotFound(f"no release {word} here", help="release list   (or release fetch, if it is new)")
        data = book.read_file()
        text = None if data is None else entry_of(data, str(release.version), path=book.path)
        source = EntrySource.FILE
        if text is None:
            ((text, source),) = book.entries([release])
    broken = broken_among(each.ref for each in book.dated.values())
    return EntryReport(tag=release.name, version=str(release.version), text=text, source=source, broken=broken)


def rebuild(project: Project, confirm: Confirm | None, on_progress: OnProgress = no_progress) -> RebuildReport:
    """Add every missing release to the changelog in the work tree; `confirm` None: change nothing.

    Raises Cancelled if not confirmed, Refused if the changelog is not a regular file, and for a release that
    cannot be read: the entry of the next release would be compared with the wrong one.
    """
    with Objects(project.repository.git) as objects:
        book = Entries(project, objects, on_progress)
        for tag in book.broken:
            readable(tag)
        path, data = book.path, book.read_file()
        listed = listed_versions(data, path=path)
        lacking = [release for release in book.releases if release.version not in listed]
        texts = [text for text, _ in book.entries(lacking)]
        entries = [(release.version, text) for release, text in zip(lacking, texts, strict=True)]
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
