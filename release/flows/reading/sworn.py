"""What a tag swears to, and what the releases after it, its signature and its numbers say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from release.adapters.git.objects import ObjectMissing, Objects
from release.adapters.git.signature import read_signatures
from release.core.audit.audit import RevisionAudit
from release.core.audit.held import is_strange
from release.core.audit.verify import Verified, with_promise, with_watch
from release.core.tags.chain import ChainBreak
from release.core.tags.message import Trailers, parse_object
from release.core.tags.signature import TagSignature
from release.core.tags.tag import TagRef
from release.flows.project import Project
from release.flows.reach import Reach
from release.flows.reading.contents import prepare_values, read_values
from release.flows.reading.held_data import HeldData
from release.flows.reading.kept_values import KeptValues
from release.flows.reading.many_values import ManyValues
from release.flows.reading.tag_watch import numbers_changed, watch_tags


class Sworn(Struct, frozen=True, kw_only=True):
    """What a tag swears to, and what others say of it. Nothing for a revision that is no tag."""

    promise: Trailers | None = None
    breaks: tuple[ChainBreak, ...] = ()
    signature: TagSignature | None = None
    numbers: str | None = None

    def verified(
        self, audit: RevisionAudit, *, by_itself: bool, excluded_then: tuple[str, ...] | None = None
    ) -> Verified:
        """The audit with all of it. Another remote than its own (a mirror) is not what a tag swears by.

        See `with_promise`.
        """
        promised = with_promise(audit, audit.rev, self.promise, excluded_then) if by_itself else audit
        return Verified(audit=with_watch(promised, self.breaks, self.signature, self.numbers), signature=self.signature)

    def differs(self, audit: RevisionAudit) -> bool:
        """Whether the audit's digest is another than the one sworn to."""
        return (
            self.promise is not None
            and None not in (audit.digest, self.promise.digest)
            and (audit.digest != self.promise.digest)
        )


def read_sworn(
    project: Project, objects: Objects, asked: Sequence[TagRef | None], tags: Mapping[str, TagRef]
) -> list[Sworn]:
    """For each tag asked about (None: no tag); `tags` are all that are here, by name."""
    refs = [tag for tag in asked if tag is not None]
    if not refs:
        return [Sworn() for _ in asked]
    promises = _promises(objects, asked)
    breaks = watch_tags(objects, tags.values())
    signatures = read_signatures(project.repository, objects, refs)
    kept = KeptValues(project, Reach.EVERYWHERE)
    prepare_values(objects, [tag.commit_id for tag in refs if tag.commit_id is not None])
    both = [(tag, said) for tag, said in zip(asked, promises, strict=True) if tag and said and said.metrics_digest]
    if len(both) > 1:  # what DVC keeps comes for all of them at once, not for one after the other
        ManyValues(objects, project.config, kept).metrics(tag.commit_id for tag, _ in both if tag.commit_id)
    return [
        Sworn()
        if tag is None
        else Sworn(
            promise=promise,
            breaks=tuple(one for one in breaks if one.tag == tag.name),
            signature=signatures[tag.name],
            numbers=_numbers(project, objects, tag, promise, kept),
        )
        for tag, promise in zip(asked, promises, strict=True)
    ]


def strange_tags(project: Project, objects: Objects, tags: Sequence[TagRef]) -> dict[str, tuple[str, ...]]:
    """Of these tags, by name, how their commits are not what they swear to, a sentence each. No DVC remote is asked."""
    kept, data = KeptValues(project, Reach.HERE), HeldData(project)
    commits = [tag.commit_id for tag in tags if tag.commit_id is not None]
    prepare_values(objects, commits)
    data.prepare(objects, commits)
    found = {}
    for tag, promise in zip(tags, _promises(objects, tags), strict=True):
        numbers = _numbers(project, objects, tag, promise, kept)
        check = data.hold(objects, tag, promise)
        words = [] if numbers is None else [f"{tag.name}: {numbers}"]
        words += [check.message] if is_strange(check) else []
        if words:
            found[tag.name] = tuple(words)
    return found


def _numbers(project: Project, objects: Objects, tag: TagRef, promise: Trailers | None, kept: KeptValues) -> str | None:
    if promise is None or promise.metrics_digest is None or tag.commit_id is None:
        return None
    try:
        files = read_values(objects, tag.commit_id, project.config, kept).metrics
    except ObjectMissing:  # the audit says so
        return None
    return numbers_changed(project, objects, tag.commit_id, promise, files, kept)


def _promises(objects: Objects, tags: Sequence[TagRef | None]) -> list[Trailers | None]:
    annotated = [tag.object_id for tag in tags if tag is not None and tag.annotated]
    found = dict(zip(annotated, objects.get_many(annotated), strict=True)) if annotated else {}
    promises: list[Trailers | None] = []
    for tag in tags:
        raw = found.get(tag.object_id) if tag is not None else None
        promises.append(parse_object(raw.data).trailers if raw is not None else None)
    return promises
