"""Changes of published releases: one is undone, or marked as yanked; planned, rehearsed and published as a release is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from release.core.auto import is_release_commit, known_types, read_commits, released_tags
from release.core.changelog import entry_of, hand_written, listed, unreleased_text, with_yank, without_entry
from release.core.check import Check, CheckName
from release.core.config import of_tag
from release.core.release import (
    AUTO,
    BumpRequest,
    ChangePlan,
    ChangeReport,
    Message,
    Record,
    RecordedRelease,
    RecordKind,
    RecoverOutcome,
    RecoverReport,
    RemoteState,
    RepositoryFacts,
)
from release.core.release_checks import repository_checks, settled
from release.core.stages import model_of, own_model, stage_of
from release.core.tag_message import parse_object
from release.core.tags import YANKED, ReleaseTag, TagRef, merged_tags, withdrawing_message, withdrawing_trailer
from release.core.text import command_line, many
from release.core.version_file import BadVersionFile, current_version, with_version
from release.engine.facts import PlanContext, of_config, read_context, releases_of
from release.engine.prepare import bare_record, makers_as_set, rehearse
from release.engine.project import Project
from release.engine.publish import (
    OnStep,
    Work,
    forget,
    no_step,
    read_remote_state,
    refs_here,
    run,
    steps_of,
    take_back,
    why_not_taken_back,
    work_tree_of,
)
from release.engine.release_pages import mark_page, page_checks
from release.engine.tag_reading import attestation_of, named_tag, read_releases, tagger_and_text
from release.engine.values import changelog_path, version_files
from release.errors import Cancelled, ExitCode, NotFound, Refused
from release.git.log import commit_text
from release.git.objects import Objects
from release.git.process import Git
from release.git.record import clear_own_leftovers, locked, read_unpublished, record_folder, write_record
from release.git.refs import is_ancestor, local_tags
from release.git.repository import Repository
from release.git.scratch import Scratch

_CALLED = {RecordKind.UNDO: "undo", RecordKind.MARK: "yank"}
Confirm = Callable[[ChangePlan], bool]  # shows the plan; True: continue


class ChangeRequest(Struct, frozen=True, kw_only=True):
    """A request to undo or mark a release (None: the newest); `restore` removes its mark.

    `commit` False: a second tag marks it, and the branch gets no commit.
    """

    kind: RecordKind
    tag: str | None = None
    reason: Message | None = None
    restore: bool = False
    commit: bool = True


def change(
    request: ChangeRequest, project: Project, confirm: Confirm, on_step: OnStep = no_step, *, preview: bool = False
) -> ChangeReport:
    """Plan the change, ask, and publish it; return a report, even if it is refused.

    Raises UsageError for an unknown tag, Cancelled if not confirmed, and what the push of a release raises.
    """
    with Scratch(project.repository) as scratch, Objects(project.repository.git) as objects:
        nothing = BumpRequest(kind=AUTO, ask_for_key=not preview, called=_CALLED[request.kind])
        context = read_context(nothing, project, scratch, objects, ask=True)
        plan, work = _plan(request, context)
        if work is None or preview:
            return ChangeReport(plan=plan, done=False)
        if not confirm(plan):
            raise Cancelled("cancelled; nothing was changed")
        finished = run(project.repository, scratch, work, on_step)
    page_notes = mark_page(project, plan.names) if request.kind is RecordKind.MARK else ()
    return ChangeReport(plan=plan, done=True, warnings=(*finished.warnings, *page_notes))


def unpublished_one(project: Project, tag: str | None) -> ChangePlan | None:
    """Return the undo of the newest release that only this clone has; None if there is none, or `tag` is another one."""
    waiting = read_unpublished(project.repository.common_dir)
    record = max(waiting, key=lambda each: each.started, default=None)
    if record is None or tag not in (None, *record.tags):
        return None
    tags = local_tags(project.repository.git)
    configs = (of_tag(project.config, name) for name in record.tags)
    here = {each.name: each for config in configs for each in read_releases(replace(project, config=config), tags).all}
    releases = tuple(here[name] for name in record.tags if name in here)
    if not releases:  # its tag was deleted by hand: `recover` removes the rest
        return None
    return ChangePlan(kind=RecordKind.UNDO, releases=releases, remote=None, branch=record.branch, reason=None)


def _plan(request: ChangeRequest, context: PlanContext) -> tuple[ChangePlan, Work | None]:
    facts, parts = context.facts, _parts(request, context)
    release = parts[0].together[0]
    together = tuple(each for part in parts for each in part.together)
    releases = tuple(each for part in parts for each in part.releases)
    tagger = tagger_and_text(context.objects, release.ref)[0] if release.ref.annotated else None
    plan = ChangePlan(
        kind=request.kind,
        releases=together,
        remote=facts.remote_name,
        branch=facts.branch.name if facts.branch else None,
        remote_branch=facts.branch.remote_name if facts.branch else None,
        reason=request.reason,
        tagged=tagger,
    )
    prerelease = release.version.prerelease is not None
    marked = _mark(context, release)
    is_by_mark = marked is not None and release.withdrawn is not None and release.withdrawn.commit == marked.object_id
    by_tag = is_by_mark if request.restore else not request.commit
    # Unsaved changes matter only in the files that the commit writes, which the rehearsal checks.
    apart = {CheckName.CHANGES, CheckName.BRANCH} if by_tag else {CheckName.CHANGES}
    own = repository_checks(facts, context.request, prerelease=prerelease, protected=frozenset())
    checks = (
        *(check for check in own if check.name not in apart),
        *_operation(facts),
        *_release_checks(request, context, together, releases, by_tag=by_tag),
    )
    try:
        moot = by_tag or facts.branch is None or (release.withdrawn is not None and not request.restore)
        contents = {} if moot else {p: data for part in parts for p, data in _contents(request, part).items()}
    except Refused as error:
        checks = (*checks, Check.failed(CheckName.FILES, error.message, error.help or "git status"))
        contents = {}
    plan = replace(plan, checks=settled(*checks), files=tuple(contents))
    if plan.exit_code is not ExitCode.DONE:
        return plan, None
    work = (
        _mark_prepared(request, context, release, marked) if by_tag else _prepared(request, context, together, contents)
    )
    pages = page_checks(context.project, plan.names.split(", ")) if request.kind is RecordKind.UNDO else ()
    checks = (*plan.checks, *rehearse(context, work), *pages)
    mark = work.record.tag if by_tag else None
    commit = None if by_tag else work.record.commit
    plan = replace(plan, checks=checks, commit=commit, by_tag=mark, steps=steps_of(work.record))
    return plan, work if plan.exit_code is ExitCode.DONE else None


class _Part(Struct, frozen=True, kw_only=True):
    """The releases of one series, and those `together` of them that are changed."""

    context: PlanContext
    releases: tuple[ReleaseTag, ...]
    together: tuple[ReleaseTag, ...]


def _parts(request: ChangeRequest, context: PlanContext) -> list[_Part]:
    """Return the requested release; of an undo with those that its commit has, and made of other models, too."""
    own = releases_of(context).all
    release = _named(request, context, own)
    same = [each for each in own if each.ref.commit_id == release.ref.commit_id and each.withdrawn is None]
    if request.kind is not RecordKind.UNDO or release not in same:
        return [_Part(context=context, releases=own, together=(release,))]
    parts = [_Part(context=context, releases=own, together=tuple(same))]
    for tag in released_tags(commit_text(context.project.repository.git, release.ref.commit_id or "")):
        part = of_config(context, of_tag(context.project.config, tag))
        if part.project.config.model in (None, context.project.config.model):
            continue
        releases = releases_of(part).all
        there = tuple(each for each in releases if each.name == tag and each.withdrawn is None)
        if there and there[0].ref.commit_id == release.ref.commit_id:
            parts.append(_Part(context=part, releases=releases, together=there))
    return parts


def _operation(facts: RepositoryFacts) -> Iterator[Check]:
    """Check that no merge, rebase or the like is going on: its next commit would be on top of the wrong one."""
    state = facts.state
    if state.operation is not None:
        yield Check.failed(CheckName.CHANGES, state.operation_message, f"finish it, or: {state.end_of_operation}")


def _named(request: ChangeRequest, context: PlanContext, releases: tuple[ReleaseTag, ...]) -> ReleaseTag:
    """Return the requested release, by default the newest in the history of HEAD. Raises UsageError.

    To undo means the newest even if it is yanked: what lies below it was not the last thing that was done.
    """
    there = [each for each in releases if each.name in context.facts.ancestors and not _is_undone(each)]
    usable = [each for each in there if each.withdrawn is None or request.kind is RecordKind.UNDO]
    if request.tag is None and usable:
        return usable[-1]
    tags = {each.name: each.ref for each in releases}
    tag = named_tag(request.tag or "", tags, context.project)
    found = next((each for each in releases if tag is not None and each.name == tag.name), None)
    if found is None:
        raise NotFound(f"no release {request.tag or ''} here".replace("  ", " "), help="release list")
    return found


def _release_checks(
    request: ChangeRequest,
    context: PlanContext,
    together: tuple[ReleaseTag, ...],
    releases: tuple[ReleaseTag, ...],
    *,
    by_tag: bool,
) -> Iterator[Check]:
    """Check that the releases are published, belong to the branch, and allow this change."""
    facts, (release, *_) = context.facts, together
    there = {tag.name: tag.object_id for tag in facts.remote.tags} if facts.remote else {}
    lacking = [each for each in together if facts.remote and there.get(each.name) != each.ref.object_id]
    yield from (_unpublished_check(facts, each, there) for each in lacking)
    git, branch = context.project.repository.git, facts.branch
    if not by_tag and is_ancestor(git, release.ref.commit_id or "", facts.commit) is not True:
        words = f"{release.name} is not in the history of {branch.name if branch else 'HEAD'}"
        yield Check.failed(CheckName.HISTORY, words, "git switch BRANCH   (one that has the release)")
    if not (by_tag or lacking) and branch is not None and branch.unpushed:  # pushing would not publish the release
        count = many(len(branch.unpushed), "commit")
        words = f"{facts.remote_name} lacks {count} of {branch.name}, which would be pushed along"
        push = command_line("git", "push", names=(facts.remote_name, f"HEAD:refs/heads/{branch.remote_name}"))
        yield Check.failed(CheckName.BRANCH, words, f"{push}   (or release them first)")
    yield from _state_checks(request, release, by_tag=by_tag)
    for each in releases if not request.restore else ():
        if each is not release and _is_undone(each) and there.get(each.name) == each.ref.object_id:
            by = each.withdrawn.commit[:10] if each.withdrawn is not None else ""
            words = f"{each.name} was undone by {by}, and {facts.remote_name} has its tag"
            way = command_line("release", "yank", "--restore", names=(each.name,))
            drop = command_line("release", "delete", names=(each.name,))
            yield Check.failed(CheckName.TAG, words, f"{way}   (it counts again), or: {drop}")
    if request.kind is RecordKind.UNDO:
        yield from _later_checks(git, together, releases)
    if not request.restore:
        yield from _stage_checks(context, together[0], request.kind)


def _unpublished_check(facts: RepositoryFacts, release: ReleaseTag, there: Mapping[str, str]) -> Check:
    """Return the check of a release that the remote lacks (`there` maps its tags to their objects), or has another of."""
    name, remote = release.name, facts.remote_name
    way = command_line("git", "ls-remote", "--tags", names=(remote, name))
    words = f"{remote} does not have this {name}"
    if any(name in record.tags for record in facts.unpublished):
        words, way = f"{name} was made with --no-push and is not on {remote} yet", "release recover --undo"
    elif name not in there:
        way = f"{command_line('git', 'tag', '-d', names=(name,))}   (deletes it here, too)"
    return Check.failed(CheckName.TAG, words, way)


def _state_checks(request: ChangeRequest, release: ReleaseTag, *, by_tag: bool) -> Iterator[Check]:
    """Check that the release is not in the wanted state already."""
    said, back = release.withdrawn, command_line("release", "yank", "--restore", names=(release.name,))
    if said is not None and not request.restore:
        then = f"   (then {command_line('release', 'undo', names=(release.name,))})"
        help = f"{back}{then if request.kind is RecordKind.UNDO else ''}"
        yield Check.failed(CheckName.TAG, f"{release.name} is {said.mark} already", help)
    if request.restore and said is None:
        yield Check.failed(CheckName.TAG, f"{release.name} is not yanked", "release list")
    if request.restore and said is not None and not by_tag and not request.commit:
        yield Check.failed(
            CheckName.TAG, f"a commit marked {release.name}, so only a commit can take the mark away", back
        )


def _later_checks(git: Git, together: tuple[ReleaseTag, ...], releases: tuple[ReleaseTag, ...]) -> Iterator[Check]:
    """Check that no other release builds on these."""
    (release, *_) = together
    later = [each for each in releases if each not in together and each.ref.commit_id and not _is_undone(each)]
    on_top = [each for each in later if is_ancestor(git, release.ref.commit_id or "", each.ref.commit_id or "") is True]
    if on_top:
        words = f"{on_top[-1].name} builds on {release.name}"
        first = f", or first: {command_line('release', 'undo', names=(on_top[-1].name,))}"
        only = any(each.withdrawn is not None for each in on_top)  # a yanked one is not undone
        yield Check.failed(CheckName.TAG, words, f"{_instead(release)}{'' if only else first}")


def _stage_checks(context: PlanContext, release: ReleaseTag, kind: RecordKind) -> Iterator[Check]:
    """Check that the commit is in no stage (`charCNN#prod#1`): what is deployed is not undone, and yanked with a warning."""
    facts, commit = context.facts, release.ref.commit_id
    tags = merged_tags(facts.local_tags, facts.remote.tags if facts.remote else ())
    there = [tag.name for tag in tags if commit and tag.commit_id == commit]
    last: dict[tuple[str, str], tuple[int, str, bool]] = {}  # of each stage, by the number in its name
    for name in there:
        if (said := stage_of(name)) is not None:
            key, event = (said.model, said.stage), (said.counter or 0, name, said.assigns)
            last[key] = max(last.get(key, event), event)
    for (model, stage), (_, name, assigns) in sorted(last.items(), reverse=True):
        own = model == own_model(context.project.config.tag_format)
        if not assigns or (kind is not RecordKind.UNDO and context.project.config.model is not None and not own):
            continue  # another model's version of that commit stays as it is
        version = release.name if own else next((tag for tag in there if model_of(tag) == model), None)
        first = command_line("release", "delete", "--local", "--remote", names=(name,))
        if version is not None:
            first = command_line("release", "promote", "--unassign", names=(version, stage))
        where = "" if version in (None, release.name) else ", at the same commit"
        words = f"{name} refers to {version or release.name}{where}: a stage builds on it"
        if kind is RecordKind.UNDO:
            yield Check.failed(CheckName.TAG, words, f"{_instead(release)}, or first: {first}")
        else:
            yield Check.warning(CheckName.STAGES, words, first)
        return


def _is_undone(release: ReleaseTag) -> bool:
    return release.withdrawn is not None and release.withdrawn.undone


def _instead(release: ReleaseTag) -> str:
    return command_line("release", "yank", names=(release.name,), more=("-m", "REASON"))


def _contents(request: ChangeRequest, part: _Part) -> Mapping[str, bytes]:
    """Return the files that the commit writes. Raises Refused if what the release wrote was edited since."""
    context, together = part.context, part.together
    objects, config, tree = context.objects, context.project.config, context.tree
    path = changelog_path(objects, tree, config)
    found: dict[str, bytes] = {}
    data = objects.file(tree, path)
    for release in together:
        if data is None:
            break
        version = str(release.version)
        if request.kind is RecordKind.MARK:
            data = with_yank(data, version, None if request.restore else request.reason or "", path=path)
        else:
            data = _without_entry(context, data, path, release)
    if data is not None and data != objects.file(tree, path):
        found[path] = data
    if request.kind is RecordKind.UNDO:
        found |= _earlier_versions(context, together)
    return found


def _without_entry(context: PlanContext, data: bytes, path: str, release: ReleaseTag) -> bytes:
    objects, version = context.objects, str(release.version)
    own = objects.file(objects.tree_of(release.ref.commit_id or ""), path)
    written = entry_of(own, version, path=path) if own is not None else None
    now_there = entry_of(data, version, path=path)
    if now_there is not None and now_there != written:
        words = f"the entry of {version} in {path} was edited since {release.name}"
        raise Refused(words, help=_instead(release))
    before = _before(context, release)
    if before is None:  # the entry came with a pull request, and may have text of a person: nothing of it is lost
        text = _hand_written(context, path, release, written) if written is not None else ""
        text = text.replace("\n", "\r\n") if data.count(b"\r\n") * 2 > data.count(b"\n") else text
        text = "" if text in unreleased_text(data, path=path) else text
    else:
        text = unreleased_text(objects.file(objects.tree_of(before), path), path=path)
        text = "" if text in unreleased_text(own, path=path) else text  # a prerelease leaves it there
    return without_entry(data, version, unreleased=text, path=path)


def _hand_written(context: PlanContext, path: str, release: ReleaseTag, written: str) -> str:
    """Return the text that a person wrote into a prepared entry, before or after `release prepare` made it."""
    objects, version, config = context.objects, str(release.version), context.project.config
    commits = context.commits_since(_previous_commit(context, release))
    unreleased = ""
    for commit in commits:  # the one that added the entry
        sides = [objects.file(objects.tree_of(each), path) for each in (*commit.parents[:1], commit.id)]
        old, new = sides if len(sides) == 2 else (None, sides[-1])
        if new is None or entry_of(new, version, path=path) is None:
            continue
        if old is not None and entry_of(old, version, path=path) is None:
            unreleased = unreleased_text(old, path=path).replace("\r\n", "\n")
            break
    tag = objects.get(release.ref.object_id)
    said = parse_object(tag.data).subject if tag is not None and tag.kind == "tag" else ""
    lines = listed(read_commits(commits, known_types(config.auto)), context.facts.forge)
    return hand_written(written, unreleased=unreleased, message=said, commits=lines)


def _before(context: PlanContext, release: ReleaseTag) -> str | None:
    """Return the parent of the release commit; None if the release has none of its own."""
    commit = commit_text(context.project.repository.git, release.ref.commit_id or "")
    return (
        commit.parents[0]
        if is_release_commit(commit, context.project.config.commit_message) and commit.parents
        else None
    )


def _earlier_versions(context: PlanContext, together: tuple[ReleaseTag, ...]) -> Mapping[str, bytes]:
    """Return the version files as they were before the release. Raises Refused for one with another version now."""
    objects, config = context.objects, context.project.config
    release = max(together, key=lambda each: each.rank)
    before = _before(context, release) or _previous_commit(context, release)
    if before is None:
        return {}
    found = {}
    for path, file in version_files(objects, context.tree, config).items():
        data, own, old = (
            objects.file(tree, path)
            for tree in (context.tree, objects.tree_of(release.ref.commit_id or ""), objects.tree_of(before))
        )
        if data is None or own is None or old is None or own == old:
            continue
        try:
            version, written, earlier = (current_version(each, file) for each in (data, own, old))
            if version != written:
                words = f"the version in {path} was edited since {release.name}"
                raise Refused(words, help=_instead(release))
            if data == own and _before(context, release):
                found[path] = old  # with the date and everything else that the release wrote
            elif earlier not in (None, version):
                found[path] = with_version(data, file, new=earlier or "")
        except BadVersionFile:
            continue
    return found


def _previous_commit(context: PlanContext, release: ReleaseTag) -> str | None:
    said = attestation_of(context.objects, release.ref)
    if said is None or said.previous is None:
        return None
    return next((each.ref.commit_id for each in releases_of(context).all if each.name == said.previous[0]), None)


def _prepared(
    request: ChangeRequest, context: PlanContext, together: tuple[ReleaseTag, ...], contents: Mapping[str, bytes]
) -> Work:
    """Make the commit in the scratch store, and the record of the change."""
    facts, scratch, branch = context.facts, context.scratch, context.facts.branch
    assert branch is not None, "the checks need a branch"
    by = makers_as_set(context)
    entries = {path: context.objects.entry(context.tree, path) for path in contents}
    modes = {path: entry.mode for path, entry in entries.items() if entry is not None}
    blobs = scratch.blobs(contents)
    tree = scratch.tree(context.objects, context.tree, blobs, modes) if blobs else context.tree
    commit = scratch.commit(tree, facts.commit, _message(request, context, together), by)
    recorded = (
        RecordedRelease(tag=each.name, version=str(each.version), message="", tag_object=each.ref.object_id)
        for each in together
    )
    record = replace(
        _record(context, request.kind, tuple(recorded)),
        branch=branch.name,
        remote_branch=branch.remote_name,
        tip=branch.tip,
        commit=commit,
        attached=not branch.detached,
        blobs=blobs,
    )
    return Work(record=record, new_objects=(commit,))


def _mark(context: PlanContext, release: ReleaseTag) -> TagRef | None:
    """Return the tag that marks a release as yanked; None if there is none."""
    facts = context.facts
    tags = merged_tags(facts.local_tags, facts.remote.tags if facts.remote else ())
    return next((tag for tag in tags if tag.name == f"{YANKED}{release.name}"), None)


def _mark_prepared(request: ChangeRequest, context: PlanContext, release: ReleaseTag, marked: TagRef | None) -> Work:
    """Make the tag that marks a release, or the record of its deletion."""
    name, commit = f"{YANKED}{release.name}", release.ref.commit_id or ""
    kind, new = RecordKind.UNDO, []
    if marked is None or not request.restore:
        new = [context.scratch.tag(commit, name, _message(request, context, (release,)), makers_as_set(context))]
        kind = RecordKind.RELEASE
    object_id = new[0] if new else (marked.object_id if marked is not None else "")
    made = RecordedRelease(tag=name, version=str(release.version), message="", tag_object=object_id)
    return Work(record=replace(_record(context, kind, (made,)), base=commit, commit=commit), new_objects=tuple(new))


def _record(context: PlanContext, kind: RecordKind, releases: tuple[RecordedRelease, ...]) -> Record:
    return replace(bare_record(context, releases, token_hex(16)), kind=kind)


def _message(request: ChangeRequest, context: PlanContext, together: tuple[ReleaseTag, ...]) -> str:
    facts, template = context.facts, context.project.config.commit_message
    what = "Undone" if request.kind is RecordKind.UNDO else "Restored" if request.restore else "Yanked"
    change = {"Undone": "Undo", "Restored": "Restore", "Yanked": "Yank"}[what]
    made = [commit for each in together if (commit := each.ref.commit_id) and _before(context, each)]
    trailers = [withdrawing_trailer(what, each.name, each.ref.object_id) for each in together]
    if facts.signed_off_by is not None:
        trailers.append(f"Signed-off-by: {facts.signed_off_by}")
    subject = template.change_subject(change, ", ".join(each.name for each in together))
    return withdrawing_message(
        subject,
        request.reason,
        revert=tuple(dict.fromkeys(made)) if what == "Undone" else (),
        trailers=trailers,
        short=not subject.startswith(change),
    )


# Releases made with `--no-push` that are withdrawn


def undo_here(project: Project, *, preview: bool) -> RecoverReport:
    """Withdraw the newest release that only this clone has. Raises Refused."""
    repository = project.repository
    with locked(record_folder(repository.common_dir)) as lock:
        local = replace(repository, git=repository.git.inheriting(lock))
        return take_back_newest(repository, local, read_unpublished(repository.common_dir), preview=preview)


def take_back_newest(
    repository: Repository, local: Repository, unpublished: tuple[Record, ...], *, preview: bool
) -> RecoverReport:
    """Withdraw a partly withdrawn release, else the newest. Raises Refused."""
    if not unpublished:
        raise Refused("there is no unpublished release to take back", help="release list")
    half_undone = [record for record in unpublished if record.undoing]
    record = max(half_undone or unpublished, key=lambda each: each.started)
    state = read_remote_state(repository, record)
    if is_published(record, state):
        if not preview:
            forget(local, record)
        help = command_line("release", "show", names=record.tags[-1:])
        raise Refused(f"{record.tag} is already published: {record.remote} has it", help=help)
    if state is not None and record.commit != record.base and (state.branch == record.commit or state.holds_commit):
        words = f"the commit of {record.tag} is already on {record.remote_branch} of {record.remote}, without its tag"
        raise Refused(words, help=f"release bump {record.version}   (publishes the tag)")
    if record.undoing and not preview:
        clear_own_leftovers(local, record, work_tree_of(local, record))
    trouble = why_not_taken_back(repository, record)
    if trouble is None and not preview:
        undoing = replace(record, undoing=True)
        write_record(repository.common_dir, undoing)
        trouble = take_back(local, undoing)
        if trouble is None:
            forget(local, undoing)
        else:
            write_record(repository.common_dir, record)
    if trouble is not None:
        raise Refused(f"{record.tag} was not taken back: {trouble}", help=_out_of_the_way(repository, record))
    what = "its tag is" if record.commit == record.base else "tag and release commit are"
    message = f"{record.tag} is taken back: {what} removed here"
    return RecoverReport(outcome=RecoverOutcome.TAKEN_BACK, message=message, tag=record.tag)


def is_published(record: Record, state: RemoteState | None) -> bool:
    """Return whether the remote has the release; False without an answer (None)."""
    return state is not None and state.tag == record.last_object


def _out_of_the_way(repository: Repository, record: Record) -> str:
    """Return the command that helps: delete another tag, rebase later commits, or stash edits."""
    no_tag = command_line("git", "tag", "-d", names=record.tags)
    found, tip = refs_here(repository.git, record)
    if any(found.get(ref, id) != id for ref, id in record.tag_refs.items()):
        return f"{no_tag} && release recover --undo"
    if record.branch is not None and tip != record.commit:
        later = command_line("git", "rebase", "--onto", record.base[:10], record.commit[:10], names=(record.branch,))
        return f"{later} && {no_tag}   (keeps your later commits, without the release)"
    return "git stash && release recover --undo"
