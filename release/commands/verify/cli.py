"""Command `release verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from release.commands.verify.view import fault_lines, object_lines, objects_document, verified_document, verified_lines
from release.errors import ExitCode, ReleaseError, UsageError
from release.ui.options import Call, asks_nothing, common, dvc_remotes, examples, of_model, tag_names
from release.ui.style import plain

if TYPE_CHECKING:
    from release.core.verification import VerifyReport
    from release.engine.project import Project

if TYPE_CHECKING:
    from release.commands.verify.work import VerifyRequest


@click.command(
    name="verify",
    epilog=examples(
        "release verify                  check the data of HEAD",
        "release verify v1.4.0 --deep    check a release, byte for byte",
        "release verify --all            check every release, in one pass",
        "release verify --deep --every 30d   read what was not read lately",
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
@click.option("--every", "within", metavar="30d", help="With --deep: read all releases, each byte once in 30 days.")
@click.option("--time-limit", metavar="1h", help="With --every: stop after this time; the next call goes on.")
@click.option("--shard", metavar="I/N", help="With --every: read only part I of N, for jobs side by side.")
@click.option("--dask", metavar="ADDRESS", help="With --every: let the workers of this Dask cluster read.")
@click.option("--push", is_flag=True, help="Upload missing or damaged objects from the local cache.")
@click.option("--dry-run", is_flag=True, help="With --push or --every: show what would be done.")
@click.option(
    "--dvc-remote",
    "remote",
    metavar="NAME",
    shell_complete=dvc_remotes,
    help="Query this DVC remote instead of each pointer's own (a mirror).",
)
@click.option("--objects", is_flag=True, help="Only print the ids of objects that tags (or REV) need.")
@click.option(
    "--issue",
    is_flag=True,
    help="With --all: open one issue on the forge if something is wrong; close it when all is well.",
)
@asks_nothing
@of_model
@common
def command(
    call: Call,
    *,
    dry_run: bool,
    objects: bool,
    issue: bool,
    within: str | None,
    time_limit: str | None,
    shard: str | None,
    dask: str | None,
    **options: Any,
) -> int:
    """Prove that every DVC object of a revision is on its remote.

    REV is a tag, a branch or a commit (default: HEAD). Reads git and asks the remote itself about each file of each
    directory; does not rely on what DVC remembers, and writes nothing (--every: which parts were read, on the remote).
    """
    from release.commands.verify.work import VerifyRequest, needed_objects, verify

    request = VerifyRequest(**options, **_reading(call, within, time_limit, shard, dask))
    if request.sample is not None and not request.deep:
        raise UsageError("--sample sets how many objects --deep reads", help=call.with_words("--deep"))
    if request.days is not None:
        request = _of_all(call, request)
    if objects and (request.deep or request.push or issue):
        raise UsageError("--objects cannot be used with --deep, --push or --issue", help="release verify --objects")
    if issue and not request.every:
        raise UsageError("--issue is about all releases, so it goes with --all", help=call.with_words("--all"))
    if issue and request.sample is not None:
        raise UsageError("--issue cannot rest on a sample", help="release verify --all --deep --issue")
    project = call.project()
    if objects:
        call.announce("reading what tags need ...")
        needed = needed_objects(request, project)
        code = call.end(needed, objects_document, object_lines)
        call.console.say_lines(() if call.as_json else fault_lines(needed))
        return code
    with call.progress("asking the DVC remotes") as shown:
        report = verify(request, project, shown, preview=dry_run)
    trouble = _settle(call, project, report, deep=request.deep) if issue and not dry_run else ExitCode.DONE
    return call.end(report, verified_document, verified_lines) or trouble


def _settle(call: Call, project: Project, report: VerifyReport, *, deep: bool) -> ExitCode:
    """Write the issue, and say so; that it cannot be written hides no verdict. Return the code of that failure."""
    from release.engine.release_pages import settle_issue

    try:
        done = settle_issue(project, report, call.with_words(), deep=deep)
    except ReleaseError as error:
        call.console.say(f"error: {plain(error.message)} [{error.section}]\n")
        call.console.say(f"help: {plain(error.help)}\n" if error.help else "")
        return error.code
    call.console.say(f"{plain(done)}\n" if done and not call.quiet else "")
    return ExitCode.DONE


_EVERY = "release verify --deep --every 30d"


def _reading(
    call: Call, within: str | None, time_limit: str | None, shard: str | None, dask: str | None
) -> dict[str, Any]:
    """Return the fields of the request that say what is read in turn. Raises UsageError."""
    from release.core.shards import is_safe_scheduler, parse_days, parse_part, parse_seconds

    if within is None:
        for name, given in (("--time-limit", time_limit), ("--shard", shard), ("--dask", dask)):
            if given is not None:
                raise UsageError(f"{name} goes with --every", help=call.with_words("--deep", "--every", "30d"))
        return {}
    days = parse_days(within)
    if days is None:
        raise UsageError(f"--every {within} is no number of days, such as 30d or 4w", help=_EVERY)
    if dask is not None and not is_safe_scheduler(dask):
        words = f"--dask {dask}: without TLS only an address of this machine is used"
        raise UsageError(words, help=f"{_EVERY} --dask tls://HOST:8786   (or tcp://127.0.0.1:8786)")
    found: dict[str, Any] = {"days": days, "scheduler": dask}
    if time_limit is not None:
        found["time_limit_s"] = parse_seconds(time_limit)
        if found["time_limit_s"] is None:
            raise UsageError(
                f"--time-limit {time_limit} is no time, such as 1h or 90m", help=f"{_EVERY} --time-limit 1h"
            )
    if shard is not None:
        found["part"] = parse_part(shard)
        if found["part"] is None:
            raise UsageError(f"--shard {shard} is no part, such as 1/4 or 4/4", help=f"{_EVERY} --shard 1/4")
    return found


def _of_all(call: Call, request: VerifyRequest) -> VerifyRequest:
    """Return the request for all releases. Raises UsageError for options that contradict that."""
    from msgspec.structs import replace

    if not request.deep:
        raise UsageError("--every sets what --deep reads", help=call.with_words("--deep"))
    if request.sample is not None:
        raise UsageError("--every reads everything in turn, and --sample always the same", help=_EVERY)
    if request.push:
        raise UsageError("--every reads all releases in turn; --push repairs what you name", help=_EVERY)
    if request.revisions or request.stage is not None:
        raise UsageError("--every reads all releases: name none, and no stage", help=_EVERY)
    return replace(request, every=True)
