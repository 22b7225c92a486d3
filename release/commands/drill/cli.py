"""Command `release drill`."""

from __future__ import annotations

import click

from release.commands.drill.view import drill_document, drill_lines
from release.core.text import command_line
from release.errors import UsageError
from release.ui.options import Call, changes_nothing, common, examples, tag_names
from release.ui.style import plain


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
