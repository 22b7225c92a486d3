"""Report of `release prepare`: the written files or the pull request, and the next steps; also as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from release.core.check import CheckName, Verdict
from release.core.draft import PrepareReport
from release.core.pull_request import RequestOutcome, RequestReport
from release.core.release import BumpReport, Outcome
from release.core.text import command_line, for_markdown
from release.ui import json_documents
from release.ui.release_text import bump_page, outcome_lines, request_page
from release.ui.style import Style, plain, wrapped


class JsonRequest(Struct, frozen=True, kw_only=True):
    """The pull request (GitLab: merge request) of `--pull-request`.

    `number` and `url` are null if there is none. `prepared`: the commit has its entry already, so that
    `release bump auto` makes the tag.
    """

    outcome: RequestOutcome
    number: int | None
    url: str | None
    branch: str
    base: str
    title: str
    prepared: bool


class PrepareDocument(json_documents.BumpDocument, frozen=True, kw_only=True):
    """Answer of `prepare`: as `bump`, and the files that were written, or are in the pull request.

    `pull_request` is null without `--pull-request`, and if a check failed.
    """

    files: Sequence[str]
    pull_request: JsonRequest | None


def prepared_lines(report: PrepareReport, style: Style, *, quiet: bool = False) -> list[str]:
    """Return the outcome and, unless `quiet`, the next commands."""
    plan = report.plan
    if report.request is not None:
        return _request_lines(report, report.request, style)
    if plan.refused or plan.nothing is not None or report.preview:
        return outcome_lines(BumpReport(plan=plan, outcome=Outcome.PREVIEW), style)
    auto = command_line(*plan.release.call, "auto")
    if not report.written:
        return [f"{plain(plan.release.tag or '')} is already prepared; nothing was changed.", f"help: {auto}"]
    written = ", ".join(plain(path) for path in report.written)
    add = command_line("git", "add", names=report.written)
    on_its_branch = any(each.name is CheckName.BRANCH and each.verdict is Verdict.SKIPPED for each in plan.checks)
    switch = "" if on_its_branch else f"git switch -c prepare-{plan.release.version} && "
    wrote = wrapped(f"Wrote {written} for {plain(plan.release.tag or '')}. Nothing is committed or tagged.", style)
    if quiet:
        return wrote
    return [
        *wrote,
        f"help: {switch}{add} && git commit -m 'Prepare {plan.release.version}'",
        f"After the merge: {auto}   (makes only the tag)",
    ]


def _request_lines(report: PrepareReport, made: RequestReport, style: Style) -> list[str]:
    plan, tag = report.plan, plain(report.plan.release.tag or "")
    name, url = made.request.named(made.kind), plain(made.request.url)
    if made.prepared:
        auto = command_line(*plan.release.call, "auto", "--yes")
        said = [f"{tag} is prepared here, and lacks only its tag.", f"help: {auto}"]
    elif plan.nothing is not None:
        said = wrapped(f"Nothing to release: {plain(plan.nothing)}.", style)
    else:
        said = []
    match made.outcome:
        case RequestOutcome.OPENED:
            return [f"Opened {name} for {tag}: {url}"]
        case RequestOutcome.UPDATED:
            return [f"Updated {name} for {tag}: {url}"]
        case RequestOutcome.UNCHANGED:
            return [f"The {name} for {tag} is up to date: {url}"]
        case RequestOutcome.CLOSED:
            return [*said, f"Closed {name}: {url}"]
        case RequestOutcome.NONE:
            return said
        case RequestOutcome.PREVIEW:
            steps = wrapped(
                f"This would {', '.join(plain(step.text) for step in made.steps) or 'change nothing'}.", style
            )
            return [*said, *(steps if said or not made.steps else []), "Nothing was changed: this was a dry run."]


def prepare_page(report: PrepareReport) -> str:
    """Return the page of a CI job for `--pull-request`: the refusal, or the pull request with its text."""
    plan, made = report.plan, report.request
    if made is None:
        return bump_page(BumpReport(plan=plan, outcome=Outcome.REFUSED))
    url = made.request.url
    link = f"[{for_markdown(made.request.named(made.kind), in_cell=False)}]({url})" if url else ""
    if made.prepared or plan.nothing is not None:
        tag = for_markdown(plan.release.tag or "")
        title = f"{tag} is prepared and lacks only its tag" if made.prepared else "Nothing to release"
        parts = [f"## {title}", for_markdown(plan.nothing or ""), f"Closed {link}" if link else ""]
        return "\n\n".join(filter(None, parts)) + "\n"
    return f"## {for_markdown(made.request.title)}\n\n{link}: {made.outcome.value}\n\n{request_page(plan, made.request.head)}"


def prepare_document(report: PrepareReport) -> PrepareDocument:
    """Return the document of `release prepare --json`: as `bump`, with the files that were written."""
    outcome = Outcome.PREVIEW if report.preview else Outcome.NOTHING
    planned = json_documents.bump_document(BumpReport(plan=report.plan, outcome=outcome), "prepare")
    return json_documents.filled(
        PrepareDocument, planned, files=report.written, pull_request=_json_request(report.request)
    )


def _json_request(made: RequestReport | None) -> JsonRequest | None:
    if made is None:
        return None
    request = made.request
    return JsonRequest(
        outcome=made.outcome,
        number=request.number or None,
        url=request.url or None,
        branch=request.head,
        base=request.base,
        title=request.title,
        prepared=made.prepared,
    )
