"""Facts of a repository and of a commit, read before a release is planned."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace
from semver import Version

from release.core.auto import (
    CommitStatement,
    CommitText,
    is_named_for,
    is_release_commit,
    known_types,
    read_commits,
)
from release.core.check import Check, CheckName, Verdict
from release.core.config import USUAL_DEFAULTS, Config
from release.core.forge import forge_of
from release.core.job import UPLOAD_IN_JOB
from release.core.lineage import Lineage, outs_at
from release.core.locate import PointerSet
from release.core.metrics import ValueFile
from release.core.next_version import VersionDecision, VersionFacts
from release.core.pointer import PIPELINE, is_pointer, pipeline_of
from release.core.pointer_file import declared_artifact
from release.core.problems import RevisionAudit
from release.core.release import BumpRequest, CommitFacts, Record, RepositoryFacts
from release.core.release_checks import audit_check, model_checks, one_version_check, written_file_read_by_dvc
from release.core.tags import (
    YANKED,
    BranchState,
    Releases,
    RemoteRefs,
    TagRef,
    WorkTreeState,
    drop_file,
    is_about_withdrawal,
    merged_tags,
)
from release.core.text import command_line, quote, toml
from release.core.version import Level, parse_static
from release.core.version_file import static_version
from release.core.work_tree import work_tree_check
from release.dvc.pointers import read_pointers
from release.dvc.tracked import compare_tracked_data, untracked_pointers
from release.engine.audit import MOST_BYTES, audit_revisions, with_upload_hints
from release.engine.project import Access, Project
from release.engine.tag_reading import meant, read_releases, with_undone_there
from release.engine.values import CachedMetrics, ReadValues, commit_paths, read_lineage, read_values, written_files
from release.errors import DataMissing, ExitCode, NotFound, Refused, Unknown, UsageError
from release.git import refs
from release.git.log import commits_since
from release.git.objects import ObjectMissing, Objects
from release.git.process import Git, Running
from release.git.record import at_work, read_pending, read_unpublished, record_folder
from release.git.repository import Repository, copy_index, other_worktree_with, read_state
from release.git.scratch import Scratch
from release.system.environment import branch_of_checkout, job_of

if TYPE_CHECKING:
    from release.core.auto import AutoChoice
    from release.engine.checkout_data import DataChange


class OtherContent(Struct, frozen=True, kw_only=True):
    """Content that is released instead of HEAD's own files: `commit` and `tree` are in the scratch store.

    `blobs` are the files that differ from HEAD (path -> blob id), `removed` the deleted paths, `data` the data that moves
    with them.
    """

    commit: str
    tree: str
    blobs: Mapping[str, str]
    removed: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    data: DataChange | None = None


ReadContent = Callable[[Scratch, Objects, RepositoryFacts], OtherContent]


class PlanContext(Struct, frozen=True, kw_only=True):
    """The request, its parsed `kind`, and the sources to read; `tree` is the tree id of the released commit.

    `auto` is the choice of `auto` (None: the user named the kind); until it is made, `kind` is PATCH.
    `content` is set for a rollback. `cached` reads metrics that DVC tracks. At most `most_bytes` are read of objects
    whose size alone proves nothing.
    """

    request: BumpRequest
    kind: Level | Version
    project: Project
    scratch: Scratch
    index_copy: Path
    objects: Objects
    facts: RepositoryFacts
    tree: str
    access: Access
    cached: CachedMetrics
    auto: AutoChoice | None = None
    content: OtherContent | None = None
    most_bytes: int = MOST_BYTES
    log: dict[str | None, tuple[CommitText, ...]] = field(default_factory=dict)  # see `commits_since`

    def commits_since(self, since: str | None) -> tuple[CommitText, ...]:
        """Return the commits of the project, or of its model, after `since` (None: from the first one), newest first.

        Each range is read once.
        """
        if since not in self.log:
            git, commit = self.project.repository.git, self.facts.commit
            paths = commit_paths(self.objects, commit, self.project.config)
            self.log[since] = commits_since(git, commit, since, paths)
        return self.log[since]

    @property
    def released(self) -> str:
        """Return the commit whose files are released: HEAD's, or that of other content."""
        return self.facts.commit if self.content is None else self.content.commit


def read_context(
    request: BumpRequest, project: Project, scratch: Scratch, objects: Objects, *, ask: bool
) -> PlanContext:
    """Return what is read before the data: for versions, and for changes of a release. `ask`: the git remote, too."""
    index_copy = copy_index(project.repository, scratch.folder)
    facts = read_repository(project, index_copy, at=request.at, ask=ask)
    return PlanContext(
        request=request,
        kind=Level.PATCH,
        project=project,
        scratch=scratch,
        index_copy=index_copy,
        objects=objects,
        facts=facts,
        tree=objects.tree_of(facts.commit),
        access=Access.OFFLINE,
        cached=CachedMetrics(project, Access.OFFLINE),
    )


def of_config(context: PlanContext, config: Config) -> PlanContext:
    """Return the context of another configuration, such as a model's, with the repository as it was read."""
    project, facts = replace(context.project, config=config), replace(context.facts, config=config)
    return replace(context, project=project, facts=facts, log={})


# Facts that a release decision needs; slow git commands are started first and read last


def read_repository(project: Project, index_copy: Path, *, at: str | None, ask: bool) -> RepositoryFacts:
    """Return the facts about refs, HEAD, index, identity and the git remote. `ask` False: not the remote.

    A repository without any git remote has a failed check. Raises UsageError: no commit yet, no remote of the
    configured name among others, no such revision.
    """
    absent = _absent_remote(project.repository, project.config.git_remote)
    with ExitStack() as stack:
        known = project.remote_refs if ask and absent is None else None
        asked = _Asked(project, stack, ask=ask and absent is None and known is None)
        facts = _read(project, index_copy, asked, at, known)
        return facts if absent is None else replace(facts, remote_problem=absent)


class _Asked:
    """Slow git commands that run in the background; all are stopped at the end, whatever happens."""

    def __init__(self, project: Project, stack: ExitStack, *, ask: bool) -> None:
        git = project.repository.git
        self.remote = refs.start_asking(git, project.config.git_remote) if ask else None
        self.tags = refs.start_listing_tags(git)
        self.author, self.committer = git.start("var", "GIT_AUTHOR_IDENT"), git.start("var", "GIT_COMMITTER_IDENT")
        for running in filter(None, (self.remote, self.tags, self.author, self.committer)):
            stack.callback(running.stop)


def _read(
    project: Project, index_copy: Path, asked: _Asked, at: str | None, known: RemoteRefs | None
) -> RepositoryFacts:
    repository, git = project.repository, project.repository.git
    remote_name = project.config.git_remote
    tree_state = read_state(repository, index_copy)
    local = refs.local_tags(git, asked.tags)
    commit = _released_commit(git, tree_state, at and meant(at, local, project))
    remote, problem = _answer(asked.remote, remote_name) if known is None else (known, None)
    history = _History.of(git, commit, local, remote)
    branch = None if at is not None else _branch(project, tree_state, history, remote)
    pending = read_pending(repository.common_dir)
    push_urls = repository.settings.push_urls(remote_name)
    (author, problem_of_author), (committer, problem_of_committer) = map(_identity, (asked.author, asked.committer))
    return RepositoryFacts(
        config=project.config,
        commit=commit,
        at=at is not None,
        state=tree_state,
        branch=branch,
        remote_name=remote_name,
        remote=remote,
        remote_problem=problem,
        push_urls=len(push_urls),
        local_tags=local,
        ancestors=history.ancestors(),
        descendants=history.descendants(),
        absent=history.absent(),
        on_remote_branches=branches_with(git, commit, remote_name, remote) if at is not None else (),
        shallow=repository.shallow,
        author=author,
        committer=committer,
        identity_problem=problem_of_author or problem_of_committer,
        signing=tuple(name for name in _SIGNING if repository.settings.flag(name.lower())),
        forge=forge_of(*repository.settings.addresses(remote_name)),
        signs_off=repository.settings.flag("format.signoff"),
        branch_elsewhere=other_worktree_with(repository, f"refs/heads/{branch.name}") if branch else None,
        pending=pending,
        unpublished=read_unpublished(repository.common_dir),
        at_work=at_work(record_folder(repository.common_dir)) if pending is not None else None,
        likely_default=_likely_default(repository, remote),
    )


_SIGNING = ("tag.gpgSign", "commit.gpgSign", "tag.forceSignAnnotated")


class _History(Struct, frozen=True, kw_only=True):
    """The local and remote tags before and after a commit."""

    git: Git
    commit: str
    history: Mapping[str, int]  # the commits before it, nearest first
    local: tuple[TagRef, ...]
    theirs: tuple[TagRef, ...]  # tags of the remote that are not here
    here: frozenset[str]  # commits of `theirs` that are in this repository

    @staticmethod
    def of(git: Git, commit: str, local: tuple[TagRef, ...], remote: RemoteRefs | None) -> _History:
        """Read the history once, whatever the number of tags."""
        names = {tag.name for tag in local}
        theirs = tuple(tag for tag in (remote.tags if remote else ()) if tag.name not in names)
        history = refs.history_of(git, commit)
        commits = {tag.commit_id for tag in theirs if tag.commit_id}
        here = refs.have_commits(git, sorted(commits - history.keys())) | (commits & history.keys())
        return _History(git=git, commit=commit, history=history, local=local, theirs=theirs, here=here)

    def ancestors(self) -> Mapping[str, int]:
        """Return the tags in the commit's history, including its own; the lowest number is the nearest."""
        tags = [(tag.name, tag.commit_id or "") for tag in (*self.local, *self.theirs)]
        return {name: self.history[id] for name, id in tags if id in self.history}

    def descendants(self) -> frozenset[str]:
        """Return the tags whose history contains the commit, except those at the commit itself."""
        ours = [tag.name for tag in self.local if tag.commit_id is not None and tag.commit_id not in self.history]
        later = [tag for tag in self.theirs if tag.commit_id in self.here and tag.commit_id not in self.history]
        commits = dict.fromkeys(tag.commit_id or "" for tag in later)
        after = {id for id in commits if refs.is_ancestor(self.git, self.commit, id)}
        found = refs.tags_containing(self.git, self.commit, ours)
        return found | {tag.name for tag in later if tag.commit_id in after}

    def absent(self) -> frozenset[str]:
        """Return the remote's tags whose commit is not here."""
        return frozenset(tag.name for tag in self.theirs if tag.commit_id not in self.here)


def _absent_remote(repository: Repository, remote: str) -> Check | None:
    """Return the check of a repository without git remotes; None if it has this one. Raises UsageError for another."""
    remotes = repository.settings.remotes
    if remote in remotes:
        return None
    add = f"{command_line('git', 'remote', 'add', names=(remote,))} URL"
    if remotes:
        words = f"there is no git remote `{remote}`; there is {', '.join(remotes)}"
        raise UsageError(words, help=f"git-remote = {toml(remotes[0])} in [tool.release], or: {add}", section="remote")
    words = f"this repository has no git remote `{remote}`: other releases were not looked for, and a release can only stay here (--no-push)"
    return Check.failed(CheckName.REMOTE, words, add, ExitCode.USAGE)


def _released_commit(git: Git, tree_state: WorkTreeState, at: str | None) -> str:
    if tree_state.commit is None:
        ref = refs.broken_head(git)
        if ref is not None:
            mend = f"{drop_file(ref)} && git update-ref {quote(ref)} {refs.last_logged(git, ref) or 'COMMIT'}"
            raise Refused(
                f"{ref} cannot be read: its file names no object", help=f"git fsck, then: {mend}", section="git"
            )
        raise Refused("this repository has no commit yet", help="git add FILES && git commit")
    if at is None:
        return tree_state.commit
    commit = refs.resolve_commit(git, at)
    if commit is None:
        raise NotFound(f"--at {at}: no such commit here", help="git fetch --tags   (and check the name)")
    return commit


def _answer(asking: Running | None, remote: str) -> tuple[RemoteRefs | None, Check | None]:
    if asking is None:
        return None, None
    try:
        return refs.remote_refs(asking, remote), None
    except Unknown as error:
        return None, Check.unknown(CheckName.REMOTE, error.message, error.help)


def _branch(
    project: Project, tree_state: WorkTreeState, history: _History, remote: RemoteRefs | None
) -> BranchState | None:
    settings, remote_name, commit = project.repository.settings, project.config.git_remote, history.commit
    name = tree_state.branch or _branch_of_detached(project, commit, remote)
    if name is None:
        return None
    upstream = settings.last(f"branch.{name}.merge") or ""
    # `git switch -c NAME origin/main` makes main its upstream; git pushes there only if it is set to.
    follows = (settings.last("push.default") or "").lower() in ("upstream", "tracking")
    if not follows or settings.last(f"branch.{name}.remote") != remote_name or not upstream.startswith("refs/heads/"):
        upstream = f"refs/heads/{name}"
    remote_branch = upstream[len("refs/heads/") :]
    tip = (remote.branch(remote_branch) if remote else None) or ""
    git = project.repository.git
    ours = True if not tip or tip in history.history else False if refs.have_commits(git, [tip]) else None
    theirs = tip == commit or (ours is False and refs.is_ancestor(git, commit, tip) is True)
    unpushed: frozenset[str] = frozenset()
    if ours and tip != commit:
        unpushed = frozenset(git.run("rev-list", commit, *([f"^{tip}"] if tip else [])).text.split("\n"))
    behind = int(git.run("rev-list", "--count", f"{commit}..{tip}").text) if theirs and tip != commit else None
    return BranchState(
        name=name,
        remote_name=remote_branch,
        tip=tip,
        tip_is_ours=ours,
        head_is_theirs=theirs,
        unpushed=unpushed,
        detached=tree_state.branch is None,
        behind=behind,
    )


def _likely_default(repository: Repository, remote: RemoteRefs | None) -> str | None:
    """Return the branch, here or there, that will be the default of a remote that names none; None if none is likely."""
    if remote is None or remote.default_branch is not None:
        return None
    local = repository.git.run("for-each-ref", "--format=%(refname)", "refs/heads/").text.split("\n")
    known = {ref.removeprefix("refs/heads/") for ref in (*local, *remote.refs) if ref.startswith("refs/heads/")}
    wanted = (repository.settings.last("init.defaultbranch") or "", *USUAL_DEFAULTS)
    return next((name for name in wanted if name in known), None)


def _branch_of_detached(project: Project, commit: str, remote: RemoteRefs | None) -> str | None:
    named = branch_of_checkout(project.environment)
    if named is not None or remote is None:
        return named
    start = "refs/heads/"
    here = [ref[len(start) :] for ref, tip in remote.refs.items() if ref.startswith(start) and tip == commit]
    if remote.default_branch in here:
        return remote.default_branch
    return here[0] if len(here) == 1 else None


def branches_with(git: Git, commit: str, remote_name: str, remote: RemoteRefs | None) -> tuple[str, ...]:
    """Return the branches of the remote that have a commit, as far as known here; the default one comes first."""
    start, tracking = "refs/heads/", f"refs/remotes/{remote_name}/"
    listing = git.run("for-each-ref", f"--contains={commit}", "--format=%(refname)", tracking).text
    names = {ref[len(tracking) :] for ref in listing.split("\n") if ref}
    if remote is not None:
        theirs = {ref[len(start) :]: tip for ref, tip in remote.refs.items() if ref.startswith(start)}
        new = {name for name, tip in theirs.items() if name not in names and refs.is_ancestor(git, commit, tip)}
        names = (names & theirs.keys()) | new
    default = remote.default_branch if remote else None
    return tuple(sorted(names - {"HEAD"}, key=lambda name: (name != default, name)))


def _identity(asking: Running) -> tuple[str | None, str]:
    """Return the identity, or None with the last line of git's error (earlier lines are generic advice)."""
    result = asking.finish(ok=range(256))
    if result.code == 0:
        return result.text, ""
    return None, result.error_text.rpartition("\n")[2].removeprefix("fatal: ")


# Facts of the commit to release, compared with the commit of the previous release


def read_commit(context: PlanContext, decision: VersionDecision, paths: tuple[str, ...]) -> CommitFacts:
    """Read metrics, pointers, audit, commits since, and the files at `paths` that the release will write."""
    objects, config, facts = context.objects, context.project.config, context.facts
    previous = decision.previous.ref.commit_id if decision.previous else None
    now = read_values(objects, context.released, config, context.cached)
    before = read_values(objects, previous, config, context.cached) if previous else None
    pointers = read_pointers(objects, context.released, config)
    return CommitFacts(
        metrics=now.metrics,
        metrics_before=before.metrics if before else (),
        params=now.params,
        params_before=before.params if before else (),
        missing=now.missing,
        absent=frozenset(path for path in now.missing if not (context.project.repository.work_tree / path).exists()),
        notes=(*now.notes, *_unread_before(before, decision)),
        outs=pointers.outs,
        outs_before=read_pointers(objects, previous, config).outs if previous else (),
        audit=_audit(context),
        tracked_data=None if facts.at else _tracked_data(context, pointers),
        model=tuple(_model(context, decision)),
        commits=_commits(context, previous),
        files=written_files(context.project.repository, objects, context.tree, paths, on_disk=not facts.at),
        baselines=dict(read_baselines(context)),
        lineage=Lineage() if config.lineage == "off" else read_lineage(objects, context.released, pointers),
    )


def _model(context: PlanContext, decision: VersionDecision) -> Iterator[Check]:
    """Yield the checks of the model that is released; none for the repository."""
    facts, config, objects = context.facts, context.project.config, context.objects
    if config.model is None:
        return
    path, file = config.only[0], posixpath.join(config.folder, PIPELINE)
    own, every = (read_pointers(objects, context.released, each).outs for each in (config, replace(config, only=())))
    yield from model_checks(
        config.model,
        path,
        outs=bool(outs_at(every, path)),
        known=own is not every,
        dvc_yaml=file,
        declared=declared_artifact(objects.file(context.tree, file), config.model, config.folder),
    )
    writes = (config.commit if context.request.commit is None else context.request.commit) and not facts.at
    if writes or decision.publish_only is not None:
        return
    tags = (*facts.local_tags, *(facts.remote.tags if facts.remote else ()))
    here = {tag.name for tag in tags if tag.commit_id == facts.commit and config.tag_format.parse(tag.name) is not None}
    yield from (one_version_check(tag, config.model) for tag in sorted(here)[:1])


def _unread_before(before: ReadValues | None, decision: VersionDecision) -> Iterator[str]:
    """Yield notes about metrics of the previous release that DVC tracks and that cannot be read."""
    for file in before.metrics if before is not None else ():
        if file.kept and file.cause is not None and decision.previous is not None:
            yield f"{file.path} of {decision.previous.name} cannot be read: {file.problem}"


def _commits(context: PlanContext, previous: str | None) -> tuple[CommitStatement, ...]:
    """Return the commits since the previous release, in the configuration's folder, without those that make or withdraw one."""
    facts, config = context.facts, context.project.config
    template = config.commit_message
    made: dict[str, set[str]] = {}
    for tag in (*(facts.remote.tags if facts.remote else ()), *facts.local_tags):
        made.setdefault(tag.commit_id or "", set()).add(tag.name)
    return tuple(
        said
        for said in read_commits(context.commits_since(previous), known_types(config.auto))
        if not any(is_named_for(said.commit, tag, template) for tag in made.get(said.commit.id, ()))
        and not is_release_commit(said.commit, template)  # its tag was deleted
        and not is_about_withdrawal(said.commit.body)
    )


def read_baselines(context: PlanContext) -> Iterator[tuple[str, tuple[ValueFile, ...] | None]]:
    """Yield the metric files of each tag that a gate compares with; None: its commit is not here."""
    facts, config = context.facts, context.project.config
    tags = (*(facts.remote.tags if facts.remote else ()), *facts.local_tags)
    commits = {tag.name: tag.commit_id for tag in tags}
    for name in {gate.baseline for gate in config.gates.values() if gate.baseline is not None}:
        commit = commits.get(meant(name, tags, context.project))
        if commit is None:
            continue
        try:
            yield name, read_values(context.objects, commit, config, context.cached).metrics
        except ObjectMissing:
            yield name, None


def _tracked_data(context: PlanContext, pointers: PointerSet) -> Check:
    work_tree = context.project.repository.work_tree
    if context.content is not None:  # the work tree still has HEAD's data
        pointers = read_pointers(context.objects, context.facts.commit, context.project.config)
    # reported by another check; their data may match the edited pointer already
    edited = {change.path for change in context.facts.state.changed}
    outs = [out for out in pointers.outs if out.pointer not in edited]
    untracked = untracked_pointers(context.project.repository, context.project.config.folder)
    compared = compare_tracked_data(work_tree, outs, dvc=context.project.dvc, roots=pointers.roots)
    return work_tree_check(*compared, untracked)


def _audit(context: PlanContext) -> RevisionAudit | None:
    if context.access is not Access.ALL:
        return None
    config, git = context.project.config, context.project.repository.git
    revisions = [(context.request.at or "HEAD", context.released)]
    audit = audit_revisions(context.objects, revisions, config, context.project.dvc, most_bytes=context.most_bytes)[0]
    request = context.request
    uploads = config.push_data if request.push_data is None else request.push_data
    command = "release verify --push" if uploads else request.upload_command
    return with_upload_hints(audit, git, command if job_of(context.project.environment) is None else UPLOAD_IN_JOB)


def planned_data_check(context: PlanContext, audit: RevisionAudit | None, record: Record) -> Check | None:
    """Audit the planned commit if DVC reads it otherwise than the audited one; None if it needs the same objects.

    DVC takes values from files that the release writes (`vars`, parameters), and a written file may lie in an out.
    """
    if audit is None or audit.verdict is not Verdict.OK or record.commit == context.released:
        return None
    config, rev = context.project.config, context.request.at or "HEAD"
    before = read_pointers(context.objects, context.released, config)
    files = _read_by_dvc(context, before, record.blobs)
    if not files:
        return None
    with Objects(context.scratch.git) as objects:
        planned = read_pointers(objects, record.commit, config)
        if (planned.outs, planned.problems, planned.roots) == (before.outs, before.problems, before.roots):
            return None
        again = audit_revisions(objects, [(rev, record.commit)], config, context.project.dvc)[0]
    if again.verdict is Verdict.OK and again.digest == audit.digest:
        return None
    return written_file_read_by_dvc(again, files)


def _read_by_dvc(context: PlanContext, pointers: PointerSet, written: Iterable[str]) -> tuple[str, ...]:
    """Return the written files that DVC may read: inside an out, for itself, or named in a dvc.yaml."""
    pipelines = {pipeline_of(stage.lock) for stage in pointers.stages}
    entries = [entry for path in pipelines if (entry := context.objects.entry(context.tree, path)) is not None]
    texts = [context.objects.read(entry.id) for entry in entries]

    def is_read(path: str) -> bool:
        name = posixpath.basename(path)
        if is_pointer(name) or name in _READ_BY_DVC or any(name.encode() in text for text in texts):
            return True
        return any(path == out.path or path.startswith(f"{out.path}/") for out in pointers.outs)

    return tuple(filter(is_read, written))


_READ_BY_DVC = ("params.yaml", ".dvcignore", ".gitignore", "config")


def prove_again(project: Project, git: Git, tag: str, commit: str) -> None:
    """Audit the commit of a planned tag once more. Raises DataMissing or Unknown."""
    with Objects(git) as objects:
        audit = audit_revisions(objects, [(tag, commit)], project.config, project.dvc)[0]
    check = audit_check(audit)
    if check.blocks:
        kind = Unknown if check.code is ExitCode.UNKNOWN else DataMissing
        words = "; ".join(check.details[:_MOST_DETAILS])
        raise kind(
            f"{tag} was not released, because its data has changed since the plan was made: {words}",
            help=check.help,
            section=check.section,
        )


_MOST_DETAILS = 3  # problems in a message


def read_static_version(context: PlanContext) -> Version | None:
    """Return the version in pyproject.toml at the commit; None if it has none."""
    data = context.objects.file(context.tree, posixpath.join(context.project.config.folder, "pyproject.toml"))
    text = None if data is None else static_version(data)
    return None if text is None else parse_static(text)


# Facts for the version decision, assembled from what was read


def releases_of(context: PlanContext) -> Releases:
    """Return the releases here and on the remote. Tags that mark a release as yanked count as the remote has them.

    What was undone there counts even if this clone has not fetched since.

    Raises Unknown if such a tag cannot be fetched.
    """
    facts = context.facts
    there = facts.remote.tags if facts.remote else ()
    marks = {tag.name: tag.object_id for tag in there if tag.name.startswith(YANKED)}
    found = context.objects.get_many([*marks.values()])
    lacking = [f"refs/tags/{name}" for name, each in zip(marks, found, strict=True) if each is None]
    if lacking:
        refs.fetch_objects(context.project.repository.git, facts.remote_name, *lacking)
    known = merged_tags(facts.local_tags, there)
    gone = {tag.name for tag in known if tag.name.startswith(YANKED)} - marks.keys() if facts.remote else set()
    releases = read_releases(context.project, [tag for tag in known if tag.name not in gone])
    if facts.remote is None or facts.shallow:
        return releases
    return with_undone_there(context.project, context.scratch.git, facts.remote, releases)


def version_facts(context: PlanContext, releases: Releases) -> VersionFacts:
    """Return the facts for the version decision of a plan."""
    facts, config, request = context.facts, context.project.config, context.request
    remote, branch = facts.remote, facts.branch
    default = remote.default_branch if remote else None
    fetch = command_line("git", "fetch", "--tags", names=(facts.remote_name,))
    before_kind = request.before_kind
    if request.all_models:  # the version of one model is not that of the others
        before_kind = (*replace(request, all_models=False).before_kind, *config.model_option)
    return VersionFacts(
        kind=context.kind,
        commit=facts.commit,
        releases=tuple(each for each in releases.all if each.withdrawn is None or not each.withdrawn.undone),
        undone=frozenset(version for each in releases.undone if (version := config.tag_format.parse(each.tag))),
        ancestors=facts.ancestors,
        descendants=facts.descendants,
        absent=facts.absent,
        local_tags={tag.name: tag.object_id for tag in facts.local_tags},
        remote_tags=None if remote is None else {tag.name: tag.object_id for tag in remote.tags},
        pre=request.pre,
        tag_format=config.tag_format,
        static_version=read_static_version(context),
        base_override=request.base and meant(request.base, [each.ref for each in releases.all], context.project),
        on_default_branch=branch is not None and default in (None, branch.remote_name),
        allow_empty=request.allow_empty,
        remote=facts.remote_name,
        unpublished=frozenset(tag for record in facts.unpublished for tag in record.tags),
        before_kind=before_kind,
        options=request.options if request.all_models else (*config.model_option, *request.options),
        elsewhere=releases.elsewhere,
        pull=branch.pull(facts.remote_name, "--tags") if branch is not None else fetch,
    )
