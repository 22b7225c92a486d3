"""Work of `release fetch`: fetch the tags of every git remote without moving a local tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from release.core.tag_changes import FetchedRemote, FetchedTag, FetchReport, TagChange, compare_tags, vanished_tags
from release.core.tags import RemoteRefs, TagRef, broken_among
from release.engine.project import Project
from release.engine.tag_reading import attested_tags, watch_tags
from release.errors import Unknown, UsageError
from release.git import refs
from release.git.objects import Objects
from release.git.process import GitFailed, Running, TimedOut
from release.git.record import read_seen, read_unpublished, write_seen
from release.git.refs import LocalUpdate, update_refs
from release.git.repository import Repository


def fetch(project: Project, *, prune: bool = False) -> FetchReport:
    """Fetch branches and tags of all remotes. One unreachable remote does not stop the others.

    `prune`: delete tags here that no remote has any more.

    Raises UsageError if there is no remote to fetch from.
    """
    asked = _ask(project)
    remotes = tuple(_fetch_remote(project, one) for one in asked)
    report = _report(project, asked, remotes)
    heard = read_seen(project.repository.common_dir, _urls(project))
    _remember(project, asked)
    # it may have the tags that vanished elsewhere
    unheard = any(one.refs is None and one.name not in heard for one in asked)
    if prune and report.vanished and not unheard:
        report = replace(report, vanished=_prune(project, report.vanished))
    return report


def plan_fetch(project: Project) -> FetchReport:
    """Return what a fetch would find; change nothing."""
    asked = _ask(project)
    ours = _ours(project)
    remotes = []
    for one in asked:
        found = compare_tags(one.name, ours, one.refs.tags) if one.refs else ()
        remotes.append(FetchedRemote(name=one.name, tags=found, trouble=one.trouble))
        ours |= {tag.name: tag for tag in (one.refs.tags if one.refs else ()) if tag.name not in ours}
    return replace(_report(project, asked, tuple(remotes)), fetched=False)


class _Asked(Struct, frozen=True, kw_only=True):
    name: str
    refs: RemoteRefs | None
    trouble: str | None = None


def _ask(project: Project) -> list[_Asked]:
    """Query all remotes at once, except those that `git fetch --all` is configured to skip."""
    settings, git = project.repository.settings, project.repository.git
    skipped = ("skipfetchall", "skipdefaultupdate")
    names = [name for name in settings.remotes if not any(settings.flag(f"remote.{name}.{key}") for key in skipped)]
    if not names:
        message = "no git remote to fetch from"
        raise UsageError(message, help="git remote add origin URL")
    asking = {name: refs.start_asking(git, name) for name in names}
    return [_answer(name, running) for name, running in asking.items()]


def _answer(name: str, running: Running) -> _Asked:
    try:
        return _Asked(name=name, refs=refs.remote_refs(running, name))
    except Unknown as error:
        return _Asked(name=name, refs=None, trouble=error.message)


def _fetch_remote(project: Project, asked: _Asked) -> FetchedRemote:
    if asked.refs is None:
        return FetchedRemote(name=asked.name, trouble=asked.trouble)
    ours = _ours(project)
    tags = compare_tags(asked.name, ours, asked.refs.tags)
    ill = [tag.tag for tag in tags if tag.change in (TagChange.MOVED, TagChange.REPAIRED)]
    try:
        _bring(project, asked.name, ill)
    except (GitFailed, TimedOut) as error:
        return FetchedRemote(name=asked.name, trouble=f"{asked.name} could not be fetched: {_reason(error)}")
    repaired = [tag for tag in tags if tag.change is TagChange.REPAIRED]
    failed = _repair(project, asked.name, repaired) if repaired else None
    here = _ours(project)
    lost = [tag.tag for tag in tags if tag.change is TagChange.NEW and tag.tag not in here]
    if failed is None and lost:
        failed = f"{asked.name}: {', '.join(lost)} did not arrive"
    return FetchedRemote(name=asked.name, tags=tags, trouble=failed)


def _bring(project: Project, remote: str, ill: list[str]) -> None:
    """Fetch branches as configured, and tags except `ill`, so that only real failures raise GitFailed or TimedOut.

    A configured refspec could move tags (`+refs/tags/*`): then branches are fetched by the others alone.
    """
    repository = project.repository
    configured = repository.settings.every(f"remote.{remote}.fetch")
    safe = [spec for spec in configured if not _writes_tags(spec)]
    own = () if len(safe) == len(configured) else tuple(safe)
    if not ill and not own and (safe or not configured):
        _git_fetch(repository, remote, "--tags")
        return
    if safe:
        _git_fetch(repository, remote, "--no-tags", *(_ONLY if own else ()), specs=own)
    left = [f"^refs/tags/{name}" for name in ill]
    _git_fetch(repository, remote, *_TAGS_ALONE, *_ONLY, specs=("refs/tags/*:refs/tags/*", *left))


def _git_fetch(repository: Repository, remote: str, *options: str, specs: Sequence[str] = ()) -> None:
    """Run `git fetch`; never prunes tags, whatever is configured."""
    git = repository.git.having("fetch.pruneTags=false", f"remote.{remote}.pruneTags=false")
    git.run("fetch", *options, "--", remote, *specs, limit_s=_FETCH_LIMIT_S)


def _reason(error: GitFailed | TimedOut) -> str:
    return error.result.error_text if isinstance(error, GitFailed) else error.message


_FETCH_LIMIT_S = 3600.0
_TAGS_ALONE = ("--no-tags", "--no-prune", "--no-write-fetch-head")
_ONLY = ("--refmap=",)  # otherwise git also moves refs by the configured refspecs, including their `+`


def _writes_tags(spec: str) -> bool:
    target = spec.removeprefix("+").partition(":")[2]
    return target.startswith("refs/tags/") or target in ("refs/*", "*")


def _repair(project: Project, remote: str, tags: list[FetchedTag]) -> str | None:
    """Fetch annotated tag objects, then update local refs that are unchanged; return the error or None."""
    repository = project.repository
    names = [f"refs/tags/{tag.tag}" for tag in tags]
    try:
        _git_fetch(repository, remote, *_TAGS_ALONE, specs=names)
    except (GitFailed, TimedOut) as error:
        return f"{remote}: {_reason(error)}"
    with Objects(repository.git) as objects:
        found = objects.get_many([tag.after or "" for tag in tags])
    if any(each is None or each.kind != "tag" for each in found):
        return f"{remote}: the annotated tags did not arrive"
    updates = [LocalUpdate(ref=f"refs/tags/{tag.tag}", new=tag.after or "", old=tag.before or "") for tag in tags]
    try:
        update_refs(repository.git, updates, reason="release: fetch, annotated again")
    except GitFailed as error:
        return error.message
    return None


def _report(project: Project, asked: list[_Asked], remotes: tuple[FetchedRemote, ...]) -> FetchReport:
    ours = _ours(project)
    now = {one.name: None if one.refs is None else [tag.name for tag in one.refs.tags] for one in asked}
    seen = read_seen(project.repository.common_dir, _urls(project))
    gone = vanished_tags(ours, seen, now)
    unpublished = {tag for record in read_unpublished(project.repository.common_dir) for tag in record.tags}
    gone = tuple(tag for tag in gone if tag.tag not in unpublished)
    known = {name for names in now.values() for name in names or ()}
    known |= {name for tags in seen.values() for name in tags}
    local = tuple(sorted(name for name in ours if name not in known))
    with Objects(project.repository.git) as objects:
        replaced = watch_tags(objects, ours.values())
        came = [ours[name] for name in _came(remotes) if name in ours]
        attested = attested_tags(project, objects, came) if came else {}
    return FetchReport(
        remotes=remotes,
        vanished=gone,
        local=local,
        replaced=replaced,
        attested=attested,
        broken=broken_among(ours.values()),
    )


def _came(remotes: tuple[FetchedRemote, ...]) -> list[str]:
    changes = (TagChange.NEW, TagChange.REPAIRED)
    return sorted({tag.tag for remote in remotes for tag in remote.tags if tag.change in changes})


def _remember(project: Project, asked: list[_Asked]) -> None:
    """Store the remotes' current tags; a vanished tag stays stored until it is deleted here, too."""
    common, urls = project.repository.common_dir, _urls(project)
    seen = read_seen(common, urls)
    ours = _ours(project)
    for one in asked:
        if one.refs is not None:
            before = {tag: id for tag, id in seen.get(one.name, {}).items() if tag in ours}
            seen[one.name] = {**before, **{tag.name: tag.object_id for tag in one.refs.tags}}
    write_seen(common, urls, seen)


def _prune(project: Project, gone: tuple[FetchedTag, ...]) -> tuple[FetchedTag, ...]:
    """Delete all these local tags, each only if unchanged. Raises GitFailed, and then none is deleted."""
    updates = [
        LocalUpdate(ref=f"refs/tags/{tag.tag}", new="0" * len(tag.before or ""), old=tag.before or "") for tag in gone
    ]
    update_refs(project.repository.git, updates, reason="release: fetch --prune")
    return tuple(replace(tag, change=TagChange.PRUNED) for tag in gone)


def _ours(project: Project) -> dict[str, TagRef]:
    return {tag.name: tag for tag in refs.local_tags(project.repository.git)}


def _urls(project: Project) -> Mapping[str, str]:
    settings = project.repository.settings
    return {name: "\n".join(settings.every(f"remote.{name}.url")) for name in settings.remotes}
