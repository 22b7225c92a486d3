"""`release bump`: make the next release."""

from __future__ import annotations

from time import monotonic

from msgspec.structs import replace

from release.core.config import model_tags
from release.core.pointer import is_pointer
from release.core.release import AUTO, BumpPlan, BumpReport, BumpRequest, Outcome, Record
from release.core.tags import release_tags
from release.core.text import OnProgress, no_progress
from release.engine.plan import Confirm, plan_release, prove_if_old, without_change
from release.engine.project import Project, opened_again
from release.engine.publish import OnStep, no_step, run
from release.engine.push_missing import Offer, noted, stays, upload_missing
from release.errors import Cancelled, ExitCode, Raced, Unknown
from release.git import refs
from release.git.process import Git
from release.git.record import locked, read_pending, record_folder
from release.git.refs import read_refs, resolve_commit
from release.git.repository import head_ref
from release.git.scratch import Scratch
from release.system.environment import branch_of_checkout, job_of


def catch_up(request: BumpRequest, project: Project, record: Record) -> Project | None:
    """Fast-forward branch and files to the remote's branch; None if that is not safe.

    Does nothing if the local branch has commits of its own, if the remote's branch diverged or changes
    pointers, or if files are in the way. Raises Raced, naming the release, if the new commits are already
    released.
    """
    repository = project.repository
    if record.branch is None or record.remote_branch is None or not record.attached or record.tip != record.base:
        return None
    try:
        refs.fetch_branch(repository.git, record.remote, record.remote_branch)
        tip = _tip(repository.git, record.remote, record.remote_branch)
        if tip is None or tip == record.base or not refs.is_ancestor(repository.git, record.base, tip):
            return None
        _require_unreleased(request, project, record.base, tip)
    except Unknown:
        return None
    if head_ref(repository) != f"refs/heads/{record.branch}":
        return None
    names = repository.git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", record.base, tip).out
    if any(map(is_pointer, names.decode("utf-8", "surrogateescape").split("\0"))):
        return None  # the data in the work tree would be outdated: that is for `dvc pull`
    return _fast_forward(project, record.base, tip)


def follow_in_job(request: BumpRequest, project: Project) -> Project | None:
    """Fast-forward the checkout of a CI job, detached or not, to its branch; None if that is not safe, or not needed.

    New commits may change pointers, because the clone is thrown away. A checkout with commits of its own is left alone.
    Raises Raced, naming the release, if the new commits are already released and the KIND is not `auto`.
    """
    repository = project.repository
    branch = (head_ref(repository) or "").removeprefix("refs/heads/") or branch_of_checkout(project.environment)
    base, remote = resolve_commit(repository.git, "HEAD"), project.config.git_remote
    if not branch or base is None or request.at is not None:
        return None
    try:
        refs.fetch_branch(repository.git, remote, branch)
        tip = _tip(repository.git, remote, branch)
        if tip is None or tip == base or not refs.is_ancestor(repository.git, base, tip):
            return None
        if request.kind != AUTO:
            _require_unreleased(request, project, base, tip)
    except Unknown:
        return None
    return _fast_forward(project, base, tip)


def _tip(git: Git, remote: str, branch: str) -> str | None:
    tracking = f"refs/remotes/{remote}/{branch}"
    return read_refs(git, [tracking]).get(tracking)


def _fast_forward(project: Project, base: str, tip: str) -> Project | None:
    """Fast-forward HEAD as `git pull` does; None if it did not. If this is killed, `git pull` continues."""
    repository = project.repository
    with locked(record_folder(repository.common_dir)) as lock:
        if read_pending(repository.common_dir) is not None or resolve_commit(repository.git, "HEAD") != base:
            return None
        git = repository.git.inheriting(lock)
        words = ("merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--quiet", tip)
        if git.run(*words, ok=(0, 1, 2, 128)).code != 0:
            return None
    return opened_again(project)


def _require_unreleased(request: BumpRequest, project: Project, base: str, tip: str) -> None:
    git, config = project.repository.git, project.config
    there = refs.remote_refs(refs.start_asking(git, config.git_remote), config.git_remote)
    new = set(git.run("rev-list", tip, f"^{base}").text.split("\n"))
    every = [model_tags(config.folder, name) for name in config.models] if request.all_models else [config.tag_format]
    theirs = (each for tags in every for each in release_tags(there.tags, tags, config.ignore_tags).all)
    found = [release for release in theirs if release.ref.commit_id in new]
    if found:
        raise Raced(
            f"someone released {found[-1].name} while you were about to",
            help="git pull, then check if there is still something to release: release status",
        )


_ATTEMPTS = 4


def bump(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    on_step: OnStep = no_step,
    offer: Offer | None = None,
    on_progress: OnProgress = no_progress,
) -> BumpReport:
    """Make the next release; return a report, even if it is refused.

    Data that only the local cache has is uploaded if the request or `offer` says so (None: never). Then everything is
    read again; uploaded data stays, whatever the result.

    If someone pushes in the meantime, a clone without commits of its own fast-forwards and plans again;
    `confirm` is called for each plan. Raises UsageError before anything is read, Cancelled if not confirmed,
    DataMissing or Unknown if the data changed since the plan, Refused or Raced if the remote refused (nothing was changed), Interrupted if the result is unknown.
    """
    result, lost = _attempt(request, project, confirm, on_step, ())
    for _ in range(_ATTEMPTS - 1):
        followed = _followed(request, project, result, lost)
        if followed is None:
            break
        project = followed
        note = f"someone pushed to {project.config.git_remote} in the meantime: this clone was updated and the release planned again"
        result, lost = _attempt(request, project, confirm, on_step, (note,))
    if isinstance(result, Raced):
        raise result
    uploaded = upload_missing(request, project, result.plan, offer, on_progress) if offer and lost is None else None
    if not uploaded:
        return result

    def sure(plan: BumpPlan) -> bool:
        try:
            confirmed = confirm(noted(plan, uploaded))
        except (Cancelled, KeyboardInterrupt):
            confirmed = False
        if not confirmed:
            raise Cancelled(f"cancelled; {stays(uploaded)}, nothing else was changed")
        return True

    # What was uploaded is not uploaded again.
    report = bump(request, project, sure, on_step)
    return replace(report, plan=noted(report.plan, uploaded))


def _followed(
    request: BumpRequest, project: Project, result: BumpReport | Raced, lost: Record | None
) -> Project | None:
    """Return the project at the remote's newer branch; None if nothing is to be followed, or that is not safe."""
    if job_of(project.environment) is not None:
        return follow_in_job(request, project) if _is_race_lost(result) else None
    return catch_up(request, project, lost) if lost is not None else None


def _is_race_lost(result: BumpReport | Raced) -> bool:
    """Return whether the remote branch has commits that are not here; other failed checks may be outdated with it."""
    return isinstance(result, Raced) or any(
        check.blocks and check.code is ExitCode.RACED for check in result.plan.checks
    )


def _attempt(
    request: BumpRequest, project: Project, confirm: Confirm, on_step: OnStep, notes: tuple[str, ...]
) -> tuple[BumpReport | Raced, Record | None]:
    """Plan, confirm and make a release once; return the result, and the record if a race was lost (else None)."""
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch)
        planned = replace(planned, plan=replace(planned.plan, notes=(*planned.plan.notes, *notes)))
        if planned.work is None:
            return without_change(planned), planned.race
        asked_s = monotonic()
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        prove_if_old(planned, planned.work, project, scratch, asked_s)
        try:
            finished = run(project.repository, scratch, planned.work, on_step)
        except Raced as error:
            return error, planned.work.record
    plan = planned.plan
    return BumpReport(plan=plan, outcome=Outcome.RELEASED, pushed=plan.push, warnings=finished.warnings), None
