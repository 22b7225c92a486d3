"""Promotion of a version to a stage: one tag by GTO's grammar, planned, rehearsed and published as a release is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName
from release.core.config import StageRules
from release.core.gates import Compared, gates_check, judge_gates
from release.core.release import AUTO, BumpRequest, Message, RecordedRelease, validate_message
from release.core.release_checks import audit_check, repository_checks, settled
from release.core.stages import (
    STAGE_NAME,
    PromotePlan,
    PromoteReport,
    StageTag,
    in_stage,
    model_of,
    model_of_tag,
    next_stage_tag,
    own_model,
    stage_of,
    stayed_check,
    time_in,
)
from release.core.tag_message import SignatureState
from release.core.tags import DatedTag, TagRef
from release.core.text import command_line, many
from release.engine.audit import Auditing
from release.engine.facts import PlanContext, branches_with, read_baselines, read_context
from release.engine.prepare import bare_record, dated, makers_as_set, rehearse
from release.engine.project import Access, Project
from release.engine.publish import OnStep, Work, no_step, run, steps_of
from release.engine.tag_reading import check_tags, named_tag, read_releases, readable, version_of
from release.engine.values import CachedMetrics, read_values
from release.errors import Cancelled, ExitCode, NotFound, UsageError
from release.git.objects import Objects
from release.git.refs import read_tags, resolve_commit
from release.git.scratch import Scratch
from release.git.signatures import read_signatures
from release.system.environment import now

Confirm = Callable[[PromotePlan], bool]  # shows the plan; True: continue


class PromoteRequest(Struct, frozen=True, kw_only=True):
    """A request to assign a version (`word`: a tag, a version or `latest`) to a stage, or to remove it (`assigns` False)."""

    word: str
    stage: str
    message: Message | None = None
    assigns: bool = True


def promote(
    request: PromoteRequest, project: Project, confirm: Confirm, on_step: OnStep = no_step, *, preview: bool = False
) -> PromoteReport:
    """Plan the promotion, ask, and publish its tag; return a report, even if it is refused.

    Raises UsageError for an unknown version, Cancelled if not confirmed, and what the push of a release raises.
    """
    if STAGE_NAME.fullmatch(request.stage) is None:
        words = f"{request.stage!r} cannot be the name of a stage: letters, digits, - / _ only"
        raise UsageError(words, help=command_line("release", "promote", names=(request.word, "prod")))
    with Scratch(project.repository) as scratch, Objects(project.repository.git) as objects:
        nothing = BumpRequest(kind=AUTO, ask_for_key=not preview, called="promote")
        context = read_context(nothing, project, scratch, objects, ask=True)
        plan, work = _plan(request, context)
        if work is None or preview:
            return PromoteReport(plan=plan, done=False)
        if not confirm(plan):
            raise Cancelled("cancelled; nothing was changed")
        finished = run(project.repository, scratch, work, on_step)
    return PromoteReport(plan=plan, done=True, warnings=finished.warnings)


def _plan(request: PromoteRequest, context: PlanContext) -> tuple[PromotePlan, Work | None]:
    tags = read_tags(context.project.repository.git)
    model, ref, of_version = _named(request, context, tags)
    plan = _bare_plan(request, context, model, ref, tags)
    by, clock = dated(makers_as_set(context), f"{model}#{request.stage}", tags)
    # Also if there is nothing to do: in a clone that lacks tags of others, something else may be in the stage now.
    plan = replace(plan, checks=settled(*_checks(context, plan, tags), *of_version, *clock))
    if plan.exit_code is not ExitCode.DONE:
        return replace(plan, nothing=None), None
    if plan.nothing is not None:
        return replace(plan, checks=()), None
    rules = context.project.config.stages.get(request.stage) if request.assigns else None
    if rules is not None:
        plan = replace(plan, checks=(*plan.checks, *_ruled(context, plan, tags, rules)))
    if plan.exit_code is not ExitCode.DONE:
        return plan, None
    object_id = context.scratch.tag(plan.commit, plan.tag, f"{plan.message}\n", by)
    made = RecordedRelease(tag=plan.tag, version=plan.version, message=plan.message, tag_object=object_id)
    record = replace(bare_record(context, (made,), token_hex(16)), base=plan.commit, commit=plan.commit)
    work = Work(record=record, new_objects=(object_id,))
    plan = replace(plan, checks=(*plan.checks, *rehearse(context, work)), steps=steps_of(record))
    return plan, work if plan.exit_code is ExitCode.DONE else None


def _bare_plan(
    request: PromoteRequest, context: PlanContext, model: str, ref: TagRef, tags: Sequence[DatedTag]
) -> PromotePlan:
    """Return the plan without checks: which tag it makes, what is in the stage before and after."""
    project, facts, commit = context.project, context.facts, ref.commit_id or ""
    version = version_of(project, model, commit, tags)
    said = StageTag(model=model, stage=request.stage, assigns=request.assigns, counter=None)
    current = in_stage(said, tags)
    others = [tag for tag in tags if tag.ref.commit_id != commit or stage_of(tag.ref.name) is None]
    left = in_stage(said, others) if current is None or current.ref.commit_id == commit else current
    names = {*(tag.ref.name for tag in tags), *(tag.name for tag in (facts.remote.tags if facts.remote else ()))}
    there = time_in(request.stage, model, commit, tags, now()) is not None
    verb = f"Promote {ref.name} to" if request.assigns else f"Remove {ref.name} from"
    return PromotePlan(
        model=model,
        version=version[0] if version else commit[:7],
        version_tag=ref.name,
        stage=request.stage,
        assigns=request.assigns,
        commit=commit,
        tag=next_stage_tag(model, request.stage, names, assigns=request.assigns),
        message=request.message or validate_message(f"{verb} {request.stage}"),
        remote=facts.remote_name,
        before=_version_in(context, model, current, tags),
        after=ref.name if request.assigns else _version_in(context, model, left, tags),
        nothing=_nothing(request, ref.name, current, commit, there=there),
    )


def _named(
    request: PromoteRequest, context: PlanContext, tags: Sequence[DatedTag]
) -> tuple[str, TagRef, tuple[Check, ...]]:
    """Return the model and the tag of the requested version, and the checks of that tag. Raises UsageError, Refused."""
    project, here = context.project, {tag.ref.name: tag.ref for tag in tags}
    tag = readable(named_tag(request.word, here, project))
    said = stage_of(tag.name) if tag is not None else None
    if tag is not None and said is not None:  # `charCNN#staging`: the version that is in it
        version = version_of(project, said.model, tag.commit_id or "", tags)
        tag = here[version[1]] if version is not None else None
    if tag is None or tag.commit_id is None:
        raise NotFound(f"no version {request.word} here", help="release fetch   (gets what others released)")
    model = model_of(tag.name) or own_model(project.config.tag_format)
    if model_of(tag.name) is not None:
        found = version_of(project, model, tag.commit_id, tags)
        if found is None:
            words = f"{tag.name} was deregistered: its model has no version at this commit"
            return model, tag, (Check.failed(CheckName.TAG, words, "gto show"),)
        tag = here[found[1]]
    release = next((each for each in read_releases(project, here.values()).all if each.name == tag.name), None)
    if release is None and model_of(tag.name) is None:
        raise NotFound(f"{tag.name} is the tag of no release", help="release list")
    if release is None or release.withdrawn is None or not request.assigns:
        return model, tag, ()
    back = command_line("release", "yank", "--restore", names=(tag.name,))
    gone = Check.failed(CheckName.TAG, f"{tag.name} is {release.withdrawn.mark}", f"{back}   (it counts again)")
    return model, tag, (gone,)


def _version_in(context: PlanContext, model: str, tag: DatedTag | None, tags: Sequence[DatedTag]) -> str | None:
    """Return the tag of the version that a stage tag assigned, else its short commit; None for no tag."""
    if tag is None or tag.ref.commit_id is None:
        return None
    found = version_of(context.project, model, tag.ref.commit_id, tags)
    return tag.ref.commit_id[:7] if found is None else found[1]


def _nothing(
    request: PromoteRequest, version: str, current: DatedTag | None, commit: str, *, there: bool
) -> str | None:
    if request.assigns and current is not None and current.ref.commit_id == commit:
        return f"{version} is in {request.stage} already"
    return None if request.assigns or there else f"{version} is not in {request.stage}"


# Checks of the repository and of the model's tags

_MOOT = frozenset(
    {CheckName.CHANGES, CheckName.BRANCH, CheckName.HISTORY, CheckName.WORK_TREE}
)  # no file or branch moves


def _checks(context: PlanContext, plan: PromotePlan, tags: Sequence[DatedTag]) -> Iterator[Check]:
    """Yield the checks of the git remote and of the tags of this model here and there."""
    facts, remote = context.facts, context.facts.remote_name
    own = repository_checks(facts, context.request, prerelease=False, protected=frozenset())
    yield from (check for check in own if check.name not in _MOOT)
    if facts.remote is None:
        return
    there = {tag.name: tag for tag in facts.remote.tags}
    here = {tag.ref.name: tag.ref for tag in tags}
    if there.get(plan.version_tag) is None:
        push = command_line("git", "push", names=(remote, f"refs/tags/{plan.version_tag}"))
        yield Check.failed(CheckName.TAG, f"{remote} does not have {plan.version_tag}", push)
    wanted = [tag for name, tag in there.items() if name == plan.version_tag or model_of_tag(name) == plan.model]
    missing = sorted(tag.name for tag in wanted if tag.name not in here)
    if missing:
        words = f"{many(len(missing), 'tag')} of {plan.model} on {remote} missing here: {missing[-1]}"
        yield Check.failed(CheckName.TAGS, words, "release fetch", ExitCode.RACED)
    for tag in wanted:
        if tag.name in here and here[tag.name].object_id != tag.object_id:
            words = f"{remote} has another {tag.name} than this clone"
            yield Check.failed(
                CheckName.TAGS, words, command_line("git", "ls-remote", "--tags", names=(remote, tag.name))
            )
    unpushed = sorted(name for name in here if model_of_tag(name) == plan.model and name not in there)
    if unpushed:
        push = command_line("git", "push", names=(remote, f"refs/tags/{unpushed[-1]}"))
        words = f"{many(len(unpushed), 'tag')} of {plan.model} only in this clone: {unpushed[-1]}"
        yield Check.warning(CheckName.TAGS, words, push)


# Checks of `[tool.release.stage.NAME]`


def _ruled(context: PlanContext, plan: PromotePlan, tags: Sequence[DatedTag], rules: StageRules) -> Iterator[Check]:
    """Yield the checks that the configuration asks for before a version enters the stage."""
    ref = next(tag.ref for tag in tags if tag.ref.name == plan.version_tag)
    if rules.branches:
        yield _branch_check(context, plan, rules.branches)
    if rules.after is not None:
        stay = time_in(rules.after, plan.model, plan.commit, tags, now())
        yield stayed_check(plan, rules.after, rules.days, stay)
    if rules.signed:
        yield _signature_check(context, ref)
    if rules.verify:
        yield _data_check(context, ref, tags)
    if rules.gates:
        yield from _gates(context, plan)


def _branch_check(context: PlanContext, plan: PromotePlan, patterns: Sequence[str]) -> Check:
    facts = context.facts
    names = branches_with(context.project.repository.git, plan.commit, facts.remote_name, facts.remote)
    fitting = [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if fitting:
        return Check.ok(CheckName.BRANCH, f"{plan.version_tag} is on {fitting[0]}")
    words = f"{plan.version_tag} is not on {' or '.join(patterns)} of {facts.remote_name}, as far as this clone knows"
    return Check.failed(CheckName.BRANCH, words, command_line("git", "fetch", names=(facts.remote_name,)))


def _signature_check(context: PlanContext, ref: TagRef) -> Check:
    found = read_signatures(context.project.repository, context.objects, [ref])[ref.name]
    if found.state is SignatureState.GOOD:
        return Check.ok(CheckName.SIGNING, f"{ref.name} is signed by {found.signer or found.key or 'a known key'}")
    words = f"the signature of {ref.name} is {found.state.value}{f': {found.reason}' if found.reason else ''}"
    return Check.failed(CheckName.SIGNING, words, command_line("release", "show", names=(ref.name,)))


def _data_check(context: PlanContext, ref: TagRef, tags: Sequence[DatedTag]) -> Check:
    """Audit the data of the version now, and compare it with its tag, as `release verify` does."""
    project, objects = context.project, context.objects
    with Auditing(objects, project.config, project.dvc) as auditing:
        audits = auditing.revisions([(ref.name, ref.commit_id or "")])
    found = check_tags(project, objects, audits, {tag.ref.name: tag.ref for tag in tags}, data=True)[0]
    check = audit_check(found.audit)
    return replace(check, help=command_line("release", "verify", names=(ref.name,))) if check.blocks else check


def _gates(context: PlanContext, plan: PromotePlan) -> Iterator[Check]:
    """Judge every gate, with the version that is in the stage now as the one before."""
    config, cached = context.project.config, CachedMetrics(context.project, Access.ALL)
    git = context.project.repository.git
    commits = {"after": plan.commit, "before": resolve_commit(git, plan.before) if plan.before else None}
    files = {
        side: read_values(context.objects, commit, config, cached).metrics if commit else ()
        for side, commit in commits.items()
    }
    compared = Compared(**files, previous=plan.before, baselines=dict(read_baselines(context)), folder=config.folder)
    check = gates_check(judge_gates(config.gates, compared), reason=None, command="")
    if check is not None:
        help = "promote another version, or change its gates: [tool.release.gate]"
        yield replace(check, help=help) if check.blocks and check.code is ExitCode.GATE else check
