"""Rollback: a new release with the data, parameters and metrics of an older one, and how the work tree follows."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Mapping
from functools import partial
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.metric_deltas import compare_params
from release.core.pointer import pointer_changes
from release.core.pointer_file import BadPointer, as_yaml
from release.core.release import BumpReport, BumpRequest, Message, Outcome, RepositoryFacts, validate_message
from release.core.release_checks import branch_check
from release.core.rollback_rules import (
    Files,
    FilesBack,
    changed_stages,
    describe_restored,
    everything_back,
    files_back,
    stage_check,
    with_stages,
)
from release.core.text import OnProgress, command_line, no_progress
from release.core.work_tree import SAVE, restorable, unhide, unsaved_check
from release.dvc.pointers import model_alone, read_pointers
from release.engine.checkout_data import DataChange, left_out_here, survey_data
from release.engine.checkout_move import Move, TargetTag, fetch_missing, find_target, save_before
from release.engine.facts import OtherContent
from release.engine.plan import Confirm, plan_release, prove_if_old, without_change
from release.engine.project import Access, Project
from release.engine.publish import Making, OnStep, no_step, run, work_tree_of
from release.engine.values import CachedMetrics, changelog_path, find_values, read_values, version_files
from release.errors import Cancelled, Interrupted, PartlyDone, Refused, ReleaseError, UsageError
from release.git.objects import Objects
from release.git.refs import resolve_commit
from release.git.repository import filtered_paths, hidden_paths
from release.git.scratch import Scratch


def request_of(tag: str, *, message: str | None, kind: str, with_code: bool, push: bool) -> BumpRequest:
    """Return the request of a rollback.

    Its reason overrides the gates, and HEAD may be released already.
    """
    return BumpRequest(
        kind=kind,
        message=validate_message(message) if message else Message(f"Rollback to {tag}"),
        commit=True,
        push=push,
        allow_empty=True,
        allow_regression=Message(f"rollback to {tag}"),
        back_to=tag,
        with_code=with_code,
    )


def preview_rollback(request: BumpRequest, project: Project) -> BumpReport:
    """Return the plan with every check; change nothing."""
    with Scratch(project.repository) as scratch:
        return without_change(plan_release(request, project, scratch, read_content=_content(request, project)))


def rollback(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    on_step: OnStep = no_step,
    on_progress: OnProgress = no_progress,
) -> BumpReport:
    """Make the rollback release.

    Data is confirmed to be in the cache before anything is published; the work tree follows afterwards.

    Raises what `bump` raises, DataMissing or Unknown if an object cannot be fetched (nothing was changed), PartlyDone if
    it is released but the data here could not follow.
    """
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, read_content=_content(request, project))
        if planned.work is None:
            return without_change(planned)
        asked_s = monotonic()
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        data = planned.data
        assert data is not None, "a rollback has read the data that it moves"
        fetch_missing(data, on_progress)
        prove_if_old(planned, planned.work, project, scratch, asked_s)
        save_before(project.repository.work_tree, data)
        work = planned.work
        follow = partial(follow_data, project, on_progress)
        finished = run(project.repository, scratch, work, on_step, follow)
    if finished.data_trouble is not None:
        words = f"{work.record.tag} is released, but data here could not follow: {finished.data_trouble}"
        raise PartlyDone(words, help=BY_HAND)
    return BumpReport(plan=planned.plan, outcome=Outcome.RELEASED, pushed=planned.plan.push, warnings=finished.warnings)


def _content(request: BumpRequest, project: Project) -> RollbackContent:
    if request.with_code and project.config.model is not None:
        words = "--code restores the code of the whole repository, and --model one model"
        raise UsageError(words, help="leave one of them out")
    assert request.back_to is not None, "`request_of` names the release"
    target = find_target(project, request.back_to)
    validate_message(request.allow_regression or "")  # git allows characters in a tag that no message may have
    return RollbackContent(project=project, request=request, target=target)


# What goes back


class RollbackContent(Struct, frozen=True):
    """Reader of the content of a rollback to `target`."""

    project: Project
    request: BumpRequest
    target: TargetTag

    def __call__(self, scratch: Scratch, objects: Objects, facts: RepositoryFacts) -> OtherContent:
        """Read the content; see `engine.facts.ReadContent`. Raises Refused if nothing differs."""
        now, then = (_files(objects, commit) for commit in (facts.commit, self.target.commit))
        back = self._back(scratch, objects, (now, then), facts)
        if not back.paths:
            if facts.pending is not None:
                raise Interrupted(facts.pending.interrupted, help="release recover")
            message = f"pointers, parameters and numbers are already those of {self.target.name}"
            branch = branch_check(facts, self.request, prerelease=False)
            if branch.blocks:  # usually HEAD is still at the old release, detached
                raise Refused(f"{message}; {branch.message}", help=branch.help, section=branch.section)
            raise Refused(message, help=command_line("release", "diff", names=(self.target.name, "HEAD")))
        commit, tree = _commit(scratch, facts.commit, back)
        change = survey_data(self.project, self.project.repository, objects, (facts.commit, commit), now)
        checks = (
            *(() if self.request.with_code else (self._stage_check(objects, now, then, self._stages(objects, facts)),)),
            *self._path_checks(back, now),
            *self._data_checks(change),
        )
        return OtherContent(
            commit=commit,
            tree=tree,
            blobs={path: blob for path, (_, blob) in back.written.items()},
            removed=back.removed,
            checks=checks,
            notes=(*self._notes(objects, back, facts.commit, commit), *left_out_here(change.left_out)),
            data=change,
        )

    def _back(
        self, scratch: Scratch, objects: Objects, sides: tuple[Files, Files], facts: RepositoryFacts
    ) -> FilesBack:
        config, (now, then) = self.project.config, sides
        if self.request.with_code:
            tree = objects.tree_of(facts.commit)
            cached = {changelog_path(objects, tree, config), *version_files(objects, tree, config)}
            cached.add(posixpath.join(config.folder, ".release.toml"))
            return everything_back(now, then, keep=cached, folder=config.folder)
        commits = (facts.commit, self.target.commit)
        if config.model is not None:
            return self._model_back(scratch, objects, (now, then), commits)
        values = {path for each in commits for found in find_values(objects, each, config) for path in found.paths}
        return files_back(now, then, values=values, folder=config.folder)

    def _stages(self, objects: Objects, facts: RepositoryFacts) -> frozenset[str] | None:
        """Return the names, in dvc.yaml, of the model's stages; None: all stages count."""
        config = self.project.config
        if config.model is None:
            return None
        own = (model_alone(objects, commit, config) for commit in (facts.commit, self.target.commit))
        return frozenset(stage.name.partition("@")[0] for side in own for stage in side.stages)

    def _model_back(
        self, scratch: Scratch, objects: Objects, sides: tuple[Files, Files], commits: tuple[str, str]
    ) -> FilesBack:
        """Return the files of one model: its pointers, numbers and parameters, and its stages in each dvc.lock.

        Data that others are made from, too, stays as it is. Raises Refused.
        """
        config, (now, then) = self.project.config, sides
        own = [model_alone(objects, commit, config) for commit in commits]
        model = config.models[config.model or ""]
        values = {posixpath.join(config.folder, path) for path in (*model.metrics, *(model.params or ()))}
        values |= {out.path for side in own for out in side.outs if not out.cache}
        files = {out.pointer for side in own for out in side.outs if out.stage is None}
        back = files_back(
            *({path: file for path, file in side.items() if path in files | values} for side in sides),
            values=values,
            folder=config.folder,
        )
        locks: dict[str, set[str]] = {}
        for stage in (stage for side in own for stage in side.stages if stage.name):
            locks.setdefault(stage.lock, set()).add(stage.name)
        written = dict(back.written)
        for path, names in locks.items():
            data = [objects.read(side[path][1]) if path in side else b"" for side in (now, then)]
            made = with_stages(data[0], data[1], names)
            if made is None:
                words = f"the stages of {config.model} in {path} cannot be restored alone: it is not as DVC writes it"
                raise Refused(words, help=command_line("release", "diff", names=(self.target.name, "HEAD")))
            if made != data[0]:
                hashed = scratch.git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=made).text
                written[path] = (now[path][0], hashed)
        return replace(back, written=written)

    def _stage_check(self, objects: Objects, now: Files, then: Files, names: Collection[str] | None) -> Check:
        """Check that stages are defined as they were; `names` None: all."""
        paths = [path for path in {*now, *then} if posixpath.basename(path) == "dvc.yaml"]
        changed = []
        for path in sorted(paths):
            sides = [_yaml(objects, side, path) for side in (now, then)]
            changed += [f"{name} ({path})" for name in changed_stages(*sides) if names is None or name in names]
        return stage_check(changed, self.request.command("--code"))

    def _path_checks(self, back: FilesBack, now: Files) -> tuple[Check, ...]:
        """Return checks for paths that the update-worktree phase could not write, or would overwrite."""
        repository = self.project.repository
        new = [path for path in back.written if path not in now and os.path.lexists(repository.work_tree / path)]
        hidden = hidden_paths(repository, tuple(path for path in back.paths if path in now))
        filtered = filtered_paths(repository.git, back.paths)
        name, marked = CheckName.FILES, "marked assume-unchanged or skip-worktree in git"
        checks = (
            unsaved_check(new, name, "in the way, not tracked by git", "move them away"),
            unsaved_check(hidden, name, marked, unhide(hidden)),
            unsaved_check(
                filtered, name, "with a filter (git-lfs, git-crypt)", "take the filter out of .gitattributes"
            ),
        )
        return tuple(check for check in checks if check.blocks)

    def _data_checks(self, data: DataChange) -> tuple[Check, ...]:
        """Check that no data in the work tree would be lost; `audit` reports about the remote."""
        name, missing = self.target.name, [each.oid for each in data.missing]
        checks = (
            unsaved_check(data.unsaved, CheckName.DATA, "inside tracked data, not in any cache", SAVE),
            unsaved_check(data.in_the_way, CheckName.IN_THE_WAY, "in the way, not tracked by DVC", "move them away"),
            restorable(name, (), missing, unlisted=data.then.unlisted),
        )
        return tuple(check for check in checks if check.verdict is not Verdict.OK)

    def _notes(self, objects: Objects, back: FilesBack, head: str, commit: str) -> tuple[str, ...]:
        config = self.project.config
        cached = CachedMetrics(self.project, Access.ALL)
        params = compare_params(*(read_values(objects, each, config, cached).params for each in (head, commit)))
        outs = [read_pointers(objects, each, config).outs for each in (head, commit)]
        return describe_restored(self.target.name, back, params, pointer_changes(*outs))


def _files(objects: Objects, commit: str) -> dict[str, tuple[str, str]]:
    return {entry.path: (entry.mode, entry.id) for entry in objects.walk(objects.tree_of(commit))}


def _yaml(objects: Objects, files: Files, path: str) -> Mapping[str, object]:
    if path not in files:
        return {}
    try:
        document = as_yaml(objects.read(files[path][1])) or {}
        return document if isinstance(document, dict) else {"stages": {str(document): None}}
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


# Data of a rollback in the work tree, updated after refs and files, or by `recover` after a kill

BY_HAND = "dvc checkout"


def follow_data(project: Project, on_progress: OnProgress, making: Making) -> None:
    """Move the data of a published rollback; some may have moved already. Nothing of the user's is overwritten."""
    record, tree = making.record, work_tree_of(project.repository, making.record)
    if tree is None:
        return
    if resolve_commit(tree.git, "HEAD") != record.commit:
        making.warnings.append(f"data here was not changed, because HEAD is not the release; to restore it: {BY_HAND}")
        return
    try:
        with Objects(tree.git) as objects:
            tracked = _files(objects, record.commit)
            change = survey_data(project, tree, objects, (record.base, record.commit), tracked)
        if lost := sorted(change.unsaved | change.in_the_way | change.then.unlisted):
            making.data_trouble = f"{lost[0]} would be lost, or could not be checked"
            return
        fetch_missing(change, on_progress)
        save_before(tree.work_tree, change)
        Move(repository=tree, change=change, commit=record.commit, on_progress=on_progress).go()
        making.warnings += left_out_here(change.left_out)
    except (OSError, ReleaseError) as error:
        making.data_trouble = str(error)
