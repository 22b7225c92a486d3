"""The plan of a release: every check, the version, the texts, the steps; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace
from semver import Version

from release.core.changelog import entry_of
from release.core.check import Check, CheckName, Verdict
from release.core.config import for_model, for_models
from release.core.draft import Draft, DraftInput, draft_release
from release.core.gates import (
    Compared,
    GateResult,
    GateVerdict,
    allow,
    gates_check,
    judge_gates,
    unmeasured_gates,
    with_unmeasured,
)
from release.core.lineage import lineage_check, outs_at, stale_numbers
from release.core.next_version import VersionDecision, VersionFacts, decide_version, not_known
from release.core.pointer import pointer_changes
from release.core.problems import with_problems
from release.core.release import (
    AUTO,
    BumpPlan,
    BumpReport,
    BumpRequest,
    CommitFacts,
    FileChange,
    Outcome,
    PlannedRelease,
    Record,
    RepositoryFacts,
    StatusReport,
)
from release.core.release_checks import (
    audit_check,
    behind_check,
    metric_checks,
    pending_check,
    repository_checks,
    settled,
)
from release.core.tag_message import WITHOUT_SIGNATURE, parse_object
from release.core.tags import Releases, ReleaseTag, broken_check
from release.core.text import command_line, many
from release.core.version import FIRST_BASE, Level, parse_kind
from release.dvc.pointers import read_pointers
from release.engine.audit import FEW_BYTES, MOST_BYTES
from release.engine.facts import (
    PlanContext,
    ReadContent,
    branches_with,
    of_config,
    planned_data_check,
    prove_again,
    read_commit,
    read_context,
    releases_of,
    version_facts,
)
from release.engine.prepare import dated, makers_of, model_tags_here, prepare_signed, rehearse
from release.engine.project import Access, Project
from release.engine.publish import Work, steps_of
from release.engine.push_missing import as_if_uploaded, is_asked_for
from release.engine.tag_reading import attestation_of
from release.engine.values import CachedMetrics, changelog_path, version_files
from release.errors import ExitCode, ReleaseError, UsageError
from release.git.objects import Objects
from release.git.refs import subjects_since
from release.git.scratch import Scratch

if TYPE_CHECKING:
    from release.engine.checkout_data import DataChange


class JudgedGates(Struct, frozen=True, kw_only=True):
    """The results and their check (None: no gate is configured).

    `regression` is the reason for the override; None if no gate needed one.
    """

    results: tuple[GateResult, ...] = ()
    check: Check | None = None
    regression: str | None = None
    notes: tuple[str, ...] = ()


def judged_gates(context: PlanContext, decision: VersionDecision, commit: CommitFacts) -> JudgedGates:
    """Judge every gate. If the release only has to be published, the reason in its own tag counts, too."""
    config, request = context.project.config, context.request
    previous = decision.previous.name if decision.previous else None
    compared = Compared(
        after=commit.metrics,
        before=commit.metrics_before,
        previous=previous,
        baselines=commit.baselines,
        folder=config.folder,
    )
    judged = judge_gates(config.gates, compared)
    skipped = unmeasured_gates(judged, compared)
    results = tuple(one for one in judged if one not in skipped)
    reason: str | None = request.allow_regression
    if reason is None and decision.publish_only is not None:
        said = attestation_of(context.objects, decision.publish_only.ref)
        reason = said.regression if said is not None else None
    notes: tuple[str, ...] = ()
    if reason is not None:
        results = allow(results)
        if not any(one.verdict is GateVerdict.ALLOWED for one in results):
            # a rollback sets the reason itself
            unused = request.allow_regression is not None and request.back_to is None
            reason, notes = None, ("no gate failed: --allow-regression was not needed",) if unused else ()
    command = replace(request, allow_regression=None).command()
    check = with_unmeasured(gates_check(results, reason=reason, command=command), skipped)
    return JudgedGates(results=results, check=check, regression=reason, notes=notes)


# Plan of a `--no-push` release that only has to be published: shown as it was made


def as_made(context: PlanContext, decision: VersionDecision, plan: BumpPlan, changelog: bytes | None) -> BumpPlan:
    """Return the plan with message and entry of the existing tag and changelog; other plans unchanged."""
    if decision.publish_only is None or decision.tag is None:
        return plan
    message = parse_object(context.objects.read(decision.publish_only.ref.object_id))
    notes = plan.notes
    if context.request.message not in (None, message.subject):
        notes = (*notes, f"-m is not used: {decision.tag} has its message already")
    made = replace(
        plan.release,
        message=message.subject,
        changelog_entry=_entry(changelog, str(decision.version)) or message.body or plan.release.changelog_entry,
    )
    return replace(plan, releases=(made,), notes=notes)


def _entry(changelog: bytes | None, version: str) -> str | None:
    try:
        return entry_of(changelog, version) if changelog is not None else None
    except ReleaseError:
        return None


# Plan of a release: facts, pure decisions, then the prepare and rehearse phases; nothing visible changes

Confirm = Callable[[BumpPlan], bool]  # shows the plan; True: continue


class Planned(Struct, frozen=True, kw_only=True):
    """A plan, and the work for `run` (None if it cannot be carried out).

    `race` is the record if the only failed checks say that the remote moved since it was read. `draft` is the
    text of the release, None if planning stopped earlier. `data` is the data that a rollback moves. `audited_s` is when
    the stores had been asked (`time.monotonic`). `facts` are what was read first.
    """

    plan: BumpPlan
    work: Work | None
    race: Record | None = None
    draft: Draft | None = None
    data: DataChange | None = None
    audited_s: float = 0.0
    facts: RepositoryFacts | None = None


def prove_if_old(planned: Planned, work: Work, project: Project, scratch: Scratch, asked_s: float) -> None:
    """Audit again if a question, asked at `asked_s`, or much time lay between the audit and now; see `prove_again`."""
    now_s = monotonic()
    old = now_s - asked_s > _QUESTION_S or now_s - planned.audited_s > _FRESH_S
    if old and planned.plan.audit is not None:
        config = for_models(project.config, planned.plan.models)
        prove_again(replace(project, config=config), scratch.git, work.record.tag, work.record.commit)


_QUESTION_S = 0.5  # no one answers faster, and a plan without a question is shown in less
_FRESH_S = 10.0


def without_change(planned: Planned) -> BumpReport:
    """Return the report of a plan that was only previewed, or that cannot be carried out."""
    if planned.plan.nothing is not None:
        return BumpReport(plan=planned.plan, outcome=Outcome.NOTHING)
    return BumpReport(plan=planned.plan, outcome=Outcome.REFUSED if planned.plan.refused else Outcome.PREVIEW)


def plan_release(
    request: BumpRequest,
    project: Project,
    scratch: Scratch,
    access: Access = Access.ALL,
    read_content: ReadContent | None = None,
    most_bytes: int = MOST_BYTES,
) -> Planned:
    """Read, decide, prepare and rehearse; change nothing visible. Raises UsageError for a wrong call."""
    kind = Level.PATCH if request.kind == AUTO else parse_kind(request.kind, request.before_kind)
    if request.all_models:
        _check_all_models(request, project, kind)
    with Objects(project.repository.git if read_content is None else scratch.git) as objects:
        context = read_context(request, project, scratch, objects, ask=access is Access.ALL)
        content = read_content(scratch, objects, context.facts) if read_content is not None else None
        context = replace(
            context,
            kind=kind,
            tree=context.tree if content is None else content.tree,
            access=access,
            cached=CachedMetrics(project, access),
            content=content,
            most_bytes=most_bytes,
        )
        parts = [context]
        if request.all_models:
            parts = [of_config(context, for_model(project.config, name)) for name in project.config.models]
        planned = replace(_plan(parts), facts=context.facts)
        return planned if content is None else replace(planned, data=content.data)


class _Drafted(Struct, frozen=True, kw_only=True):
    """One release as far as it could be drafted; `also` are the tags that are pushed along.

    `draft` None: a failed check prevented it, or nothing is released.
    """

    context: PlanContext
    plan: BumpPlan
    decision: VersionDecision
    draft: Draft | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    audited_s: float = 0.0

    def named(self, check: Check) -> Check:
        """Return the check with its model, if the call releases several and the check is not about all of them."""
        if not self.context.request.all_models or check.name not in _OF_ONE:
            return check
        return replace(check, message=f"{self.context.project.config.model}: {check.message}")


def _plan(parts: Sequence[PlanContext]) -> Planned:
    """Plan the releases of one commit: each is drafted, then all are prepared and rehearsed together."""
    found = [_drafted_of_model(context) for context in parts] if parts[0].request.all_models else [_drafted(parts[0])]
    made = [each for each in found if each.plan.nothing is None] or found[:1]
    (first, *_), plan = made, _merged(found, made) if parts[0].request.all_models else found[0].plan
    drafts = [(each.decision, each.draft) for each in made if each.draft is not None]
    if len(drafts) < len(made) or any(check.blocks and check.name in _UNPREPARABLE for check in plan.checks):
        return Planned(plan=plan, work=None, draft=first.draft)
    also = {name: id for each in made for name, id in each.also.items()}
    prepared, signing = prepare_signed(first.context, drafts, also, plan=plan)
    planned = [
        each.named(check)
        for each in made
        if (check := planned_data_check(each.context, each.plan.audit, prepared.record)) is not None
    ]
    rehearsed = _rehearsed(replace(plan, checks=(*plan.checks, *planned, *signing)), first.context, prepared)
    return replace(rehearsed, draft=first.draft, audited_s=min(each.audited_s for each in made))


def _drafted(context: PlanContext) -> _Drafted:
    releases = releases_of(context)
    context, decision, ends = _decide(context, version_facts(context, releases))
    if ends:
        return _Drafted(context=context, decision=decision, plan=_nothing(context, releases, decision))
    files = version_files(context.objects, context.tree, context.project.config)
    changelog = changelog_path(context.objects, context.tree, context.project.config)
    commit = read_commit(context, decision, (changelog, *files))
    audited_s = monotonic()
    gates = judged_gates(context, decision, commit)
    checks = _checks(context, releases, decision, commit, gates)
    bare = replace(_bare_plan(context, decision, commit, gates), checks=checks)
    waiting = _unpublished(context, releases, decision)
    left = {each.name: why for each in waiting if (why := _why_left_here(context, each)) is not None}
    if context.request.push and context.facts.remote is not None:  # else it is not known which tags it has
        left_notes = (f"{name} is not pushed along: {why}" for name, why in left.items())
        bare = replace(bare, notes=(*bare.notes, *left_notes))
    if decision.version is None:
        return _Drafted(context=context, decision=decision, plan=bare)
    draft = draft_release(
        DraftInput(
            request=context.request,
            repository=context.facts,
            commit=commit,
            decision=decision,
            changelog=changelog,
            version_files=files,
            release_id=token_hex(16),
            regression=gates.regression,
            yanked={
                str(each.version): said.reason for each in releases.all if (said := each.withdrawn) and not said.undone
            },
        )
    )
    _, clock = dated(makers_of(context.facts, WITHOUT_SIGNATURE), decision.tag or "", model_tags_here(context))
    checks = (*checks, *draft.checks, *(clock if decision.publish_only is None else ()))
    plan = _drafted_plan(replace(bare, checks=checks), context, draft)
    return _Drafted(
        context=context,
        plan=as_made(context, decision, plan, commit.files[changelog].data),
        decision=decision,
        draft=draft,
        also={each.name: each.ref.object_id for each in waiting if each.name not in left},
        audited_s=audited_s,
    )


# Plan of all models (`bump --all-models`): each is drafted as for itself, and what refuses one refuses all


def _check_all_models(request: BumpRequest, project: Project, kind: Level | Version) -> None:
    """Raise UsageError for a call that several models cannot have."""
    if not project.config.models:
        words = "no model is configured, and --all-models releases those of [tool.release.models]"
        raise UsageError(words, help='[tool.release.models.NAME] with path = "OUT" in the configuration')
    named = "the version" if isinstance(kind, Version) else "--base" if request.base is not None else None
    if named is not None:
        one = (*replace(request, all_models=False).before_kind, "--model", next(iter(project.config.models)))
        words = f"{named} of one model is not that of the others, so --all-models does not take it"
        raise UsageError(words, help=command_line(*one, request.kind))


def _drafted_of_model(context: PlanContext) -> _Drafted:
    """Draft the release of one of several models. Raises UsageError, naming the model."""
    try:
        return _drafted(context)
    except UsageError as error:
        raise UsageError(
            f"{context.project.config.model}: {error.message}", help=error.help, section=error.section
        ) from error


def _unchanged(context: PlanContext, facts: VersionFacts) -> VersionDecision | None:
    """Return the decision not to release a model whose data is that of its last version; None if it has changed."""
    objects, every, path = context.objects, replace(context.project.config, only=()), context.project.config.only[0]
    finals = [each for each in facts.pool if context.kind is not Level.FINAL or each.version.prerelease is None]
    last = max(finals, key=lambda each: each.rank, default=None)
    if last is not None and last.ref.commit_id == facts.commit and not facts.is_published(last):
        return None  # it only has to be published
    pointers = read_pointers(objects, facts.commit, every)
    outs = outs_at(pointers.outs, path)
    before = outs_at(read_pointers(objects, last.ref.commit_id or "", every).outs, path) if last is not None else ()
    if pointers.problems or pointer_changes(before, outs):
        return None
    why = f"{path} is as in {last.name}" if last is not None and outs else f"the commit has no data at {path}"
    base = last.version if last else FIRST_BASE
    return VersionDecision(version=None, tag=None, previous=last, base=last, base_version=base, nothing=why)


_OF_ONE = frozenset(
    {
        CheckName.ALREADY_RELEASED,
        CheckName.CHANGELOG,
        CheckName.DATA_ON_REMOTE,
        CheckName.GATES,
        CheckName.LINEAGE,
        CheckName.METRICS,
        CheckName.MODEL,
        CheckName.TAG,
        CheckName.TAGS,
        CheckName.VERSION,
        CheckName.VERSION_FILES,
    }
)


def _merged(found: Sequence[_Drafted], made: Sequence[_Drafted]) -> BumpPlan:
    """Return one plan for the releases `made`; the other models are named in its notes."""
    plans, first = [each.plan for each in made], made[0].plan
    checks = (
        each.named(check)
        for each in found
        for check in each.plan.checks
        if each.plan.nothing is None or check.verdict is not Verdict.OK
    )
    audits = [plan.audit for plan in plans if plan.audit is not None]
    releases = tuple(plan.release for plan in plans)
    if first.nothing is not None:
        releases = (replace(first.release, chosen=None, reasons=()),)
    return replace(
        first,
        releases=releases,
        checks=settled(*dict.fromkeys(checks)),
        audit=with_problems(audits[0], (each for audit in audits[1:] for each in audit.problems)) if audits else None,
        files=tuple(file for plan in plans for file in plan.files),
        branch=next((plan.branch for plan in plans if plan.branch is not None), None),
        notes=tuple(_notes(found)),
        nothing=None if first.nothing is None else "no model has changed since its last version",
    )


def _notes(found: Sequence[_Drafted]) -> Iterator[str]:
    """Yield the notes of every model with its name, those about all of them once, and why a model is left out."""
    every = Counter(note for each in found for note in dict.fromkeys(each.plan.notes))
    yield from (note for note, count in every.items() if count == len(found))
    for each in found:
        name = each.context.project.config.model
        if each.plan.nothing is not None:
            yield f"{name} is not released: {each.plan.nothing}"
        yield from (f"{name}: {note}" for note in each.plan.notes if every[note] < len(found))


def _decide(context: PlanContext, facts: VersionFacts) -> tuple[PlanContext, VersionDecision, bool]:
    """Decide the version; return the context with the chosen KIND, and whether planning ends here.

    If `auto` finds nothing to release, the request's `fallback` is planned.
    """
    same = _unchanged(context, facts) if context.request.all_models else None
    if same is not None:
        return context, same, True
    if context.request.kind != AUTO:
        decision = decide_version(facts)
        if decision.publish_only is not None and isinstance(context.kind, Level):
            from release.engine.kind import unless_deleted

            decision = unless_deleted(context, facts, decision, decision.publish_only)
    else:
        from release.engine.kind import choose_kind, contained, without_release

        known = contained(context, facts)
        if known is not None:
            return context, known, True
        choice = choose_kind(context, facts)
        context = replace(context, auto=choice, kind=choice.kind or context.kind)
        decision = decide_version(replace(facts, kind=context.kind, floor=choice.floor))
        fallback = context.request.fallback
        if choice.kind is None and fallback is not None:
            context = replace(context, request=replace(context.request, kind=fallback.value))
            return context, decide_version(replace(facts, kind=fallback)), False
        if choice.kind is None:
            decision = without_release(decision, choice)
    if decision.nothing is None:
        return context, decision, False
    behind = behind_check(context.facts) if decision.version is not None else None
    if behind is None:
        return context, decision, True
    here = next((release for release in facts.releases if release.name == decision.tag), None)
    return context, replace(not_known(decision, behind), previous=here), True


def _nothing(context: PlanContext, releases: Releases, decision: VersionDecision) -> BumpPlan:
    """Return the plan where nothing is released, or nothing can be decided here.

    Broken tags are only a warning, because they cannot affect a release that is not made.
    """
    lost = (broken_check(tag, Verdict.WARNING) for tag in releases.broken)
    pending = () if context.facts.pending is None else (pending_check(context.facts),)
    unknown = context.facts.remote_problem  # what others released was not looked for
    pending = pending if unknown is None else (*pending, replace(unknown, verdict=Verdict.WARNING))
    plan = _bare_plan(context, decision)
    if changed := [each.path for each in context.facts.state.changed]:
        few = ", ".join(changed[:2]) + (", ..." if len(changed) > 2 else "")
        note = f"{many(len(changed), 'changed file')} not committed: {few}"
        plan = replace(plan, notes=(*plan.notes, note))
    made = next((release.ref.commit_id for release in releases.all if release.name == decision.tag), None)
    return replace(plan, checks=(*pending, *plan.checks, *lost), commit=made)


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


def _rehearsed(plan: BumpPlan, context: PlanContext, work: Work) -> Planned:
    checks = (*plan.checks, *rehearse(context, work))
    record = work.record
    plan = replace(
        plan,
        releases=tuple(
            replace(release, tag_object=made.tag_object)
            for release, made in zip(plan.releases, record.releases, strict=True)
        ),
        checks=checks,
        commit=record.commit,
        also_published=(*record.also, *_unpushed(context, plan)),
        steps=steps_of(record),
    )
    blocking = [check for check in checks if check.blocks]
    moved = all(check.name == CheckName.PUSH and check.code is ExitCode.RACED for check in blocking)
    race = record if blocking and moved else None
    return Planned(plan=plan, work=None if plan.refused else work, race=race)


def _unpushed(context: PlanContext, plan: BumpPlan) -> tuple[str, ...]:
    """Return the commits that the push also publishes, each with its subject; none for a tag alone."""
    branch = context.facts.branch
    if branch is None or plan.branch is None or not branch.unpushed:
        return ()
    commits = subjects_since(context.project.repository.git, context.facts.commit, branch.tip) if branch.tip else ()
    return tuple(f"{id[:7]} {subject}" for id, subject in commits)


def _checks(
    context: PlanContext, releases: Releases, decision: VersionDecision, commit: CommitFacts, gates: JudgedGates
) -> tuple[Check, ...]:
    protected = frozenset({*commit.files, *(file.path for file in (*commit.metrics, *commit.params))})
    prerelease = decision.version is not None and decision.version.prerelease is not None
    repository = repository_checks(context.facts, context.request, prerelease=prerelease, protected=protected)
    return settled(
        audit_check(commit.audit),
        *((commit.tracked_data,) if commit.tracked_data else ()),
        *repository,
        *releases.checks,
        *([releases.elsewhere_check] if releases.elsewhere_check else ()),
        *decision.checks,
        *metric_checks(commit, context.request.at or "HEAD"),
        *commit.model,
        *_lineage(context, decision, commit),
        *((gates.check,) if gates.check else ()),
        *(context.content.checks if context.content else ()),
    )


def _lineage(context: PlanContext, decision: VersionDecision, commit: CommitFacts) -> tuple[Check, ...]:
    outs, metrics = (commit.outs_before, commit.outs), (commit.metrics_before, commit.metrics)
    numbers = stale_numbers(outs, metrics, decision.previous.name) if decision.previous else None
    check = lineage_check(commit.lineage, numbers, context.project.config.lineage)
    return () if check is None else (check,)


def _unpublished(context: PlanContext, releases: Releases, decision: VersionDecision) -> tuple[ReleaseTag, ...]:
    """Return the releases here that the remote lacks, on unpushed commits or made with `--no-push`: pushed along."""
    facts = context.facts
    there = {tag.name for tag in facts.remote.tags} if facts.remote else set()
    unpushed = facts.branch.unpushed if facts.branch else frozenset()
    recorded = {tag for record in facts.unpublished for tag in record.tags}
    local = {tag.name: tag for tag in facts.local_tags}
    return tuple(
        release
        for release in releases.all
        if release.name in local
        and release.name not in there
        and release.name != decision.tag
        and release.name in facts.ancestors
        and (release.ref.commit_id in unpushed or release.name in recorded)
    )


def _why_left_here(context: PlanContext, release: ReleaseTag) -> str | None:
    """Return why an unpublished tag is not pushed along: it was deleted on the remote, or undone; None: it is.

    A clone that has not fetched may still have it. Its own ones were made with `--no-push`, or by hand on commits that
    the remote lacks.
    """
    facts, git = context.facts, context.project.repository.git
    if release.withdrawn is not None and release.withdrawn.undone:
        return f"it was undone on {facts.remote_name}"
    if any(release.name in record.tags for record in facts.unpublished):
        return None
    by_release = attestation_of(context.objects, release.ref) is not None
    if by_release or branches_with(git, release.ref.commit_id or "", facts.remote_name, facts.remote):
        return f"it was deleted on {facts.remote_name}, or never pushed"
    return None


def _bare_plan(
    context: PlanContext,
    decision: VersionDecision,
    commit: CommitFacts | None = None,
    gates: JudgedGates | None = None,
) -> BumpPlan:
    """Return the plan before a draft; without the content of the commit where nothing is released."""
    facts, request, auto, content = context.facts, context.request, context.auto, context.content
    release = PlannedRelease(
        kind=request.kind,
        version=decision.version,
        tag=decision.tag,
        previous=decision.previous,
        message=request.message or (f"Release {decision.version}" if decision.version else ""),
        commits=tuple(each.commit.subject for each in (commit.commits if commit else ()) if not each.commit.is_merge),
        gates=gates.results if gates else (),
        chosen=auto.word if auto else None,
        reasons=auto.reasons if auto else (),
        model=context.project.config.model,
    )
    notes = (*(gates.notes if gates else ()), *(commit.notes if commit else ()))
    return BumpPlan(
        releases=(release,),
        base=facts.commit,
        branch=facts.branch.name if facts.branch else None,
        remote=facts.remote_name,
        checks=decision.checks,
        audit=commit.audit if commit else None,
        notes=(*decision.notes, *(auto.notes if auto else ()), *(content.notes if content else ()), *notes),
        push=request.push,
        publish=request.push and (context.project.config.publish if request.publish is None else request.publish),
        nothing=decision.nothing,
    )


def _drafted_plan(plan: BumpPlan, context: PlanContext, draft: Draft) -> BumpPlan:
    release = replace(
        plan.release,
        message=draft.message,
        metrics=draft.changes.metrics,
        params=draft.changes.params,
        pointers=draft.changes.pointers,
        changelog_entry=draft.entry,
    )
    moves = bool(draft.contents) or (context.facts.branch is not None and bool(context.facts.branch.unpushed))
    files = tuple(FileChange(path=path, created=path in draft.created) for path in draft.contents)
    return replace(plan, releases=(release,), files=files, branch=plan.branch if moves else None)


# Work of `release status`: a preview of the next release


def preview(
    request: BumpRequest,
    project: Project,
    access: Access = Access.ALL,
    most_bytes: int = MOST_BYTES,
) -> BumpReport:
    """Return the plan with every check, including the rehearsal; change nothing and run no hook."""
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, access, most_bytes=most_bytes)
    if is_asked_for(request, project):
        planned = replace(planned, plan=as_if_uploaded(project, planned.plan))
    return without_change(planned)


def read_status(
    project: Project,
    access: Access,
    request: BumpRequest = BumpRequest(kind=AUTO),  # noqa: B008 - frozen
) -> StatusReport:
    """Return what `auto` would do, with every check, or the release at HEAD. Changes nothing."""
    request = replace(request, kind=AUTO, fallback=Level.PATCH, ask_for_key=False)
    plan = preview(request, project, access, FEW_BYTES).plan
    if plan.nothing is not None and plan.release.version is not None:
        released = replace(plan.release, chosen=None, reasons=())
        return StatusReport(plan=replace(plan, releases=(released,)), released=released.tag)
    if plan.release.version is None and any(check.blocks and check.code is ExitCode.RACED for check in plan.checks):
        plan = replace(plan, releases=(replace(plan.release, chosen=None, reasons=()),))  # the newer commits decide it
    return StatusReport(plan=plan)
