"""Versions of models and their stages: tags by GTO's grammar (gto/constants.py), and the rules of a promotion."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from semver import Version

from release.core.check import Check, CheckName, exit_code
from release.core.release import Message, Step
from release.core.tag_message import UNSIGNED, TagSignature
from release.core.tags import DatedTag, Signature, TagRef, Withdrawal
from release.core.text import age, command_line, toml
from release.core.version import TagFormat, parse_semver
from release.errors import ExitCode

MODEL_VERSION = re.compile(r"(?P<model>[^@#]+)@v(?P<version>[^#!]+)(?P<undone>!?)(?:#\d+)?\Z")
STAGE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-/_]*[A-Za-z0-9])?")
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

    `version` is that of the model at the commit (None: no tag gives one), `version_tag` its tag. `counts`: according to
    the local tags the stage has this version now; if not, `after` is the next tag of this stage.
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


def model_of_tag(tag: str) -> str | None:
    """Return the model of any tag of GTO: a version, a stage, or `MODEL@deprecated`; None for other tags."""
    match = MODEL_VERSION.match(tag) or STAGE.match(tag) or DEPRECATED.match(tag)
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
    settled: set[str | None] = set()  # commits whose last tag was seen
    for tag in reversed(of_stage(said, tags)):
        commit, found = tag.ref.commit_id, stage_of(tag.ref.name)
        is_last = commit not in settled and found is not None and found.assigns
        if is_last and not _is_deregistered(said.model, commit, tags):
            return tag
        settled.add(commit)
    return None


def current_stages(tags: Iterable[DatedTag]) -> list[tuple[StageTag, DatedTag]]:
    """Return the current assignment of each stage that has one, sorted by model and stage."""
    by_model: dict[str, list[DatedTag]] = {}
    for tag in tags:
        model = model_of_tag(tag.ref.name)
        if model:
            by_model.setdefault(model, []).append(tag)
    found = []
    for model, own in sorted(by_model.items()):
        for stage in sorted({said.stage for tag in own if (said := stage_of(tag.ref.name)) is not None}):
            said = StageTag(model=model, stage=stage, assigns=True, counter=None)
            current = in_stage(said, own)
            if current is not None:
                found.append((said, current))
    return found


def stages_by_commit(tags: Iterable[DatedTag], own: str, *, others: bool) -> Mapping[str, tuple[str, ...]]:
    """Map commits to the stages that they are in now: `prod` for the model `own`, and `charCNN#prod` for `others`."""
    found: dict[str, tuple[str, ...]] = {}
    for said, tag in current_stages(tags if others else [tag for tag in tags if model_of_tag(tag.ref.name) == own]):
        name = said.stage if said.model == own else f"{said.model}#{said.stage}"
        found[tag.ref.commit_id or ""] = (*found.get(tag.ref.commit_id or "", ()), name)
    return found


def _moment(tag: DatedTag) -> float:
    return tag.when.timestamp() if tag.when else 0.0


def _is_deprecated(model: str, tags: Collection[DatedTag]) -> bool:
    """Return True if no tag of the model is later than `MODEL@deprecated`."""
    marks = [tag for tag in tags if (match := DEPRECATED.match(tag.ref.name)) is not None and match["model"] == model]
    if not marks:
        return False
    others = [tag for tag in tags if model_of_tag(tag.ref.name) == model and not DEPRECATED.match(tag.ref.name)]
    newest = max((_moment(tag) for tag in others if tag.ref.annotated), default=0.0)
    return any(tag.ref.annotated and _moment(tag) >= newest for tag in marks)


def _is_deregistered(model: str, commit: str | None, tags: Collection[DatedTag]) -> bool:
    here = [
        tag for tag in tags if tag.ref.commit_id == commit and model_of(tag.ref.name) == model and tag.ref.annotated
    ]
    return bool(here) and version_at(model, commit, here) is None


def deregistered(model: str, tags: Iterable[DatedTag]) -> Mapping[tuple[str, str], Withdrawal]:
    """Return the versions of a model whose last tag deregisters them, by tag and object id: they count as yanked."""
    found: dict[str, list[tuple[float, str, DatedTag]]] = {}
    for tag in tags:
        match = MODEL_VERSION.match(tag.ref.name) if tag.ref.annotated else None
        if match is not None and match["model"] == model:
            found.setdefault(match["version"], []).append((_moment(tag), match["undone"], tag))
    last = {version: max(events, key=lambda event: event[:2]) for version, events in found.items()}
    return {
        (tag.ref.name, tag.ref.object_id): Withdrawal(
            tag=tag.ref.name,
            object_id=tag.ref.object_id,
            undone=False,
            reason="deregistered (GTO)",
            commit=last[version][2].ref.object_id,
        )
        for version, events in found.items()
        for _, undone, tag in events
        if last[version][1] and not undone
    }


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


def own_model(tag_format: TagFormat) -> str:
    """Return the name under which the releases of a tag format are assigned to stages.

    `v{version}` is `release` (tags `release#prod#1`), `api-v{version}` is `api`, and `charCNN@v{version}` the model charCNN.
    """
    if tag_format.prefix.endswith("@v"):
        return tag_format.prefix.removesuffix("@v")
    name = _SEPARATED.sub("", tag_format.prefix)
    return _UNUSABLE.sub("-", name).strip("-_/") or "release"


_SEPARATED = re.compile(r"(?:\A|[^A-Za-z0-9]+)v?\Z")
_UNUSABLE = re.compile(r"[^A-Za-z0-9/_-]")  # in the name of a model (GTO)


# Promotion of a version to a stage


class PromotePlan(Struct, frozen=True, kw_only=True):
    """A version that is assigned to a stage, or removed from it (`assigns` False), by one new tag.

    `version_tag` names the version, `commit` is its commit. `before` is the version in the stage now, and `after` the
    one that will be (None: none). `nothing` says why there is nothing to do (None: there is).
    """

    model: str
    version: str
    version_tag: str
    stage: str
    assigns: bool
    commit: str
    tag: str
    message: Message
    remote: str
    before: str | None
    after: str | None
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    nothing: str | None = None

    @property
    def names(self) -> str:
        """The version and the stage, for a question."""
        return f"{self.version_tag} {'to' if self.assigns else 'from'} {self.stage}"

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks; DONE if nothing blocks."""
        return exit_code(self.checks)


class PromoteReport(Struct, frozen=True, kw_only=True):
    """The plan of a promotion, whether it was carried out, and warnings about this clone."""

    plan: PromotePlan
    done: bool
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the process."""
        return self.plan.exit_code


def next_stage_tag(model: str, stage: str, tags: Iterable[str], *, assigns: bool) -> str:
    """Return the name of the next stage tag of a model; its number is above those of all its tags, as GTO counts."""
    last = max(
        (int(found[1]) for tag in tags if model_of_tag(tag) == model and (found := _COUNTER.search(tag))), default=0
    )
    return f"{model}#{stage}{'' if assigns else '!'}#{last + 1}"


_COUNTER = re.compile(r"#(\d+)\Z")


def latest_tag(model: str | None, tags: Iterable[DatedTag]) -> DatedTag | None:
    """Return the latest tag of a model, None without one. A later tag needs a later second, because readers sort by it."""
    if model is None:
        return None
    own = [tag for tag in tags if tag.ref.annotated and tag.when is not None and model_of_tag(tag.ref.name) == model]
    return max(own, key=_moment, default=None)


def time_in(stage: str, model: str, commit: str, tags: Iterable[DatedTag], now: datetime) -> timedelta | None:
    """Return how long a version has been in a stage without a break; None if it is not in it."""
    events = of_stage(StageTag(model=model, stage=stage, assigns=True, counter=None), tags)
    since = None
    for tag in events:
        if tag.ref.commit_id == commit:
            assigns = (said := stage_of(tag.ref.name)) is not None and said.assigns
            since = (since or tag.when) if assigns else None
    return None if since is None else now - since


def stayed_check(plan: PromotePlan, stage: str, days: float, there: timedelta | None) -> Check:
    """Return whether the version was in an earlier stage for so many days; `there` None: it is not in it."""
    if there is None:
        first = command_line("release", "promote", names=(plan.version_tag, stage))
        return Check.failed(CheckName.STAGES, f"{plan.version_tag} is not in {stage}, which comes first", first)
    if there < timedelta(days=days):
        words = f"{plan.version_tag} has been in {stage} for {age(there)}, of {days:g} days"
        return Check.failed(CheckName.STAGES, words, f"wait, or change days in [tool.release.stage.{toml(plan.stage)}]")
    return Check.ok(CheckName.STAGES, f"{plan.version_tag} has been in {stage} for {age(there)}")
