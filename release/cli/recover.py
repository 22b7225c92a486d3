"""`release recover`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from release.cli.options import Call, common, examples
from release.errors import Interrupted

if TYPE_CHECKING:
    from release.flows.recover import RecoverReport


@click.command(
    name="recover",
    epilog=examples(
        "release recover          after a crash, a lost connection, a Ctrl-C",
        "release recover --undo   takes back what `bump --no-push` made",
    ),
)
@click.option("--undo", is_flag=True, help="Take an unpublished release back.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes where a question would come.")
@common
def command(call: Call, *, undo: bool, yes: bool) -> int:
    """Finish, or forget, a release that was interrupted.

    Asks the remote first: what has arrived there is finished here, what never can arrive is forgotten, and what may
    still arrive is pushed again, with the same ids. Safe to run at any time.
    """
    from release.flows.project import open_project  # noqa: PLC0415 - `--help` needs none of it
    from release.flows.recover import recover  # noqa: PLC0415 - as above

    project = open_project(call.folder, call.environment, on_terminal=call.console.interactive)
    report = recover(project, lambda question: _confirm(call, question, sure=yes), undo=undo)
    if call.as_json:
        from release.render import as_json  # noqa: PLC0415 - only for machines

        call.console.answer(as_json.document(_document(report)))
    else:
        from release.render.look import plain  # noqa: PLC0415 - only for people

        call.console.answer("".join(f"{plain(line)}\n" for line in _lines(report)))
    return int(report.exit_code)


def _confirm(call: Call, question: str, *, sure: bool) -> bool:
    if sure:
        return True
    if not call.can_ask:
        raise Interrupted(f"this has to be decided: {question}", help=call.with_words("--yes"))
    from release.cli import ask  # noqa: PLC0415 - only for a person
    from release.render.look import plain  # noqa: PLC0415 - as above

    return ask.confirm(plain(question), call.console)


def _lines(report: RecoverReport) -> list[str]:
    first = f"{report.message[:1].upper()}{report.message[1:].removesuffix('.')}."
    lines = [first, *(f"warning: {warning}" for warning in _warnings(report))]
    if report.unpublished:
        lines.append(
            f"help: release bump {report.unpublished[0].removeprefix('v')}   (publishes it), or release recover --undo"
        )
    return lines


def _document(report: RecoverReport) -> dict[str, object]:
    return {
        "schema": 1,
        "command": "recover",
        "exit_code": int(report.exit_code),
        "errors": [],
        "outcome": report.outcome.value,
        "message": report.message,
        "tag": report.tag,
        "unpublished": list(report.unpublished),
        "warnings": _warnings(report),
    }


def _warnings(report: RecoverReport) -> list[str]:
    return [] if report.finished is None else list(report.finished.warnings)
