"""Command `release init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from release.errors import UsageError
from release.ui.options import Call, common, examples

if TYPE_CHECKING:
    from release.core.setup import InitOptions, InitPlan, InitReport, RepositoryScan


@click.command(
    name="init",
    epilog=examples(
        "release init             questions, then each file before it is written",
        "release init --yes       the defaults, unasked",
        "release init --dry-run   the files, as differences; nothing is written",
    ),
)
@click.option("--ci", type=click.Choice(["github", "gitlab", "none"]), help="Default: by the git remote's address.")
@click.option(
    "--storage", metavar="URL", help="DVC's default remote, if there is none yet: s3://BUCKET/PATH, a folder."
)
@click.option("--package", metavar="TEXT", help="What pip installs in CI. Default: this version of dvc-release.")
@click.option("--no-hooks", is_flag=True, help="Without pre-commit hooks.")
@click.option("--dry-run", is_flag=True, help="Show the files, write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Write what is shown without asking.")
@common
def command(
    call: Call,
    *,
    ci: str | None,
    storage: str | None,
    package: str | None,
    no_hooks: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Set a repository up for releases.

    Looks at what is there (tags, metrics, data, DVC, hooks, CI, other release tools) and proposes what is missing:
    configuration, changelog, DVC and its remote, pre-commit hooks, a workflow. Nothing is overwritten; a second run
    changes nothing.
    """
    if not (yes or dry_run or call.can_ask):
        raise UsageError("the files are confirmed by a person or by --yes", help=call.with_words("--yes"))
    if storage is not None:
        _check_storage(storage)
    if package is not None:
        _check_package(package)
    from release.commands.init.work import init, preview_init, see, storage_url
    from release.core.setup import InitOptions, Service
    from release.ui.console import announce

    project = call.project()
    announce(call.console, "looking at the repository and its data ...", quiet=call.silent)
    sight = see(project)
    call.console.pass_by("")  # a prompt does not know about that line
    wishes = InitOptions(service=Service(ci) if ci else None, hooks=not no_hooks, storage=storage, package=package)
    if call.can_ask and not (yes or dry_run):
        wishes = _ask(sight, wishes)
    if wishes.storage is not None:
        wishes = replace(wishes, storage=storage_url(project, call.folder, wishes.storage))
    if dry_run:
        return _tell(call, preview_init(sight, wishes, project), shown=False)
    shown = False

    def confirm(plan: InitPlan) -> bool:
        nonlocal shown
        if yes:
            return True
        from release.commands.init.view import plan_lines
        from release.ui import ask

        call.console.answer_lines(plan_lines(plan, call.console.look))
        shown = True
        return ask.confirm(f"Write {len(plan.files)} {'file' if len(plan.files) == 1 else 'files'}?", call.console)

    report = init(sight, wishes, project, confirm)
    return _tell(call, report, shown=shown)


def _check_storage(url: str) -> None:
    """Refuse addresses that must not be committed: everyone can read `.dvc/config`."""
    from release.core.secrets import without_secrets

    if not url.strip() or not url.isprintable() or url.startswith("-"):
        raise UsageError("--storage is no address that DVC could read", help="--storage s3://BUCKET/PATH, or a folder")
    if without_secrets(url) != url:
        raise UsageError(
            "--storage holds a password, and .dvc/config is committed",
            help="give the address without it, then: dvc remote modify --local storage password PASSWORD",
        )


def _check_package(text: str) -> None:
    """Refuse text with a secret, or that a workflow cannot contain (unquoted, or in double quotes in a script)."""
    from release.core.secrets import without_secrets

    odd = set('"$`\\') & set(text) or text[:1] in " -#&*!|>%@'[{?:," or ": " in text or " #" in text
    if not text or not text.isprintable() or odd:
        raise UsageError("--package is nothing that a workflow could hold", help="--package 'dvc-release[s3]==0.1.0'")
    if without_secrets(text) != text:
        raise UsageError("--package holds a password, and workflows are committed", help="give the address without it")


def _ask(sight: RepositoryScan, wishes: InitOptions) -> InitOptions:
    """Ask for the options that cannot be detected, each with a default."""
    from release.core.setup import Service, service_of
    from release.ui import ask

    if wishes.service is None:
        best = service_of(sight.remote_url, tuple(sight.files))
        rows = sorted(
            (
                ("github", "workflows that release on merge"),
                ("gitlab", "a pipeline that releases on merge"),
                ("none", "no CI files"),
            ),
            key=lambda row: row[0] != best.value,
        )
        wishes = replace(wishes, service=Service(ask.choose("Where is the release made?", rows)))
    if sight.dvc_default is None and not sight.dvc_remotes and wishes.storage is None:
        storage = ask.text("Where does data go (URL)?", default=sight.dvc_url)
        if storage is not None:
            _check_storage(storage)
        wishes = replace(wishes, storage=storage)
    if sight.configured is None and sight.headline:
        key = ask.choose(
            "Which metric stops a release when it gets worse?", [("none",), *((key,) for key in sight.headline)]
        )
        if key != "none":
            rows = [("2%", "of what it was"), ("1%", ""), ("5%", ""), ("0%", "not at all")]
            wishes = replace(wishes, gate=(key, ask.choose("By how much may it?", rows)))
    return wishes


def _tell(call: Call, report: InitReport, *, shown: bool) -> int:
    from release.commands.init import view as face

    if call.as_json:
        from release.ui import json_documents

        call.console.answer(json_documents.document(face.init_document(report)))
        return 0
    look = call.console.look
    lines = [*([] if shown else face.plan_lines(report.plan, look)), *face.outcome_lines(report, look)]
    call.console.answer_lines(lines)
    return 0
