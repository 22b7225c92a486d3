"""Moves of a checkout: git first, then data; taken back if one fails."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.check import Check, CheckName
from release.core.config import of_tag
from release.core.tags import TagRef, WorkTreeState
from release.core.text import OnProgress, command_line, many, nearest, no_progress
from release.core.work_tree import (
    CheckoutRecord,
    CheckoutRequest,
    Head,
    NeededObject,
    unhide,
    unsaved_check,
)
from release.dvc.cache_files import LinkMaker, remove_files
from release.engine.checkout_data import (
    DataChange,
    DataTree,
    blocking_parents,
    has_content,
    no_change,
    stamp_of,
    survey_data,
)
from release.engine.project import Project
from release.engine.tag_reading import named_tag, readable
from release.errors import DataMissing, Interrupted, NotFound, Refused, UsageError
from release.git import refs
from release.git.objects import SUBMODULE_MODE, Objects, TreeEntry
from release.git.process import Git
from release.git.refs import RefUpdate, read_refs, resolve_commit, update_refs
from release.git.repository import Repository, copy_index, head_ref, hidden_paths, other_worktree_with, read_state
from release.git.scratch import Scratch
from release.git.worktree import files_of_the_user, update_files
from release.system.files import opened_folder

CHECKOUT_LIMIT_S = 3600.0  # of `git checkout` and `git worktree`, which run filters and hooks


class TargetTag(Struct, frozen=True, kw_only=True):
    """The tag to check out; `new_object` is its object if it has no local ref yet."""

    name: str
    commit: str
    new_object: str | None = None


class GitSide(Struct, frozen=True, kw_only=True):
    """The git part of a checkout. `words` are arguments of `git checkout` (empty: HEAD is there already).

    `branch` None: detached; `creates`: the branch is new. `left` is the current branch (None: detached), `head`
    its commit; `lonely`: no ref but HEAD has that commit. `in_the_way` are files that git would overwrite,
    `tracked` all files of HEAD, `submodules` those that a new work tree does not have.
    """

    commit: str
    head: str
    left: str | None
    branch: str | None
    creates: bool
    words: tuple[str, ...]
    lonely: bool
    in_the_way: tuple[str, ...]
    submodules: tuple[str, ...]
    tracked: frozenset[str]
    checks: tuple[Check, ...]


def find_target(project: Project, word: str) -> TargetTag:
    """Return the local tag, else the remote's after fetching its objects (no ref yet). Raises UsageError."""
    git = project.repository.git
    ours = {tag.name: tag for tag in refs.local_tags(git)}
    tag = readable(named_tag(word, ours, project))
    if tag is not None and tag.commit_id is not None and refs.have_commits(git, [tag.commit_id]):
        return TargetTag(name=tag.name, commit=tag.commit_id)
    name = project.config.git_remote
    theirs: dict[str, TagRef] = {}
    if name in project.repository.settings.remotes:
        theirs = {tag.name: tag for tag in refs.remote_refs(refs.start_asking(git, name), name).tags}
    tag = named_tag(word, theirs, project)
    if tag is None or tag.commit_id is None:
        if read_refs(git, [f"refs/heads/{word}"]):
            words = f"{word} is a branch; no release has that name here or on {name}"
            raise UsageError(words, help=f"{command_line('git', 'switch', names=(word,))} && dvc checkout")
        raise _unknown_tag(project, word, {*ours, *theirs})
    _fetch_tag(project.repository, name, tag)
    return TargetTag(name=tag.name, commit=tag.commit_id, new_object=tag.object_id)


def _unknown_tag(project: Project, word: str, known: set[str]) -> UsageError:
    name = project.config.git_remote
    asked = name in project.repository.settings.remotes
    where = f" locally or on {name}" if asked else f" here, and no git remote `{name}` to ask"
    near = nearest(word, sorted(known))
    meant = "" if near is None else f"; did you mean {near}?"
    return NotFound(f"no tag {word}{where}{meant}", help="release list")


def inspect_git(
    project: Project, request: CheckoutRequest, target: TargetTag, scratch: Scratch, objects: Objects
) -> GitSide:
    """Return the git part of a checkout, with its checks. Raises UsageError for a bad branch name."""
    repository = project.repository
    index = copy_index(repository, scratch.folder)
    state = read_state(repository, index)
    if state.commit is None:
        raise UsageError("HEAD has no commit yet", help=_first_commit(repository))
    branch = None if request.head is Head.DETACHED else request.branch or f"from/{target.name}"
    existing = _branch_commit(repository, branch)
    here = request.folder is None
    there = state.commit == target.commit and state.branch == branch
    paths = _Paths(repository, objects, state.commit, target.commit) if here else None
    return GitSide(
        commit=target.commit,
        head=state.commit,
        left=state.branch,
        branch=branch,
        creates=branch is not None and existing is None,
        words=() if here and there else _words(branch, target.commit, existing),
        lonely=here and state.branch is None and not _is_kept(repository, state.commit),
        in_the_way=paths.in_the_way() if paths else (),
        submodules=() if here else _submodules(objects.walk(objects.tree_of(target.commit))),
        tracked=paths.tracked if paths else frozenset(),
        checks=(
            *(_state_checks(state, paths.submodules[0]) if paths else ()),
            *(_hidden_checks(repository, paths.changed()) if paths else ()),
            *(_submodule_checks(paths, target.name) if paths else ()),
            *_branch_checks(repository, request, target, branch, existing),
        ),
    )


def _words(branch: str | None, commit: str, existing: str | None) -> tuple[str, ...]:
    """Return the arguments of `git checkout` that go to a commit; `existing` is the branch's commit (None: it is new)."""
    if branch is None:
        return "--detach", commit, "--"
    return (branch, "--") if existing is not None else ("-b", branch, commit, "--")


def _first_commit(repository: Repository) -> str:
    """Return the command that gives HEAD a commit: switch to an existing branch, or commit.

    A clone of a remote with an invalid HEAD has branches but no commit at HEAD.
    """
    for folder, depth in (("refs/heads", 2), ("refs/remotes", 3)):
        words = ("for-each-ref", "--count=1", f"--format=%(refname:lstrip={depth})", folder)
        if name := repository.git.run(*words).text:
            return command_line("git", "switch", names=(name,))
    return "git add FILES && git commit"


def _fetch_tag(repository: Repository, remote: str, tag: TagRef) -> None:
    depth = ("--depth=1",) if repository.shallow else ()
    refs.fetch_objects(repository.git, remote, *depth, f"refs/tags/{tag.name}")
    if not refs.have_commits(repository.git, [tag.commit_id or ""]):
        raise refs.Unreachable(f"{tag.name} could not be fetched from {remote}", help="release fetch")


def _branch_commit(repository: Repository, branch: str | None) -> str | None:
    if branch is None:
        return None
    named = repository.git.run("check-ref-format", "--branch", branch, ok=range(256))
    if named.code or named.text != branch:
        raise UsageError(f"git does not allow a branch {branch}", help="release checkout TAG -b NAME")
    return read_refs(repository.git, [f"refs/heads/{branch}"]).get(f"refs/heads/{branch}")


def _branch_checks(
    repository: Repository, request: CheckoutRequest, target: TargetTag, branch: str | None, existing: str | None
) -> tuple[Check, ...]:
    if branch is None:
        return ()
    ref, name = f"refs/heads/{branch}", CheckName.BRANCH
    other = other_worktree_with(repository, ref) if existing is not None else None
    words = None
    if existing is not None and existing != target.commit:
        words = f"the branch {branch} already exists at another commit ({existing[:7]})"
    elif other is not None:
        words = f"{branch} is checked out in {other}"
    elif existing is not None and request.folder is not None and head_ref(repository) == ref:
        words = f"{branch} is checked out here"
    if words is not None:
        again = command_line("release", "checkout", names=(target.name,), more=("-b", f"{branch}-2"))
        return (Check.failed(name, words, again),)
    parts = ref.split("/")
    above = ["/".join(parts[:depth]) for depth in range(3, len(parts))]
    blocking = next(iter(read_refs(repository.git, above)), None) if above and existing is None else None
    if blocking is not None:
        words = f"the branch {blocking.removeprefix('refs/heads/')} exists, so git does not allow {branch}"
        return (Check.failed(name, words, command_line("-b", branch.replace("/", "-"))),)
    return (Check.ok(name, f"{branch} is free or already at this commit"),)


def _state_checks(state: WorkTreeState, submodules: Collection[str]) -> tuple[Check, ...]:
    changed = [each.path for each in state.changed]
    # What a commit would record of a submodule is right or wrong, depending on who moved it.
    help = "git diff --submodule   (then git submodule update, or commit it)"
    help = help if any(path in submodules for path in changed) else "git commit -a"
    if state.operation is not None:  # a commit would record its conflicts
        help = f"{state.end_of_operation}, or finish it"
    words = "with uncommitted changes"
    checks = [unsaved_check(changed, CheckName.WORK_TREE, words, help, fine="every change is committed")]
    if state.operation is not None:
        checks.append(
            Check.failed(CheckName.OPERATION, state.operation_message, f"{state.end_of_operation}, or finish it")
        )
    if state.index_locked:
        checks.append(
            Check.failed(
                CheckName.INDEX, "another git process is running in this work tree", "wait, or remove .git/index.lock"
            )
        )
    return tuple(checks)


def _submodule_checks(paths: _Paths, tag: str) -> tuple[Check, ...]:
    """Refuse if a submodule that is checked out here would have to move: `git checkout` would leave it behind."""
    moving = paths.moving_submodules()
    if not moving:
        return ()
    there = [path for path in moving if path in paths.submodules[1]]
    steps = [
        command_line("git", "submodule", "deinit", names=moving),
        command_line("release", "checkout", names=(tag,)),
        *([command_line("git", "submodule", "update", "--init", names=there)] if there else ()),
    ]
    words = f"{many(len(moving), 'submodule')} at another commit than in {tag}"
    return (Check.failed(CheckName.WORK_TREE, words, " && ".join(steps), details=moving),)


def _hidden_checks(repository: Repository, paths: tuple[str, ...]) -> tuple[Check, ...]:
    """Check hidden files (assume-unchanged, skip-worktree), which may have unnoticed changes."""
    on_disk = tuple(path for path in paths if os.path.lexists(repository.work_tree / path))
    hidden = hidden_paths(repository, on_disk)
    if not hidden:
        return ()
    return (
        unsaved_check(
            hidden,
            CheckName.HIDDEN,
            "marked assume-unchanged or skip-worktree in git, and changed there",
            unhide(hidden),
        ),
    )


def _is_kept(repository: Repository, commit: str) -> bool:
    words = ("for-each-ref", "--count=1", f"--contains={commit}", "--format=%(refname)")
    return bool(repository.git.run(*words).text)


def _submodules(entries: Iterable[TreeEntry]) -> tuple[str, ...]:
    return tuple(entry.path for entry in entries if entry.mode == SUBMODULE_MODE)


class _Paths:
    """The files of HEAD (`tracked`) and of the tag (`then`), compared with those on disk; `submodules` of each."""

    def __init__(self, repository: Repository, objects: Objects, head: str, target: str) -> None:
        self._work_tree = repository.work_tree
        self._now, self._then = (
            {entry.path: entry for entry in objects.walk(objects.tree_of(commit))} for commit in (head, target)
        )
        self.tracked, self.then = frozenset(self._now), frozenset(self._then)
        self.submodules = _submodules(self._now.values()), _submodules(self._then.values())

    def moving_submodules(self) -> tuple[str, ...]:
        """Return the submodules of HEAD with files here that the tag changes or removes."""
        moving = set(self.submodules[0]).intersection(self.changed())
        return tuple(sorted(path for path in moving if os.path.lexists(self._work_tree / path / ".git")))

    def differing(self) -> tuple[str, ...]:
        """Return the files that differ between HEAD and the tag."""
        paths = (self._now.keys() | self._then.keys()).difference(*self.submodules)
        return tuple(path for path in paths if self._now.get(path) != self._then.get(path))

    def changed(self) -> tuple[str, ...]:
        """Return the files of HEAD that the tag changes or removes."""
        return tuple(
            path for path, entry in self._now.items() if path not in self._then or self._then[path].id != entry.id
        )

    def in_the_way(self) -> tuple[str, ...]:
        """Return untracked files, ignored ones included, at paths of the tag."""
        found: set[str] = set()
        looked: set[str] = set()
        for path, entry in self._then.items():
            if path in self._now:
                continue
            above = blocking_parents(self._work_tree, path, looked)
            found |= {each for each in above if each not in self._now}
            file = self._work_tree / path
            if not os.path.lexists(file):
                continue
            if file.is_dir() and not file.is_symlink():
                if entry.mode != SUBMODULE_MODE:
                    found |= self._strangers(path)
            else:
                found.add(path)
        return tuple(sorted(found))

    def _strangers(self, folder: str) -> set[str]:
        found = set()
        for here, _, files in os.walk(self._work_tree / folder):
            below = os.path.relpath(here, self._work_tree)
            found |= {posixpath.join(below, name) for name in files if posixpath.join(below, name) not in self._now}
        return found


# Changes of a checkout: fetch objects into the cache, move code and data

_AT_ONCE = 8  # objects fetched in parallel


def fetch_missing(change: DataChange, on_progress: OnProgress) -> int:
    """Fetch missing objects into the cache and verify them; return their bytes.

    Raises DataMissing, Unknown, or OSError from the disk.
    """
    then, missing, total_bytes = change.then, change.missing, 0

    def bring(each: NeededObject) -> int:
        path = missing[each]
        origin = then.origins.get(each)
        if origin is None or origin[0].store is None:
            trouble = origin[0].trouble if origin is not None else None
            if trouble is not None:
                raise trouble
            message = f"{path} (object {each.oid}) is not in the cache, and no remote has it"
            raise DataMissing(message, help="release verify TAG shows what is missing and where")
        asked, key = origin
        assert asked.store is not None
        cache = then.cache_of(path)
        return cache.receive(each.layout, each.oid, asked.store.stream(key), f"remote `{asked.store.name}`")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for done, size in enumerate(pool.map(bring, missing)):
                on_progress("fetching objects", done, len(missing))
                total_bytes += size
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return total_bytes


def save_before(work_tree: Path, change: DataChange) -> None:
    """Save everything that will be removed to a cache.

    Raises Refused if a file changed since it was inspected, e.g. during a fetch or a prompt.
    """
    for path, stamp in change.seen.items():
        if stamp_of(work_tree / path) != stamp:
            raise _changed_meanwhile(path)
    caches = (*change.now.caches.values(), *change.then.caches.values())
    for path, wanted in change.before.items():
        if not any(cache.holds(wanted.layout, wanted.oid) for cache in caches):
            root = change.now.roots.get(path, "")
            change.now.caches[root].save(wanted.layout, wanted.oid, work_tree / path)


def _changed_meanwhile(path: str) -> Refused:
    return Refused(
        f"{path} was changed in the meantime and was not touched", help=command_line("dvc", "status", names=(path,))
    )


class Move(Struct):
    """A checkout in progress in a work tree. If it fails, `settle` takes it back.

    `words` are arguments of `git checkout`; `blocking` are data files that git's own files will replace, `paths`
    those of git that differ from the commit `old`. `killed`: an earlier `git checkout` may have left them anywhere
    between. `lost` are files of the user that would be lost.
    """

    repository: Repository
    change: DataChange
    commit: str
    on_progress: OnProgress
    words: tuple[str, ...] = ()
    branch: str | None = None
    blocking: frozenset[str] = frozenset()
    old: str = ""
    paths: tuple[str, ...] = ()
    killed: bool = False
    lost: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)

    def go(self) -> None:
        """Move code, then data. Raises Refused with git's message, or OSError."""
        work_tree, change = self.repository.work_tree, self.change
        self._take_away(self.blocking)
        if self.killed:
            _finish_code(self.repository, self.paths, self.old, (self.branch, self.commit))
        elif self.words:
            _checked_out(self.repository, self.commit, *self.words)
        self._take_away(set(change.remove) - self.blocking, change.now.empty - change.then.empty)
        self._write()
        for path in change.then.empty:
            with opened_folder(work_tree, path, make=True):
                pass

    def _take_away(self, paths: Collection[str], empty: Collection[str] = ()) -> None:
        remove_files(self.repository.work_tree, self._looked_at_again(paths), empty)

    def _looked_at_again(self, paths: Collection[str]) -> Iterator[str]:
        for path in paths:
            self._look_again(path)
            self.taken.add(path)
            yield path

    def _look_again(self, path: str) -> None:
        """Check again right before a file is replaced: hooks or the user may have changed it. Raises Refused."""
        if path in self.change.seen and path not in self.taken:
            file = self.repository.work_tree / path
            if stamp_of(file) not in (self.change.seen[path], None) and not self._is_known(path):
                raise _changed_meanwhile(path)

    def _is_known(self, path: str) -> bool:
        """Return whether a file has its old or its new content: DVC's own hooks move data, too."""
        sides = (self.change.before.get(path), self.change.write.get(path))
        return any(has_content(self.repository.work_tree / path, each) for each in sides if each is not None)

    def _write(self) -> None:
        work_tree, change = self.repository.work_tree, self.change
        for done, (path, wanted) in enumerate(change.write.items()):
            self.on_progress("writing files", done, len(change.write))
            self._look_again(path)
            source = change.then.cache_of(path).path_of(wanted.layout, wanted.oid)
            maker_of(work_tree, change.then, path).make(source, path, program=path in change.then.programs)


def drop_branch(git: Git, branch: str, commit: str) -> None:
    """Delete a branch that a checkout made, if it is still at its commit."""
    if resolve_commit(git, f"refs/heads/{branch}") == commit:
        gone = RefUpdate(ref=f"refs/heads/{branch}", new="", old=commit)
        update_refs(git, [gone], reason="release: checkout taken back")


def _checked_out(repository: Repository, commit: str, *words: str) -> None:
    """Run `git checkout`. A hook may fail after it, so success is read from HEAD. Raises Refused with git's message."""
    options = ("--no-overwrite-ignore", "--no-recurse-submodules")
    said = repository.git.run("checkout", *options, *words, ok=range(256), limit_s=CHECKOUT_LIMIT_S)
    if resolve_commit(repository.git, "HEAD") != commit:
        raise Refused(f"git checkout refused: {said.error_text or said.code}", help="git status")


def maker_of(work_tree: Path, tree: DataTree, path: str) -> LinkMaker:
    """Return the maker for files of the file's DVC root."""
    root = tree.roots.get(path, "")
    return LinkMaker(tree.types.get(root, ("copy",)), work_tree, posixpath.join(root, ".dvc/tmp"))


# An interrupted checkout, brought to one of its ends from any state between


def take_tag(git: Git, tag: str, new_object: str | None) -> None:
    """Create the local tag if only the remote had it (`new_object` is its object there)."""
    if new_object is not None and resolve_commit(git, f"refs/tags/{tag}") is None:
        created = RefUpdate(ref=f"refs/tags/{tag}", new=new_object, old="")
        update_refs(git, [created], reason="release: checkout")


def settle(
    project: Project, tree: Repository, record: CheckoutRecord, on_progress: OnProgress, *, preview: bool = False
) -> bool:
    """Finish the checkout, or take it back (`record.undoing`); False: HEAD is at neither end, so nothing is done.

    Raises Interrupted for a file that was changed since, before anything moves.
    """
    move = _rest(project, tree, record, on_progress)
    if move is None:
        return False
    if move.lost:
        path = min(move.lost)
        more = f" and {many(len(move.lost) - 1, 'more file')}" if len(move.lost) > 1 else ""
        # Beside, so that it is in no folder of DVC
        away = f"{command_line('mv', names=(path, f'{path}.mine'.replace('/', '-')))} && release recover"
        raise Interrupted(f"{path}{more} would be lost: changed since {record.name} was interrupted", help=away)
    if not preview:
        fetch_missing(move.change, on_progress)
        _go(tree, record, move)
    return True


def take_back_checkout(project: Project, tree: Repository, record: CheckoutRecord) -> None:
    """Take back a failed checkout; files that the user changed since stay, and nothing is fetched."""
    record = replace(record, undoing=True)
    move = _rest(project, tree, record, no_progress)
    if move is not None:
        change = move.change
        write = {
            path: wanted
            for path, wanted in change.write.items()
            if path not in move.lost and change.then.cache_of(path).holds(wanted.layout, wanted.oid)
        }
        move.change = replace(change, write=write)
        _go(tree, record, move)


def _go(tree: Repository, record: CheckoutRecord, move: Move) -> None:
    save_before(tree.work_tree, move.change)
    move.go()
    if not record.undoing:
        take_tag(tree.git, record.tag, record.new_object)
    elif record.creates and record.branch is not None:
        drop_branch(tree.git, record.branch, record.commit)


_End = tuple[str | None, str]  # branch (None: detached) and commit of HEAD


def _rest(project: Project, tree: Repository, record: CheckoutRecord, on_progress: OnProgress) -> Move | None:
    """Return what is left to do; None: HEAD is at neither end. Raises Interrupted if the branch is in use."""
    project = replace(project, config=of_tag(project.config, record.tag))
    ends: tuple[_End, _End] = (record.left, record.left_commit), (record.branch, record.commit)
    old, new = ends[::-1] if record.undoing else ends
    branch = head_ref(tree)
    head = (branch and branch.removeprefix("refs/heads/"), resolve_commit(tree.git, "HEAD"))
    if head not in ends:
        return None
    existing = _branch_commit(tree, new[0])
    elsewhere = existing is not None and head != new and other_worktree_with(tree, f"refs/heads/{new[0]}")
    if existing not in (None, new[1]) or elsewhere:
        words = f"the branch {new[0]} has moved since {record.name}, or is checked out elsewhere"
        raise Interrupted(words, help=command_line("git", "checkout", "--detach", names=(new[1][:10],)))
    killed = head != new or record.undoing  # else git has finished: HEAD moves last
    with Objects(tree.git) as objects:
        paths = _Paths(tree, objects, old[1], new[1])
        differing = paths.differing() if killed else ()
        foreign = _foreign(tree, paths, differing, (old, new)) if killed else frozenset()
        tracked = (paths.then | set(differing)) - foreign
        commits = old[1], new[1]
        change = survey_data(project, tree, objects, commits, tracked) if record.data else no_change(new[1])
    before, data = change.before.keys(), change.then.files.keys()
    return Move(
        repository=tree,
        change=change,
        commit=new[1],
        on_progress=on_progress,
        branch=new[0],
        blocking=(foreign & before) - data,
        old=old[1],
        paths=tuple(path for path in differing if path not in foreign or path not in data),
        killed=killed,
        lost=(foreign - before - data) | change.then.unlisted | change.unsaved | change.in_the_way,
    )


def _finish_code(tree: Repository, paths: Collection[str], old: str, new: tuple[str | None, str]) -> None:
    """Move index and files, whatever a killed `git checkout` left of them, then HEAD. Raises Refused."""
    branch, commit = new
    mine = files_of_the_user(tree, old, commit, paths, both=True)
    trouble = f"{mine[0]} was changed" if mine else update_files(tree, old, commit, paths, both=True)
    if trouble is not None:
        raise Refused(trouble, help="git status")
    reason = ("-m", "release: checkout", "HEAD")
    if branch is None:
        tree.git.run("update-ref", "--no-deref", *reason, commit)
        return
    if _branch_commit(tree, branch) is None:
        created = RefUpdate(ref=f"refs/heads/{branch}", new=commit, old="")
        update_refs(tree.git, [created], reason="release: checkout")
    tree.git.run("symbolic-ref", *reason, f"refs/heads/{branch}")


def _foreign(tree: Repository, paths: _Paths, differing: Collection[str], ends: tuple[_End, _End]) -> frozenset[str]:
    """Return what is in the place of git's files that neither commit has, nor a killed git left: data, or the user's."""
    changed = {
        path
        for path in files_of_the_user(tree, ends[0][1], ends[1][1], differing, both=True)
        if not (tree.work_tree / path).is_dir() or (tree.work_tree / path).is_symlink()
    }
    return frozenset(changed | (set(paths.in_the_way()) - set(differing)))
