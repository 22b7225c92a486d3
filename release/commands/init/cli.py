"""Command `release init`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from release.core.secrets import without_secrets
from release.core.setup import Hooks, InitOptions, InitPlan, RepositoryScan, Service, check_package, service_of
from release.core.text import many
from release.errors import Cancelled, UsageError
from release.ui import ask, json_documents
from release.ui.options import Call, common, complete, examples

if TYPE_CHECKING:
    from release.engine.project import Project

_FEW = 2  # metrics: nothing to choose


@click.command(
    name="init",
    epilog=examples(
        "release init             questions, then what would be written",
        "release init --yes       the defaults, without questions",
        "release init --dry-run   the files, as diffs; nothing is written",
        "release init --update    the CI files of this version, with your edits",
    ),
)
@click.option("--ci", type=click.Choice(["github", "gitlab", "none"]), help="CI service (default: detected).")
@click.option(
    "--storage", metavar="URL", help="DVC's default remote, if there is none yet: s3://BUCKET/PATH or a folder."
)
@click.option("--package", metavar="TEXT", help="What CI installs: FILE.whl, a URL, or a requirement of pip.")
@click.option(
    "--hooks",
    type=click.Choice([each.value for each in Hooks]),
    help="Git hooks that refuse forgotten data (check, the default), add and upload it (auto), or none.",
)
@click.option("--no-hooks", is_flag=True, help="Same as --hooks none.")
@click.option("--no-dvc", is_flag=True, help="Do not set up DVC.")
@click.option(
    "--pull-request", is_flag=True, help="Let CI keep a pull request of the next release; its merge makes the tag."
)
@click.option(
    "--guard", is_flag=True, help="Let CI check the data of every release each day, and keep one issue about it."
)
@click.option("--update", is_flag=True, help="Only bring existing CI files to this version; keep your edits.")
@click.option("--dry-run", is_flag=True, help="Show the files, write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Write the files without asking.")
@complete
@common
def command(
    call: Call,
    *,
    ci: str | None,
    storage: str | None,
    package: str | None,
    hooks: str | None,
    no_hooks: bool,
    no_dvc: bool,
    pull_request: bool,
    guard: bool,
    update: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Set a repository up for releases.

    Looks at what is there (tags, metrics, DVC, hooks, CI, other release tools) and proposes what is missing:
    configuration, changelog, DVC and its remote, pre-commit hooks, a workflow. The configuration goes to [tool.release]
    in pyproject.toml if there is one, else to .release.toml. Nothing is overwritten; a second run changes nothing.
    """
    call.check_confirmable(sure=yes or dry_run)
    if storage is not None:
        _check_storage(storage)
    if package is not None:
        _check_package(package)
    from release.commands.init import work

    project = call.project()
    scan = work.scan_repository(project, work.package_for_ci(project, call.folder, package))
    options = InitOptions(
        service=Service(ci) if ci else None, dvc=not no_dvc, storage=storage, pull_request=pull_request, guard=guard
    )
    options = replace(options, hooks=Hooks.NONE if no_hooks else Hooks(hooks or "check"))
    asks = call.can_ask and not (yes or dry_run)
    if update:
        plan = work.plan_update(scan, options, project)
    else:
        if ci is not None:
            check_package(scan, Service(ci))
        options = _chosen(call, project, scan, options, asks=asks, hooks=hooks is None and not no_hooks)
        plan = work.plan_init(scan, options, project)
    return _write(call, project, plan, asks=asks, dry_run=dry_run)


def _chosen(
    call: Call, project: Project, scan: RepositoryScan, options: InitOptions, *, asks: bool, hooks: bool
) -> InitOptions:
    """Show what was found; return the options with the answers to what cannot be detected. Raises UsageError."""
    from release.commands.init import view, work

    if not (call.as_json or call.quiet):
        found = work.plan_init(scan, options, project)
        call.console.answer_lines(view.found_lines(found, call.console.style))
    if asks:
        options = _ask(scan, options, hooks=hooks)
        call.console.answer_lines([""])
    if (options.guard or options.pull_request) and (options.service or service_of(scan)) is Service.NONE:
        option = "--guard" if options.guard else "--pull-request"
        raise UsageError(f"{option} is for a CI service", help=call.with_words("--ci", "github"))
    if options.storage is not None:
        options = replace(options, storage=work.storage_url(project, call.folder, options.storage))
    return options


def _write(call: Call, project: Project, plan: InitPlan, *, asks: bool, dry_run: bool) -> int:
    """Show the files, ask, and write them; return the exit code."""
    from release.commands.init import view
    from release.system.files import write_files

    _show(call, plan, diffs=dry_run)
    written = bool(plan.files) and not dry_run
    if written:
        if asks:
            _confirm(call, plan)
        write_files(project.repository.work_tree, ((file.path, file.before, file.after) for file in plan.files))
    if call.as_json:
        call.console.answer(json_documents.document(view.init_document(plan, written=written, dry_run=dry_run)))
    else:
        root = os.path.relpath(project.repository.work_tree, call.folder)
        lines = view.written_lines(plan, call.console.style, written=written, root=root, quiet=call.quiet)
        call.console.answer_lines(lines)
    return int(plan.exit_code)


def _check_storage(url: str) -> None:
    """Refuse addresses that must not be committed: everyone can read `.dvc/config`."""
    if not url.strip() or not url.isprintable() or url.startswith("-"):
        raise UsageError(
            "--storage is no address that DVC could read",
            help="release init --storage s3://BUCKET/PATH   (or a folder)",
        )
    if without_secrets(url) != url:
        raise UsageError(
            "--storage holds a password, and .dvc/config is committed",
            help="give the address without it, then: dvc remote modify --local storage password PASSWORD",
        )


def _check_package(text: str) -> None:
    """Refuse text with a secret, or that a workflow cannot contain (unquoted, or in double quotes in a script)."""
    odd = set('"$`\\') & set(text) or text[:1] in " -#&*!|>%@'[{?:," or ": " in text or " #" in text
    if not text or not text.isprintable() or odd:
        raise UsageError("--package is nothing that a workflow could hold", help="--package 'dvc-release[s3]==0.1.0'")
    if without_secrets(text) != text:
        raise UsageError("--package holds a password, and workflows are committed", help="give the address without it")


def _show(call: Call, plan: InitPlan, *, diffs: bool) -> None:
    """Show the plan, for people."""
    from release.commands.init import view

    if not call.as_json:
        call.console.answer_lines((view.warning_lines if call.quiet else view.proposal_lines)(plan, call.console.style))
        if diffs and not call.quiet:
            call.console.answer_lines(view.file_diffs(plan, call.console.style))


def _confirm(call: Call, plan: InitPlan) -> None:
    """Ask whether to write the files. Raises Cancelled."""
    from release.commands.init import view

    letters = {"y": "write", "d": "show the diffs", "n": "cancel"}
    while (said := ask.letter(f"Write {many(len(plan.files), 'file')}?", letters, call.console)) == "d":
        call.console.answer_lines(view.file_diffs(plan, call.console.style))
    if said == "n":
        raise Cancelled("cancelled; nothing was changed")


def _ask(scan: RepositoryScan, options: InitOptions, *, hooks: bool) -> InitOptions:
    """Ask for the options that cannot be detected, each with a default."""
    options = _ask_about_dvc(scan, options)
    if scan.configured is None and scan.likely_models:
        question = "Models with versions of their own?"
        options = replace(options, models=ask.several(question, list(scan.likely_models.items())))
    if scan.configured is None and scan.headline:
        options = _ask_about_metrics(scan, options)
    if hooks and ".pre-commit-config.yaml" not in scan.files and (options.dvc or scan.dvc_projects):
        rows = [
            ("check", "refuse the commit or the push"),
            ("auto", "add it, and upload it at a push"),
            ("none", "no hooks"),
        ]
        options = replace(options, hooks=Hooks(ask.choose("Git hooks for forgotten data?", rows)))
    if options.service is None:
        rows = [
            ("github", "workflows that release on merge"),
            ("gitlab", "a pipeline that releases on merge"),
            ("none", "no CI files"),
        ]
        rows.sort(key=lambda row: row[0] != service_of(scan).value)
        options = replace(options, service=Service(ask.choose("Where should releases run?", rows)))
    return options


def _ask_about_dvc(scan: RepositoryScan, options: InitOptions) -> InitOptions:
    if not scan.dvc_projects and options.dvc and options.storage is None:
        rows = [("yes", "track data and models with DVC"), ("no", "only code")]
        options = replace(options, dvc=ask.choose("Set DVC up?", rows) == "yes")
    unset = scan.dvc_default is None and not scan.dvc_remotes and len(scan.dvc_projects) < 2
    if options.dvc and unset and options.storage is None:
        storage = ask.text("Where are data and models stored (URL or folder)?", default=scan.dvc_url)
        if storage is not None:
            _check_storage(storage)
        options = replace(options, storage=storage)
    return options


def _ask_about_metrics(scan: RepositoryScan, options: InitOptions) -> InitOptions:
    rows = [(key,) for key in scan.headline]
    if len(rows) > _FEW:
        shown = ask.several("Which metrics does `release list` show? (none: the first ones)", rows)
        options = replace(options, headline=shown)
    key = ask.choose("Block a release if this metric gets worse:", [("none",), *rows])
    if key != "none":
        drops = [("2%", "relative"), ("1%", ""), ("5%", ""), ("0%", "not at all")]
        from release.core.direction import direction
        from release.core.metrics import Direction

        how = "How much may it drop?" if direction(key) is Direction.UP else "How much worse may it get?"
        options = replace(options, gate=(key, ask.choose(how, drops)))
    return options
