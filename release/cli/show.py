"""`release show`."""

from __future__ import annotations

import click

from release.cli.options import Call, changes_nothing, common, examples, offline, tag_names
from release.errors import UsageError


@click.command(
    name="show",
    epilog=examples(
        "release show v1.4.0         one release, and the numbers before it",
        "release show 1.4.0 --json   the same for a script",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@offline
@changes_nothing
@common
def command(call: Call, *, tag: str | None, offline: bool) -> int:
    """Show everything about one release.

    Commit, tagger, message, metrics against the previous release, parameters, data and models with their sizes, and the
    commands that get them. TAG is a tag or its version. Everything is read from this clone, but for metric files that DVC
    keeps and that this machine does not have.
    """
    if tag is None and not call.can_ask:
        raise UsageError("TAG is missing: a tag or its version", help="release list")
    from release.cli.progress import progress
    from release.flows.planning.inquiry import Reach
    from release.flows.project import open_project
    from release.flows.showing import show_release

    project = open_project(call.folder, call.environment, on_terminal=False)
    if tag is None:
        from release.cli.ask_tags import release_of

        tag = release_of(project, "Which release?")
    with progress(call.console, quiet=call.quiet or call.as_json, what="reading the release"):
        report = show_release(project, tag, Reach.HERE if offline else Reach.EVERYWHERE)
    if call.as_json:
        from release.render import as_json, release_json

        call.console.answer(as_json.document(release_json.showing(report)))
        return 0
    from release.render.one_release import show_lines

    call.console.answer("".join(f"{line}\n" for line in show_lines(report, call.console.look)))
    return 0
