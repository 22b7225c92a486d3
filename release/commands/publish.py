"""Command `release publish`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click
from msgspec import Struct

from release.core.forge import ForgeKind
from release.core.release_page import Asset, PageStep, PageStepKind, PublishOutcome, PublishReport
from release.core.text import many, size
from release.errors import ExitCode
from release.ui import ask
from release.ui.json_documents import Count, Document, JsonError, error
from release.ui.options import Call, common, examples, tag_names
from release.ui.style import Shade, Style, plain, wrapped


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
    from release.engine.release_pages import Callbacks, PublishRequest, publish

    def confirm(report: PublishReport) -> bool:
        if yes:
            return True
        call.show(partial(difference_lines, report), asks=True)
        return ask.confirm(f"Overwrite the page of {plain(report.tag)}?", call.console)

    project = call.project()
    call.announce("asking the remote and its forge ...")
    request = PublishRequest(tag=tag, assets=assets, folder=call.folder)
    callbacks = Callbacks(step=call.did, wait=call.wait)
    report = publish(request, project, callbacks, confirm if yes or call.can_ask else None, preview=dry_run)
    if report.outcome is PublishOutcome.BY_HAND and not call.silent:
        again = call.with_words()
        what = "shows what it would do" if dry_run else "makes the page for you"
        call.console.say(f"help: set {report.help}, then: {again}   ({what})\n")
    return call.end(report, publish_document, partial(published_lines, quiet=call.quiet))


class JsonAsset(Struct, frozen=True, kw_only=True):
    """A file of the page, with its SHA-256."""

    name: str
    size_bytes: Count
    digest: str | None


class PublishDocument(Document, frozen=True, kw_only=True):
    """Answer of `publish`.

    `url` is the page's address, that of the form to make it by hand (`outcome` `by hand`: there is no token), or null if
    it is only planned. `latest`: it is the greatest final release. `difference` is text that a person wrote and that
    would be lost, as a diff.
    """

    tag: str
    forge: ForgeKind
    repository: str
    outcome: PublishOutcome
    dry_run: bool
    url: str | None
    title: str
    prerelease: bool
    latest: bool
    assets: Sequence[JsonAsset]
    steps: Sequence[str]
    difference: str


def publish_document(report: PublishReport) -> PublishDocument:
    """Return the document of `release publish --json`."""
    return PublishDocument(
        command="publish",
        exit_code=report.exit_code,
        errors=_errors(report),
        tag=report.tag,
        forge=report.forge.kind,
        repository=report.forge.url,
        outcome=report.outcome,
        dry_run=report.outcome is PublishOutcome.PREVIEW,
        url=report.url or None,
        title=report.page.title,
        prerelease=report.page.prerelease,
        latest=bool(report.page.latest),
        assets=[
            JsonAsset(name=each.name, size_bytes=each.size_bytes, digest=each.digest) for each in report.page.assets
        ],
        steps=[step.text for step in report.steps],
        difference=report.difference,
    )


def _errors(report: PublishReport) -> list[JsonError]:
    if report.exit_code is ExitCode.DONE:
        return []
    words = f"the page of {report.tag} was written or edited by hand; its text would be lost"
    return [error(report.exit_code, words, report.overwriting, "forge")]


def difference_lines(report: PublishReport, style: Style) -> list[str]:
    """Return the text that a person wrote and that would be lost."""
    shades = {"-": Shade.BAD, "+": Shade.GOOD}
    rows = [plain(row) for row in report.difference.splitlines()[2:]]
    return [
        *wrapped(f"The page of {plain(report.tag)} was written or edited by hand: {plain(report.url)}", style),
        "",
        *(style.paint(row, shades.get(row[:1])) for row in rows),
        "",
    ]


def published_lines(report: PublishReport, style: Style, *, quiet: bool = False) -> list[str]:
    """Return the outcome: one line and the address; for a dry run the steps."""
    tag, where = plain(report.tag), plain(report.forge.host)
    if report.outcome is PublishOutcome.PREVIEW:
        return _preview_lines(report, style)
    if report.outcome is PublishOutcome.BY_HAND:
        return (
            [report.url]
            if quiet
            else [*wrapped(f"No token for {where}: make the page of {tag} here.", style), report.url]
        )
    words = {
        PublishOutcome.CREATED: f"Published the page of {tag}",
        PublishOutcome.UPDATED: f"Updated the page of {tag}",
        PublishOutcome.UNCHANGED: f"The page of {tag} is up to date",
    }[report.outcome]
    uploads = sum(step.kind is PageStepKind.UPLOAD for step in report.steps)
    files = f" ({many(uploads, 'file')} uploaded)" if uploads else ""
    return [f"{words}{files}: {plain(report.url)}"]


def _preview_lines(report: PublishReport, style: Style) -> list[str]:
    head = f"{report.page.title}   {report.forge.kind.value}, {report.forge.url}"
    lines = [*wrapped(style.paint(plain(head), Shade.STRONG), style), ""]
    if report.difference:
        lines += difference_lines(report, style)
    if not report.steps:
        return [*lines, f"The page is up to date: {plain(report.url)}"]
    steps = [f"  {plain(_with_size(step))}" for step in report.steps]
    ends = ["Nothing was changed: this was a dry run."]
    if report.difference:
        ends = ["Refused without --yes; nothing was changed."]
        ends += [f"help: {report.overwriting}"]
    return [*lines, "This would", *steps, "", *ends]


def _with_size(step: PageStep) -> str:
    asset: Asset | None = step.asset
    is_upload = asset is not None and step.kind is PageStepKind.UPLOAD
    return f"{step.text} ({size(asset.size_bytes)})" if asset is not None and is_upload else step.text
