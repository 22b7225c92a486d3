"""Preparation and rehearsal: the release's objects in scratch, every later phase as a dry run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from release.core.check import Check, CheckName
from release.core.draft import Draft, commit_message
from release.core.next_version import VersionDecision
from release.core.release import BumpPlan, Record, RecordedRelease, RecordState, RepositoryFacts
from release.core.stages import latest_tag, model_of_tag
from release.core.tag_message import WITHOUT_SIGNATURE, Signed, failed_check, signed_check, unsigned_check, what_to_sign
from release.core.tags import DatedTag
from release.core.text import age, command_line
from release.engine.facts import PlanContext
from release.engine.publish import Work, ref_updates
from release.errors import ExitCode
from release.git import push as git_push
from release.git.process import Running, TimedOut
from release.git.push import Answer, Pushed
from release.git.refs import locks_of, read_tags
from release.git.scratch import Makers
from release.git.signatures import SigningFailed, signing_key
from release.git.worktree import rehearse_files
from release.system.environment import now

Drafts = Sequence[tuple[VersionDecision, Draft]]  # of each release that one commit makes


def prepare(
    context: PlanContext,
    drafts: Drafts,
    *,
    also: Mapping[str, str],
    signed: Signed = WITHOUT_SIGNATURE,
) -> Work:
    """Make the commit and the tag objects in the scratch store. Raises SigningFailed."""
    facts, scratch = context.facts, context.scratch
    blobs = scratch.blobs({path: data for _, draft in drafts for path, data in draft.contents.items()})
    commit, new = facts.commit, []
    by = makers_of(facts, signed)
    if blobs:
        modes = {path: mode for _, draft in drafts for path, mode in draft.modes.items()}
        tree = scratch.tree(context.objects, context.tree, blobs, modes)
        message = commit_message(facts, context.request, [decision for decision, _ in drafts])
        commit = scratch.commit(tree, facts.commit, message, by)
        new.append(commit)
    made, tags = [], model_tags_here(context)
    for decision, draft in drafts:
        tag, there = decision.tag or "", decision.publish_only
        later, _ = dated(by, tag, tags)
        tag_object = scratch.tag(commit, tag, draft.tag_message, later) if there is None else there.ref.object_id
        new += [tag_object] if there is None else []
        version = str(decision.version)
        made.append(RecordedRelease(tag=tag, version=version, message=draft.message, tag_object=tag_object))
    if context.content is not None:
        blobs = {**dict.fromkeys(context.content.removed, ""), **context.content.blobs, **blobs}
    branch = facts.branch
    moves = branch is not None and (commit != facts.commit or bool(branch.unpushed) or not branch.tip)
    record = replace(
        bare_record(context, tuple(made), drafts[0][1].release_id),
        branch=branch.name if branch and moves else None,
        remote_branch=branch.remote_name if branch and moves else None,
        tip=branch.tip if branch else "",
        attached=branch is not None and not branch.detached,
        push=context.request.push,
        data=context.content is not None,
        commit=commit,
        blobs=blobs,
        also=dict(also),
    )
    return Work(record=record, new_objects=tuple(new))


def makers_of(facts: RepositoryFacts, signed: Signed) -> Makers:
    """Return who makes commit and tag, as git resolved them, and which of the two are signed."""
    return Makers(author=facts.author or "", committer=facts.committer or "", signed=signed)


def makers_as_set(context: PlanContext) -> Makers:
    """Return who makes a commit or tag apart from a release, signed as git is set; a dry run signs nothing."""
    signs = context.request.ask_for_key
    signed = what_to_sign(context.facts.signing, None, writes=True) if signs else WITHOUT_SIGNATURE
    return makers_of(context.facts, signed)


_CLOCKS_S = 60  # clocks of two machines may differ that much


def dated(by: Makers, tag: str, tags: Iterable[DatedTag]) -> tuple[Makers, tuple[Check, ...]]:
    """Return who makes a tag, a second after the latest one of its model if that is not past; the same for other tags.

    GTO and DVC sort the tags of a model by their seconds.
    """
    last = latest_tag(model_of_tag(tag), tags)
    if last is None or last.when is None or not by.committer:  # without an identity nothing is made
        return by, ()
    name, seconds, zone = by.committer.rsplit(" ", 2)
    ahead = int(last.when.timestamp()) + 1 - int(seconds)
    if ahead > _CLOCKS_S:
        words = f"{last.ref.name} is dated {age(timedelta(seconds=ahead))} from now, and a later tag needs a later date"
        return by, (Check.failed(CheckName.TAG, words, "date -u   (set the clock, if it is this one that is wrong)"),)
    return replace(by, committer=f"{name} {int(seconds) + max(ahead, 0)} {zone}"), ()


def model_tags_here(context: PlanContext) -> tuple[DatedTag, ...]:
    """Return the tags here with their dates, if a model is released: only its tags need them."""
    return read_tags(context.project.repository.git) if context.project.config.model is not None else ()


def rehearse(context: PlanContext, prepared: Work) -> Iterator[Check]:
    """Run the publish, update-refs and update-worktree phases as dry runs; yield a check for each that fails."""
    record, git = prepared.record, context.scratch.git
    running = None
    if context.request.push and context.facts.remote is not None:
        running = git_push.start_rehearsal(git, record.remote, ref_updates(record), atomic=record.atomic)
    moving = [*record.tag_refs] if prepared.new_objects else []
    if record.branch is not None and record.commit != record.base:
        moving.append(f"refs/heads/{record.branch}")
    if locks := locks_of(context.project.repository, moving):
        message = f"refs here are locked by {locks[0]}: another git is at work, or was killed"
        yield Check.failed(
            CheckName.REFS, message, f"wait for it; if no git runs here: {command_line('rm', names=map(str, locks))}"
        )
    if record.commit != record.base and record.attached:
        words = rehearse_files(git, context.index_copy, record.base, record.commit)
        if words is not None:
            yield Check.failed(CheckName.FILES, f"files here could not follow: {words}", "git status")
    if running is not None:
        yield from _push_checks(context, record, running)


def bare_record(context: PlanContext, releases: tuple[RecordedRelease, ...], release_id: str) -> Record:
    """Return the record of a change that makes no commit and moves no branch."""
    return Record(
        state=RecordState.PREPARING,
        release_id=release_id,
        releases=releases,
        remote=context.facts.remote_name,
        branch=None,
        remote_branch=None,
        base=context.facts.commit,
        tip="",
        commit=context.facts.commit,
        worktree=str(context.project.repository.work_tree),
        attached=False,
        started=now().isoformat(timespec="seconds"),
        atomic=context.project.config.atomic_push,
    )


def _push_checks(context: PlanContext, record: Record, running: Running) -> Iterator[Check]:
    pushed = _answer(running, record)
    if pushed.answer is Answer.UNKNOWN and record.atomic:
        plain = git_push.start_rehearsal(context.scratch.git, record.remote, ref_updates(record), atomic=False)
        if _answer(plain, record).answer is Answer.ACCEPTED:
            message = f"{record.remote} cannot push branch and tag at once (no `atomic`)"
            yield Check.failed(CheckName.PUSH, message, "atomic-push = false in [tool.release]: branch first, then tag")
            return
    if pushed.answer is Answer.UNKNOWN and (context.project.repository.work_tree / ".gitmodules").exists():
        git = context.scratch.git
        plain = git_push.start_rehearsal(git, record.remote, ref_updates(record), atomic=record.atomic, submodules="no")
        if _answer(plain, record).answer is Answer.ACCEPTED:
            words, *more = pushed.words.splitlines() or [""]
            message = f"a submodule's commit is not on any of its remotes, so no clone could get it: {words}"
            yield Check.failed(CheckName.PUSH, message, "git push --recurse-submodules=on-demand", details=more)
            return
    if pushed.answer is Answer.REFUSED:
        reasons = "; ".join(f"{ref}: {reason}" for ref, reason in pushed.reasons.items())
        message = f"{record.remote} has moved since it was read: {reasons}"
        yield Check.failed(CheckName.PUSH, message, "git pull, then run again", ExitCode.RACED)
    elif pushed.answer is not Answer.ACCEPTED:
        words, *more = pushed.words.splitlines() or [""]
        message = f"{record.remote} could not be pushed to: {words}"
        again = command_line("git", "push", "--dry-run", names=(record.remote,))
        yield Check.unknown(CheckName.PUSH, message, again, details=[*filter(str.strip, more)])


def _answer(running: Running, record: Record) -> Pushed:
    try:
        result = running.finish(ok=range(-64, 256), limit_s=running.ask_limit_s)
    except TimedOut as error:
        return Pushed(answer=Answer.UNKNOWN, reasons={}, words=error.message)
    return git_push.read_answer(result, ref_updates(record))


# Signatures, made in the prepare phase: a key that fails is found before anything changes


def prepare_signed(
    context: PlanContext, drafts: Drafts, also: Mapping[str, str], *, plan: BumpPlan
) -> tuple[Work, tuple[Check, ...]]:
    """Make commit and tags, signed as requested; return them with the check of the signature.

    If signing fails they are made unsigned, so that the later phases can still be rehearsed.
    """
    facts, request = context.facts, context.request
    signed = what_to_sign(facts.signing, request.sign, writes=any(draft.contents for _, draft in drafts))
    if not signed or all(decision.publish_only is not None for decision, _ in drafts):
        return prepare(context, drafts, also=also), ()
    key = signing_key(context.project.repository.settings)
    reason = _why_not_yet(context, plan)
    if reason is not None:
        check = unsigned_check(signed, reason)
    else:
        try:
            return prepare(context, drafts, also=also, signed=signed), (signed_check(signed, key),)
        except SigningFailed as error:
            unsigned = request.command("--no-sign") if request.back_to is None else None
            check = failed_check(signed, key, error.message, unsigned)
    return prepare(context, drafts, also=also), (check,)


def _why_not_yet(context: PlanContext, plan: BumpPlan) -> str | None:
    """Return the reason not to sign yet; None: sign.

    A passphrase or a touch is requested only if a release can follow.
    """
    if not context.request.ask_for_key:
        return "`release bump` signs"
    return "other checks failed" if plan.refused and context.project.repository.git.on_terminal else None
