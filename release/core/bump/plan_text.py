"""Steps of a plan as sentences, in their order."""

from __future__ import annotations

from release.core.bump.draft import Draft
from release.core.bump.plan import BumpPlan, FileChange, Step, StepKind
from release.core.bump.record import Record


def file_changes(draft: Draft) -> tuple[FileChange, ...]:
    """Return the files that the release commit writes."""
    return tuple(FileChange(path=path, created=path in draft.created) for path in draft.contents)


def steps(plan: BumpPlan, record: Record) -> tuple[Step, ...]:
    """Return every step that changes something, for a plan and its record."""
    tags = _and([record.tag, *record.also])
    files = _and([file.path for file in plan.files])
    made = f"commit {files} and tag {record.tag}" if files else f"tag {record.tag} at {record.base[:7]}"
    found = [Step(kind=StepKind.KEEP, text=made)]
    if plan.push:
        what = _and([record.remote_branch, tags]) if record.remote_branch else tags
        together = record.atomic and bool(record.remote_branch or record.also)
        text = f"push {what} to {record.remote}{' together' if together else ''}"
        found.append(Step(kind=StepKind.PUBLISH, text=text, together=together))
    where = f"move {record.branch} and set {record.tag} here" if files else f"set {record.tag} here"
    found.append(Step(kind=StepKind.MOVE_REFS, text=where))
    if files and record.attached:
        found.append(Step(kind=StepKind.UPDATE_FILES, text=f"bring {files} up to date here"))
    return tuple(found)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
