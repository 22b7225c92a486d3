"""Command `release rollback`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from release.core.release import Outcome
from release.core.version import check_kind
from release.errors import UsageError
from release.ui import ask
from release.ui.options import Call, common, complete, examples, kinds, of_model, planned, tag_names
from release.ui.release_dialog import ReleaseDialog


@click.command(
    name="rollback",
    epilog=examples(
        'release rollback v1.3.2 -m "1.4.0 is slow"    data and metrics of v1.3.2',
        "release rollback v1.3.2 --dry-run             what would be restored",
        "release rollback v1.3.2 minor                 as a minor release",
        "release rollback v1.3.2 --code --yes          its code, too; for a script",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@click.argument("kind", metavar="[KIND]", required=False, shell_complete=kinds)
@click.option("-m", "--message", metavar="TEXT", help="The tag's subject (default: Rollback to TAG).")
@click.option("--kind", "option", metavar="KIND", hidden=True, shell_complete=kinds, help="The same as KIND.")
@click.option("--code", is_flag=True, help="Restore the code, too.")
@click.option("--no-push", is_flag=True, help="Do not push; `release bump VERSION` publishes it later.")
@planned
@complete
@of_model
@common
def command(
    call: Call,
    *,
    tag: str | None,
    kind: str | None,
    option: str | None,
    message: str | None,
    code: bool,
    no_push: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Release an older release's data, parameters and metrics again.

    Makes a new release on top of today's history with the dvc.yaml, dvc.lock, .dvc files, parameters and metrics of TAG;
    the rest stays. KIND is patch (default), minor, major or a version. It is audited like any release; gates are overridden, and the tag records why. The work tree's
    data is updated.
    """
    if kind is not None and option is not None and kind != option:
        raise UsageError(f"KIND is given twice: {kind} and --kind {option}", help="leave --kind out")
    check_kind(kind or option, "release", "rollback", tag or "TAG")
    if tag is None and not call.can_ask:
        raise UsageError("missing argument TAG", help=call.with_words("TAG"))
    from release.engine.rollback import preview_rollback, request_of, rollback
    from release.engine.tag_reading import check_tag, local_name

    project = call.project(of=tag)
    check_tag(tag, project)
    if tag is None:
        tag = ask.release_of(project, "Back to which release?")
    tag = local_name(tag, project)
    request = request_of(tag, message=message, kind=kind or option or "patch", with_code=code, push=not no_push)
    if not (yes or dry_run):
        ask.check_before_asking(call, project, request)
    talk = ReleaseDialog(call, "rollback", sure=yes, project=project)
    call.announce()
    if dry_run:
        return talk.end(replace(preview_rollback(request, project), outcome=Outcome.PREVIEW))
    with call.progress() as shown:
        report = rollback(request, project, talk.confirm, talk.step, shown)
    return talk.end(report)
