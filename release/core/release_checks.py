"""Checks that a release must pass."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.config import RELEASE_BRANCHES, may_release
from release.core.matching import matches_any
from release.core.metrics import UnreadCause, ValueFile
from release.core.pointer import is_pointer
from release.core.problems import Problem, ProblemKind, RevisionAudit
from release.core.release import BumpRequest, CommitFacts, RepositoryFacts
from release.core.tags import BranchState, ChangedFile, WorkTreeState, WrittenFile, one_push_url
from release.core.text import command_line, many, pathspec, quote, size, toml
from release.core.work_tree import unhide
from release.errors import ExitCode


def metric_checks(facts: CommitFacts, rev: str) -> Iterator[Check]:
    """Yield a check for each metric or parameter file of the released commit that is missing or unreadable."""
    for path in facts.missing:
        message = f"{path} is named in the configuration but not in the commit"
        add = f"{command_line('git', 'add', '-f', pathspec(path))} && git commit"
        help_line = "correct [tool.release]" if path in facts.absent else f"{add}   (or correct [tool.release])"
        yield Check.failed(CheckName.METRICS, message, help_line)
    for file in (*facts.metrics, *facts.params):
        if file.problem is not None:
            yield _unreadable(file, rev)


def _unreadable(file: ValueFile, rev: str) -> Check:
    """Return the check of an unreadable file.

    Files that the audit does not prove either (imported, excluded), and those of other forms that only dvc.yaml names,
    warn; a gate that needs them fails.
    """
    message = f"{file.path} cannot be read: {file.problem}"
    show = command_line("git", "show", names=(f"{rev}:{file.path}",))
    if file.cause is None:
        pull = f"{command_line('dvc', 'pull', names=(file.path,))}, then check the file"
        return Check.failed(CheckName.METRICS, message, pull if file.kept else show)
    verdict, code = _LACKS[file.cause]
    deep = command_line("release", "verify", "--deep", names=(rev,))
    help = None if verdict is Verdict.SKIPPED else deep if file.kept else show
    if verdict is Verdict.UNKNOWN:
        help = "grant access to the DVC remote, or try again"
    return Check(name=CheckName.METRICS, verdict=verdict, message=message, help=help, code=code)


def model_checks(
    model: str, path: str, *, outs: bool, known: bool, dvc_yaml: str, declared: str | None
) -> Iterator[Check]:
    """Yield the checks of a model whose data is at `path`.

    `outs`: the commit has data there. `known`: it is known what this was made from. `declared` is the path of the model
    among the artifacts of `dvc_yaml` (None: it is not among them).
    """
    if not outs:
        words = f"the commit has no data at {path}, the path of model {model}"
        add = command_line("dvc", "add", names=(path,))
        yield Check.failed(CheckName.MODEL, words, f"{add}   (or correct its path in [tool.release.models])")
    elif not known:
        words = f"not everything that {path} was made from is known, so the release needs all data of the commit"
        yield Check.warning(CheckName.MODEL, words, "release verify   (names pointers that cannot be read)")
    if declared != path:
        has = "does not name it" if declared is None else f"names {declared}"
        inside = toml(posixpath.relpath(path, posixpath.dirname(dvc_yaml) or "."))
        words = f"DVC cannot find the model by its tag: {dvc_yaml} {has}"
        add = f"add to {quote(dvc_yaml)}, and commit: artifacts: {{{toml(model)}: {{path: {inside}, type: model}}}}"
        yield Check.warning(CheckName.MODEL, words, add)


def one_version_check(tag: str, model: str) -> Check:
    """Refuse a second version of a model at a commit, which GTO does not know."""
    words = f"{tag} is at this commit already, and a model has one version at a commit (GTO)"
    again = command_line("release", "bump", "--model", model, "patch", "--allow-empty")
    return Check.failed(CheckName.MODEL, words, f"{again}   (makes a commit)")


_LACKS = {
    UnreadCause.MISSING: (Verdict.FAILED, ExitCode.DATA),
    UnreadCause.CORRUPT: (Verdict.FAILED, ExitCode.DATA),
    UnreadCause.UNKNOWN: (Verdict.UNKNOWN, ExitCode.UNKNOWN),
    UnreadCause.SKIPPED: (Verdict.SKIPPED, ExitCode.DONE),
    UnreadCause.FOREIGN: (Verdict.WARNING, ExitCode.DONE),
}


# Checks of a release, computed from facts; all of them run, so that every failure is reported at once


def repository_checks(
    facts: RepositoryFacts, request: BumpRequest, *, prerelease: bool, protected: frozenset[str]
) -> Iterator[Check]:
    """Yield the checks of refs, HEAD, index and identity; `protected` paths must be unchanged even if `dirty-ok` matches."""
    push = request.push
    if facts.pending is not None:
        yield pending_check(facts)
    if facts.remote_problem is not None:
        problem = facts.remote_problem
        yield problem if push else replace(problem, verdict=Verdict.WARNING)  # `--no-push` does not need the remote yet
    if push and facts.push_urls > 1:
        yield Check.failed(
            CheckName.REMOTE,
            f"remote {facts.remote_name} has {facts.push_urls} push URLs; a release cannot push to all of them or none",
            one_push_url(facts.remote_name),
            ExitCode.USAGE,
        )
    if facts.at:
        yield _at_check(facts, prerelease=prerelease)
    else:
        yield branch_check(facts, request, prerelease=prerelease)
        yield from _work_tree_checks(facts, protected)
    yield from _identity_checks(facts)
    if facts.shallow:
        yield Check.failed(
            CheckName.HISTORY,
            "this clone is shallow, so the previous release is unknown",
            "git fetch --unshallow --tags",
        )


def settled(*checks: Check) -> tuple[Check, ...]:
    """Drop checks that only follow from being behind the remote, from not reaching it, or from an interrupted release."""
    names = {check.name for check in checks if check.blocks and check.code in (ExitCode.RACED, ExitCode.UNKNOWN)}
    moot: set[CheckName] = set()
    if any(check.code is ExitCode.PENDING for check in checks if check.blocks):
        moot |= {
            CheckName.BRANCH,
            CheckName.TAG,
            CheckName.VERSION,
        }  # its push may have moved the branch and made the tag
    if names & {CheckName.BRANCH, CheckName.REMOTE}:
        moot.add(CheckName.ALREADY_RELEASED)  # the remote's newer commits may not be released
    if any(check.name == CheckName.HISTORY and check.blocks for check in checks):
        moot |= {CheckName.ALREADY_RELEASED, CheckName.VERSION, CheckName.TAG}  # unknown without the full history
    if CheckName.TAG in names:
        moot.add(CheckName.VERSION)
    return tuple(check for check in checks if check.name not in moot)


def pending_check(facts: RepositoryFacts) -> Check:
    """Refuse while an interrupted release is pending, or another process is releasing."""
    assert facts.pending is not None
    if facts.at_work is not None:
        return Check.failed(CheckName.INTERRUPTED, facts.at_work, "wait for it to end, then run again", ExitCode.RACED)
    return Check.failed(CheckName.INTERRUPTED, facts.pending.interrupted, "release recover", ExitCode.PENDING)


def branch_check(facts: RepositoryFacts, request: BumpRequest, *, prerelease: bool) -> Check:
    """Check that HEAD is on a branch that may release, and that it is not behind the remote.

    A rollback replaces the data in the work tree, too, so that must be the branch's.
    """
    branch, back = facts.branch, request.back_to is not None
    switch = command_line("git", "switch", names=(_default_branch(facts) or "BRANCH",))
    if branch is None:
        help_line = switch if facts.state.operation is None else _finish(facts.state)
        return Check.failed(CheckName.BRANCH, "HEAD is detached, and no remote branch is at this commit", help_line)
    if not prerelease and not _may_release(branch.remote_name, facts):
        allowed = ", ".join(
            facts.config.branches or (_default_branch(facts) or "the default branch", *RELEASE_BRANCHES)
        )
        return Check.failed(
            CheckName.BRANCH,
            f"final releases come from {allowed}; this is {branch.remote_name}",
            switch + (" && dvc checkout" if back else _or_prerelease(request)),
        )
    if facts.branch_elsewhere is not None:
        return Check.failed(
            CheckName.BRANCH,
            f"{branch.name} is checked out in {facts.branch_elsewhere}; the files there would be out of date",
            request.command("-C", facts.branch_elsewhere),
        )
    return _level_check(branch, facts)


def behind_check(facts: RepositoryFacts) -> Check | None:
    """Return the check that the remote branch has commits which are not here; None if it has none."""
    level = _level_check(facts.branch, facts) if facts.branch is not None else None
    return level if level is not None and level.code is ExitCode.RACED and level.blocks else None


def written_file_check(name: CheckName, file: WrittenFile) -> Check | None:
    """Return a failed check if the release cannot write a file; None if it can."""
    problem = None
    if file.kind not in ("file", "absent"):
        problem = f"{file.path} is a {file.kind} in the commit, not a file"
    elif file.in_the_way:
        problem = f"{file.path} exists here but is not in the commit: the release would overwrite it"
    elif file.filtered:
        problem = f"{file.path} has a `filter` attribute (git-lfs, git-crypt): git stores other bytes than the file has"
    elif file.hidden:
        problem = f"{file.path} is marked skip-worktree or assume-unchanged: its changes here would be lost"
    if problem is None:
        return None
    if file.in_the_way:
        return Check.failed(
            name, problem, f"{command_line('git', 'add', '-f', pathspec(file.path))} && git commit   (or move it away)"
        )
    if file.hidden:
        return Check.failed(name, problem, unhide((file.path,)))
    return Check.failed(name, problem, f'set another file in the configuration: {name} = "..."')


def written_file_read_by_dvc(audit: RevisionAudit, files: Sequence[str]) -> Check:
    """Refuse because DVC reads a file that the release writes, and needs other data with it."""
    bad = next((problem.message for problem in audit.problems if problem.severity is not Verdict.WARNING), None)
    named = " and ".join(files)
    message = f"the release writes {named}, which DVC reads: the released commit needs other data than this one"
    return Check.failed(
        CheckName.VERSION_FILES,
        message + (f" ({bad})" if bad else ""),
        f"in dvc.yaml, read the values from another file than {quote(files[0])}; or name other files in [tool.release]",
    )


_HELPS = 3  # remedies in one help line
_NO_OBJECTS = frozenset(
    {ProblemKind.UNSAFE_PATH, ProblemKind.LFS, ProblemKind.NOT_IN_GIT, ProblemKind.NO_REMOTE}
)  # no object is missing


def audit_check(audit: RevisionAudit | None) -> Check:
    """Return the audit's verdict as one check (`audit` None: no remote was asked)."""
    if audit is None:
        return Check.skipped(CheckName.DATA_ON_REMOTE, "not checked (--offline)")
    name, where = CheckName.DATA_ON_REMOTE, " and ".join(f"`{remote}`" for remote in audit.remotes) or "a remote"
    what = f"{many(audit.pointers, 'pointer')}, {many(audit.objects, 'object')}, {size(audit.total_bytes)} on {where}"
    if not audit.uses_dvc:
        what = "no DVC in this commit; nothing to check"
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    if not audit.problems:
        return Check.ok(name, what)
    warnings = tuple(problem.sentence for problem in audit.problems if problem.severity is Verdict.WARNING)
    if not bad:
        help_line = next((problem.help for problem in audit.problems if problem.help), None)
        return Check.warning(name, what, help_line, details=warnings)
    details = tuple(problem.sentence for problem in _each_pointer_first(bad))
    failed = [problem for problem in bad if problem.severity is Verdict.FAILED]
    verdict, code = (Verdict.FAILED, ExitCode.DATA) if failed else (Verdict.UNKNOWN, ExitCode.UNKNOWN)
    message = (
        f"{len(failed)} of {many(max(audit.objects, len(failed)), 'object')} cannot be restored from {where}"
        if failed
        else f"{many(len(bad), 'item')} could not be checked on {where}"
    )
    if failed and all(problem.kind in _NO_OBJECTS for problem in failed):
        message = failed[0].message + (f", and {len(failed) - 1} more" if len(failed) > 1 else "")
        details = tuple(each for each in details if each != message)
    # Data that is not in the cache comes first: for it an upload is not enough.
    helpful = [problem for problem in sorted(failed or bad, key=lambda each: bool(each.in_cache)) if problem.help]
    # One kind at a time: the remedy of the next one may not be needed after it.
    helps = dict.fromkeys(problem.help for problem in helpful if problem.help and problem.kind is helpful[0].kind)
    help_line = "; ".join([*helps][:_HELPS]) or "dvc push"
    return Check(name=name, verdict=verdict, message=message, details=(*details, *warnings), help=help_line, code=code)


def _each_pointer_first(problems: list[Problem]) -> list[Problem]:
    """Put the first problem of each pointer and kind first, so that a large directory does not hide others."""
    seen: set[tuple[str, str]] = set()
    first: list[Problem] = []
    rest: list[Problem] = []
    for problem in problems:
        key = (problem.pointer, problem.kind.value)
        (rest if key in seen else first).append(problem)
        seen.add(key)
    return [*first, *rest]


def _level_check(branch: BranchState, facts: RepositoryFacts) -> Check:
    remote, there = facts.remote_name, branch.remote_name
    if facts.remote is None:
        return Check.skipped(CheckName.BRANCH, f"not compared with {there} on {remote}")
    if branch.tip == "":
        return Check.ok(CheckName.BRANCH, f"{remote} has no {branch.name} yet; it will be created")
    if branch.tip == facts.commit:
        return Check.ok(CheckName.BRANCH, f"{branch.name} is up to date with {remote}")
    if branch.tip_is_ours:
        ahead = many(len(branch.unpushed), "commit")
        return Check.ok(CheckName.BRANCH, f"{branch.name} is {ahead} ahead of {remote}")
    if branch.tip_is_ours is None or branch.head_is_theirs:
        by = "" if branch.behind is None else f" by {many(branch.behind, 'commit')}"
        message = f"{branch.name} is behind {remote}{by}: someone pushed to {there}"
        return Check.failed(CheckName.BRANCH, message, branch.pull(remote), ExitCode.RACED)
    return _apart(branch, facts)


def _apart(branch: BranchState, facts: RepositoryFacts) -> Check:
    """Return the check of a diverged branch; UNKNOWN in a shallow clone, whose history may be too short."""
    diverged = f"{branch.name} and {facts.remote_name}'s {branch.remote_name} have diverged"
    if not facts.shallow:
        return Check.failed(CheckName.BRANCH, diverged, branch.pull(facts.remote_name), ExitCode.RACED)
    message = f"this clone is shallow, so it is unknown whether {diverged}"
    help = "git fetch --unshallow --tags"
    return Check.unknown(CheckName.BRANCH, message, help)


def _default_branch(facts: RepositoryFacts) -> str | None:
    return None if facts.remote is None else facts.remote.default_branch or facts.likely_default


def _may_release(name: str, facts: RepositoryFacts) -> bool:
    config, default = facts.config, _default_branch(facts)
    if config.branches is None and default is None:  # the remote was not asked, or is as empty as this clone is
        return True
    return may_release(config, name, default)


def _at_check(facts: RepositoryFacts, *, prerelease: bool) -> Check:
    here = facts.commit[:10]
    if not facts.on_remote_branches:
        return Check.failed(
            CheckName.BRANCH,
            f"commit {here} is not on any branch of {facts.remote_name}",
            command_line("git", "push", names=(facts.remote_name, "BRANCH")),
        )
    if prerelease or any(_may_release(name, facts) for name in facts.on_remote_branches):
        return Check.ok(CheckName.BRANCH, f"commit {here} is on {', '.join(facts.on_remote_branches[:3])}")
    return Check.failed(
        CheckName.BRANCH,
        f"commit {here} is only on {', '.join(facts.on_remote_branches[:3])}, where no final release is made",
        command_line("release", "bump", "minor", "--pre", "rc", "--at", here),
    )


def _or_prerelease(request: BumpRequest) -> str:
    """Return the remark that a prerelease may come from any branch, for commands that make one."""
    if request.before_kind[-1] not in ("bump", "prepare"):
        return ""
    return f"   (or make a prerelease: {command_line(*request.before_kind, 'minor', '--pre', 'rc')})"


def _work_tree_checks(facts: RepositoryFacts, protected: frozenset[str]) -> Iterator[Check]:
    state = facts.state
    if state.operation is not None:
        yield Check.failed(CheckName.CHANGES, state.operation_message, _finish(state))
    if state.index_locked:
        yield Check.failed(
            CheckName.CHANGES,
            "the index is locked: another git process is running here",
            "wait for it, or remove .git/index.lock",
        )
    tolerated = [change for change in state.changed if _tolerated(change, facts, protected)]
    bad = [change for change in state.changed if change not in tolerated]
    if bad:
        few = [change.path for change in bad[:3]]
        what = " and ".join(few) if len(bad) <= len(few) else many(len(bad), "tracked file")
        message = f"{what} changed since the last commit"
        yield Check.failed(
            CheckName.CHANGES,
            message,
            "git commit -a   (or git stash)" if state.operation is None else _finish(state),
            details=_paths(bad),
        )
    elif tolerated:
        message = f"{many(len(tolerated), 'modified file')} allowed by dirty-ok"
        yield Check.warning(CheckName.CHANGES, message, details=_paths(tolerated))
    elif state.operation is None and not state.index_locked:
        yield Check.ok(CheckName.CHANGES, "no unsaved changes in tracked files")


def _finish(state: WorkTreeState) -> str:
    return f"finish it, or: {state.end_of_operation}"


def _tolerated(change: ChangedFile, facts: RepositoryFacts, protected: frozenset[str]) -> bool:
    if change.staged or change.path in protected or is_pointer(change.path):
        return False
    folder = f"{facts.config.folder}/" if facts.config.folder else ""
    inside = change.path.removeprefix(folder)
    return change.path.startswith(folder) and matches_any(inside, facts.config.dirty_ok)


def _paths(changes: list[ChangedFile]) -> tuple[str, ...]:
    return tuple(f"{change.path}  ({'staged' if change.staged else 'modified'})" for change in changes)


LAST_SECOND = 253_402_300_799  # end of the year 9999, the last that `datetime` supports


def _identity_checks(facts: RepositoryFacts) -> Iterator[Check]:
    if facts.committer is None or facts.author is None:
        why = f" ({facts.identity_problem})" if facts.identity_problem else ""
        yield Check.failed(
            CheckName.IDENTITY,
            f"git does not know who you are{why}: a tag and a commit need a name, an email and a date",
            'git config user.name "Your Name" && git config user.email you@example.com',
        )
    elif any(int(who.rsplit(" ", 2)[1]) > LAST_SECOND for who in (facts.committer, facts.author)):
        message = "the date that git gives commits is after the year 9999"
        yield Check.failed(CheckName.IDENTITY, message, "unset GIT_AUTHOR_DATE GIT_COMMITTER_DATE; date")
