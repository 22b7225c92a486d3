"""Checks of a commit's metric and parameter files."""

from __future__ import annotations

from collections.abc import Iterator

from release.core.bump.facts import CommitFacts
from release.core.check import Check, CheckName, Verdict
from release.core.metrics.metric import Lack, ValueFile
from release.core.shell import command_line, pathspec
from release.errors import ExitCode


def metric_checks(facts: CommitFacts, rev: str = "HEAD") -> Iterator[Check]:
    """Yield a check for each metric or parameter file of the released commit that is missing or unreadable."""
    for path in facts.missing:
        message = f"{path}, which the configuration names, is not in the commit"
        yield Check.failed(
            CheckName.METRICS,
            message,
            f"{command_line('git', 'add', '-f', pathspec(path))} && git commit, or correct [tool.release]",
        )
    for file in (*facts.metrics, *facts.params):
        if file.problem is not None:
            yield _unreadable(file, rev)


def _unreadable(file: ValueFile, rev: str) -> Check:
    """Return the check of an unreadable file.

    Files that the audit does not prove either (imported, excluded) only warn; a gate that needs them fails.
    """
    message = f"{file.path} cannot be read: {file.problem}"
    if not file.kept:
        return Check.failed(CheckName.METRICS, message, command_line("git", "show", names=(f"{rev}:{file.path}",)))
    if file.lack is None:
        return Check.failed(CheckName.METRICS, message, f"{_pull(file)}, and look at it")
    verdict, code = _LACKS[file.lack]
    help = None if verdict is Verdict.SKIPPED else _pull(file)
    if verdict is Verdict.UNKNOWN:
        help = "grant access to the DVC remote, or try again"
    return Check(name=CheckName.METRICS, verdict=verdict, message=message, help=help, code=code)


def _pull(file: ValueFile) -> str:
    return command_line("dvc", "pull", names=(file.path,))


_LACKS = {
    Lack.MISSING: (Verdict.FAILED, ExitCode.DATA),
    Lack.CORRUPT: (Verdict.FAILED, ExitCode.DATA),
    Lack.UNKNOWN: (Verdict.UNKNOWN, ExitCode.UNKNOWN),
    Lack.SKIPPED: (Verdict.SKIPPED, ExitCode.DONE),
    Lack.FOREIGN: (Verdict.WARNING, ExitCode.DONE),
}
