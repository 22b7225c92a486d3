"""`release delete`: tags, here and on the remotes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.locate import PointerSet
from release.core.tag_changes import (
    LOCAL,
    DeletePlan,
    DeleteReport,
    Fate,
    Spot,
    TagDeletion,
    Where,
    named_tags,
    newest_warning,
    stages_of,
    tags_to_delete,
)
from release.core.tags import TagRef, one_push_url
from release.core.text import command_line, many, quote, size
from release.dvc.pointers import PointerReader
from release.engine.project import Project
from release.engine.release_pages import page_checks
from release.engine.tag_reading import ask_remotes, meant
from release.errors import Cancelled, ExitCode, ReleaseError, Unknown, UsageError
from release.git import push as git_push
from release.git import refs
from release.git.objects import Objects
from release.git.process import GitFailed
from release.git.push import Answer, Pushed
from release.git.record import locked, read_pending, read_unpublished, record_folder
from release.git.refs import RefUpdate, read_refs, read_tags, update_refs
from release.git.repository import Repository


def last_tag_warning(project: Project, gone: Collection[str], tags: Mapping[str, TagRef]) -> str | None:
    """Return a sentence with the bytes that lose their last tag, at most; None if none do, as far as this clone knows."""
    commits = dict.fromkeys(tags[name].commit_id for name in gone if tags[name].commit_id)
    left = dict.fromkeys(tag.commit_id for name, tag in tags.items() if name not in gone and tag.commit_id)
    doomed_commits = [commit for commit in commits if commit and commit not in left]
    if not doomed_commits:
        return None
    with Objects(project.repository.git) as objects:
        reader = PointerReader(objects)
        wanted = [*doomed_commits, *(commit for commit in left if commit)]
        reader.prefetch(wanted, project.config)
        doomed = list(_sets(project, reader, doomed_commits))
        kept = list(_sets(project, reader, (commit for commit in left if commit)))
    needed = {out.oid for each in kept for out in each.outs}
    lost = {out.oid: out for each in doomed for out in each.outs if out.oid and out.cache and out.oid not in needed}
    if not lost:
        return None
    most = "up to " if any(out.is_dir for out in lost.values()) else ""  # other tags may need some of its files
    total = size(sum(out.size_bytes or 0 for out in lost.values()))
    return f"{most}{total} in {many(len(lost), 'object')} lose their last tag: `dvc gc -T` may delete them for good"


def _sets(project: Project, reader: PointerReader, commits: Iterable[str]) -> Iterable[PointerSet]:
    for commit in commits:
        with suppress(ReleaseError):  # the commit is not here, or its pointers cannot be read
            yield reader.read(commit, project.config)


_MOST_PAGES = 20  # of tags that the forge is asked for; each is a request

# Work of `release delete`: delete tags if they are unchanged since the plan; each can be restored

Confirm = Callable[[DeletePlan], bool]  # shows the plan; True: continue


class KnownTags(Struct, frozen=True, kw_only=True):
    """Every known tag: `ours`, and `theirs` by remote; `subjects` and `dates` of ours.

    `troubles` are the errors of remotes that did not answer.
    """

    ours: Mapping[str, TagRef]
    theirs: Mapping[str, Mapping[str, TagRef]]
    subjects: Mapping[str, str]
    dates: Mapping[str, datetime]
    troubles: Mapping[str, str]

    @property
    def all(self) -> dict[str, TagRef]:
        """Return all tags by name; a local tag wins over a remote one."""
        found: dict[str, TagRef] = {}
        for tags in self.theirs.values():
            found = {**tags, **found}
        return {**found, **self.ours}

    @property
    def newest_first(self) -> list[tuple[str, str, str]]:
        """Return each tag with its day and subject; those that only a remote has come last."""
        dated = sorted(self.dates, key=lambda name: (self.dates[name], name), reverse=True)
        rows = [(name, self.dates[name].strftime("%Y-%m-%d"), self.subjects[name]) for name in dated]
        others = sorted(self.all.keys() - self.dates.keys(), reverse=True)
        return [*rows, *((name, "", self.subjects.get(name, "only on a remote")) for name in others)]


def read_known(project: Project, *, ask: bool) -> KnownTags:
    """Read the local tags, and with `ask` the tags of every remote."""
    git, settings = project.repository.git, project.repository.settings
    heard, troubles = ask_remotes(git, settings.remotes if ask else ())
    theirs = {name: {tag.name: tag for tag in there.tags} for name, there in heard.items()}
    dated = read_tags(git)
    return KnownTags(
        ours={tag.ref.name: tag.ref for tag in dated},
        theirs=theirs,
        subjects={tag.ref.name: tag.subject for tag in dated},
        dates={tag.ref.name: tag.when for tag in dated if tag.when is not None},
        troubles=troubles,
    )


def plan_deletion(project: Project, words: Sequence[str], where: Where, known: KnownTags) -> DeletePlan:
    """Return the tags to delete, with warnings and checks. Raises UsageError for an unknown tag."""
    tag_format = project.config.tag_format
    everything = known.all
    checks = _checks(project, where, known)
    if any(check.blocks for check in checks):
        return DeletePlan(where=where, doomed=(), checks=checks)
    names = named_tags([meant(word, everything.values(), project) for word in words], everything, tag_format)
    ids = {remote: {name: tag.object_id for name, tag in tags.items()} for remote, tags in known.theirs.items()}
    doomed = tags_to_delete(names, known.ours, ids, known.subjects, where)
    gone = _gone(doomed, known)
    warnings = (
        newest_warning(gone, list(everything.values()), tag_format),
        last_tag_warning(project, gone, everything),
    )
    there = [one.tag for one in doomed if project.config.git_remote in one.places][:_MOST_PAGES]
    return DeletePlan(
        where=where,
        doomed=doomed,
        warnings=tuple(warning for warning in warnings if warning is not None),
        checks=(
            *checks,
            *_many_push_urls(project, doomed),
            *_unpublished(project, doomed),
            *page_checks(project, there),
        ),
        stages=stages_of(names, list(everything.values()), tag_format),
    )


def delete(project: Project, plan: DeletePlan, confirm: Confirm) -> DeleteReport:
    """Carry out the plan; return a report, even if it is refused. Raises Cancelled if not confirmed."""
    if plan.refused:
        return DeleteReport(plan=plan, deleted=False)
    if not confirm(plan):
        raise Cancelled("cancelled; nothing was changed")
    repository = project.repository
    with locked(record_folder(repository.common_dir)):
        doomed = list(plan.doomed)
        for remote in plan.remotes:
            doomed = _delete_there(repository, remote, doomed)
        doomed = _delete_here(repository, doomed)
    return DeleteReport(plan=replace(plan, doomed=tuple(doomed)), deleted=True)


def _checks(project: Project, where: Where, known: KnownTags) -> tuple[Check, ...]:
    checks = []
    pending = read_pending(project.repository.common_dir)
    if pending is not None:
        checks.append(Check.failed(CheckName.INTERRUPTED, pending.interrupted, "release recover", ExitCode.PENDING))
    if where is not Where.LOCAL:
        if not project.repository.settings.remotes:
            message = "no git remote to delete from"
            raise UsageError(message, help="release delete --local TAG", section="remote")
        dead = not known.theirs
        for name, words in known.troubles.items():
            checks.append(
                Check(
                    name=CheckName.REMOTE,
                    subject=name,
                    verdict=Verdict.UNKNOWN if dead else Verdict.WARNING,
                    message=words if dead else f"{words}; its tags stay as they are",
                    help=command_line("git", "ls-remote", names=(name,)),
                    code=ExitCode.UNKNOWN,
                )
            )
    return tuple(checks)


def _many_push_urls(project: Project, doomed: Sequence[TagDeletion]) -> tuple[Check, ...]:
    """Refuse remotes with several push URLs.

    Git pushes to each URL in turn and queries none of them, so the result at each would be unknown.
    """
    places = dict.fromkeys(place for one in doomed for place in one.places if place != LOCAL)
    urls = {remote: len(project.repository.settings.push_urls(remote)) for remote in places}
    return tuple(
        Check.failed(
            CheckName.REMOTE,
            f"remote {remote} has {number} push URLs: a tag cannot be deleted on all of them at once",
            f"{one_push_url(remote)}, or for each of them: git push URL {quote(f':refs/tags/{doomed[0].tag}')}",
            ExitCode.USAGE,
            subject=remote,
        )
        for remote, number in urls.items()
        if number > 1
    )


def _unpublished(project: Project, doomed: Sequence[TagDeletion]) -> tuple[Check, ...]:
    """Refuse a release that was made with `--no-push`: it also has a commit."""
    names = {tag for record in read_unpublished(project.repository.common_dir) for tag in record.tags}
    return tuple(
        Check.failed(
            CheckName.UNPUBLISHED,
            f"{one.tag} was made with --no-push and is not published: it has a commit, too",
            "release recover --undo",
            ExitCode.REFUSED,
        )
        for one in doomed
        if one.tag in names and one.places == (LOCAL,)
    )


def _gone(doomed: Sequence[TagDeletion], known: KnownTags) -> frozenset[str]:
    """Return the tags that no place will have afterwards."""
    gone = set()
    for one in doomed:
        left = {remote for remote, tags in known.theirs.items() if one.tag in tags} - set(one.places)
        if not left and (one.tag not in known.ours or LOCAL in one.places):
            gone.add(one.tag)
    return frozenset(gone)


def _delete_there(repository: Repository, remote: str, doomed: list[TagDeletion]) -> list[TagDeletion]:
    wanted = {one.tag: spot for one in doomed for spot in one.spots if spot.place == remote}
    keep_tag_objects(repository, remote, wanted)
    updates = tuple(RefUpdate(ref=f"refs/tags/{name}", new="", old=spot.object_id) for name, spot in wanted.items())
    pushed = git_push.push(repository.git, remote, updates, atomic=False)
    heard, troubles = ask_remotes(repository.git, [remote])
    after = {tag.name: tag for tag in heard[remote].tags} if remote in heard else troubles[remote]
    fates = {name: _fate_there(name, spot, after, pushed) for name, spot in wanted.items()}
    return [_with_fate(one, remote, *fates[one.tag]) if one.tag in fates else one for one in doomed]


def _fate_there(tag: str, spot: Spot, after: dict[str, TagRef] | str, pushed: Pushed) -> tuple[Fate, str]:
    """Return fate and reason, decided by the remote's tags after the push, whatever the push reported."""
    refused = pushed.reasons.get(f"refs/tags/{tag}")
    reason = f"{refused} {pushed.said_there}".rstrip() if refused else pushed.words
    if isinstance(after, str):
        return Fate.UNKNOWN, reason or after
    now = after.get(tag)
    if now is None:
        return Fate.DELETED, ""
    if now.object_id != spot.object_id:
        return Fate.MOVED, f"it is {now.object_id[:7]} now"
    if pushed.answer is Answer.ACCEPTED:
        reason = f"{spot.place} deleted it at its push URL, but its URL still has the tag"
    said_no = bool(pushed.reasons) or pushed.answer in (Answer.HOOK, Answer.UNSENT)
    return Fate.REFUSED if said_no else Fate.UNKNOWN, reason


def _with_fate(one: TagDeletion, place: str, fate: Fate, reason: str) -> TagDeletion:
    spots = (replace(spot, fate=fate, reason=reason) if spot.place == place else spot for spot in one.spots)
    return replace(one, spots=tuple(spots))


def keep_tag_objects(repository: Repository, remote: str, wanted: Mapping[str, Spot]) -> None:
    """Fetch tag objects that only the remote has, so that they can be restored. Ignores failures."""
    ids = [spot.object_id for spot in wanted.values()]
    listing = repository.git.run("cat-file", "--batch-check=%(objectname)", stdin="\n".join(ids).encode() + b"\n").text
    missing = {line.split()[0] for line in listing.split("\n") if line.endswith(" missing")}
    names = [f"refs/tags/{name}" for name, spot in wanted.items() if spot.object_id in missing]
    if names:
        with suppress(Unknown):
            refs.fetch_objects(repository.git, remote, *names)


def _delete_here(repository: Repository, doomed: list[TagDeletion]) -> list[TagDeletion]:
    """Delete local tags last, and only those that are gone from every other place of the plan."""
    mine = {one.tag: spot for one in doomed for spot in one.spots if spot.place == LOCAL}
    found = read_refs(repository.git, [f"refs/tags/{name}" for name in mine]) if mine else {}
    updates, fates = [], {}
    for one in doomed:
        now, spot = found.get(f"refs/tags/{one.tag}"), mine.get(one.tag)
        stuck = [each.place for each in one.spots if each.place != LOCAL and each.fate is not Fate.DELETED]
        if spot is None:
            continue
        if stuck:
            fates[one.tag] = (Fate.KEPT, f"not deleted here, because it may still be on {', '.join(stuck)}")
        elif now is not None and now != spot.object_id:
            fates[one.tag] = (Fate.MOVED, f"it is {now[:7]} now")
        else:
            fates[one.tag] = (Fate.DELETED, "")
            if now is not None:
                updates.append(RefUpdate(ref=f"refs/tags/{one.tag}", new="", old=now))
    try:
        update_refs(repository.git, updates, reason="release: delete")
    except GitFailed as error:
        refused = [update.ref.removeprefix("refs/tags/") for update in updates]
        fates |= dict.fromkeys(refused, (Fate.REFUSED, error.message))
    return [_with_fate(one, LOCAL, *fates[one.tag]) if one.tag in fates else one for one in doomed]
