"""Data of a rollback: what goes back, and how the work tree follows."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.config import Config
from release.core.metric_deltas import compare_params
from release.core.metric_files import metric_paths, param_paths
from release.core.pointer import Out, pointer_changes
from release.core.pointer_file import BadPointer, parse_dvc_yaml
from release.core.release import BumpRequest, Record, RepositoryFacts
from release.core.release_checks import branch_check
from release.core.rollback_rules import (
    Files,
    FilesBack,
    changed_stages,
    describe_restored,
    everything_back,
    files_back,
    stage_check,
)
from release.core.text import OnProgress, command_line, ignore
from release.core.work_tree import DataMoves, NeededObject, restorable, unsaved_check
from release.dvc.pointers import read_pointers
from release.dvc.stores import Stores
from release.engine.checkout_data import (
    DataSurvey,
    DataTree,
    check_caches,
    left_out_here,
    mark_programs,
    missing_imports,
    read_data_tree,
    without,
)
from release.engine.checkout_move import Move, TargetTag, check_as_seen, fetch_objects, missing_objects, save_before
from release.engine.facts import OtherContent
from release.engine.project import Access, Project
from release.engine.publish import work_tree_of
from release.engine.values import CachedMetrics, changelog_path, read_values, version_files
from release.errors import Refused, ReleaseError
from release.git.objects import LINK_MODE, SUBMODULE_MODE, Objects
from release.git.refs import resolve_commit
from release.git.repository import Repository, filtered_paths, hidden_paths
from release.git.scratch import Scratch


class RollbackContent(Struct):
    """Reader of the rollback content; it stores the data moves that the content needs (see `data`)."""

    project: Project
    request: BumpRequest
    target: TargetTag
    data: tuple[DataTree, DataTree, DataMoves, dict[NeededObject, str]] | None = field(default=None)
    lacking: tuple[Out, ...] = ()  # imports that are not available here: left out, and reported

    def __call__(self, scratch: Scratch, objects: Objects, facts: RepositoryFacts) -> OtherContent:
        """Read the content; see `flows.planning.inquiry.ReadContent`. Raises Refused if nothing differs."""
        now, then = (_files(objects, commit) for commit in (facts.commit, self.target.commit))
        back = self._back(objects, now, then, facts)
        if not back.paths:
            message = f"pointers, parameters and numbers are those of {self.target.name} already"
            branch = branch_check(facts, prerelease=False, back=True)
            if branch.blocks:  # usually HEAD is still at the old release, detached
                raise Refused(f"{message}; {branch.message}", help=branch.help)
            raise Refused(message, help=command_line("release", "diff", names=(self.target.name, "HEAD")))
        commit, tree = _commit(scratch, facts.commit, back)
        checks = (
            *(() if self.request.with_code else (self._stage_check(objects, now, then),)),
            *self._path_checks(back, now),
            *self._data_checks(objects, facts.commit, commit),
        )
        return OtherContent(
            commit=commit,
            tree=tree,
            blobs={path: blob for path, (_, blob) in back.written.items()},
            removed=back.removed,
            checks=checks,
            notes=self._notes(objects, back, facts.commit, commit),
        )

    def _back(self, objects: Objects, now: Files, then: Files, facts: RepositoryFacts) -> FilesBack:
        config = self.project.config
        if self.request.with_code:
            tree = objects.tree_of(facts.commit)
            kept = {changelog_path(objects, tree, config), *version_files(objects, tree, config)}
            kept.add(posixpath.join(config.folder, ".release.toml"))
            return everything_back(now, then, keep=kept, folder=config.folder)
        values = {*_values(objects, now, config), *_values(objects, then, config)}
        return files_back(now, then, values=values, folder=config.folder)

    def _stage_check(self, objects: Objects, now: Files, then: Files) -> Check:
        paths = [path for path in {*now, *then} if posixpath.basename(path) == "dvc.yaml"]
        changed = []
        for path in sorted(paths):
            sides = [_yaml(objects, side, path) for side in (now, then)]
            changed += [f"{name} ({path})" for name in changed_stages(*sides)]
        return stage_check(changed, self.request.command("--code"))

    def _path_checks(self, back: FilesBack, now: Files) -> tuple[Check, ...]:
        """Return checks for paths that the update-worktree phase could not write, or would overwrite."""
        repository = self.project.repository
        new = [path for path in back.written if path not in now and os.path.lexists(repository.work_tree / path)]
        hidden = hidden_paths(repository, tuple(path for path in back.paths if path in now))
        filtered = filtered_paths(repository, back.paths)
        help = "move them away, or git update-index --no-assume-unchanged FILE"
        return tuple(
            unsaved_check(paths, CheckName.FILES, words, help)
            for paths, words in (
                (new, "in the way, which git does not know"),
                (hidden, "that git was told not to look at"),
                (filtered, "that a filter rewrites (git-lfs, git-crypt)"),
            )
            if paths
        )

    def _data_checks(self, objects: Objects, head: str, commit: str) -> tuple[Check, ...]:
        """Check that no data in the work tree would be lost; `audit` reports about the remote."""
        repository = self.project.repository
        settings = self.project.dvc
        stores = Stores(settings)
        wanted = read_pointers(objects, commit, Config())
        self.lacking = missing_imports(wanted, settings, stores)
        after = read_data_tree(without(wanted, self.lacking), settings, stores, ask=True)
        check_caches(after, objects, repository.work_tree, head)
        mark_programs(after, objects, commit)
        pointers = without(read_pointers(objects, head, Config()), self.lacking)
        before = read_data_tree(pointers, settings, stores, ask=False)
        tracked = frozenset(entry.path for entry in objects.walk(objects.tree_of(head)))
        found = DataSurvey(repository.work_tree, before, after, tracked).look(settings)
        missing = missing_objects(after, found.moves.write, ignore)
        self.data = (before, after, found.moves, missing)
        return tuple(
            check
            for check in (
                unsaved_check(
                    found.unsaved, CheckName.DATA, "inside tracked data that no cache has", "dvc add, and commit"
                ),
                unsaved_check(
                    found.in_the_way, CheckName.IN_THE_WAY, "in the way that DVC does not know", "move them away"
                ),
                restorable(self.target.name, (), [each.oid for each in missing], unlisted=after.unlisted),
            )
            if check.verdict is not Verdict.OK
        )

    def _notes(self, objects: Objects, back: FilesBack, head: str, commit: str) -> tuple[str, ...]:
        config = self.project.config
        kept = CachedMetrics(self.project, Access.EVERYWHERE)
        params = compare_params(*(read_values(objects, each, config, kept).params for each in (head, commit)))
        outs = [read_pointers(objects, each, config).outs for each in (head, commit)]
        return (
            *describe_restored(self.target.name, back, params, pointer_changes(*outs)),
            *left_out_here(self.lacking),
        )


def _files(objects: Objects, commit: str) -> dict[str, tuple[str, str]]:
    return {entry.path: (entry.mode, entry.id) for entry in objects.walk(objects.tree_of(commit))}


def _values(objects: Objects, files: Files, config: Config) -> tuple[str, ...]:
    """Return the parameter and metric files in git."""
    plain = {path: blob for path, (mode, blob) in files.items() if mode not in (LINK_MODE, SUBMODULE_MODE)}
    yamls = {path: objects.read(blob) for path, blob in plain.items() if posixpath.basename(path) == "dvc.yaml"}
    return (*metric_paths(plain, yamls, config).paths, *param_paths(plain, yamls, config).paths)


def _yaml(objects: Objects, files: Files, path: str) -> Mapping[str, object]:
    if path not in files:
        return {}
    try:
        return parse_dvc_yaml(objects.read(files[path][1])).document
    except BadPointer as error:
        return {"stages": {str(error): None}}  # a value that no other file has, so it counts as changed


def _commit(scratch: Scratch, head: str, back: FilesBack) -> tuple[str, str]:
    """Make the commit in the scratch store; return its id and its tree's."""
    git = scratch.git.having(GIT_INDEX_FILE=str(scratch.folder / "rollback-index"))
    git.run("read-tree", head)
    none = "0" * len(head)
    lines = [f"0 {none}\t{path}" for path in back.removed]
    lines += [f"{mode} {blob}\t{path}" for path, (mode, blob) in back.written.items()]
    script = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
    git.run("update-index", "-z", "--index-info", stdin=script)
    tree = git.run("write-tree").text
    who = {f"GIT_{role}_{what}": "release" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return git.having(**who).run("commit-tree", tree, "-p", head, stdin=b"rollback\n").text, tree


# Data of a rollback in the work tree, updated after publishing or by `recover` after a kill

BY_HAND = "dvc checkout"


class Sides(Struct, frozen=True, kw_only=True):
    """The data before and after, and the moves between them.

    `left_out` are sentences about data that is not available here, with the command that fetches it.
    """

    before: DataTree
    after: DataTree
    moves: DataMoves
    left_out: tuple[str, ...] = ()


class DataFollow(Struct):
    """The pending update of the data; `trouble` is the reason if it failed. Called after refs and files."""

    repository: Repository
    commit: str
    branch: str | None
    data: Callable[[], Sides]
    on_progress: OnProgress = ignore
    trouble: str | None = field(default=None)

    def __call__(self) -> tuple[str, ...]:
        """Move the data in the order of a checkout; return warnings. Ctrl-C undoes all moves and is raised again."""
        if resolve_commit(self.repository.git, "HEAD") != self.commit:
            return (f"data here was left as it is, for HEAD is not the release: {BY_HAND} brings it",)
        try:
            sides = self.data()
            move = self._move(sides)
            check_as_seen(self.repository.work_tree, move.moves)
        except (OSError, ReleaseError) as error:
            self.trouble = str(error)
            return ()
        try:
            move.go()
        except KeyboardInterrupt:
            move.undo()
            raise
        except (OSError, ReleaseError) as error:
            self.trouble = str(error)
            move.undo()
        return sides.left_out

    def _move(self, sides: Sides) -> Move:
        return Move(
            repository=self.repository,
            now=sides.before,
            then=sides.after,
            moves=sides.moves,
            commit=self.commit,
            words=(),
            new_branch=None,
            blocking=frozenset(),
            old=(self.branch, self.commit),
            on_progress=self.on_progress,
        )


def following_of(project: Project, record: Record, on_progress: OnProgress = ignore) -> DataFollow | None:
    """Return the data update of an interrupted rollback, inspected again; None if there is none. For `recover`."""
    tree = work_tree_of(project.repository, record) if record.data and record.attached else None
    if tree is None:
        return None

    def data() -> Sides:
        return _looked_at(project, tree, record, on_progress)

    return DataFollow(repository=tree, commit=record.commit, branch=record.branch, data=data, on_progress=on_progress)


def _looked_at(project: Project, tree: Repository, record: Record, on_progress: OnProgress) -> Sides:
    """Return the current state; some data may have moved already. Raises Refused if something would be lost."""
    from release.dvc.pointers import read_pointers
    from release.dvc.stores import Stores
    from release.engine.checkout_data import left_out_here, missing_imports, without
    from release.errors import Refused

    settings = replace(project.dvc, git_root=tree.work_tree)
    with Objects(tree.git) as objects:
        stores = Stores(settings)
        wanted = read_pointers(objects, record.commit, Config())
        lacking = missing_imports(wanted, settings, stores)
        after = read_data_tree(without(wanted, lacking), settings, stores, ask=True)
        check_caches(after, objects, tree.work_tree, record.base)
        mark_programs(after, objects, record.commit)
        pointers = without(read_pointers(objects, record.base, Config()), lacking)
        before = read_data_tree(pointers, settings, stores, ask=False)
        tracked = frozenset(entry.path for entry in objects.walk(objects.tree_of(record.base)))
        found = DataSurvey(tree.work_tree, before, after, tracked).look(settings)
        lost = sorted(found.unsaved | found.in_the_way)
        if lost or after.unlisted:
            path = [*lost, *sorted(after.unlisted)][0]
            raise Refused(f"{path} would be lost, or cannot be told", help=BY_HAND)
        missing: dict[NeededObject, str] = missing_objects(after, found.moves.write, on_progress)
        fetch_objects(after, missing, on_progress)
    save_before(tree.work_tree, before, after, found.moves)
    return Sides(before=before, after=after, moves=found.moves, left_out=left_out_here(lacking))
