"""CI jobs: the service, and what is left to do in the words of a runner, whose clone is thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.errors import ExitCode, HostRefused, ReleaseError

AGAIN = "run the job again"
UPLOAD_IN_JOB = "dvc push, in a step before this one"


class Job(Enum):
    """CI service that runs this; OTHER: one that is not known here."""

    GITHUB = "github"
    GITLAB = "gitlab"
    OTHER = "other"


def checks_in_job(checks: Iterable[Check], job: Job) -> tuple[Check, ...]:
    """Return the checks of a plan with the words of a job."""
    return tuple(_check(check, job) for check in checks)


def _check(check: Check, job: Job) -> Check:
    rows = tuple(_of_the_job(row) for row in check.details)
    check = replace(check, message=_of_the_job(check.message), details=rows)
    return replace(check, help=_help_of_check(check, job)) if check.blocks else check


def _help_of_check(check: Check, job: Job) -> str | None:
    if check.code is ExitCode.GATE:
        return f"improve the model, or {_WITH_A_REASON[job]}"
    if check.name is CheckName.HISTORY and job is Job.GITHUB:
        return "fetch-depth: 0 for actions/checkout"
    if check.name is CheckName.HISTORY and job is Job.GITLAB:
        return 'GIT_DEPTH: "0" among the variables of the job'
    if check.name is CheckName.PUSH and check.verdict is Verdict.UNKNOWN:
        return f"{_TOKEN[job]}; then {AGAIN}"
    return _remedy(check.help, check.code)


_WITH_A_REASON = {
    Job.GITHUB: "run the workflow by hand, with the reason in its input allow-regression",
    Job.GITLAB: "run a pipeline by hand, with the reason in its variable RELEASE_ALLOW_REGRESSION",
    Job.OTHER: "run the job with --allow-regression REASON",
}
_TOKEN = {
    Job.GITHUB: "the job needs permissions: contents: write, or a token that may push as the input token",
    Job.GITLAB: "RELEASE_TOKEN must be a token that may push here (scope write_repository)",
    Job.OTHER: "the job needs a token that may push",
}


def error_help(error: ReleaseError, job: Job) -> str | None:
    """Return the help line of an error with the words of a job."""
    if isinstance(error, HostRefused):
        setting = 'the input no-commit: "true"' if job is Job.GITHUB else "commit = false in [tool.release]"
        return (
            "let the token of the job push to this branch; where only pull requests may change it, merge what "
            f"release prepare writes, or make only the tag: {setting}"
        )
    return _remedy(error.help, error.code)


def _remedy(help: str | None, code: ExitCode) -> str | None:
    """Return the help line of a failure with this exit code; commands for a clone that is kept are left out."""
    if code is ExitCode.RACED:  # what the job itself has committed is not moved to another base
        return f"{AGAIN} in a new run, which sees the branch as it is now"
    if code is ExitCode.PENDING:
        return AGAIN
    if help is None or code not in (ExitCode.DATA, ExitCode.UNKNOWN, ExitCode.PARTIAL) or help.endswith(AGAIN):
        return help
    return f"{help.replace('not in your cache: ask', 'ask')}; then {AGAIN}"


def _of_the_job(text: str) -> str:
    return text.replace("in your cache", "only in the cache of this job")
