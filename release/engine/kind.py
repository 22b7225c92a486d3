"""The KIND of a release: chosen by `auto`, or offered as a choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from semver import Version

from release.core.auto import (
    AutoChoice,
    AutoFacts,
    CommitText,
    choose_level,
    has_trailer,
    is_named_for,
    is_release_commit,
    released_tags,
    reverted_commits,
    squashed_tags,
)
from release.core.changelog import entry_of
from release.core.check import Change, Check, CheckName, Verdict
from release.core.config import CommitMessage, Config
from release.core.draft import prepared_version
from release.core.matching import matches_any
from release.core.metric_deltas import compare_params
from release.core.next_version import VersionDecision, VersionFacts, decide_version, not_known, nothing_to_release
from release.core.pointer import PointerChange, folders_above, pointer_changes
from release.core.release import AUTO, BumpRequest
from release.core.release_checks import behind_check
from release.core.tags import NOTHING, ReleaseTag, TagRef, is_about_withdrawal, read_withdrawals
from release.core.text import command_line
from release.core.version import FIRST_BASE, Level, check_pre_name, parse_kind
from release.dvc.pointers import read_pointers
from release.engine.facts import PlanContext, read_context, releases_of, version_facts
from release.engine.project import Project, RemoteAnswer
from release.engine.tag_reading import attestation_of
from release.engine.values import changelog_path, commit_paths, read_values
from release.errors import Refused, ReleaseError, Unknown
from release.git import refs
from release.git.log import commit_text, commits_since
from release.git.objects import Objects
from release.git.process import Git
from release.git.scratch import Scratch


def choose_kind(context: PlanContext, facts: VersionFacts) -> AutoChoice:
    """Choose the level or version of `auto`; for a commit that is already released, its version.

    The level covers all changes since the release to compare with (for a final version, the previous final version). If
    nothing is new since the last prerelease, nothing is released.
    """
    here = [release for release in facts.releases if release.ref.commit_id == facts.commit]
    if here and not facts.allow_empty:
        highest = max(here, key=lambda release: release.version)
        if _was_deleted_there(context, facts, highest):
            words = f"{highest.name} was deleted on {facts.remote}, and only this clone still has it"
            way = command_line("git", "tag", "-d", names=(highest.name,)) + " deletes it"
            if context.facts.branch is not None and context.facts.branch.tip_is_ours:  # not refused as behind
                way = f"release bump {highest.version} publishes it again"
            return AutoChoice(kind=None, nothing=f"{words} ({way})")
        reason = f"{highest.version}: {highest.name} is already at this commit"
        return AutoChoice(kind=highest.version, reasons=(reason,))
    counted = decide_version(replace(facts, kind=Level.PATCH, allow_empty=True))
    deleted = _deleted(context, facts, counted.base)
    prepared = _prepared(context, facts, counted, deleted)
    if prepared is not None:
        return prepared
    floor = max((each.version for each in deleted), default=None)
    last = max((each for each in deleted if not each.moved), key=lambda each: each.version, default=None)
    if last is not None:  # its changes were released once, so withdrawing it does not require another release of them
        tag = ReleaseTag(ref=TagRef(name=last.tag, object_id=NOTHING, commit_id=last.commit), version=last.version)
        with_it = (*facts.releases, tag)
        facts = replace(facts, releases=with_it, ancestors={**facts.ancestors, tag.name: 0}, floor=floor)
        counted = decide_version(replace(facts, kind=Level.PATCH, allow_empty=True))
    choice = choose_level(_changes(context, counted.previous, counted.base_version), context.project.config.auto)
    if choice.kind is not None and counted.base != counted.previous:
        latest = choose_level(_changes(context, counted.base, counted.base_version), context.project.config.auto)
        is_yanked = counted.base is not None and counted.base.withdrawn is not None
        choice = latest if is_yanked or latest.kind is None else choice
    choice = replace(choice, floor=floor, **_explained(context, deleted, choice))
    read = context.facts
    mistaken = read.shallow or read.pending is not None or read.remote_problem is not None
    if choice.kind is None and (facts.allow_empty or mistaken):
        return replace(choice, kind=Level.PATCH)  # whose checks explain why "nothing to release" may be wrong
    return choice


def _was_deleted_there(context: PlanContext, facts: VersionFacts, here: ReleaseTag) -> bool:
    """Return whether a published tag is missing on a remote that has its commit.

    Tags of `--no-push` releases do not count.
    """
    branch = context.facts.branch
    if facts.is_published(here) or here.name in facts.unpublished:
        return False
    if branch is None or not branch.tip or facts.commit in branch.unpushed:
        return False
    return attestation_of(context.objects, here.ref) is not None


def unless_deleted(
    context: PlanContext, facts: VersionFacts, decision: VersionDecision, here: ReleaseTag
) -> VersionDecision:
    """Refuse to publish a tag that was deleted on the remote, unless the request names its version."""
    if not _was_deleted_there(context, facts, here):
        return decision
    words = f"{here.name} was deleted on {facts.remote}, and only this clone still has it"
    help = f"release bump {here.version}   (publishes it again; {command_line('git', 'tag', '-d', names=(here.name,))} deletes it)"
    return replace(decision, checks=(*decision.checks, Check.failed(CheckName.ALREADY_RELEASED, words, help)))


def without_release(decision: VersionDecision, choice: AutoChoice) -> VersionDecision:
    """Return the decision that no release is made, with the reason."""
    since = f" since {decision.base.name}" if decision.base else ""
    nothing = choice.nothing or f"no change{since} requires a release"
    return replace(decision, version=None, tag=None, checks=(), notes=(), nothing=nothing)


def contained(context: PlanContext, facts: VersionFacts) -> VersionDecision | None:
    """Return the decision if the remote branch has a release made after this commit; None if it has none.

    This happens for a CI job that runs late or again.
    """
    newer = _newer_there(context) if facts.absent | facts.descendants else ()
    there = {one.ref.commit_id: one for one in facts.releases if one.name in (facts.remote_tags or {})}
    if not newer or not any(commit.id in there for commit in newer):
        return None
    behind, git = behind_check(context.facts), context.scratch.git
    tip, release = newer[0], there.get(newer[0].id)
    if release is not None and (
        release.name in released_tags(tip) or is_named_for(tip, release.name, context.project.config.commit_message)
    ):
        decision = nothing_to_release(facts, release, f"{release.name} already contains this commit")
        warned = () if behind is None else (replace(behind, verdict=Verdict.WARNING),)
        return replace(decision, checks=(*decision.checks, *warned))
    made = (commit.id for commit in newer if commit.id in there)
    contains = any(refs.is_ancestor(git, facts.commit, each) for each in made)
    return not_known(decide_version(facts), behind) if behind is not None and contains else None


def _newer_there(context: PlanContext) -> tuple[CommitText, ...]:
    """Return the commits that the remote branch has after this one, tip first; none if the branch diverged.

    Commits that the clone lacks are fetched into the scratch store, so the clone does not change.
    """
    facts, git = context.facts, context.scratch.git
    if facts.at or facts.remote is None or facts.shallow or (facts.branch is not None and facts.branch.tip_is_ours):
        return ()
    branch = facts.branch.remote_name if facts.branch else facts.remote.default_branch
    tip = facts.remote.branch(branch) if branch else None
    if tip is None:
        return ()
    try:
        if not refs.have_commits(git, [tip]):
            refs.fetch_objects(git, facts.remote_name, f"refs/heads/{branch}")
    except Unknown:
        return ()
    return commits_since(git, tip, facts.commit) if refs.is_ancestor(git, facts.commit, tip) else ()


class _Deleted(Struct, frozen=True, kw_only=True):
    """A release in the history whose tag is missing everywhere.

    `moved`: its commit is a copy (rebase, cherry-pick), so it is not the commit that was released.
    """

    tag: str
    version: Version
    commit: str
    moved: bool
    undone: bool = False


def _deleted(context: PlanContext, facts: VersionFacts, base: ReleaseTag | None) -> tuple[_Deleted, ...]:
    """Return the deleted releases since the last one, found by their commit messages."""
    git, format_ = context.project.repository.git, context.project.config.tag_format
    template = context.project.config.commit_message
    since = base.ref.commit_id if base else None
    counted, taken = facts.counted_from(base) if base else FIRST_BASE, set(facts.taken)
    found = []
    for commit in context.commits_since(since):
        for each in read_withdrawals([(commit.id, commit.body)]).values():
            version = format_.parse(each.tag)
            if each.undone and version is not None and version > counted:  # its changes were released up to here
                found.append(_Deleted(tag=each.tag, version=version, commit=commit.id, moved=False, undone=True))
        for tag in released_tags(commit):
            version = format_.parse(tag)
            if version is None or version in taken or version <= counted:
                continue
            if has_trailer(commit) and not is_named_for(commit, tag, template) and not _wrote(context, commit, version):
                continue
            if not has_trailer(commit) and since is not None and not _is_old_release(git, since):
                continue
            found.append(_Deleted(tag=tag, version=version, commit=commit.id, moved=commit.is_moved))
    return tuple(found)


def _is_old_release(git: Git, commit: str) -> bool:
    """Return whether a release commit has no trailer: other commits without one count only after such an old one."""
    text = commit_text(git, commit)
    return bool(released_tags(text)) and not has_trailer(text)


def _wrote(context: PlanContext, commit: CommitText, version: Version) -> bool:
    """Return whether a commit added the changelog entry of a version."""
    before = any(_has_entry(context, parent, version) for parent in commit.parents)
    return not before and _has_entry(context, commit.id, version)


def _has_entry(context: PlanContext, commit: str, version: Version) -> bool:
    data = _changelog(context, commit)[1]
    try:
        return data is not None and entry_of(data, str(version)) is not None
    except ReleaseError:
        return False


def _explained(context: PlanContext, deleted: tuple[_Deleted, ...], choice: AutoChoice) -> dict[str, Any]:
    """Return the fields of a choice that report the highest deleted release: `nothing` or `notes`."""
    if not deleted:
        return {}
    last = max(deleted, key=lambda each: each.version)
    if any(last.tag in record.tags for record in context.facts.unpublished):
        return {"nothing": f"{last.tag} was made with --no-push, and its tag is gone here: release recover restores it"}
    if last.undone:
        nothing, note = f"no change since {last.tag} was undone requires a release", f"{last.tag} was undone"
        return {"nothing": nothing} if choice.kind is None else {"notes": (*choice.notes, note)}
    gone = "was deleted" if context.facts.remote is not None else "is not here"
    note = f"the tag {last.tag} {gone}, and its number is not used again"
    nothing = (
        f"no change since {last.tag}, whose tag {gone}, requires a release (release bump {last.version} makes it again)"
    )
    return {"nothing": nothing} if choice.kind is None else {"notes": (*choice.notes, note)}


def _prepared(
    context: PlanContext, facts: VersionFacts, counted: VersionDecision, deleted: tuple[_Deleted, ...]
) -> AutoChoice | None:
    """Return the choice for a release whose entry was merged (`release prepare`) and that lacks only its tag."""
    path, now = _changelog(context, facts.commit)
    since = counted.base.version if counted.base else FIRST_BASE
    before = counted.base.ref.commit_id if counted.base else None
    previous = _changelog(context, before)[1] if before else None
    taken = [*facts.taken, *(each.version for each in deleted), *_squashed(context, before)]
    version = prepared_version(now, previous, since, taken=taken)
    if version is None:
        return None
    return AutoChoice(kind=version, reasons=(f"{version}: {path} already has its entry (prepared)",))


def _squashed(context: PlanContext, since: str | None) -> list[Version]:
    """Return the versions of squashed release commits: their entries were not prepared."""
    format_, template = context.project.config.tag_format, context.project.config.commit_message
    commits = context.commits_since(since)
    versions = (format_.parse(tag) for commit in commits for tag in squashed_tags(commit, template))
    return [version for version in versions if version is not None]


def _changelog(context: PlanContext, commit: str) -> tuple[str, bytes | None]:
    """Return the changelog's path at a commit, and its bytes (None: there is no such file)."""
    objects = context.objects
    tree = context.tree if commit == context.facts.commit else objects.tree_of(commit)
    path = changelog_path(objects, tree, context.project.config)
    return path, objects.file(tree, path)


def _changes(context: PlanContext, since: ReleaseTag | None, base: Version) -> AutoFacts:
    objects, config = context.objects, context.project.config
    commit, before = context.facts.commit, since.ref.commit_id if since else None
    outs, old = (read_pointers(objects, each, config).outs if each else () for each in (commit, before))
    changed = pointer_changes(*([out for out in side if out.cache] for side in (old, outs)))
    git = context.project.repository.git
    commits = _without_releases(git, context.commits_since(before), config.commit_message)
    found = AutoFacts(base=base, commits=commits, pointers=changed)
    if before is None:
        return found  # every parameter and interface is new
    sides = [read_values(objects, each, config, context.cached).params for each in (before, commit)]
    params = compare_params(*sides)
    return replace(found, params=params, interface=_interface(objects, (before, commit), changed, config))


def _without_releases(git: Git, commits: Sequence[CommitText], template: CommitMessage) -> list[CommitText]:
    """Leave out commits that only make a release, withdraw one, or revert such commits."""
    about: set[str] = set()
    for each in reversed(commits):
        ids = reverted_commits(each)  # which leaves the released content as it is, if all of these do
        if (
            is_about_withdrawal(each.body)
            or is_release_commit(each, template)
            or (ids and all(id in about or _is_release_commit(git, id, template) for id in ids))
        ):
            about.add(each.id)
    return [each for each in commits if each.id not in about]


def _is_release_commit(git: Git, id: str, template: CommitMessage) -> bool:
    """Return whether an id is a release commit of this repository; False for an unknown id."""
    return bool(refs.have_commits(git, [id])) and is_release_commit(commit_text(git, id), template)


def _interface(
    objects: Objects, commits: tuple[str, str], changed: tuple[PointerChange, ...], config: Config
) -> tuple[str, ...]:
    """Return existing files in git and data that changed and match an interface pattern, or may contain such a file."""
    folder, patterns = f"{config.folder}/" if config.folder else "", config.auto.interface
    if not patterns:
        return ()
    old, new = ({entry.path: entry.id for entry in objects.walk(objects.tree_of(commit))} for commit in commits)
    files = [path for path in sorted(old) if path.startswith(folder) and new.get(path) != old[path]]
    if config.model is not None and (ours := commit_paths(objects, commits[1], config)):
        files = [path for path in files if not {path, *folders_above(path)}.isdisjoint(ours)]
    data = [change.path for change in changed if change.change is not Change.ADDED and change.path.startswith(folder)]
    holding = [path for path in data if any(each.startswith(f"{path.removeprefix(folder)}/") for each in patterns)]
    named = [path for path in (*files, *data) if matches_any(path.removeprefix(folder), patterns)]
    return tuple(dict.fromkeys((*named, *holding)))


# Choices for the KIND prompt, each with the version that it leads to; queries the git remote

FIRST_PRE = "rc"  # of `candidate`, which is offered where no prerelease was made yet
_PATIENCE_S = 5.0  # short, because the prompt waits for it; the plan queries again with the full limit


class Choices(Struct, frozen=True, kw_only=True):
    """The possible levels with their versions; `auto` is the version of `auto` with its first reason.

    `candidate` among the levels is the first prerelease of the version of `auto`, or else of a patch; its KIND is
    `of_candidate`. `unreleased` is the version of pyproject.toml, if there is no release yet. `auto` None: unknown.
    `auto` ("", reason): nothing to release. `answer` None: there is no git remote, or (`unanswered`) it did not answer;
    versions are counted from the local tags.
    """

    versions: Mapping[str, str]
    auto: tuple[str, str] | None = None
    of_candidate: str = AUTO
    unreleased: str | None = None
    answer: RemoteAnswer | None = None
    unanswered: str | None = None


def read_choices(project: Project, request: BumpRequest) -> Choices:
    """Compute the versions as the plan of `request` will. Raises UsageError and Refused if no plan is possible."""
    repository = project.repository
    git = replace(repository.git, ask_limit_s=min(repository.git.ask_limit_s, _PATIENCE_S))
    project = replace(project, repository=replace(repository, git=git))
    with _counting(project, request, ask=True) as (context, counted):
        found = {level.value: _version(replace(counted, kind=level)) for level in Level}
        auto, choice = _auto(context, counted)
        level = Level.PATCH if choice is None else choice.kind
        if request.pre is None and found[Level.PRE.value] is None and isinstance(level, Level):
            first = replace(counted, kind=level, floor=choice.floor if choice else counted.floor, pre=FIRST_PRE)
            found["candidate"] = _version(first)
        remote, problem, static = context.facts.remote, context.facts.remote_problem, counted.static_version
        return Choices(
            versions={name: version for name, version in found.items() if version is not None},
            auto=auto,
            of_candidate=AUTO if choice is not None else Level.PATCH.value,
            unreleased=None if static is None or counted.pool or static in counted.taken else str(static),
            answer=None if remote is None else RemoteAnswer(remote, monotonic()),
            unanswered=context.facts.remote_name
            if problem is not None and problem.verdict is Verdict.UNKNOWN
            else None,
        )


def read_next(project: Project, request: BumpRequest, *, ask: bool) -> str | None:
    """Return the version that the request leads to; None if there is nothing to release. `ask` the git remote for tags.

    Raises UsageError for a wrong KIND, Unknown if the remote does not answer, Refused if a check of the version fails.
    """
    kind = None if request.kind == AUTO else parse_kind(request.kind, ("release", "next"))
    with _counting(project, request, ask=ask) as (context, counted):
        trouble = context.facts.remote_problem
        if ask and trouble is not None and trouble.verdict is Verdict.UNKNOWN:
            raise Unknown(trouble.message, help="release next --offline", section=trouble.section)
        choice = choose_kind(context, counted) if kind is None else AutoChoice(kind=kind)
        if choice.kind is None:
            return None
        decision = decide_version(replace(counted, kind=choice.kind, floor=choice.floor))
        for check in decision.checks:
            if check.blocks and decision.nothing is None:
                raise Refused(check.message, help=check.help, section=check.section)
        return None if decision.nothing is not None or decision.version is None else str(decision.version)


def check_call(project: Project, request: BumpRequest) -> None:
    """Raise the error of a KIND, `--pre`, `--at` or `--base` that no release can have; the git remote is not asked.

    Raises UsageError, Refused. A base that only the remote may know, and what `auto` chooses, are left to the plan.
    """
    kind = Level.PATCH if request.kind == AUTO else parse_kind(request.kind, request.before_kind)
    if request.pre is not None:
        check_pre_name(request.pre, request.before_kind)
    with _counting(project, request, ask=False) as (_, counted):
        names = {release.name for release in counted.releases}
        there = request.base is not None and request.base not in names and project.repository.settings.remotes
        if there and counted.tag_format.parse(request.base or "") is not None:
            return
        checks = decide_version(replace(counted, kind=kind)).checks
    for check in checks if request.kind != AUTO else ():
        if check.blocks and check.name is CheckName.VERSION:
            raise Refused(check.message, help=check.help, section=check.section)


@contextmanager
def _counting(project: Project, request: BumpRequest, *, ask: bool) -> Iterator[tuple[PlanContext, VersionFacts]]:
    """Read what versions are counted from, without the data."""
    request = replace(request, kind=AUTO, ask_for_key=False)
    with Scratch(project.repository) as scratch, Objects(project.repository.git) as objects:
        context = read_context(request, project, scratch, objects, ask=ask)
        yield context, version_facts(context, releases_of(context))


def _version(facts: VersionFacts) -> str | None:
    """Return the version of a kind; None if it is impossible (`pre` and `final` after a final version)."""
    try:
        version = decide_version(facts).version
    except ReleaseError:
        return None
    return None if version is None else str(version)


def _auto(context: PlanContext, facts: VersionFacts) -> tuple[tuple[str, str] | None, AutoChoice | None]:
    """Return the version of `auto` with its reason, and the choice; None: unknown, and no choice of a kind."""
    try:
        choice = choose_kind(context, facts)
        decision = None if choice.kind is None else decide_version(replace(facts, kind=choice.kind, floor=choice.floor))
    except ReleaseError:  # the plan of any other kind has a better message
        return None, None
    if decision is None or decision.nothing is not None or decision.version is None:
        return ("", "nothing to release"), None
    return (str(decision.version), next(iter(choice.reasons), "")), choice
