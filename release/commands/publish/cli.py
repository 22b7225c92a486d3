"""Command `release publish`."""

from __future__ import annotations

from functools import partial

import click

from release.commands.publish.view import difference_lines, outcome_lines, publish_document
from release.core.release_page import PublishOutcome, PublishReport
from release.ui import ask
from release.ui.options import Call, common, examples, tag_names
from release.ui.style import plain


@click.command(
    name="publish",
    epilog=examples(
        "release publish                       the release at HEAD, else the latest",
        "release publish v1.4.0 --asset dist/x.whl --asset model.onnx",
        "release publish --dry-run             what it would do",
    ),
)
@click.argument("tag", metavar="[TAG]", required=False, shell_complete=tag_names)
@click.option("--asset", "assets", metavar="FILE", multiple=True, help="A file for the page; may be given again.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Overwrite a page that was edited by hand, without asking.")
@common
def command(call: Call, *, tag: str | None, assets: tuple[str, ...], dry_run: bool, yes: bool) -> int:
    """Make or update the release page on GitHub, GitLab or Forgejo.

    The text is the changelog entry of the tag. Files are uploaded before the page is public. A second run changes nothing.
    The token comes from GITHUB_TOKEN, GITLAB_TOKEN, CI_JOB_TOKEN or FORGEJO_TOKEN; without one the address is printed
    where you make the page yourself.
    """
    from release.engine.release_pages import PublishRequest, Told, publish

    def confirm(report: PublishReport) -> bool:
        if yes:
            return True
        call.show(partial(difference_lines, report), asks=True)
        return ask.confirm(f"Overwrite the page of {plain(report.tag)}?", call.console)

    project = call.project()
    call.announce("asking the remote and its forge ...")
    request = PublishRequest(tag=tag, assets=assets, folder=call.folder)
    told = Told(step=call.did, wait=call.wait)
    report = publish(request, project, told, confirm if yes or call.can_ask else None, preview=dry_run)
    if report.outcome is PublishOutcome.BY_HAND and not call.silent:
        again = call.with_words()
        call.console.say(f"help: set {report.help}, then: {again}   (makes the page for you)\n")
    return call.end(report, publish_document, partial(outcome_lines, quiet=call.quiet))
