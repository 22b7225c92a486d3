"""Command `release verify`."""

from __future__ import annotations

from typing import Any

import click

from release.commands.verify.view import fault_lines, object_lines, objects_document, verified_document, verified_lines
from release.errors import UsageError
from release.ui.options import Call, asks_nothing, common, dvc_remotes, examples, of_model, tag_names


@click.command(
    name="verify",
    epilog=examples(
        "release verify                  check the data of HEAD",
        "release verify v1.4.0 --deep    check a release, byte for byte",
        "release verify --all            check every release, in one pass",
        "release verify --stage prod     check what is in production",
        "release verify v1.4.0 --push    upload what only the local cache has",
    ),
)
@click.argument("revisions", nargs=-1, metavar="[REV...]", shell_complete=tag_names)
@click.option("--all", "every", is_flag=True, help="Every release tag; other tools' tags do not affect the exit code.")
@click.option("--stage", metavar="STAGE", help="The versions of all models that are in STAGE now.")
@click.option("--include-foreign", is_flag=True, help="With --all: other tools' tags affect the exit code, too.")
@click.option("--deep", is_flag=True, help="Read and hash every object, not only check its size.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --deep: read only N objects, always the same ones.",
)
@click.option("--push", is_flag=True, help="Upload missing or damaged objects from the local cache.")
@click.option("--dry-run", is_flag=True, help="With --push: show what would be uploaded; upload nothing.")
@click.option(
    "--dvc-remote",
    "remote",
    metavar="NAME",
    shell_complete=dvc_remotes,
    help="Query this DVC remote instead of each pointer's own (a mirror).",
)
@click.option("--objects", is_flag=True, help="Only print the ids of objects that tags (or REV) need.")
@asks_nothing
@of_model
@common
def command(call: Call, *, dry_run: bool, objects: bool, **options: Any) -> int:
    """Prove that every DVC object of a revision is on its remote.

    REV is a tag, a branch or a commit (default: HEAD). Reads git and asks the remote itself about each file of each
    directory; does not rely on what DVC remembers, and writes nothing.
    """
    from release.commands.verify.work import VerifyRequest, needed_objects, verify

    request = VerifyRequest(**options)
    if request.sample is not None and not request.deep:
        raise UsageError("--sample sets how many objects --deep reads", help=call.with_words("--deep"))
    if objects and (request.deep or request.push):
        raise UsageError("--objects cannot be used with --deep or --push", help="release verify --objects")
    project = call.project()
    if objects:
        call.announce("reading what tags need ...")
        needed = needed_objects(request, project)
        code = call.end(needed, objects_document, object_lines)
        call.console.say_lines(() if call.as_json else fault_lines(needed))
        return code
    with call.progress("asking the DVC remotes") as shown:
        report = verify(request, project, shown, preview=dry_run)
    return call.end(report, verified_document, verified_lines)
