"""Command `release init`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from release.core.secrets import without_secrets
from release.core.setup import InitOptions, RepositoryScan, Service, check_package, service_of
from release.core.text import many
from release.errors import Cancelled, UsageError
from release.ui import ask, json_documents
from release.ui.options import Call, common, examples


@click.command(
    name="init",
    epilog=examples(
        "release init             questions, then each file before it is written",
        "release init --yes       the defaults, without questions",
        "release init --dry-run   the files, as diffs; nothing is written",
    ),
)
@click.option("--ci", type=click.Choice(["github", "gitlab", "none"]), help="CI service (default: detected).")
@click.option(
    "--storage", metavar="URL", help="DVC's default remote, if there is none yet: s3://BUCKET/PATH or a folder."
)
@click.option("--package", metavar="TEXT", help="What CI installs: FILE.whl, a URL, or a requirement of pip.")
@click.option("--no-hooks", is_flag=True, help="Add no pre-commit hooks.")
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

    Looks at what is there (tags, metrics, DVC, hooks, CI, other release tools) and proposes what is missing:
    configuration, changelog, DVC and its remote, pre-commit hooks, a workflow. The configuration goes to [tool.release]
    in pyproject.toml if there is one, else to .release.toml. Nothing is overwritten; a second run changes nothing.
    """
    if not (yes or dry_run or call.can_ask):
        raise UsageError("the files are confirmed by a person or by --yes", help=call.with_words("--yes"))
    _check_texts(storage, package)
    from release.commands.init import view, work
    from release.system.files import write_files

    project = call.project()
    scan = work.scan_repository(project, work.package_for_ci(project, call.folder, package))
    if ci is not None:
        check_package(scan, Service(ci))
    options = InitOptions(service=Service(ci) if ci else None, hooks=not no_hooks, storage=storage)
    asks = call.can_ask and not (yes or dry_run)
    if asks:
        options = _ask(scan, options)
    if options.storage is not None:
        options = replace(options, storage=work.storage_url(project, call.folder, options.storage))
    plan = work.plan_init(scan, options, project)
    written = bool(plan.files) and not dry_run
    if not call.as_json:
        call.console.answer_lines(view.plan_lines(plan, call.console.style))
    if written:
        if asks and not ask.confirm(f"Write {many(len(plan.files), 'file')}?", call.console):
            raise Cancelled("cancelled; nothing was changed")
        write_files(project.repository.work_tree, ((file.path, file.before, file.after) for file in plan.files))
    if call.as_json:
        call.console.answer(json_documents.document(view.init_document(plan, written=written, dry_run=dry_run)))
    else:
        call.console.answer_lines(view.outcome_lines(plan, written=written))
    return 0


def _check_texts(storage: str | None, package: str | None) -> None:
    if storage is not None:
        _check_storage(storage)
    if package is not None:
        _check_package(package)


def _check_storage(url: str) -> None:
    """Refuse addresses that must not be committed: everyone can read `.dvc/config`."""
    if not url.strip() or not url.isprintable() or url.startswith("-"):
        raise UsageError("--storage is no address that DVC could read", help="--storage s3://BUCKET/PATH, or a folder")
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


def _ask(scan: RepositoryScan, options: InitOptions) -> InitOptions:
    """Ask for the options that cannot be detected, each with a default."""
    if options.service is None:
        rows = [
            ("github", "workflows that release on merge"),
            ("gitlab", "a pipeline that releases on merge"),
            ("none", "no CI files"),
        ]
        rows.sort(key=lambda row: row[0] != service_of(scan).value)
        options = replace(options, service=Service(ask.choose("Where is the release made?", rows)))
    if scan.dvc_default is None and not scan.dvc_remotes and options.storage is None:
        storage = ask.text("Where does data go (URL)?", default=scan.dvc_url)
        if storage is not None:
            _check_storage(storage)
        options = replace(options, storage=storage)
    if scan.configured is None and scan.headline:
        keys = [("none",), *((key,) for key in scan.headline)]
        key = ask.choose("Which metric stops a release when it gets worse?", keys)
        if key != "none":
            drops = [("2%", "of what it was"), ("1%", ""), ("5%", ""), ("0%", "not at all")]
            options = replace(options, gate=(key, ask.choose("By how much may it?", drops)))
    return options
