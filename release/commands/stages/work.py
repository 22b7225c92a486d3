"""`release stages`: which version of each model is in which stage, now or on an earlier day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from msgspec import Struct

from release.core.config import Config, for_model, of_tag
from release.core.metrics import ValueFile
from release.core.stages import current_stages, model_of_tag, own_model
from release.core.tags import DatedTag, Signature
from release.core.text import Scalar
from release.engine.project import Access, Project
from release.engine.release_list import headline_columns
from release.engine.tag_reading import RemoteTags, asking_for_tags, tagger_and_text, version_of
from release.engine.values import CachedMetrics, MetricHistory
from release.git.objects import Objects
from release.git.refs import read_tags


class StageLine(Struct, frozen=True, kw_only=True):
    """A version of a model in a stage. `tag` assigned it; `version` is None if no tag gives its commit a version.

    `metrics` are those of the model where the configuration names it; `headline` are the ones (`file:key`) to show.
    """

    model: str
    stage: str
    tag: DatedTag
    version: str | None
    version_tag: str | None
    tagger: Signature | None
    metrics: Mapping[str, Scalar]
    headline: tuple[str, ...]


class StagesReport(Struct, frozen=True, kw_only=True):
    """The stages that have a version, by model and stage.

    `missing` are tags of models that only the git remote has; `trouble` is its error (None: it answered, or was not asked).
    """

    lines: tuple[StageLine, ...]
    missing: tuple[str, ...] = ()
    remote: str = "origin"
    trouble: str | None = None


def read_stages(project: Project, day: datetime | None, *, offline: bool) -> StagesReport:
    """Return what is in each stage by the tags of this clone: now, or at the end of a day in UTC, by the taggers' dates."""
    end = None if day is None else day.replace(hour=23, minute=59, second=59, tzinfo=timezone.utc)
    with asking_for_tags(project, ask=not offline) as answer, Objects(project.repository.git) as objects:
        here = read_tags(project.repository.git)
        tags = [tag for tag in here if end is None or (tag.when is not None and tag.when <= end)]
        whose = None if project.config.model is None else own_model(project.config.tag_format)
        found = [(said, tag) for said, tag in current_stages(tags) if whose in (None, said.model)]
        values = _metrics(project, [tag for _, tag in found], objects, offline=offline)
        lines = []
        for said, tag in found:
            version = version_of(project, said.model, tag.ref.commit_id or "", tags)
            config, files = values[tag.ref.name]
            lines.append(
                StageLine(
                    model=said.model,
                    stage=said.stage,
                    tag=tag,
                    version=version[0] if version else None,
                    version_tag=version[1] if version else None,
                    tagger=tagger_and_text(objects, tag.ref)[0],
                    metrics={f"{file.path}:{key}": value for file in files for key, value in file.values.items()},
                    headline=headline_columns(config, [files]),
                )
            )
        remote = answer()
        return StagesReport(
            lines=tuple(lines),
            missing=_missing(here, remote, whose),
            remote=project.config.git_remote,
            trouble=remote.trouble,
        )


def _metrics(
    project: Project, tags: Sequence[DatedTag], objects: Objects, *, offline: bool
) -> dict[str, tuple[Config, tuple[ValueFile, ...]]]:
    """Return the configuration of each tag's model, and the metric files of its commit by it."""
    cached = CachedMetrics(project, Access.OFFLINE if offline else Access.ALL)
    grouped: dict[str | None, list[DatedTag]] = {}
    for tag in tags:
        grouped.setdefault(of_tag(project.config, tag.ref.name).model, []).append(tag)
    found = {}
    for model, group in grouped.items():
        config = project.config if model is None else for_model(project.config, model)
        values = MetricHistory(objects, config, cached).metrics(tag.ref.commit_id or "" for tag in group)
        found.update({tag.ref.name: (config, values[tag.ref.commit_id or ""]) for tag in group})
    return found


def _missing(here: Sequence[DatedTag], remote: RemoteTags, whose: str | None) -> tuple[str, ...]:
    known = {tag.ref.name for tag in here}
    named = ((name, model_of_tag(name)) for name in remote.tags or {} if name not in known)
    return tuple(sorted(name for name, model in named if model is not None and whose in (None, model)))
