"""Problems of pointers and remotes, each with a kind, a message and a help line."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import CheckName, Verdict
from release.core.config import AuditConfig
from release.core.pointer import Origin, Out, pipeline_of, why_unsafe
from release.core.remotes import Unshared
from release.core.text import and_commit, command_line, many, pathspec, quote, size, toml
from release.errors import ReleaseError


class ProblemKind(Enum):
    """Kinds of problems, as printed; docs/reference/verify.md describes each."""

    MISSING = "missing"
    CORRUPT = "corrupt"
    WRONG_SIZE = "wrong-size"
    UNRECORDED = "unrecorded"
    NEVER_RUN = "never-run"
    NOT_PUSHABLE = "not-pushable"
    NOT_IN_GIT = "not-in-git"
    NO_REMOTE = "no-remote"
    LOCAL_ONLY_REMOTE = "local-only-remote"
    IN_TREE_REMOTE = "in-tree-remote"
    EXTERNAL = "external"
    EXCLUDED = "excluded"
    LFS = "lfs"
    ARCHIVED = "archived"
    FORBIDDEN = "forbidden"
    UNREADABLE_POINTER = "unreadable-pointer"
    IN_THE_WAY = "in-the-way"
    UNSAFE_PATH = "unsafe-path"
    MOVED_TAG = "moved-tag"
    DIGEST_MISMATCH = "digest-mismatch"
    UNKNOWN = "unknown"


class Problem(Struct, frozen=True, kw_only=True):
    """One problem with one object, out or pointer.

    `severity` is FAILED, UNKNOWN or WARNING. `path` is the file that a user knows (also inside a directory); `pointer`
    the file in git that names it; `remote` the remote's name. `size_bytes` and `in_cache` (None: not checked) say what
    an upload would take; `absent_folder` is the remote's folder, if that folder itself does not exist.
    """

    severity: Verdict
    kind: ProblemKind
    path: str
    pointer: str
    message: str
    oid: str | None = None
    remote: str | None = None
    size_bytes: int | None = None
    in_cache: bool | None = None
    help: str | None = None
    absent_folder: str | None = None

    @property
    def section(self) -> str:
        """The section of docs/troubleshooting.md."""
        kinds = {ProblemKind.MOVED_TAG: CheckName.TAG, ProblemKind.DIGEST_MISMATCH: CheckName.DATA_DIGEST}
        return kinds.get(self.kind, CheckName.DATA_ON_REMOTE).section

    @property
    def sentence(self) -> str:
        """The message with the size of the object, and whether the local cache has it."""
        about = [] if self.size_bytes is None else [size(self.size_bytes)]
        about += ["in your cache"] if self.in_cache else []
        return f"{self.message} ({', '.join(about)})" if about else self.message


class RevisionAudit(Struct, frozen=True, kw_only=True):
    """Audit of one commit's data.

    `objects` counts distinct objects (directory objects included), `total_bytes` is the sum of their sizes; `pointers`
    counts outs; `digest` is the value that a tag records as `Release-Digest` (None if it could not be computed);
    `remotes` are the names of the remotes queried; `excluded` the paths that the configuration excludes.
    """

    rev: str
    commit: str
    verdict: Verdict
    pointers: int = 0
    objects: int = 0
    total_bytes: int = 0
    excluded: tuple[str, ...] = ()
    problems: tuple[Problem, ...]
    remotes: tuple[str, ...] = ()
    digest: str | None = None
    uses_dvc: bool = True


def nothing_known(rev: str, commit: str, problem: Problem) -> RevisionAudit:
    """Return the audit of a revision whose pointers could not be read; `problem` gives the reason."""
    return RevisionAudit(rev=rev, commit=commit, verdict=Verdict.UNKNOWN, problems=(problem,))


# Problems of outs and pointers that need no store to detect. Pure; each rule has its fault case in the tests


def is_wanted(out: Out) -> bool:
    """Return True if a store must have the out's bytes, and their name is known."""
    return out.cache and out.push and out.origin is Origin.OWN and (out.oid is not None or bool(out.cloud))


def pointer_problems(out: Out, config: AuditConfig) -> tuple[Problem, ...]:
    """Return the problems of an out itself. For `cache: false` outs that git lacks, see `not_in_git`."""
    if not out.cache:
        return ()
    if out.origin is not Origin.OWN:
        return (_external(out, config),)
    if out.oid is None and not out.cloud:
        message = f"{out.path} has no hash in {out.pointer}, so it cannot be pulled"
        return (_of_out(out, ProblemKind.UNRECORDED, message, f"{_record(out)}, then commit and dvc push"),)
    if not out.push:
        message = f"{out.path} is marked `push: false` in {_declared_in(out)}: no clone can pull it"
        help_line = f"remove `push: false` from {quote(_declared_in(out))}"
        return (_of_out(out, ProblemKind.NOT_PUSHABLE, message, help_line),)
    if out.hash_name != "md5":
        message = f"{out.path} has a hash of the kind {out.hash_name}, which is not supported"
        return (_of_out(out, ProblemKind.UNKNOWN, message, _leave_out(out.path), Verdict.UNKNOWN),)
    return ()


def never_run(out: Out) -> Problem:
    """Report a declared stage that is not in `dvc.lock`."""
    message = f"{out.path}: stage {out.stage} of {_declared_in(out)} was never run, or its dvc.lock is not committed"
    return _of_out(out, ProblemKind.NEVER_RUN, message, f"{_repro(out)}, then commit and dvc push")


def not_in_git(out: Out) -> Problem:
    """Report an out that DVC leaves to git (`cache: false`) and that the commit lacks."""
    message = f"{out.path} is stored in git (`cache: false` in {_declared_in(out)}), but the commit does not have it"
    return _of_out(out, ProblemKind.NOT_IN_GIT, message, f"{_add(out)} && git commit")


def submodule_not_pushed(path: str, commit: str, *, on_branch: bool) -> Problem:
    """Report a submodule's commit that is on no branch of its remote, as far as this clone knows."""
    push = command_line("git", "-C", path, "push")
    message = f"submodule {path} is at {commit[:10]}, which is on no branch of its remote: no other clone can get it"
    help_line = push if on_branch else f"{push} REMOTE {quote(commit)}:refs/heads/BRANCH"
    return problem_at(path, ProblemKind.NOT_IN_GIT, message, help_line)


def submodule_absent(path: str, commit: str) -> Problem:
    """Warn of a submodule whose commit, or whose branches, are not here."""
    message = f"submodule {path} at {commit[:10]} was not checked: it is not here, or only in part (a shallow clone)"
    help_line = command_line("git", "submodule", "update", "--init", more=("--", path))
    return problem_at(path, ProblemKind.UNKNOWN, message, help_line, Verdict.WARNING)


def half_in_git(out: Out, files: int) -> Problem:
    """Report a folder that DVC leaves to git and that the commit has with other files than the stage recorded."""
    what = f"{out.path} is stored in git (`cache: false` in {_declared_in(out)}), but the commit has"
    if out.nfiles is not None and files < out.nfiles:
        return _of_out(out, ProblemKind.NOT_IN_GIT, f"{what} {files:,} of its {out.nfiles:,} files", _add(out))
    message = f"{what} other content than {out.pointer} records"
    # With as many files it was most likely edited since, and a clone gets what git has.
    severity = Verdict.UNKNOWN if out.nfiles is None else Verdict.WARNING
    return _of_out(out, ProblemKind.UNKNOWN, message, f"{_record(out)} && {_add(out)} && git commit -a", severity)


def refused_by_dvc(path: str, words: str, version: str) -> Problem:
    """Report a file over which DVC reads nothing of the whole repository."""
    return replace(
        unreadable(path, f"DVC {version} refuses it, and with it the whole repository: {words}"),
        help=f"fix {quote(path)} until `dvc status` reads it, and commit it",
    )


def unjudged_by_dvc(paths: Sequence[str], reason: str, help: str | None) -> Problem:
    """Report files that are not plain, about which DVC was asked without an answer that counts."""
    named = ", ".join(paths[1:4])
    more = f" (nor is {named}{', ...' if paths[4:] else ''})" if named else ""
    problem = not_understood(paths[0], f"it is not as DVC writes it{more}, and {reason}")
    return replace(problem, help=help or f"write {quote(paths[-1])} more simply, or see what DVC says: dvc status")


def passed_over(pointer: str, version: str) -> Problem:
    """Report a committed pointer file that DVC does not see."""
    folder = posixpath.dirname(pointer)
    more = f"; if it names none, add to .gitignore: {quote(f'!/{folder}/*/')}" if folder else ""
    message = f"{pointer}: DVC {version} skips it, because a pattern in .gitignore matches it, or it is inside an out"
    look = command_line("git", "check-ignore", "--no-index", "-v", names=(pointer,))
    return problem_at(pointer, ProblemKind.IN_THE_WAY, message, f"remove the pattern: {look}{more}")


def inside_another(out: Out, outer: Out) -> Problem:
    """Report an out inside another: `dvc pull` restores only one of them."""
    message = f"{outer.path} of {_declared_in(outer)} contains another out, {out.path} of {_declared_in(out)}: `dvc pull` does not restore both"
    help_line = f"track {quote(out.path)} elsewhere, or not on its own: {_remove(out)}"
    return _of_out(outer, ProblemKind.IN_THE_WAY, message, help_line)


def named_twice(out: Out, other: Out) -> Problem:
    """Report a path for which two pointers have different content."""
    message = (
        f"{out.path} is in {other.pointer} and in {out.pointer} with different content: `dvc pull` restores one of them"
    )
    return _of_out(out, ProblemKind.IN_THE_WAY, message, f"keep one of them: {_remove(out)}", Verdict.UNKNOWN)


def in_the_way(out: Out, what: str) -> Problem:
    """Report an out whose path is something else in git."""
    message = f"{out.path}: git has {what} in its place, which `dvc pull` in a fresh clone refuses to replace"
    return _of_out(out, ProblemKind.IN_THE_WAY, message, f"{_untrack(out.path)} && git commit")


def shared_with_git(out: Out) -> Problem:
    """Report git files inside a folder that DVC tracks as a whole: unlisted ones block `dvc pull`."""
    message = (
        f"{out.path}: git has files in it, and DVC tracks all of it: in a fresh clone `dvc pull` refuses to replace "
        "them unless they are identical"
    )
    help_line = f"{_untrack(out.path)} && git commit   (or move these files out of it)"
    return _of_out(out, ProblemKind.UNKNOWN, message, help_line, Verdict.UNKNOWN)


def unsafe_path(pointer: str, path: str, reason: str, help: str | None = None) -> Problem:
    """Report data at a path where nothing may be written; `reason` is a sentence about the path."""
    correct = f"correct the path in {quote(pointer)} and commit it"
    drop = f"git rm {quote(pointer)} && git commit   (or {correct})" if pointer.endswith(".dvc") else correct
    message = f"{pointer} puts data at {path}, which is not safe to write: {reason}"
    return replace(problem_at(path, ProblemKind.UNSAFE_PATH, message, help or drop), pointer=pointer)


def unsafe_entry(out: Out, relpath: str) -> Problem:
    """Report a file of a directory out at an unsafe path."""
    help_line = f"remove the file from {quote(out.path)}; then: {_record(out)}, and commit {quote(out.pointer)}"
    return unsafe_path(out.pointer, f"{out.path}/{relpath}", why_unsafe(relpath) or "", help_line)


def behind_link(out: Out, link: str) -> Problem:
    """Report an out above which, in whose place, or in which the commit has a symbolic link: it may lead anywhere."""
    where = "in its place" if link == out.path else "in it" if link.startswith(f"{out.path}/") else "above it"
    reason = f"the commit has the symbolic link {link} {where}"
    return unsafe_path(_declared_in(out), out.path, reason, f"git rm {quote(link)} && git commit")


def unreadable(pointer: str, reason: str) -> Problem:
    """Report a pointer file that cannot be read: its data is not known, and DVC refuses it, too."""
    message = f"{pointer} cannot be read: {reason}"
    return problem_at(pointer, ProblemKind.UNREADABLE_POINTER, message, f"fix {quote(pointer)} and commit it")


def not_understood(pointer: str, reason: str, path: str | None = None) -> Problem:
    """Report something that may be fine, but that no rule here covers."""
    where = path or pointer
    problem = problem_at(where, ProblemKind.UNKNOWN, f"{pointer}: {reason}", _leave_out(where), Verdict.UNKNOWN)
    return replace(problem, pointer=pointer)


def own_of_dvc(path: str) -> Problem:
    """Report what DVC writes for one clone alone, and every clone would get from git."""
    problem = not_understood(path, "it is in git, so DVC reads it in every clone; only the clone that wrote it should")
    return replace(problem, help=f"{_untrack(path)} && git commit")


def too_much(path: str, reason: str) -> Problem:
    """Report a file that exceeds a limit; its content is not known."""
    return replace(not_understood(path, reason), help=f"make {quote(path)} smaller, and commit it")


def _external(out: Out, config: AuditConfig) -> Problem:
    where = "another repository (dvc import)" if out.origin is Origin.IMPORT else "another URL (dvc import-url)"
    message = f"{out.path} comes from {where}; its bytes are not on this repository's remote"
    severity = severity_of(config.external)
    help_line = f"{_own_copy(out)}, then commit and dvc push"
    if severity is Verdict.FAILED:
        help_line += '; or, to allow this: [tool.release.audit] external = "allow"'
    return _of_out(out, ProblemKind.EXTERNAL, message, help_line, severity)


def _own_copy(out: Out) -> str:
    """Return the command that makes imported data the repository's own; `dvc add` alone keeps it an import."""
    if out.origin is Origin.IMPORT_URL and out.oid is None:
        return command_line("dvc", "update", names=(out.pointer,))
    return f"{command_line('dvc', 'remove', names=(out.pointer,))} && {command_line('dvc', 'add', names=(out.path,))}"


def _declared_in(out: Out) -> str:
    """Return the file to edit in order to change the out's flags."""
    return out.pointer if out.stage is None else pipeline_of(out.pointer)


def _record(out: Out) -> str:
    return command_line("dvc", "commit", "-f", names=(out.pointer,)) if out.stage is None else _repro(out)


def _repro(out: Out) -> str:
    return repro(f"{_declared_in(out)}:{out.stage}", frozen=out.frozen)


def repro(stage: str, *, frozen: bool) -> str:
    """Return the command that runs a stage, given as `dvc.yaml:train`."""
    thaw = f"{command_line('dvc', 'unfreeze', names=(stage,))} && " if frozen else ""
    return f"{thaw}{command_line('dvc', 'repro', names=(stage,))}"


def _remove(out: Out) -> str:
    return command_line("dvc", "remove", names=(_declared_in(out),))


def _untrack(path: str) -> str:
    return command_line("git", "rm", "-r", "--cached", pathspec(path))


def _add(out: Out) -> str:
    return command_line("git", "add", "-f", pathspec(out.path))


def _leave_out(path: str) -> str:
    return f"fix it, or exclude it (the tag records that): [tool.release.audit] exclude = [{toml(path)}]"


def _of_out(out: Out, kind: ProblemKind, message: str, help: str | None, severity: Verdict = Verdict.FAILED) -> Problem:
    problem = problem_at(out.path, kind, message, help, severity)
    return replace(problem, pointer=out.pointer, oid=out.oid, remote=out.remote, size_bytes=out.size_bytes)


def severity_of(policy: str) -> Verdict:
    """Return the severity of a problem that a setting makes a failure (`fail`) or a warning."""
    return Verdict.FAILED if policy == "fail" else Verdict.WARNING


def verdict_of(problems: Iterable[Problem]) -> Verdict:
    """Return the worst severity: FAILED before UNKNOWN; warnings leave it OK."""
    severities = {problem.severity for problem in problems}
    return next((each for each in (Verdict.FAILED, Verdict.UNKNOWN) if each in severities), Verdict.OK)


def with_problems(audit: RevisionAudit, more: Iterable[Problem]) -> RevisionAudit:
    """Return the audit with more problems, and the verdict that follows."""
    found = (*audit.problems, *more)
    return replace(audit, problems=found, verdict=verdict_of(found))


# Problems with a commit's remotes themselves, regardless of their content.


def config_path(root: str) -> str:
    """Return the path of a DVC root's `.dvc/config`, relative to the git root."""
    return f"{root}/.dvc/config" if root else ".dvc/config"


def no_remote(root: str, name: str | None, outs: int) -> Problem:
    """Report outs without a remote: no default is set (`name` None), or the named one does not exist."""
    what = "no default remote is set" if name is None else f"remote `{name}` does not exist"
    message = f"{config_path(root)}: {what}, so {_outs(outs)} no remote"
    help_line = _configured(root, f"remote add {'-d ' if name is None else ''}{quote(name or 'storage')} URL")
    if name is None:
        help_line += f"   (if the remote is there: dvc {_in(root)}remote default NAME)"
    return problem_at(config_path(root), ProblemKind.NO_REMOTE, message, help_line, remote=name)


def local_only_remote(root: str, name: str, url: str, unshared: Unshared, outs: int) -> Problem:
    """Report a remote that only this user finds: by its own configuration (`config.local`, global), or in its home."""
    message = f"remote `{name}` is {_UNSHARED[unshared]}, so in the clones of others {_outs(outs)} no remote"
    help_line = _configured(root, _share(name, url, unshared))
    return problem_at(config_path(root), ProblemKind.LOCAL_ONLY_REMOTE, message, help_line, remote=name)


_UNSHARED = {
    Unshared.REMOTE: "set only in your own configuration",
    Unshared.DEFAULT: "the default only in your own configuration",
    Unshared.HOME: "a folder in the home of each user",
}


def _configured(root: str, change: str) -> str:
    """Return the command line that changes the configuration of a DVC root, and commits it."""
    return and_commit(f"dvc {_in(root)}{change}", config_path(root))


def _share(name: str, url: str, unshared: Unshared) -> str:
    if unshared is Unshared.DEFAULT:
        return f"remote default {quote(name)}"
    if unshared is Unshared.HOME:
        return f"remote modify {quote(name)} url {quote(url)}"
    return f"remote add -f -d {quote(name)} {quote(url)}"


def relative_remote(root: str, name: str, folder: str, relative: str) -> Problem:
    """Warn about a folder whose path in `.dvc/config` is relative to the clone, so it differs in each clone."""
    path, clone = posixpath.normpath(folder), "/elsewhere/clone"
    there = posixpath.normpath(posixpath.join(clone, posixpath.dirname(config_path(root)), relative))
    message = f"remote `{name}` is a path relative to the clone: one at {clone} looks for {there}"
    help_line = _configured(root, f"remote modify {quote(name)} url {quote(path)}")
    kind = ProblemKind.LOCAL_ONLY_REMOTE
    return problem_at(config_path(root), kind, message, help_line, Verdict.WARNING, remote=name)


def in_tree_remote(root: str, name: str, folder: str, policy: Literal["warn", "fail"]) -> Problem:
    """Report a remote that is a folder inside the work tree."""
    message = f"`{name}` ({folder}) is in the work tree: no clone can pull it"
    kind, help_line = ProblemKind.IN_TREE_REMOTE, _move_out(root, name, folder)
    return problem_at(config_path(root), kind, message, help_line, severity_of(policy), remote=name)


def unreadable_config(root: str, reason: str) -> Problem:
    """Report a `.dvc/config` of the commit that cannot be read."""
    return unreadable(config_path(root), reason)


def remote_unanswered(root: str, name: str, error: ReleaseError, outs: int, *, forbidden: bool) -> Problem:
    """Report a store that did not answer; nothing is known of its objects."""
    kind = ProblemKind.FORBIDDEN if forbidden else ProblemKind.UNKNOWN
    why = error.message.removeprefix(f"remote `{name}`: ")
    message = f"remote `{name}` could not be checked for {many(outs, 'out')}: {why}"
    return problem_at(config_path(root), kind, message, error.help, Verdict.UNKNOWN, remote=name)


def _move_out(root: str, name: str, folder: str) -> str:
    """Return commands, run at the git root, that copy the store out of the work tree; older releases keep the old one."""
    beside = posixpath.join("..", folder)
    moved = f"mkdir -p {quote(beside)} && cp -R {quote(folder)}/. {quote(beside)}"
    return f'{moved} && dvc {_in(root)}remote modify {quote(name)} url "$(cd {quote(beside)} && pwd)"'


def _in(root: str) -> str:
    return f"--cd {quote(root)} " if root else ""


def _outs(count: int) -> str:
    return "1 out has" if count == 1 else f"{count:,} outs have"


def problem_at(
    path: str,
    kind: ProblemKind,
    message: str,
    help: str | None,
    severity: Verdict = Verdict.FAILED,
    *,
    remote: str | None = None,
) -> Problem:
    """Return the problem of a file of the commit as a whole."""
    return Problem(severity=severity, kind=kind, path=path, pointer=path, message=message, help=help, remote=remote)
