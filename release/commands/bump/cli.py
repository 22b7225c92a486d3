"""Command `release bump`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
from msgspec.structs import replace

from release.core.check import exit_code
from release.core.release import AUTO, BumpRequest, Outcome, optional_message
from release.errors import ExitCode, UsageError
from release.ui import ask
from release.ui.ask import kind_of
from release.ui.options import Call, common, complete, examples, kinds, of_model, planned, tag_names
from release.ui.release_dialog import ReleaseDialog, failures_on_the_page
from release.ui.release_text import local_refusals

if TYPE_CHECKING:
    from release.core.release import BumpPlan
    from release.engine.project import Project, RemoteAnswer


@click.command(
    name="bump",
    epilog=examples(
        'release bump minor -m "charCNN"     1.3.2 becomes 1.4.0, after one question',
        "release bump minor --pre rc --yes   a prerelease, 1.4.0-rc.1; asks nothing",
        "release bump auto --yes             the level from commits and data; for CI",
        "release bump patch --dry-run        plan and checks; changes nothing",
        "release bump 2.0.0 --at 5d0e9c1     a version for an earlier commit",
        "release bump --all-models --yes     each model whose data changed",
    ),
)
@click.argument("kind", required=False, metavar="KIND", shell_complete=kinds)
@click.option("-m", "--message", metavar="TEXT", help="Subject of the tag (default: Release VERSION).")
@click.option("--pre", metavar="NAME", help="Make a prerelease, such as 1.5.0-rc.1 for `--pre rc`.")
@click.option("--at", metavar="REV", help="Tag this commit instead of HEAD; writes no file.")
@click.option(
    "--base", metavar="TAG", shell_complete=tag_names, help="The previous release, if history doesn't show it."
)
@click.option("--no-commit", is_flag=True, help="Make only the tag: no changelog entry, no version files.")
@click.option("--no-push", is_flag=True, help="Do not push; a later bump with the same KIND or auto does.")
@click.option("--push-data", is_flag=True, help="Upload data that only your cache has (or set `push-data = true`).")
@click.option("--publish", is_flag=True, help="Make the release page after the push (or set `publish = true`).")
@click.option("--allow-regression", metavar="REASON", help="Release even if a metric gate fails; recorded in the tag.")
@click.option("--allow-empty", is_flag=True, help="Release even if HEAD is already released.")
@click.option("--sign/--no-sign", default=None, help="Sign commit and tag, or neither (default: git's settings).")
@click.option(
    "--all-models", is_flag=True, help="Each model whose data changed, in one commit; KIND is auto if not given."
)
@click.option(
    "--outputs", metavar="FILE", help="Append outputs (released, version, tag...) to FILE as NAME=value lines."
)
@planned
@complete
@of_model
@common
def command(call: Call, *, kind: str | None, outputs: str | None, dry_run: bool, yes: bool, **options: Any) -> int:
    """Make the next release.

    KIND is major, minor, patch, pre (the next prerelease), final, auto (from commits and changes in data, models and
    parameters), or an exact version such as 2.0.0-rc.1.

    Checks that every DVC object of the commit is on its remote, compares the metrics with the previous release, and
    publishes commit and tag together or not at all.
    """
    with failures_on_the_page(call):
        if options["all_models"]:
            kind = kind or AUTO
            if call.model is not None:
                raise UsageError("--model names one model, --all-models is all", help=call.with_words("--help"))
        ask.check_kind_given(call, kind, "bump", "patch")
        if options["publish"] and options["no_push"]:
            words = "--publish makes the page of a pushed release; --no-push leaves it here"
            raise UsageError(words, help=call.with_words("--help"))
        project, seen = call.project(), None
        request = _request(kind, **options)
        if not (yes or dry_run):
            ask.check_before_asking(call, project, request)
            asked = _ask(call, request, kind)
            if isinstance(asked, ExitCode):
                return int(asked)
            request, seen, answer = asked
            project = replace(project, answer=answer)
        elif kind is None:
            request = kind_of(call, request).request
        dialog = ReleaseDialog(call, "bump", sure=yes, outputs=outputs, project=project, seen=seen)
        return _release(request, project, dialog, preview=dry_run)


def _request(
    kind: str | None,
    *,
    message: str | None,
    no_commit: bool,
    no_push: bool,
    push_data: bool,
    publish: bool,
    allow_regression: str | None,
    **options: Any,
) -> BumpRequest:
    return BumpRequest(
        kind=kind or AUTO,
        message=optional_message(message),
        commit=False if no_commit else None,
        push=not no_push,
        push_data=push_data or None,
        publish=publish or None,
        allow_regression=optional_message(allow_regression),
        **options,
    )


def _release(request: BumpRequest, project: Project, dialog: ReleaseDialog, *, preview: bool) -> int:
    """Make the release, or show what would be done; return the exit code."""
    from release.commands.bump.work import bump
    from release.engine import plan
    from release.system.environment import check_outputs

    call = dialog.call
    check_outputs(call.environment, file=dialog.outputs)
    call.announce()
    if preview:
        return dialog.end(replace(plan.preview(request, project), outcome=Outcome.PREVIEW))
    with call.progress() as shown:
        report = bump(request, project, dialog.confirm, dialog.step, dialog.offer, shown)
    return dialog.end(report)


class _Asked(NamedTuple):
    """The request, the plan of the status that was shown before a question, and what the git remote answered then."""

    request: BumpRequest
    seen: BumpPlan | None = None
    answer: RemoteAnswer | None = None


def _ask(call: Call, request: BumpRequest, kind: str | None) -> _Asked | ExitCode:
    """Show what changed, and ask for KIND and message, if they are missing.

    Returns an exit code if any release would be refused here.
    """
    if request.all_models or (kind is not None and request.message is not None):
        return _Asked(request)
    status = ask.show_status(call, request)
    if refused := local_refusals(status.plan.checks):
        return exit_code(refused)
    if status.is_final and kind in (None, AUTO) and not request.allow_empty:
        return _Asked(request)  # whose plan says so, or publishes it
    request, version, answer = kind_of(call, request, kind)
    if request.message is None and version != "":
        message = ask.text("Message", default=f"Release {version or 'VERSION'}")
        request = replace(request, message=optional_message(message))
    return _Asked(request, None if call.quiet else status.plan, answer)
