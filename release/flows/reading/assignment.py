"""A model's stage (`charCNN#prod#2`, or `charCNN#prod` for the current one), according to the local tags."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.tag_message import parse
from release.core.tags import DatedTag, StageReport, in_stage, of_stage, stage_of, version_at
from release.engine.project import Project
from release.engine.tag_reading import subject_of, tagger_and_text
from release.git.objects import Objects
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
    version = version_at(said.model, tag.ref.commit_id, tags.values())
    with Objects(project.repository.git) as objects:
        tagger, text = tagger_and_text(objects, tag.ref)
        message = parse(text)
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
