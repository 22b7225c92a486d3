"""Command `release completion`, its JSON document, and the variable that its scripts set at each TAB."""

from __future__ import annotations

from typing import Annotated

import click
from click.shell_completion import get_completion_class
from msgspec import Meta

from release.ui.json_documents import Document, document
from release.ui.options import Call, changes_nothing, common, examples

VARIABLE = "_RELEASE_COMPLETE"  # the script sets it, as click's scripts do
SHELLS = ("bash", "zsh", "fish")


class CompletionDocument(Document, frozen=True, kw_only=True):
    """Answer of `completion`."""

    shell: Annotated[str, Meta(extra_json_schema={"enum": sorted(SHELLS)})]
    script: str


@click.command(
    name="completion",
    epilog=examples(
        "release completion bash   in ~/.bashrc: source <(release completion bash)",
        "release completion zsh    in ~/.zshrc:  source <(release completion zsh)",
        "release completion fish   into ~/.config/fish/completions/release.fish",
    ),
)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@changes_nothing
@common
def command(call: Call, *, shell: str) -> int:
    """Print a completion script for bash, zsh or fish.

    It completes commands, options and their values, and the tags of this clone.
    """
    maker = get_completion_class(shell)
    assert maker is not None  # click knows the three
    script = maker(click.get_current_context().find_root().command, {}, "release", VARIABLE).source()
    if call.as_json:
        call.console.answer(document(CompletionDocument(command="completion", shell=shell, script=script)))
    else:
        call.console.answer(script, content=True)
    return 0
