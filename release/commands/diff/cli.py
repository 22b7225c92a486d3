"""Command `release diff`."""

from __future__ import annotations

import click

from release.commands.diff import view as diff_view
from release.errors import UsageError
from release.ui import json_documents
from release.ui.ask import release_of
from release.ui.options import Call, changes_nothing, common, complete, examples, form, offline, tag_names


@click.command(
    name="diff",
    epilog=examples(
        "release diff v1.3.2 v1.4.0               two releases",
        "release diff v1.4.0                      a release and the work tree",
        "release diff v1.4.0 HEAD --format md     Markdown for a pull request",
    ),
)
@click.argument("first", metavar="A", required=False, shell_complete=tag_names)
@click.argument("second", metavar="[B]", required=False, shell_complete=tag_names)
@click.option("--exit-code", "strict", is_flag=True, help="Exit with 9 if metrics, parameters or data differ.")
@form
@offline("Contact no remote; use only the local cache.")
@changes_nothing
@complete
@common
def command(call: Call, *, first: str | None, second: str | None, strict: bool, form: str, offline: bool) -> int:
    """Show what differs between two releases.

    Shows metrics, parameters, data and models (with files inside directories) and the commits from A to B. A and B are
    tags, versions, branches or commits; without B, compares with the pointer, metric and parameter files of the work tree.
    """
    if call.as_json and form == "md":
        raise UsageError("--json and --format md cannot be combined", help="release diff A B --json   (or --format md)")
    if first is None and not call.can_ask:
        raise UsageError("missing argument A (tag, version or commit)", help=call.with_words("TAG"))
    from release.commands.diff.work import diff
    from release.engine.project import Access

    project = call.project()
    if first is None:
        first = release_of(project, "Compare which release with the work tree?")
    with call.progress("reading both sides"):
        found = diff(project, first, second, Access.OFFLINE if offline else Access.ALL)
    if call.as_json:
        call.console.answer(json_documents.document(diff_view.difference(found, strict=strict)))
    else:
        lines = diff_view.diff_lines(found, call.console.style) if form == "text" else []
        page = "".join(f"{line}\n" for line in lines) or diff_view.diff_page(found)
        call.console.answer(page)
    return int(found.strict_code) if strict else 0
