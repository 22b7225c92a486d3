"""Program `release-hook`: the git hooks, which find data that a commit or push lacks.

Does not import the audit, to be fast at each commit.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from release.core.check import Check, Verdict, exit_code
from release.core.pointer import ObjectKey, Origin, Out
from release.core.text import command_line, for_terminal, pathspec
from release.core.work_tree import (
    PushedRange,
    is_added,
    not_in_cache_check,
    pointer_check,
    pushed_commits,
    work_tree_check,
)
from release.dvc.pointers import read_pointers
from release.dvc.stores import LocalCache, Stores
from release.dvc.tracked import add_tracked, compare_tracked_data, untracked_pointers
from release.engine.project import Project, project_in
from release.errors import ExitCode, Refused
from release.git.objects import Objects
from release.git.refs import resolve_commit
from release.git.scratch import Scratch
from release.ui.console import Console, failure_of, report_failure


def main() -> int:
    """Run one hook in this process; return its exit code, one of those of `release`."""
    console, words = Console(), tuple(sys.argv[1:])
    try:
        with hook_commands.make_context("release-hook", list(words), obj=console) as context:
            code = hook_commands.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BaseException as error:  # noqa: BLE001 - the error boundary, as in `app.py`
        return report_failure(failure_of(error, words), words, None, console)
    return int(code)


@click.group(name="release-hook")
def hook_commands() -> None:
    """Git hooks, described in docs/how-to/hooks.md."""


@hook_commands.command(name="add")
@click.pass_context
def add(context: click.Context) -> int:
    """pre-commit: `dvc add` changed data and stage its pointers."""
    added, makes_commit = add_changed(project_in(Path(), os.environ, on_terminal=False))
    for path in added:
        context.obj.say(f"release-add: {for_terminal(path)} changed; added it, and its pointer to the commit\n")
    if not makes_commit:
        raise Refused(
            "nothing else was staged, so git makes no commit this time", help="git commit   (once more, as before)"
        )
    return int(ExitCode.DONE)


@hook_commands.command(name="pointers")
@click.pass_context
def pointers(context: click.Context) -> int:
    """pre-commit: check pointers against data, index and cache."""
    checks = check_pointers(project_in(Path(), os.environ, on_terminal=False))
    for check in checks:
        if check.blocks:
            rows = [f"{check.message} [{check.section}]", *check.details]
            text = "\n  ".join(for_terminal(row) for row in rows)
            context.obj.say(f"error: {text}\nhelp: {for_terminal(check.help or '')}\n")
    return int(exit_code(checks))


@hook_commands.command(name="verify")
@click.option("--push", is_flag=True, help="Upload what is missing there and in the local cache.")
@click.argument("remote", nargs=-1)
@click.pass_context
def verify_pushed(context: click.Context, *, push: bool, remote: tuple[str, ...]) -> int:
    """pre-push: check the pushed commits' data on its DVC remote.

    Git's arguments, REMOTE and its URL, are ignored.
    """
    del remote
    project = project_in(Path(), os.environ, on_terminal=False)
    by_pre_commit = bool({"PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH"} & project.environment.keys())
    commits = commits_to_verify(project, () if by_pre_commit or sys.stdin is None else sys.stdin)
    if not commits:
        return int(ExitCode.DONE)
    from release.commands.verify import work  # the audit: most calls end above
    from release.commands.verify.view import verified_lines
    from release.engine.audit import FEW_BYTES

    report = work.verify(work.VerifyRequest(revisions=commits, push=push, most_bytes=FEW_BYTES), project)
    context.obj.say_lines(verified_lines(report, context.obj.error_style))
    return int(report.exit_code)


_POINTERS = (":(glob)**/*.dvc", ":(glob)**/dvc.lock", ":(glob)**/.dvc/config", ":(glob)**/.dvcignore")
_TIPS = 5
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "release"), ("EMAIL", "release@localhost"), ("DATE", "@0 +0000"))
}


def check_pointers(project: Project) -> tuple[Check, ...]:
    """Check a commit before it is made: data here must match its pointers, and the cache must have its objects.

    Reads the index that git names (`GIT_INDEX_FILE` for `git commit FILE`); writes nothing.
    """
    with Scratch(project.repository) as scratch:
        commit = _staged(project, scratch)
        with Objects(scratch.git) as objects:
            pointers = read_pointers(objects, commit, project.config)
            known = {(out.path, out.oid) for rev in ("HEAD", "MERGE_HEAD") for out in _outs(project, objects, rev)}
    settings = project.dvc
    repository, untracked = project.repository, untracked_pointers(project.repository, project.config.folder)
    compared = compare_tracked_data(repository.work_tree, pointers.outs, dvc=settings, roots=pointers.roots)
    tracked = work_tree_check(*compared, untracked)
    cache = Stores(settings).cache(pointers.roots)
    staged = [out for out in pointers.outs if (out.path, out.oid) not in known]
    absent = tuple(out for out in staged if not _is_cached(out, cache))
    failed = [problem for problem in pointers.problems if problem.severity is Verdict.FAILED]
    return (tracked, not_in_cache_check(absent), *([pointer_check(failed)] if failed else []))


def add_changed(project: Project) -> tuple[tuple[str, ...], bool]:
    """Run `dvc add` for tracked data that changed, and stage its pointers.

    Returns the paths of the data, and whether git goes on to make the commit: if nothing was staged before its hooks
    ran, it says "nothing to commit" whatever they stage. Outs of stages are skipped: they need `dvc repro` or
    `dvc commit`. Raises Refused for a commit of named files only (`git commit FILE`), because git would unstage the
    pointers.
    """
    repository = project.repository
    with Scratch(repository) as scratch:
        commit = _staged(project, scratch)
        with Objects(scratch.git) as objects:
            pointers = read_pointers(objects, commit, project.config)
        outs = [out for out in pointers.outs if is_added(out)]
        differences, _ = compare_tracked_data(repository.work_tree, outs, dvc=project.dvc, roots=pointers.roots)
        changed = [each.out for each in differences if each.unreadable is None]
        if not changed:
            return (), True
        makes_commit = _differs_from_head(project, scratch, commit)
    paths, staged = [out.path for out in changed], sorted({out.pointer for out in changed})
    index = project.environment.get("GIT_INDEX_FILE")
    if index is not None and Path(index).name.startswith("next-index-"):
        message = f"{paths[0]} changed, and `git commit FILE` takes no more files into the commit"
        add = f"{command_line('dvc', 'add', names=paths)} && {command_line('git', 'add', names=map(pathspec, staged))}"
        raise Refused(message, help=f"{add} && git commit")
    for pointer in staged:
        if (repository.work_tree / pointer).is_symlink():  # dvc would write where it leads
            raise Refused(f"{pointer} is a link", help=command_line("git", "checkout", more=("--", pathspec(pointer))))
    add_tracked(repository.work_tree, changed, project.environment)
    git = repository.git if index is None else repository.git.having(GIT_INDEX_FILE=index)
    git.run("add", "--", *map(pathspec, staged))
    return tuple(paths), makes_commit


def _differs_from_head(project: Project, scratch: Scratch, commit: str) -> bool:
    git = project.repository.git
    head = resolve_commit(git, "HEAD")
    if head is None or resolve_commit(git, "MERGE_HEAD") is not None:
        return True
    return scratch.git.run("diff-tree", "--quiet", head, commit, ok=(0, 1)).code == 1


def commits_to_verify(project: Project, lines: Iterable[str]) -> tuple[str, ...]:
    """Return the commits of a push whose pointers the remote does not have yet.

    `lines` are those that git gives a pre-push hook; pre-commit's own variables take precedence.
    """
    git = project.repository.git
    commits = []
    for push in _pushes(project, lines):
        commit = resolve_commit(git, push.new)
        if commit is None or commit in commits:
            continue
        # For a new branch or tag: compare with the newest remote-tracking branches.
        known = [push.old] if push.old else _remote_tips(project)
        if not any(_same_pointers(project, revision, commit) for revision in known):
            commits.append(commit)
    return tuple(commits)


def _same_pointers(project: Project, revision: str, commit: str) -> bool:
    git = project.repository.git
    before = resolve_commit(git, revision)
    if before is None:
        return False
    words = ("diff-tree", "--quiet", "-r", "--no-renames", before, commit, "--", *_POINTERS)
    return git.run(*words, ok=(0, 1)).code == 0


def _remote_tips(project: Project) -> list[str]:
    """Return the newest remote-tracking branches, few enough that comparing is faster than a query."""
    words = ("for-each-ref", f"--count={_TIPS}", "--sort=-committerdate", "--format=%(objectname)", "refs/remotes")
    return list(dict.fromkeys(filter(None, project.repository.git.run(*words).text.split("\n"))))


def _pushes(project: Project, lines: Iterable[str]) -> tuple[PushedRange, ...]:
    # For a first push to an empty remote, pre-commit passes only the branch.
    new = project.environment.get("PRE_COMMIT_TO_REF") or project.environment.get("PRE_COMMIT_LOCAL_BRANCH")
    if new is None:
        return pushed_commits(lines)
    old = project.environment.get("PRE_COMMIT_FROM_REF", "")
    return (PushedRange(old=old, new=new),)


def _staged(project: Project, scratch: Scratch) -> str:
    """Return a commit of the current index that exists only in the scratch store."""
    repository = project.repository
    given = project.environment.get("GIT_INDEX_FILE")
    index = Path(repository.work_tree, given) if given else repository.git_dir / "index"
    copy = scratch.folder / "index"
    if index.exists():
        shutil.copyfile(index, copy)
    tree = scratch.git.having(GIT_INDEX_FILE=str(copy)).run("write-tree").text
    return scratch.git.having(**_NOBODY).run("commit-tree", tree, stdin=b"staged\n").text


def _outs(project: Project, objects: Objects, revision: str) -> Iterator[Out]:
    commit = resolve_commit(project.repository.git, revision)
    if commit is not None:
        yield from read_pointers(objects, commit, project.config).outs


def _is_cached(out: Out, cache: LocalCache) -> bool:
    if out.oid is None or not out.cache or out.cloud or out.origin is not Origin.OWN:
        return True
    key = ObjectKey(remote="", layout=out.layout.value, oid=out.oid)
    if not out.is_dir:
        return cache.path_of(key) is not None
    entries = cache.listing(key)
    return entries is not None and all(
        cache.path_of(ObjectKey(remote="", layout=key.layout, oid=entry.oid)) is not None for entry in entries
    )
