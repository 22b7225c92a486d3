"""Work of `release fetch`: fetch the tags of every git remote without moving a local tag."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from release.core.tag_changes import FetchedRemote, FetchedTag, FetchReport, TagChange, compare_tags, vanished_tags
from release.core.tags import RemoteRefs, TagRef, broken_among
from release.engine.project import Project
from release.engine.tag_reading import ask_remotes, attested_tags, watch_tags
from release.errors import UsageError
from release.git import refs
from release.git.objects import Objects
from release.git.process import GitFailed, TimedOut
from release.git.record import read_seen, read_unpublished, write_seen
from release.git.refs import RefUpdate, update_refs
from release.git.repository import Repository


def fetch(project: Project, *, prune: bool = False) -> FetchReport:
    """Fetch branches and tags of all remotes. One unreachable remote does not stop the others.

    `prune`: delete tags here that no remote has any more.

    Raises UsageError if there is no remote to fetch from.
    """
    names, heard, troubles = _ask(project)
    remotes = tuple(
        _fetch_remote(project, name, heard[name]) if name in heard else FetchedRemote(name=name, trouble=troubles[name])
        for name in names
    )
    report = _report(project, heard, remotes)
    before = read_seen(project.repository.common_dir, _urls(project))
    _remember(project, heard)
    # A remote that never answered may have the tags that vanished elsewhere.
    if prune and report.vanished and all(name in before for name in troubles):
        report = replace(report, vanished=_prune(project, report.vanished))
    return report


def plan_fetch(project: Project) -> FetchReport:
    """Return what a fetch would find; change nothing."""
    names, heard, troubles = _ask(project)
    ours = _ours(project)
    remotes = []
    for name in names:
        theirs = heard[name].tags if name in heard else ()
        remotes.append(FetchedRemote(name=name, tags=compare_tags(name, ours, theirs), trouble=troubles.get(name)))
        ours = {**{tag.name: tag for tag in theirs}, **ours}
    return replace(_report(project, heard, tuple(remotes)), fetched=False)


def _ask(project: Project) -> tuple[list[str], dict[str, RemoteRefs], dict[str, str]]:
    """Query all remotes, except those that `git fetch --all` is configured to skip; return names, refs and errors."""
    settings = project.repository.settings
    skipped = ("skipfetchall", "skipdefaultupdate")
    names = [name for name in settings.remotes if not any(settings.flag(f"remote.{name}.{key}") for key in skipped)]
    if not names:
        raise UsageError("no git remote to fetch from", help="git remote add origin URL", section="remote")
    return names, *ask_remotes(project.repository.git, names)


def _fetch_remote(project: Project, name: str, there: RemoteRefs) -> FetchedRemote:
    tags = compare_tags(name, _ours(project), there.tags)
    ill = [tag.tag for tag in tags if tag.change in (TagChange.MOVED, TagChange.REPAIRED)]
    settings = project.repository.settings
    safe = [spec for spec in settings.every(f"remote.{name}.fetch") if not _writes_tags(spec)]
    try:
        if safe:
            _git_fetch(project.repository, name, *safe)  # prunes branches if git is configured to
        _git_fetch(
            project.repository, name, "refs/tags/*:refs/tags/*", *(f"^refs/tags/{tag}" for tag in ill), tags=True
        )
    except (GitFailed, TimedOut) as error:
        return FetchedRemote(name=name, trouble=f"{name} could not be fetched: {_reason(error)}")
    repaired = [tag for tag in tags if tag.change is TagChange.REPAIRED]
    failed = _repair(project, name, repaired) if repaired else None
    here = _ours(project)
    lost = [tag.tag for tag in tags if tag.change is TagChange.NEW and tag.tag not in here]
    if failed is None and lost:
        failed = f"{name}: {', '.join(lost)} did not arrive"
    return FetchedRemote(name=name, tags=tags, trouble=failed)


def _git_fetch(repository: Repository, remote: str, *specs: str, tags: bool = False) -> None:
    """Fetch exactly these refspecs, so that no configured one moves or prunes a tag. Raises GitFailed, TimedOut."""
    quiet = ("--no-prune", "--no-write-fetch-head") if tags else ()
    repository.git.run("fetch", "--no-tags", "--refmap=", *quiet, "--", remote, *specs, limit_s=_FETCH_LIMIT_S)


def _reason(error: GitFailed | TimedOut) -> str:
    return error.result.error_text if isinstance(error, GitFailed) else error.message


_FETCH_LIMIT_S = 3600.0


def _writes_tags(spec: str) -> bool:
    target = spec.removeprefix("+").partition(":")[2]
    return target.startswith("refs/tags/") or target in ("refs/*", "*")


def _repair(project: Project, remote: str, tags: list[FetchedTag]) -> str | None:
    """Fetch annotated tag objects, then update local refs that are unchanged; return the error or None."""
    repository = project.repository
    names = [f"refs/tags/{tag.tag}" for tag in tags]
    try:
        _git_fetch(repository, remote, *names, tags=True)
    except (GitFailed, TimedOut) as error:
        return f"{remote}: {_reason(error)}"
    with Objects(repository.git) as objects:
        found = objects.get_many([tag.after or "" for tag in tags])
    if any(each is None or each.kind != "tag" for each in found):
        return f"{remote}: the annotated tags did not arrive"
    updates = [RefUpdate(ref=f"refs/tags/{tag.tag}", new=tag.after or "", old=tag.before or "") for tag in tags]
    try:
        update_refs(repository.git, updates, reason="release: fetch, annotated again")
    except GitFailed as error:
        return error.message
    return None


def _report(project: Project, heard: Mapping[str, RemoteRefs], remotes: tuple[FetchedRemote, ...]) -> FetchReport:
    ours = _ours(project)
    now = {one.name: [tag.name for tag in heard[one.name].tags] if one.name in heard else None for one in remotes}
    seen = read_seen(project.repository.common_dir, _urls(project))
    unpublished = {tag for record in read_unpublished(project.repository.common_dir) for tag in record.tags}
    known = {name for names in (*now.values(), *seen.values()) for name in names or ()}
    changes = (TagChange.NEW, TagChange.REPAIRED)
    came = sorted({tag.tag for remote in remotes for tag in remote.tags if tag.change in changes} & ours.keys())
    with Objects(project.repository.git) as objects:
        return FetchReport(
            remotes=remotes,
            vanished=tuple(tag for tag in vanished_tags(ours, seen, now) if tag.tag not in unpublished),
            local=tuple(sorted(name for name in ours if name not in known)),
            replaced=watch_tags(objects, ours.values()),
            attested=attested_tags(project, objects, [ours[name] for name in came]) if came else {},
            broken=broken_among(ours.values()),
        )


def _remember(project: Project, heard: Mapping[str, RemoteRefs]) -> None:
    """Store the remotes' current tags; a vanished tag stays stored until it is deleted here, too."""
    common, urls = project.repository.common_dir, _urls(project)
    seen, ours = read_seen(common, urls), _ours(project)
    for name, there in heard.items():
        before = {tag: id for tag, id in seen.get(name, {}).items() if tag in ours}
        seen[name] = {**before, **{tag.name: tag.object_id for tag in there.tags}}
    write_seen(common, urls, seen)


def _prune(project: Project, gone: tuple[FetchedTag, ...]) -> tuple[FetchedTag, ...]:
    """Delete all these local tags, each only if unchanged. Raises GitFailed, and then none is deleted."""
    updates = [RefUpdate(ref=f"refs/tags/{tag.tag}", new="", old=tag.before or "") for tag in gone]
    update_refs(project.repository.git, updates, reason="release: fetch --prune")
    return tuple(replace(tag, change=TagChange.PRUNED) for tag in gone)


def _ours(project: Project) -> dict[str, TagRef]:
    return {tag.name: tag for tag in refs.local_tags(project.repository.git)}


def _urls(project: Project) -> Mapping[str, str]:
    settings = project.repository.settings
    return {name: "\n".join(settings.every(f"remote.{name}.url")) for name in settings.remotes}
