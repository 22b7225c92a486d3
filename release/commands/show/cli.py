"""Command `release show`."""

from __future__ import annotations

import click

from release.commands.show.view import show_document, show_lines
from release.errors import UsageError
from release.ui.ask import release_of
from release.ui.options import Call, changes_nothing, common, complete, examples, of_model, offline, tag_names


@click.command(
    name="show",
    epilog=examples(
        "release show v1.4.0           one release, compared with the previous",
        "release show 1.4.0 --json     the same for a script",
        "release show 'charCNN#prod'   the model version that is in production",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@offline()
@changes_nothing
@complete
@of_model
@common
def command(call: Call, *, tag: str | None, offline: bool) -> int:
    """Show everything about one release.

    Shows commit, tagger, message, metrics compared with the previous release, parameters, data and models with their
    sizes, and the commands to get them. TAG is a tag, its version, or a model's stage. Reads this clone; contacts the DVC
    remote only for metric files tracked by DVC that are not on this machine.
    """
    if tag is None and not call.can_ask:
        raise UsageError("missing argument TAG (a tag or its version)", help="release list")
    from release.commands.show.work import show

    project = call.project(on_terminal=False, of=tag)
    if tag is None:
        tag = release_of(project, "Which release?")
    with call.progress("reading the release"):
        report = show(project, tag, offline=offline)
    return call.end(report, show_document, show_lines)
