"""`release verify`."""

from __future__ import annotations

import click

from release.cli.options import Call, common, examples


@click.command(
    name="verify",
    epilog=examples(
        "release verify           is the data of HEAD on its remote?",
        "release verify v1.4.0    and of a release, today?",
        "release verify --all     of every release, in one pass",
    ),
)
@click.argument("revisions", nargs=-1, metavar="[REV...]")
@click.option("--all", "every", is_flag=True, help="Every release tag; those of other tools are judged, not counted.")
@click.option("--include-foreign", is_flag=True, help="With --all, tags of other tools count for the exit code.")
@click.option("--dvc-remote", metavar="NAME", help="Ask this DVC remote instead of each pointer's own (a mirror).")
@common
def command(
    call: Call, *, revisions: tuple[str, ...], every: bool, include_foreign: bool, dvc_remote: str | None
) -> int:
    """Prove that every DVC object of a revision is on its remote.

    REV is a tag, a branch or a commit; HEAD if none is named. Everything is read from git and asked of the remote
    itself, file by file of each directory; nothing that DVC remembers is trusted, and nothing is written.
    """
    from release.flows.project import open_project  # noqa: PLC0415 - `--help` needs none of it
    from release.flows.verify import VerifyRequest, verify  # noqa: PLC0415 - as above

    project = open_project(call.folder, call.environment, on_terminal=call.console.interactive)
    request = VerifyRequest(revisions=revisions, every=every, include_foreign=include_foreign, remote=dvc_remote)
    report = verify(request, project)
    if call.as_json:
        from release.render import as_json  # noqa: PLC0415 - only for machines
        from release.render.verified import verified_document  # noqa: PLC0415 - as above

        call.console.answer(as_json.document(verified_document(report)))
    else:
        from release.render.verified import verified_lines  # noqa: PLC0415 - only for people

        call.console.answer("".join(f"{line}\n" for line in verified_lines(report, call.console.look)))
    return int(report.exit_code)
