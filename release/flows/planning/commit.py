"""Facts of the commit to release, compared with the commit of the previous release."""

from __future__ import annotations

from collections.abc import Iterator

from semver import Version

from release.core.auto import is_release_commit
from release.core.check import Check
from release.core.locate import PointerSet
from release.core.metrics import ValueFile
from release.core.next_version import VersionDecision
from release.core.problems import RevisionAudit
from release.core.release import CommitFacts
from release.core.version import parse_static
from release.core.version_file import static_version
from release.dvc.pointers import read_pointers
from release.dvc.tracked import check_tracked_data, untracked_pointers
from release.flows.auditing.audit import audit_revisions
from release.flows.auditing.remedies import with_upload_hints
from release.flows.planning.inquiry import PlanContext
from release.flows.reach import Access
from release.flows.reading.contents import ReadValues, read_values, written_files
from release.flows.reading.lineage import read_lineage
from release.git.log import commit_text
from release.git.objects import ObjectMissing
from release.git.refs import subjects_since


def read_commit(inquiry: PlanContext, decision: VersionDecision, paths: tuple[str, ...]) -> CommitFacts:
    """Read metrics, pointers, audit, commits since, and the files at `paths` that the release will write."""
    objects, config, facts = inquiry.objects, inquiry.project.config, inquiry.facts
    previous = decision.previous.ref.commit_id if decision.previous else None
    now = read_values(objects, inquiry.released, config, inquiry.kept)
    before = read_values(objects, previous, config, inquiry.kept) if previous else None
    pointers = read_pointers(objects, inquiry.released, config)
    return CommitFacts(
        metrics=now.metrics,
        metrics_before=before.metrics if before else (),
        params=now.params,
        params_before=before.params if before else (),
        missing=now.missing,
        notes=(*now.notes, *_unread_before(before, decision)),
        outs=pointers.outs,
        outs_before=read_pointers(objects, previous, config).outs if previous else (),
        audit=_audit(inquiry),
        tracked_data=None if facts.at else _tracked_data(inquiry, pointers),
        commits=_commits(inquiry, previous),
        files=written_files(inquiry.project.repository, objects, inquiry.tree, paths, on_disk=not facts.at),
        baselines=dict(_baselines(inquiry)),
        stages=sum(bool(stage.name) for stage in pointers.stages),
        stale=() if config.lineage == "off" else read_lineage(objects, inquiry.tree, pointers),
    )


def _unread_before(before: ReadValues | None, decision: VersionDecision) -> Iterator[str]:
    """Yield notes about metrics of the previous release that DVC tracks and that cannot be read."""
    for file in before.metrics if before is not None else ():
        if file.lack is not None and decision.previous is not None:
            yield f"{file.path} of {decision.previous.name} cannot be read: {file.problem}"


def _commits(inquiry: PlanContext, previous: str | None) -> tuple[tuple[str, str], ...]:
    """Return (id, subject) of the commits since the previous release, in the configuration's folder.

    Release commits are left out.
    """
    facts, git = inquiry.facts, inquiry.project.repository.git
    made: dict[str, set[str]] = {}
    for tag in (*(facts.remote.tags if facts.remote else ()), *facts.local_tags):
        made.setdefault(tag.commit_id or "", set()).add(f"Release {tag.name}")
    found = subjects_since(git, facts.commit, previous, folder=inquiry.project.config.folder)
    return tuple(
        (id, subject)
        for id, subject in found
        if subject.partition(":")[0] not in made.get(id, ())
        # a release commit whose tag was deleted
        and not (subject.startswith("Release ") and is_release_commit(commit_text(git, id)))
    )


def _baselines(inquiry: PlanContext) -> Iterator[tuple[str, tuple[ValueFile, ...] | None]]:
    """Yield the metric files of each tag that a gate compares with; None: its commit is not here."""
    facts, config = inquiry.facts, inquiry.project.config
    commits = {tag.name: tag.commit_id for tag in (*(facts.remote.tags if facts.remote else ()), *facts.local_tags)}
    for name in {gate.baseline for gate in config.gates.values() if gate.baseline is not None}:
        commit = commits.get(name)
        if commit is None:
            continue
        try:
            yield name, read_values(inquiry.objects, commit, config, inquiry.kept).metrics
        except ObjectMissing:
            yield name, None


def _tracked_data(inquiry: PlanContext, pointers: PointerSet) -> Check:
    work_tree = inquiry.project.repository.work_tree
    if inquiry.content is not None:  # the work tree still has HEAD's data
        pointers = read_pointers(inquiry.objects, inquiry.facts.commit, inquiry.project.config)
    # reported by another check; their data may match the edited pointer already
    edited = {change.path for change in inquiry.facts.state.changed}
    outs = [out for out in pointers.outs if out.pointer not in edited]
    untracked = untracked_pointers(inquiry.project.repository, inquiry.project.config.folder)
    return check_tracked_data(work_tree, outs, dvc=inquiry.project.dvc, roots=pointers.roots, untracked=untracked)


def _audit(inquiry: PlanContext) -> RevisionAudit | None:
    if inquiry.reach is not Access.EVERYWHERE:
        return None
    config, git = inquiry.project.config, inquiry.project.repository.git
    revisions = [(inquiry.request.at or "HEAD", inquiry.released)]
    audit = audit_revisions(inquiry.objects, revisions, config, inquiry.project.dvc, unasked=inquiry.unasked)[0]
    request = inquiry.request
    uploads = config.push_data if request.push_data is None else request.push_data
    return with_upload_hints(audit, git, "release verify --push" if uploads else request.command("--push-data"))


def read_static_version(inquiry: PlanContext) -> Version | None:
    """Return the version in pyproject.toml at the commit; None if it has none."""
    folder = inquiry.project.config.folder
    entry = inquiry.objects.entry(inquiry.tree, f"{folder}/pyproject.toml" if folder else "pyproject.toml")
    if entry is None or entry.is_tree or entry.is_link:
        return None
    text = static_version(inquiry.objects.read(entry.id))
    return None if text is None else parse_static(text)
