"""Command `release delete`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from release.commands.delete.view import deleted, deleted_lines, deletion_lines, describe_deletion
from release.core.tag_changes import DeletePlan, DeleteReport, Where, named_tags
from release.core.version import TagFormat
from release.errors import NotFound, UsageError
from release.ui import ask
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.style import plain

if TYPE_CHECKING:
    from release.commands.delete.work import KnownTags


@click.command(
    name="delete",
    epilog=examples(
        "release delete v1.4.0 --local --remote     here and on the remotes",
        "release delete 'v1.0.0-rc.*' --dry-run     what a glob matches",
        "release delete v1.4.0 --remote --yes       for a script",
    ),
)
@click.argument("tags", metavar="TAG...", nargs=-1, shell_complete=tag_names)
@click.option("--local", is_flag=True, help="Delete in this clone.")
@click.option("--remote", is_flag=True, help="Delete on every remote that has it.")
@planned
@complete
@common
def command(call: Call, *, tags: tuple[str, ...], local: bool, remote: bool, dry_run: bool, yes: bool) -> int:
    """Delete tags, here and on the remotes.

    TAG is a tag, a version or a glob; the matches are shown before anything is deleted. A tag is deleted only if it has
    not changed since it was shown, and the command that restores it is printed. Data is not touched.
    """
    _refuse_to_wait(call, tags, chosen=local or remote, sure=yes or dry_run)
    from release.commands.delete import work as flow
    from release.engine.tag_reading import meant

    project = call.project()
    where = Where.BOTH if local and remote else Where.LOCAL if local else Where.REMOTE if remote else None
    if where is not Where.LOCAL:
        call.announce("asking the git remotes ...")
    known = flow.read_known(project, ask=where is not Where.LOCAL)
    call.console.pass_by("")  # the checklist does not know about that line
    tags = tuple(meant(word, known.all.values(), project) for word in tags) or _ask_tags(known)
    where = where or _ask_where(tags, known, project.config.tag_format)
    call.announce("checking for data that would lose its last tag ...")
    plan = flow.plan_deletion(project, tags, where, known)
    stages = f"Delete its stages, too: {plain(', '.join(plan.stages))}?"
    if plan.stages and call.can_ask and not (yes or dry_run) and ask.confirm(stages, call.console):
        plan = flow.plan_deletion(project, [*tags, *plan.stages], where, known)
    _show(call, plan, sure=yes)
    if dry_run:
        return call.end(DeleteReport(plan=plan, deleted=False), deleted, deleted_lines)
    report = flow.delete(project, plan, lambda found: _goes_on(call, found, sure=yes))
    return call.end(report, deleted, deleted_lines)


def _refuse_to_wait(call: Call, tags: tuple[str, ...], *, chosen: bool, sure: bool) -> None:
    if call.can_ask:
        return
    if not tags:
        raise UsageError("missing argument TAG", help=call.with_words("TAG"))
    if not chosen:
        raise UsageError("missing option: --local, --remote, or both", help=call.with_words("--local"))
    call.check_confirmable(sure=sure)


def _ask_tags(known: KnownTags) -> tuple[str, ...]:
    rows = known.newest_first
    if not rows:
        raise NotFound("no tags locally or on a remote", help="release fetch")
    found = ask.several("Which tags?", rows)
    if not found:
        raise UsageError("no tag was chosen", help="release delete TAG")
    return found


def _ask_where(tags: tuple[str, ...], known: KnownTags, tag_format: TagFormat) -> Where:
    """Ask where to delete, if there is a choice. An unknown name is reported later."""
    names = named_tags(tags, known.all, tag_format)
    here = any(name in known.ours for name in names)
    there = [remote for remote, found in known.theirs.items() if any(name in found for name in names)]
    if not (here and there):
        return Where.LOCAL if here else Where.REMOTE

    remotes = ", ".join(there)
    rows = [("both", f"here and on {remotes}"), ("local", "only here"), ("remote", f"only on {remotes}")]
    return Where(ask.choose("Where?", rows))


def _goes_on(call: Call, plan: DeletePlan, *, sure: bool) -> bool:
    if not (sure or ask.confirm(describe_deletion(plan), call.console)):
        return False
    if plan.remotes:
        call.announce(f"deleting on {', '.join(plan.remotes)} ...")
    return True


def _show(call: Call, plan: DeletePlan, *, sure: bool) -> None:
    if call.quiet and sure and not plan.refused:
        plan = replace(plan, doomed=())  # its warnings stay
    if not call.as_json:
        call.show(partial(deletion_lines, plan), asks=not sure and not plan.refused)
