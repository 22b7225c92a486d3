"""Command `release next`, and its JSON document."""

from __future__ import annotations

import click

from release.core.release import AUTO, BumpRequest
from release.ui.json_documents import Document, document
from release.ui.options import Call, changes_nothing, common, examples, kinds, of_model, offline, tag_names


class NextDocument(Document, frozen=True, kw_only=True):
    """Answer of `next`; `version` null: there is nothing to release."""

    kind: str
    version: str | None


@click.command(
    name="next",
    epilog=examples(
        "release next                  1.4.0; empty if there is nothing to release",
        "release next minor --pre rc   1.4.0-rc.1",
    ),
)
@click.argument("kind", required=False, default=AUTO, metavar="[KIND]", shell_complete=kinds)
@click.option("--pre", metavar="NAME", help="A prerelease, such as 1.5.0-rc.1 for `--pre rc`.")
@click.option("--at", metavar="REV", help="The version of this commit instead of HEAD.")
@click.option(
    "--base", metavar="TAG", shell_complete=tag_names, help="The previous release, if history doesn't show it."
)
@offline("Contact no remote; count from the tags of this clone.")
@changes_nothing
@of_model
@common
def command(call: Call, *, kind: str, pre: str | None, at: str | None, base: str | None, offline: bool) -> int:
    """Print the version that bump would make, and nothing else.

    KIND is auto (the default) or any KIND of bump. Contacts the git remote for its tags; changes nothing.
    """
    from release.engine.kind import read_next

    request = BumpRequest(kind=kind, pre=pre, at=at, base=base, called="next")
    version = read_next(call.project(), request, ask=not offline)
    if call.as_json:
        call.console.answer(document(NextDocument(command="next", kind=kind, version=version)))
    elif version is None:
        call.console.say("nothing to release\n")
    else:
        call.console.answer(f"{version}\n")
    return 0
