"""Attestations of release tags: trailers, checked against later releases, the signature and the metric digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from release.core.problems import RevisionAudit
from release.core.tag_message import TagSignature, Trailers, parse_object
from release.core.tags import ChainBreak, TagRef
from release.core.verification import Verified, with_promise, with_watch
from release.flows.project import Project
from release.flows.reach import Access
from release.flows.reading.contents import prepare_values, read_values
from release.flows.reading.held_data import DigestCheck
from release.flows.reading.kept_values import CachedMetrics
from release.flows.reading.many_values import MetricHistory
from release.flows.reading.tag_watch import numbers_changed, watch_tags
from release.git.objects import ObjectMissing, Objects
from release.git.signatures import read_signatures


class TagAttestation(Struct, frozen=True, kw_only=True):
    """The attestation of a tag, with the results of its checks. Empty for a revision that is not a tag."""

    promise: Trailers | None = None
    breaks: tuple[ChainBreak, ...] = ()
    signature: TagSignature | None = None
    numbers: str | None = None

    def verified(
        self, audit: RevisionAudit, *, by_itself: bool, excluded_then: tuple[str, ...] | None = None
    ) -> Verified:
        """Return the audit with the results added. The attestation applies only to the tag's own remote, not a mirror.

        See `with_promise`.
        """
        promised = with_promise(audit, audit.rev, self.promise, excluded_then) if by_itself else audit
        return Verified(audit=with_watch(promised, self.breaks, self.signature, self.numbers), signature=self.signature)

    def differs(self, audit: RevisionAudit) -> bool:
        """Return whether the audit's digest differs from the attested one."""
        return (
            self.promise is not None
            and None not in (audit.digest, self.promise.digest)
            and (audit.digest != self.promise.digest)
        )


def read_attestation(
    project: Project, objects: Objects, asked: Sequence[TagRef | None], tags: Mapping[str, TagRef]
) -> list[TagAttestation]:
    """Return the attestation of each requested tag (None: no tag); `tags` are all local tags by name."""
    refs = [tag for tag in asked if tag is not None]
    if not refs:
        return [TagAttestation() for _ in asked]
    promises = _promises(objects, asked)
    breaks = watch_tags(objects, tags.values())
    signatures = read_signatures(project.repository, objects, refs)
    kept = CachedMetrics(project, Access.EVERYWHERE)
    prepare_values(objects, [tag.commit_id for tag in refs if tag.commit_id is not None])
    both = [(tag, said) for tag, said in zip(asked, promises, strict=True) if tag and said and said.metrics_digest]
    if len(both) > 1:  # DVC-tracked metrics are fetched for all tags in one step
        MetricHistory(objects, project.config, kept).metrics(tag.commit_id for tag, _ in both if tag.commit_id)
    return [
        TagAttestation()
        if tag is None
        else TagAttestation(
            promise=promise,
            breaks=tuple(one for one in breaks if one.tag == tag.name),
            signature=signatures[tag.name],
            numbers=_numbers(project, objects, tag, promise, kept),
        )
        for tag, promise in zip(asked, promises, strict=True)
    ]


def suspicious_tags(project: Project, objects: Objects, tags: Sequence[TagRef]) -> dict[str, tuple[str, ...]]:
    """Return by tag name how commits differ from their attestations, one sentence each. Contacts no DVC remote."""
    kept, data = CachedMetrics(project, Access.HERE), DigestCheck(project)
    commits = [tag.commit_id for tag in tags if tag.commit_id is not None]
    prepare_values(objects, commits)
    data.prepare(objects, commits)
    found = {}
    for tag, promise in zip(tags, _promises(objects, tags), strict=True):
        numbers = _numbers(project, objects, tag, promise, kept)
        check = data.hold(objects, tag, promise)
        words = [] if numbers is None else [f"{tag.name}: {numbers}"]
        words += [check.message] if check.differs else []
        if words:
            found[tag.name] = tuple(words)
    return found


def _numbers(
    project: Project, objects: Objects, tag: TagRef, promise: Trailers | None, kept: CachedMetrics
) -> str | None:
    if promise is None or promise.metrics_digest is None or tag.commit_id is None:
        return None
    try:
        files = read_values(objects, tag.commit_id, project.config, kept).metrics
    except ObjectMissing:  # reported by the audit
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
