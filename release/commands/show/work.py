"""`release show`: everything about one release or one stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from release.core.audit_rules import digest_of_objects, needs_on
from release.core.check import Check, CheckName, Verdict
from release.core.diff import ShowReport
from release.core.gates import compared_metrics
from release.core.locate import PointerSet
from release.core.metric_deltas import compare_params
from release.core.pointer import ObjectKey
from release.core.problems import is_wanted, verdict_of
from release.core.stages import (
    StageReport,
    deregistered,
    in_stage,
    model_of,
    of_stage,
    own_model,
    stage_of,
    stages_by_commit,
)
from release.core.tag_message import TagMessage, Trailers, parse_message
from release.core.tags import (
    DatedTag,
    Releases,
    ReleaseTag,
    TagRef,
    aliases,
    broken_among,
    describe_broken,
    release_tags,
    tag_of_version,
    with_withdrawals,
)
from release.core.text import command_line, last_few, nearest
from release.core.version import TagFormat
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, DvcSettings
from release.dvc.pointers import read_pointers
from release.dvc.stores import Stores
from release.engine.project import Access, Project
from release.engine.tag_reading import (
    LATEST,
    NO_LATEST,
    named_tag,
    numbers_changed,
    read_releases,
    readable,
    subject_of,
    tagger_and_text,
    version_of,
    watch_tags,
)
from release.engine.values import CachedMetrics, ReadValues, read_lineage, read_values, unread
from release.errors import NotFound
from release.git.objects import Objects
from release.git.refs import read_tags, tags_in_history
from release.git.signatures import read_signatures


def read_assignment(project: Project, name: str, tags: Mapping[str, DatedTag]) -> StageReport | None:
    """Return the assignment with this name; None if the name is no stage's tag, or this clone has no such tag."""
    said = stage_of(name)
    if said is None:
        return None
    events, current = of_stage(said, tags.values()), in_stage(said, tags.values())
    last = current or (events[-1] if events else None)
    tag = tags.get(name, last if said.counter is None and said.assigns else None)
    if tag is None or tag.ref.commit_id is None:
        return None
    said = stage_of(tag.ref.name) or said
    version = version_of(project, said.model, tag.ref.commit_id, tags.values())
    with Objects(project.repository.git) as objects:
        tagger, text = tagger_and_text(objects, tag.ref)
        message = parse_message(text)
        return StageReport(
            ref=tag.ref,
            said=said,
            when=tag.when,
            tagger=tagger,
            message=f"{message.subject}\n\n{message.body}".strip("\n"),
            commit_subject=subject_of(objects, tag.ref.commit_id),
            version=version[0] if version else None,
            version_tag=version[1] if version else None,
            counts=tag == current,
            after=next(iter(events[events.index(tag) + 1 :]), None) if tag in events and tag != current else None,
            signature=read_signatures(project.repository, objects, [tag.ref])[tag.ref.name],
        )


# Work of `release show`: one release, according to this clone


def show(project: Project, name: str, *, offline: bool = False) -> ShowReport | StageReport:
    """Return everything about the release with that tag or version. Raises UsageError if there is none here.

    A model's version (`charCNN@v1.3.0`) belongs to its own series; a stage (`charCNN#prod#2`) gives a
    StageReport. `offline`: no DVC remote is asked for metric files.
    """
    tags = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
    meant = readable(named_tag(name, {name: tag.ref for name, tag in tags.items()}, project))
    name = name if meant is None else meant.name
    cached = CachedMetrics(project, Access.OFFLINE if offline else Access.ALL)
    return read_assignment(project, name, tags) or _show_release(project, name, tags, cached)


def _show_release(project: Project, name: str, tags: Mapping[str, DatedTag], cached: CachedMetrics) -> ShowReport:
    git, config, refs = project.repository.git, project.config, [tag.ref for tag in tags.values()]
    releases = _series_of(project, name, tags)
    release = _named(project, name, releases, tags)
    commit = release.ref.commit_id
    assert commit is not None  # `release_tags` leaves out tags of other objects
    in_stages = stages_by_commit(tags.values(), own_model(config.tag_format), others=config.model is None)
    with Objects(git) as objects:
        tagger, text = tagger_and_text(objects, release.ref)
        message = parse_message(text)
        said = message.trailers
        previous, without_previous = _previous(project, release, releases, said)
        earlier = None if previous is None else previous.ref.commit_id
        values = read_values(objects, commit, config, cached)
        before = ReadValues(metrics=(), params=()) if earlier is None else read_values(objects, earlier, config, cached)
        pointers = read_pointers(objects, commit, config if said is None else replace(config, only=said.scope))
        numbers = numbers_changed(project, objects, release.ref, said, cached)
        return ShowReport(
            tag=release,
            when=tags[release.name].when,
            tagger=tagger,
            commit_subject=subject_of(objects, commit),
            message=f"{message.subject}\n\n{message.body}".strip("\n"),
            data=data_check(project.dvc, release.name, said, pointers),
            trailers=said,
            previous=previous,
            without_previous=without_previous,
            metrics=compared_metrics(config, before.metrics, values.metrics),
            params=values.params,
            changed_params=compare_params(before.params, values.params) if previous else (),
            outs=pointers.outs,
            stages=tuple(stage for stage in pointers.stages if stage.name),
            stale=read_lineage(objects, commit, pointers).stale,
            problems=(
                *([f"previous release: {without_previous}"] if without_previous else []),
                *_tag_problems(objects, release, refs, message),
                *([] if numbers is None else [numbers]),
                *values.notes,
                *unread(values),
                *(f"{previous.name}: {words}" for words in unread(before) if previous),
                *(problem.message for problem in pointers.problems),
            ),
            in_stages=in_stages.get(commit, ()),
            signature=read_signatures(project.repository, objects, [release.ref])[release.name],
        )


def _tag_problems(objects: Objects, release: ReleaseTag, refs: Sequence[TagRef], message: TagMessage) -> Iterator[str]:
    """Yield what is wrong with the tag's trailers, with the tag itself, and with tags that cannot be read."""
    if message.problem:
        yield f"the trailers of the tag: {message.problem}"
    yield from (found.message for found in watch_tags(objects, refs) if release.name in (found.tag, found.by))
    yield from map(describe_broken, broken_among(refs))


def data_check(settings: DvcSettings, tag: str, said: Trailers | None, pointers: PointerSet) -> Check:
    """Compare the pointers with the tag's data digest: OK, UNKNOWN, or SKIPPED if the tag has none.

    Another digest proves nothing: a size in a pointer may be wrong, and other paths may have been excluded.
    """
    if said is None or said.digest is None:
        return Check.skipped(CheckName.DATA_DIGEST, f"{tag} attests no data")
    if said.digest == _digest_of(settings, pointers):
        return Check.ok(CheckName.DATA_DIGEST, f"the data is what {tag} attests")
    words = f"the pointers alone cannot prove that the data is what {tag} attests"
    return Check.unknown(CheckName.DATA_DIGEST, words, command_line("release", "verify", names=(tag,)))


def _digest_of(settings: DvcSettings, pointers: PointerSet) -> str | None:
    """Return the data digest by the pointers alone; None if they lack a size, as those of directories always do."""
    if verdict_of(pointers.problems) is not Verdict.OK:
        return None
    stores, sizes = Stores(settings), dict[ObjectKey, int | None]()
    for out in filter(is_wanted, pointers.outs):
        try:
            remote = stores.remote_of(out, pointers.roots[out.subrepo])
        except (BadDvcConfig, BadDvcSettings):
            return None
        versions = remote is not None and remote.version_aware
        needs = [] if remote is None else needs_on(out, remote.name, version_aware=versions, entries=())
        if not needs or (not versions and None in [need.size_bytes for need in needs]):
            return None
        sizes |= {need.key: need.size_bytes for need in needs}
    return digest_of_objects(sizes)


def _series_of(project: Project, name: str, tags: Mapping[str, DatedTag]) -> Releases:
    """Return the releases of the project, or of the model whose version `name` is."""
    refs = [tag.ref for tag in tags.values()]
    model = model_of(name) if name in tags else None
    if model is None:
        return read_releases(project, refs)
    ignored = project.config.ignore_tags
    releases = release_tags(refs, TagFormat(f"{model}@v{{version}}"), ignored, [TagFormat("{version}")])
    return with_withdrawals(replace(releases, elsewhere=()), deregistered(model, tags.values()))


def _named(project: Project, name: str, releases: Releases, tags: Mapping[str, DatedTag]) -> ReleaseTag:
    by_name = {release.name: release for release in releases.all}
    meant = tag_of_version(name, by_name, project.config.tag_format)
    if meant is not None:
        return by_name[meant]
    other = aliases([tag.ref for tag in tags.values()]).get(name)
    if other is not None:
        raise NotFound(
            f"{name} is another name of the tag {other}, and no release of its own",
            help=command_line("release", "show", names=(other,)),
        )
    if name in tags:
        message = f"{name} is a tag here, but no release: release tags are written {project.config.tag_format.pattern}"
        raise NotFound(message, help=command_line("git", "show", names=(f"refs/tags/{name}",)))
    if not by_name:
        raise NotFound("no releases yet", help="release fetch")
    if name == LATEST:  # else it would have been found
        raise NotFound(NO_LATEST, help="release list")
    near = command_line("release", "show", names=(nearest(name, by_name) or releases.all[-1].name,))
    raise NotFound(f"no release {name} here", help=f"{near}   (or release fetch, if others released it)")


def _previous(
    project: Project, release: ReleaseTag, releases: Releases, said: Trailers | None
) -> tuple[ReleaseTag | None, str | None]:
    """Return the release that the tag records as the previous one, else the highest in its history.

    For a final version that is a final version. If there is none, also return what is known (None: it is the first).
    """
    git, final = project.repository.git, release.version.prerelease is None
    found = None
    if said is not None and said.previous is not None:
        recorded = said.previous[0]
        found = next((other for other in releases.all if other.name == recorded), None)
        fetching = "; git fetch --unshallow --tags gets it" if project.repository.shallow else ""
        return found, None if found else f"{recorded}, not in this clone{fetching}"
    if said is None:
        before = tags_in_history(git, release.ref.commit_id or "", [one.ref for one in releases.all])
        older = [
            other
            for other in releases.all
            if other.name in before
            and other.rank <= release.rank
            and other.ref.commit_id != release.ref.commit_id
            and not (final and other.version.prerelease)
        ]
        counting = (other for other in older if other.withdrawn is None)
        found = max(counting, key=lambda other: (other.rank, -before[other.name]), default=None)
        if found is None and older:
            return None, f"none; yanked: {last_few([other.name for other in older])}"
        if found is None and project.repository.shallow:
            return None, "not known, since this clone is shallow; git fetch --unshallow --tags gets it"
    if found is not None or not releases.elsewhere:
        return found, None
    return None, f"none; not counted (`tag-format`): {last_few([other.name for other in releases.elsewhere])}"
