"""Facts that a release decision needs; slow git commands are started first and read last."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict
from release.core.release import RepositoryFacts
from release.core.tags import BranchState, RemoteRefs, TagRef, WorkTreeState, drop_file
from release.core.text import command_line, quote, toml
from release.errors import ExitCode, Refused, Unknown, UsageError
from release.flows.project import Project
from release.git import refs
from release.git.process import Git, Running
from release.git.record import at_work, read_pending, read_unpublished, record_folder
from release.git.repository import Repository, other_worktree_with, read_state
from release.system.environment import branch_of_checkout


def read_repository(project: Project, index_copy: Path, *, at: str | None, ask: bool) -> RepositoryFacts:
    """Return the facts about refs, HEAD, index, identity and the git remote. `ask` False: not the remote.

    Raises UsageError: no commit yet, no such remote, no such revision.
    """
    _require_remote(project.repository, project.config.git_remote)
    with ExitStack() as stack:
        return _read(project, index_copy, _Asked(project, stack, ask=ask), at)


class _Asked:
    """Slow git commands that run in the background; all are stopped at the end, whatever happens."""

    def __init__(self, project: Project, stack: ExitStack, *, ask: bool) -> None:
        git = project.repository.git
        self.remote = refs.start_asking(git, project.config.git_remote) if ask else None
        self.tags = refs.start_listing_tags(git)
        self.author, self.committer = git.start("var", "GIT_AUTHOR_IDENT"), git.start("var", "GIT_COMMITTER_IDENT")
        for running in filter(None, (self.remote, self.tags, self.author, self.committer)):
            stack.callback(running.stop)


def _read(project: Project, index_copy: Path, asked: _Asked, at: str | None) -> RepositoryFacts:
    repository, git = project.repository, project.repository.git
    remote_name = project.config.git_remote
    tree_state = read_state(repository, index_copy)
    commit = _released_commit(git, tree_state, at)
    local = refs.local_tags(git, asked.tags)
    remote, problem = _answer(asked.remote, remote_name)
    history = _History.of(git, commit, local, remote)
    branch = None if at is not None else _branch(project, tree_state, history, remote)
    pending = read_pending(repository.common_dir)
    (author, problem_of_author), (committer, problem_of_committer) = map(_identity, (asked.author, asked.committer))
    return RepositoryFacts(
        config=project.config,
        commit=commit,
        at=at is not None,
        state=tree_state,
        branch=branch,
        remote_name=remote_name,
        remote=remote,
        remote_problem=problem,
        push_urls=len(repository.settings.push_urls(remote_name)),
        local_tags=local,
        ancestors=history.ancestors(),
        descendants=history.descendants(),
        absent=history.absent(),
        on_remote_branches=_branches_with(git, commit, remote_name, remote) if at is not None else (),
        shallow=repository.shallow,
        author=author,
        committer=committer,
        identity_problem=problem_of_author or problem_of_committer,
        signing=_signing(repository),
        branch_elsewhere=_elsewhere(repository, branch),
        pending=pending,
        unpublished=read_unpublished(repository.common_dir),
        at_work=at_work(record_folder(repository.common_dir)) if pending is not None else None,
    )


class _History(Struct, frozen=True, kw_only=True):
    """The local and remote tags before and after a commit."""

    git: Git
    commit: str
    history: frozenset[str]
    local: tuple[TagRef, ...]
    theirs: tuple[TagRef, ...]  # tags of the remote that are not here
    here: frozenset[str]  # commits of `theirs` that are in this repository

    @staticmethod
    def of(git: Git, commit: str, local: tuple[TagRef, ...], remote: RemoteRefs | None) -> _History:
        """Read the history once, whatever the number of tags."""
        names = {tag.name for tag in local}
        theirs = tuple(tag for tag in (remote.tags if remote else ()) if tag.name not in names)
        history = refs.history_of(git, commit)
        unknown = {tag.commit_id for tag in theirs if tag.commit_id} - history
        here = refs.have_commits(git, sorted(unknown)) | (history & {tag.commit_id for tag in theirs})
        return _History(git=git, commit=commit, history=history, local=local, theirs=theirs, here=here)

    def ancestors(self) -> frozenset[str]:
        """Return the tags in the commit's history, including its own."""
        return frozenset(tag.name for tag in (*self.local, *self.theirs) if tag.commit_id in self.history)

    def descendants(self) -> frozenset[str]:
        """Return the tags whose history contains the commit, except those at the commit itself."""
        ours = [tag.name for tag in self.local if tag.commit_id is not None and tag.commit_id not in self.history]
        later = [tag for tag in self.theirs if tag.commit_id in self.here and tag.commit_id not in self.history]
        commits = dict.fromkeys(tag.commit_id or "" for tag in later)
        after = {id for id in commits if refs.is_ancestor(self.git, self.commit, id)}
        found = refs.tags_containing(self.git, self.commit, ours)
        return found | {tag.name for tag in later if tag.commit_id in after}

    def absent(self) -> frozenset[str]:
        """Return the remote's tags whose commit is not here."""
        return frozenset(tag.name for tag in self.theirs if tag.commit_id not in self.here)


def _require_remote(repository: Repository, remote: str) -> None:
    remotes = repository.settings.remotes
    if remote in remotes:
        return
    if not remotes:
        raise UsageError(
            f"this repository has no git remote `{remote}`: a release has to be published somewhere",
            help=f"{command_line('git', 'remote', 'add', names=(remote,))} URL",
        )
    raise UsageError(
        f"there is no git remote `{remote}`; there is {', '.join(remotes)}",
        help=f"git-remote = {toml(remotes[0])} in [tool.release], or: {command_line('git', 'remote', 'add', names=(remote,))} URL",
    )


def _released_commit(git: Git, tree_state: WorkTreeState, at: str | None) -> str:
    if tree_state.commit is None:
        ref = refs.broken_head(git)
        if ref is not None:
            mend = f"{drop_file(ref)} && git update-ref {quote(ref)} {refs.last_logged(git, ref) or 'COMMIT'}"
            raise Refused(f"{ref} cannot be read: its file names no object", help=f"git fsck, then: {mend}")
        raise Refused("this repository has no commit yet", help="git commit")
    if at is None:
        return tree_state.commit
    commit = refs.resolve_commit(git, at)
    if commit is None:
        raise UsageError(f"--at {at}: no such commit here", help="git fetch --tags, and check the name")
    return commit


def _answer(asking: Running | None, remote: str) -> tuple[RemoteRefs | None, Check | None]:
    if asking is None:
        return None, None
    try:
        return refs.remote_refs(asking, remote), None
    except Unknown as error:
        check = Check(
            name=CheckName.REMOTE,
            verdict=Verdict.UNKNOWN,
            message=error.message,
            help=error.help,
            code=ExitCode.UNKNOWN,
        )
        return None, check


def _branch(
    project: Project, tree_state: WorkTreeState, history: _History, remote: RemoteRefs | None
) -> BranchState | None:
    settings, remote_name, commit = project.repository.settings, project.config.git_remote, history.commit
    name = tree_state.branch or _branch_of_detached(project, commit, remote)
    if name is None:
        return None
    upstream = settings.last(f"branch.{name}.merge") or ""
    if settings.last(f"branch.{name}.remote") != remote_name or not upstream.startswith("refs/heads/"):
        upstream = f"refs/heads/{name}"
    remote_branch = upstream[len("refs/heads/") :]
    tip = (remote.branch(remote_branch) if remote else None) or ""
    git = project.repository.git
    ours = True if not tip or tip in history.history else False if refs.have_commits(git, [tip]) else None
    theirs = tip == commit or (ours is False and refs.is_ancestor(git, commit, tip) is True)
    unpushed: frozenset[str] = frozenset()
    if ours and tip != commit:
        unpushed = frozenset(git.run("rev-list", commit, *([f"^{tip}"] if tip else [])).text.split("\n"))
    return BranchState(
        name=name,
        remote_name=remote_branch,
        tip=tip,
        tip_is_ours=ours,
        head_is_theirs=theirs,
        unpushed=unpushed,
        detached=tree_state.branch is None,
    )


def _branch_of_detached(project: Project, commit: str, remote: RemoteRefs | None) -> str | None:
    told = branch_of_checkout(project.environment)
    if told is not None or remote is None:
        return told
    start = "refs/heads/"
    here = [ref[len(start) :] for ref, tip in remote.refs.items() if ref.startswith(start) and tip == commit]
    if remote.default_branch in here:
        return remote.default_branch
    return here[0] if len(here) == 1 else None


def _branches_with(git: Git, commit: str, remote_name: str, remote: RemoteRefs | None) -> tuple[str, ...]:
    start, tracking = "refs/heads/", f"refs/remotes/{remote_name}/"
    listing = git.run("for-each-ref", f"--contains={commit}", "--format=%(refname)", tracking).text
    names = {ref[len(tracking) :] for ref in listing.split("\n") if ref}
    if remote is not None:
        theirs = {ref[len(start) :]: tip for ref, tip in remote.refs.items() if ref.startswith(start)}
        new = {name for name, tip in theirs.items() if name not in names and refs.is_ancestor(git, commit, tip)}
        names = (names & theirs.keys()) | new
    default = remote.default_branch if remote else None
    return tuple(sorted(names - {"HEAD"}, key=lambda name: (name != default, name)))


def _identity(asking: Running) -> tuple[str | None, str]:
    """Return the identity, or None with the last line of git's error (earlier lines are generic advice)."""
    result = asking.finish(ok=range(256))
    if result.code == 0:
        return result.text, ""
    return None, result.error_text.rpartition("\n")[2].removeprefix("fatal: ")


def _signing(repository: Repository) -> tuple[str, ...]:
    settings = {
        "tag.gpgSign": "tag.gpgsign",
        "commit.gpgSign": "commit.gpgsign",
        "tag.forceSignAnnotated": "tag.forcesignannotated",
    }
    return tuple(name for name, key in settings.items() if repository.settings.flag(key))


def _elsewhere(repository: Repository, branch: BranchState | None) -> str | None:
    if branch is None:
        return None
    return other_worktree_with(repository, f"refs/heads/{branch.name}")
