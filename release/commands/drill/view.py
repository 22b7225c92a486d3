"""Text and JSON of `release drill`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from release.core.check import Verdict
from release.core.secrets import without_secrets
from release.core.text import many, size
from release.core.verification import DrillReport
from release.ui.json_documents import Count, Document, JsonCheck, ObjectId, errors_of, filled
from release.ui.release_text import check_lines, help_lines
from release.ui.style import Style, plain


def drill_lines(report: DrillReport, style: Style) -> list[str]:
    """Return the checks, the sum with its times, and the help."""
    lines = [f"{plain(report.tag)} ({report.commit[:7]})", *check_lines(report.checks, style), ""]
    bad = [check for check in report.checks if check.blocks]
    if report.seconds:
        times = ", ".join(f"{part} {_time(seconds)}" for part, seconds in report.seconds.items())
        lines.append(f"Restored {many(report.objects, 'object')} ({size(report.total_bytes)}): {times}.")
    if report.kept is not None:
        lines.append(f"The restored tree is in {plain(report.kept)}.")
    if bad:
        return [*lines, *help_lines(bad)]
    tried = ", and the command passed" if report.ran else ""
    proved = any(each.verdict is Verdict.OK for each in report.checks if each.name == "data digest")
    what = "is what its tag attests" if proved else "can be restored"
    return [*lines, f"{plain(report.tag)} {what}{tried}."]


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


class DrillDocument(Document, frozen=True, kw_only=True):
    """Answer of `drill`. `source` is the git remote that was cloned (null: this repository).

    `files` and `bytes` were restored and compared. `seconds` has the time of each part that ran: `clone`, `restore`,
    `compare`, `command`. `ran` is the command after `--`, `ran_code` its exit code (null: it did not run).
    """

    tag: str
    tag_object: ObjectId
    commit: ObjectId
    source: str | None
    objects: Count
    files: Count
    bytes: Count
    seconds: Mapping[str, float]
    ran: Sequence[str]
    ran_code: int | None
    kept: str | None
    checks: Sequence[JsonCheck]


def drill_document(report: DrillReport) -> DrillDocument:
    """Return what `release drill` answers."""
    return filled(
        DrillDocument,
        report,
        command="drill",
        exit_code=report.exit_code,
        errors=errors_of(report.checks),
        bytes=report.total_bytes,
        ran=[without_secrets(word) for word in report.ran],
    )
