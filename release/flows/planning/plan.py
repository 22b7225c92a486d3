"""Plan of a release: facts, pure decisions, then the prepare and rehearse phases; nothing visible changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit_rules import ReadBudget
from release.core.check import Check, CheckName, Verdict
from release.core.config import VersionFile
from release.core.draft import Draft, DraftInput, draft_release, file_changes, steps
from release.core.lineage import lineage_check, stale_numbers
from release.core.next_version import VersionDecision, decide_version, not_known
from release.core.problems import tag_by_hand
from release.core.release import AUTO, BumpPlan, BumpReport, BumpRequest, CommitFacts, Outcome, Record
from release.core.release_checks import (
    audit_check,
    behind_check,
    metric_checks,
    pending_check,
    repository_checks,
    settled,
)
from release.core.tags import Releases, broken_check
from release.core.version import Level, parse_kind
from release.flows.planning.commit import read_commit
from release.flows.planning.facts import read_repository
from release.flows.planning.gating import JudgedGates, judge
from release.flows.planning.inquiry import PlanContext, ReadContent
from release.flows.planning.publishing import as_made
from release.flows.planning.rehearsal import Prepared, is_race_lost, rehearse
from release.flows.planning.signing import prepare_signed
from release.flows.planning.version_facts import releases_of, version_facts
from release.flows.project import Project
from release.flows.reach import Access
from release.flows.reading.contents import changelog_path, version_files
from release.flows.reading.kept_values import CachedMetrics
from release.flows.running.run import Work
from release.git.objects import Objects
from release.git.refs import subjects_since
from release.git.repository import copy_index
from release.git.scratch import Scratch

Confirm = Callable[[BumpPlan], bool]  # shows the plan; True: continue


class Planned(Struct, frozen=True, kw_only=True):
    """A plan, and the work for `run` (None if it cannot be carried out).

    `outrun` is the record if the only failed checks say that the remote moved since it was read. `draft` is the
    text of the release, None if planning stopped earlier.
    """

    plan: BumpPlan
    work: Work | None
    outrun: Record | None = None
    draft: Draft | None = None


def without_change(planned: Planned) -> BumpReport:
    """Return the report of a plan that was only previewed, or that cannot be carried out."""
    if planned.plan.nothing is not None:
        return BumpReport(plan=planned.plan, outcome=Outcome.NOTHING)
    return BumpReport(plan=planned.plan, outcome=Outcome.REFUSED if planned.plan.refused else Outcome.PREVIEW)


def plan_release(
    request: BumpRequest,
    project: Project,
    scratch: Scratch,
    reach: Access = Access.EVERYWHERE,
    read_content: ReadContent | None = None,
    unasked: ReadBudget = ReadBudget.PROOF,
) -> Planned:
    """Read, decide, prepare and rehearse; change nothing visible. Raises UsageError for a wrong call."""
    kind = Level.PATCH if request.kind == AUTO else parse_kind(request.kind)
    index_copy = copy_index(project.repository, scratch.folder)
    facts = read_repository(project, index_copy, at=request.at, ask=reach is Access.EVERYWHERE)
    with Objects(project.repository.git if read_content is None else scratch.git) as objects:
        content = read_content(scratch, objects, facts) if read_content is not None else None
        inquiry = PlanContext(
            request=request,
            kind=kind,
            project=project,
            scratch=scratch,
            index_copy=index_copy,
            objects=objects,
            facts=facts,
            tree=objects.tree_of(facts.commit) if content is None else content.tree,
            reach=reach,
            kept=CachedMetrics(project, reach),
            content=content,
            unasked=unasked,
        )
        return _plan(inquiry)


def _plan(inquiry: PlanContext) -> Planned:
    releases = releases_of(inquiry)
    facts = version_facts(inquiry, releases)
    if inquiry.request.kind == AUTO:
        from release.flows.planning.choosing import choose_kind, contained

        known = contained(inquiry, facts)
        if known is not None:
            return _nothing(inquiry, releases, known)
        choice = choose_kind(inquiry, facts)
        inquiry = replace(inquiry, auto=choice, kind=choice.kind or inquiry.kind)
        facts = replace(facts, kind=inquiry.kind, floor=choice.floor)
    decision = decide_version(facts)
    if inquiry.auto is None and decision.publish_only is not None and isinstance(inquiry.kind, Level):
        from release.flows.planning.choosing import unless_deleted

        decision = unless_deleted(inquiry, facts, decision, decision.publish_only)
    if inquiry.auto is not None and inquiry.auto.kind is None:
        from release.flows.planning.choosing import without_release

        decision = without_release(decision, inquiry.auto)
    if decision.nothing is not None:
        behind = behind_check(inquiry.facts) if decision.version is not None else None
        return _nothing(inquiry, releases, decision if behind is None else not_known(decision, behind))
    files = version_files(inquiry.objects, inquiry.tree, inquiry.project.config)
    changelog = changelog_path(inquiry.objects, inquiry.tree, inquiry.project.config)
    commit = read_commit(inquiry, decision, (changelog, *files))
    gates = judge(inquiry, decision, commit)
    checks = _checks(inquiry, releases, decision, commit, gates)
    bare = replace(_bare_plan(inquiry, decision, gates.notes), gates=gates.results)
    if decision.version is None:
        return Planned(plan=_with_content(bare, commit, checks), work=None)
    given = _draft_input(inquiry, decision, commit, changelog, files)
    draft = draft_release(replace(given, regression=gates.regression))
    checks = (*checks, *draft.checks)
    plan = _drafted_plan(_with_content(bare, commit, checks), inquiry, draft)
    plan = as_made(inquiry, decision, plan, commit.files[changelog].data)
    if any(check.blocks and check.name in _UNPREPARABLE for check in checks):
        return Planned(plan=plan, work=None, draft=draft)
    prepared, signing = prepare_signed(inquiry, decision, draft, _also(inquiry, releases, decision), plan=plan)
    return replace(_rehearsed(replace(plan, checks=(*checks, *signing)), inquiry, prepared), draft=draft)


def _nothing(inquiry: PlanContext, releases: Releases, decision: VersionDecision) -> Planned:
    """Return the plan where nothing is released, or nothing can be decided here.

    Broken tags are only a warning, because they cannot affect a release that is not made.
    """
    lost = (broken_check(tag, Verdict.WARNING) for tag in releases.broken)
    pending = () if inquiry.facts.pending is None else (pending_check(inquiry.facts),)
    plan = _bare_plan(inquiry, decision)
    made = next((release.ref.commit_id for release in releases.all if release.name == decision.tag), None)
    return Planned(plan=replace(plan, checks=(*pending, *plan.checks, *lost), commit=made), work=None)


# If one of these fails, nothing can be prepared. After other failures the rehearsal still reports more.
_UNPREPARABLE = frozenset(
    {
        CheckName.ALREADY_RELEASED,
        CheckName.BRANCH,
        CheckName.CHANGELOG,
        CheckName.HISTORY,
        CheckName.IDENTITY,
        CheckName.INTERRUPTED,
        CheckName.REMOTE,
        CheckName.TAG,
        CheckName.VERSION,
        CheckName.VERSION_FILES,
    }
)


def _rehearsed(plan: BumpPlan, inquiry: PlanContext, prepared: Prepared) -> Planned:
    checks = (*plan.checks, *rehearse(inquiry, prepared))
    record = prepared.record
    plan = replace(
        plan,
        checks=checks,
        commit=record.commit,
        tag_object=record.tag_object,
        also_published=(*record.also, *_unpushed(inquiry, plan)),
        steps=steps(plan, record),
    )
    work = Work(record=record, new_objects=prepared.new_objects, push=inquiry.request.push)
    blocking = [check for check in checks if check.blocks]
    outrun = record if blocking and all(is_race_lost(check) for check in blocking) else None
    return Planned(plan=plan, work=None if plan.refused else work, outrun=outrun)


def _unpushed(inquiry: PlanContext, plan: BumpPlan) -> tuple[str, ...]:
    """Return the commits that the push also publishes, each with its subject; none for a tag alone."""
    branch = inquiry.facts.branch
    if branch is None or plan.branch is None or not branch.unpushed:
        return ()
    commits = subjects_since(inquiry.project.repository.git, inquiry.facts.commit, branch.tip) if branch.tip else ()
    return tuple(f"{id[:7]} {subject}" for id, subject in commits)


def _checks(
    inquiry: PlanContext, releases: Releases, decision: VersionDecision, commit: CommitFacts, gates: JudgedGates
) -> tuple[Check, ...]:
    protected = frozenset({*commit.files, *(file.path for file in (*commit.metrics, *commit.params))})
    prerelease = decision.version is not None and decision.version.prerelease is not None
    push, back = inquiry.request.push, inquiry.request.back_to is not None
    repository = repository_checks(inquiry.facts, prerelease=prerelease, push=push, protected=protected, back=back)
    by_hand = tag_by_hand(decision.tag, inquiry.facts.commit[:10], inquiry.facts.remote_name) if decision.tag else None
    return settled(
        audit_check(commit.audit, by_hand),
        *((commit.tracked_data,) if commit.tracked_data else ()),
        *repository,
        *releases.checks,
        *decision.checks,
        *metric_checks(commit, inquiry.request.at or "HEAD"),
        *_lineage(inquiry, decision, commit),
        *((gates.check,) if gates.check else ()),
        *(inquiry.content.checks if inquiry.content else ()),
    )


def _lineage(inquiry: PlanContext, decision: VersionDecision, commit: CommitFacts) -> tuple[Check, ...]:
    outs, metrics = (commit.outs_before, commit.outs), (commit.metrics_before, commit.metrics)
    numbers = stale_numbers(outs, metrics, decision.previous.name) if decision.previous else None
    check = lineage_check(commit.stages, commit.stale, numbers, inquiry.project.config.lineage)
    return () if check is None else (check,)


def _draft_input(
    inquiry: PlanContext,
    decision: VersionDecision,
    commit: CommitFacts,
    changelog: str,
    files: Mapping[str, VersionFile],
) -> DraftInput:
    return DraftInput(
        request=inquiry.request,
        repository=inquiry.facts,
        commit=commit,
        decision=decision,
        changelog=changelog,
        version_files=files,
        release_id=token_hex(16),
    )


def _also(inquiry: PlanContext, releases: Releases, decision: VersionDecision) -> dict[str, str]:
    """Return unpublished release tags that the same push publishes: on unpushed commits, or made with `--no-push`."""
    facts = inquiry.facts
    there = {tag.name for tag in facts.remote.tags} if facts.remote else set()
    unpushed = facts.branch.unpushed if facts.branch else frozenset()
    recorded = {record.tag for record in facts.unpublished}
    local = {tag.name: tag for tag in facts.local_tags}
    return {
        release.name: release.ref.object_id
        for release in releases.all
        if release.name in local
        and release.name not in there
        and release.name != decision.tag
        and release.name in facts.ancestors
        and (release.ref.commit_id in unpushed or release.name in recorded)
    }


def _bare_plan(inquiry: PlanContext, decision: VersionDecision, notes: tuple[str, ...] = ()) -> BumpPlan:
    facts, request, auto, content = inquiry.facts, inquiry.request, inquiry.auto, inquiry.content
    return BumpPlan(
        kind=request.kind,
        version=decision.version,
        tag=decision.tag,
        previous=decision.previous,
        message=request.message or (f"Release {decision.version}" if decision.version else ""),
        base=facts.commit,
        branch=facts.branch.name if facts.branch else None,
        remote=facts.remote_name,
        checks=decision.checks,
        chosen=auto.word if auto else None,
        reasons=auto.reasons if auto else (),
        notes=(*decision.notes, *(auto.notes if auto else ()), *(content.notes if content else ()), *notes),
        push=request.push,
        nothing=decision.nothing,
    )


def _with_content(plan: BumpPlan, commit: CommitFacts, checks: tuple[Check, ...]) -> BumpPlan:
    subjects = tuple(subject for _, subject in commit.commits)
    return replace(plan, checks=checks, commits=subjects, audit=commit.audit, notes=(*plan.notes, *commit.notes))


def _drafted_plan(plan: BumpPlan, inquiry: PlanContext, draft: Draft) -> BumpPlan:
    return replace(
        plan,
        message=draft.message,
        metrics=draft.changes.metrics,
        params=draft.changes.params,
        pointers=draft.changes.pointers,
        changelog_entry=draft.entry,
        files=file_changes(draft),
        branch=plan.branch if draft.contents or (inquiry.facts.branch and inquiry.facts.branch.unpushed) else None,
    )
