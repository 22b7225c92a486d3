"""Command `release drill`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from release.core.check import Verdict
from release.core.secrets import without_secrets
from release.core.text import command_line, many, size
from release.core.verification import DrillReport
from release.errors import UsageError
from release.ui.json_documents import Count, Document, JsonCheck, ObjectId, errors_of, filled
from release.ui.options import Call, changes_nothing, common, examples, tag_names
from release.ui.release_text import check_lines, help_lines
from release.ui.style import Style, plain


@click.command(
    name="drill",
    epilog=examples(
        "release drill                          the latest release",
        "release drill v1.4.2 --env AWS_PROFILE with a variable for its credentials",
        "release drill v1.4.2 --keep restored   keep the restored tree",
        "release drill v1.4.2 -- pytest -q      run a command in the restored tree",
    ),
)
@click.argument("words", nargs=-1, metavar="[TAG] [-- COMMAND...]", shell_complete=tag_names)
@click.option(
    "--env",
    "variables",
    multiple=True,
    metavar="NAME",
    help="Pass this environment variable on, such as a credential; repeatable.",
)
@click.option("--keep", metavar="DIR", help="Keep the restored tree in DIR, which must be new or empty.")
@changes_nothing
@common
def command(call: Call, *, words: tuple[str, ...], variables: tuple[str, ...], keep: str | None) -> int:
    """Restore a release in a clean room, and compare it with its tag.

    Clones the tag (default: latest) into a temporary folder and runs `dvc pull` with an empty cache, a home folder of its
    own and no credentials but those that --env names. Reads every file; then runs COMMAND there, if there is one.
    """
    from release.commands.drill.work import DrillRequest, drill

    ran = call.words[call.words.index("--") + 1 :] if "--" in call.words else ()
    named = words[: len(words) - len(ran)]
    if len(named) > 1:
        raise UsageError(
            f"one release at a time: {named[0]} or {named[1]}; a command comes after --",
            help=command_line("release", "drill", names=named[:1], more=("--", *named[1:])),
        )
    project = call.project()
    kept = None if keep is None else str((call.folder / keep).absolute())
    request = DrillRequest(word=named[0] if named else "latest", variables=variables, command=ran, keep=kept)
    with call.progress("asking the DVC remotes", quiet=bool(ran)) as shown:
        report = drill(request, project, shown, lambda line: call.console.say(f"{plain(line)}\n"))
    return call.end(report, drill_document, drill_lines)


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
