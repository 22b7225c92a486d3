"""Tags of models and of their stages, by GTO's grammar (gto/constants.py); pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct
from semver import Version

from release.core.tags.releases import DatedTag
from release.core.tags.signature import UNSIGNED, TagSignature
from release.core.tags.tag import Signature, TagRef
from release.core.versions.version import parse_semver

MODEL_VERSION = re.compile(r"(?P<model>[^@#]+)@v(?P<version>[^#!]+)(?P<undone>!?)(?:#\d+)?\Z")
STAGE = re.compile(r"(?P<model>[^@#]+)#(?P<stage>[A-Za-z0-9][A-Za-z0-9-/_]*)(?P<undone>!?)(?:#(?P<counter>\d+))?\Z")


DEPRECATED = re.compile(r"(?P<model>[^@#]+)@deprecated(?:#\d+)?\Z")


class StageTag(Struct, frozen=True, kw_only=True):
    """The parts of a stage tag: `charCNN#prod#2`. `assigns` False: `charCNN#prod!#3` removes the assignment."""

    model: str
    stage: str
    assigns: bool
    counter: int | None


class StageReport(Struct, frozen=True, kw_only=True):
    """Report of `show` for a stage tag: a model version that was assigned to a stage, or removed from it.

    `version` is that of the model at the commit (None: no tag gives one), `version_tag` its tag. `counts`: by the local
    tags, the stage has this version now; if not, `after` is the next tag of this stage.
    """

    ref: TagRef
    said: StageTag
    when: datetime | None
    tagger: Signature | None
    message: str
    commit_subject: str
    version: str | None = None
    version_tag: str | None = None
    counts: bool = False
    after: DatedTag | None = None
    signature: TagSignature = UNSIGNED


def model_of(tag: str) -> str | None:
    """Return the model of a version tag (`charCNN@v1.3.0`); None for any other tag."""
    match = MODEL_VERSION.match(tag)
    return None if match is None else match["model"]


def stage_of(tag: str) -> StageTag | None:
    """Parse a stage tag; None for any other tag."""
    match = STAGE.match(tag)
    if match is None:
        return None
    counter = match["counter"]
    return StageTag(
        model=match["model"],
        stage=match["stage"],
        assigns=not match["undone"],
        counter=None if counter is None else int(counter),
    )


def of_stage(said: StageTag, tags: Iterable[DatedTag]) -> list[DatedTag]:
    """Return the tags of a stage, sorted by date, then by counter. Lightweight tags are ignored."""
    events = [
        (_moment(tag), found.counter or 0, tag)
        for tag in tags
        if tag.ref.annotated
        and (found := stage_of(tag.ref.name)) is not None
        and (found.model, found.stage) == (said.model, said.stage)
    ]
    return [tag for _, _, tag in sorted(events, key=lambda event: event[:2])]


def in_stage(said: StageTag, tags: Collection[DatedTag]) -> DatedTag | None:
    """Return the current assignment, by GTO's rules; None if the stage is empty.

    A version (commit) is in a stage from its assignment until it is removed from it or deregistered, or the model is
    deprecated; of several, the last assigned one is current. Thus removing one restores the one before it.
    """
    if _is_deprecated(said.model, tags):
        return None
    last = {tag.ref.commit_id: tag for tag in of_stage(said, tags)}
    there = [
        tag
        for commit, tag in last.items()
        if (found := stage_of(tag.ref.name)) is not None
        and found.assigns
        and not _is_deregistered(said.model, commit, tags)
    ]
    order = of_stage(said, there)
    return order[-1] if order else None


def _moment(tag: DatedTag) -> float:
    return tag.when.timestamp() if tag.when else 0.0


def _is_deprecated(model: str, tags: Collection[DatedTag]) -> bool:
    """Return True if no later tag followed `MODEL@deprecated`."""
    marks = [tag for tag in tags if (match := DEPRECATED.match(tag.ref.name)) is not None and match["model"] == model]
    if not marks:
        return False
    others = [tag for tag in tags if model in (model_of(tag.ref.name), _model_of_stage(tag.ref.name))]
    newest = max((_moment(tag) for tag in others if tag.ref.annotated), default=0.0)
    return any(tag.ref.annotated and _moment(tag) >= newest for tag in marks)


def _model_of_stage(tag: str) -> str | None:
    said = stage_of(tag)
    return None if said is None else said.model


def _is_deregistered(model: str, commit: str | None, tags: Collection[DatedTag]) -> bool:
    here = [
        tag for tag in tags if tag.ref.commit_id == commit and model_of(tag.ref.name) == model and tag.ref.annotated
    ]
    return bool(here) and version_at(model, commit, here) is None


def version_at(model: str, commit: str | None, tags: Iterable[DatedTag]) -> tuple[str, str] | None:
    """Return version and tag of a model at a commit; None if no tag gives one, or it was deregistered since."""
    found: dict[Version, tuple[float, str, bool]] = {}
    for tag in tags:
        match = MODEL_VERSION.match(tag.ref.name) if tag.ref.commit_id == commit else None
        version = parse_semver(match["version"]) if match is not None and match["model"] == model else None
        if match is None or version is None:
            continue
        event = (_moment(tag), tag.ref.name, not match["undone"])
        found[version] = max(found.get(version, event), event)
    there = {version: name for version, (_, name, registered) in found.items() if registered}
    return (str(max(there)), there[max(there)]) if there else None
