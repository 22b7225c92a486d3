"""Command `release verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from release.commands.verify.view import fault_lines, objects_document, verified_document, verified_lines
from release.errors import UsageError
from release.ui import json_documents
from release.ui.console import announce, progress
from release.ui.options import Call, Count, asks_nothing, common, examples, tag_names

if TYPE_CHECKING:
    from release.commands.verify.work import VerifyRequest


@click.command(
    name="verify",
    epilog=examples(
        "release verify                  check the data of HEAD",
        "release verify v1.4.0 --deep    check a release, byte for byte",
        "release verify --all            check every release, in one pass",
        "release verify v1.4.0 --push    upload what only the local cache has",
    ),
)
@click.argument("revisions", nargs=-1, metavar="[REV...]", shell_complete=tag_names)
@click.option("--all", "every", is_flag=True, help="Every release tag; other tools' tags do not affect the exit code.")
@click.option("--include-foreign", is_flag=True, help="With --all: other tools' tags affect the exit code, too.")
@click.option("--deep", is_flag=True, help="Read and hash every object, not only check its size.")
@click.option("--sample", type=Count(), metavar="N", help="With --deep: read only N objects, always the same ones.")
@click.option("--push", is_flag=True, help="Upload missing or damaged objects from the local cache.")
@click.option("--dry-run", is_flag=True, help="With --push: show what would be uploaded; upload nothing.")
@click.option("--dvc-remote", metavar="NAME", help="Query this DVC remote instead of each pointer's own (a mirror).")
@click.option("--objects", is_flag=True, help="Only print the ids of objects that tags (or REV) need.")
@asks_nothing
@common
def command(
    call: Call,
    *,
    revisions: tuple[str, ...],
    every: bool,
    include_foreign: bool,
    deep: bool,
    sample: int | None,
    push: bool,
    dry_run: bool,
    dvc_remote: str | None,
    objects: bool,
) -> int:
    """Prove that every DVC object of a revision is on its remote.

    REV is a tag, a branch or a commit (default: HEAD). Reads git and asks the remote itself about each file of each
    directory; does not rely on what DVC remembers, and writes nothing.
    """
    if sample is not None and not deep:
        raise UsageError("--sample sets how many objects --deep reads", help=call.with_words("--deep"))
    if objects and (deep or push):
        raise UsageError("--objects cannot be used with --deep or --push", help="release verify --objects")
    from release.commands.verify.work import VerifyRequest

    request = VerifyRequest(
        revisions=revisions,
        every=every,
        include_foreign=include_foreign,
        remote=dvc_remote,
        deep=deep,
        sample=sample,
        push=push,
    )
    return _list_objects(call, request) if objects else _verify(call, request, dry_run=dry_run)


def _verify(call: Call, request: VerifyRequest, *, dry_run: bool) -> int:
    from release.commands.verify.work import verify

    project = call.project()
    quiet = call.silent
    with progress(call.console, quiet=quiet) as shown:
        announce(call.console, "asking the DVC remotes ...", quiet=quiet)
        report = verify(request, project, shown, lambda _: not dry_run)
    if call.as_json:
        call.console.answer(json_documents.document(verified_document(report)))
    else:
        call.console.answer_lines(verified_lines(report, call.console.style))
    return int(report.exit_code)


def _list_objects(call: Call, request: VerifyRequest) -> int:
    from release.commands.verify.work import needed_objects

    project = call.project()
    announce(call.console, "reading what tags need ...", quiet=call.silent)
    report = needed_objects(request, project)
    if call.as_json:
        call.console.answer(json_documents.document(objects_document(report)))
    else:
        call.console.answer("".join(f"{oid}\n" for oid in report.oids))
        call.console.say_lines(fault_lines(report))
    return int(report.exit_code)
