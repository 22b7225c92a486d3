"""Checks of tags against later releases (replaced tags) and against the metrics of their commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from release.core.config import BadConfig, Config, configured, parse_config
from release.core.metrics import ValueFile
from release.core.tag_message import Trailers, parse_object
from release.core.tags import ChainBreak, TagRef, chain_breaks, metrics_fit
from release.flows.project import Project
from release.flows.reading.contents import read_values
from release.flows.reading.kept_values import CachedMetrics
from release.git.objects import ObjectMissing, Objects


def watch_tags(objects: Objects, tags: Iterable[TagRef]) -> tuple[ChainBreak, ...]:
    """Return every tag that is not the object that a later release recorded; reads all tag objects at once."""
    known = tuple(tags)
    annotated = [tag for tag in known if tag.annotated]
    said: list[tuple[str, Trailers]] = []
    for tag, found in zip(annotated, objects.get_many([tag.object_id for tag in annotated]), strict=True):
        if found is None or found.kind != "tag":
            continue
        trailers = parse_object(found.data).trailers
        if trailers is not None:
            said.append((tag.name, trailers))
    return chain_breaks(known, said)


def numbers_changed(
    project: Project, objects: Objects, commit: str, said: Trailers, files: tuple[ValueFile, ...], kept: CachedMetrics
) -> str | None:
    """Return why the metrics of a release differ from the digest in its tag; None if they do not.

    `files` are the commit's metric files by today's configuration. If they do not match, those by the
    commit's own configuration and by the defaults are compared. None also if the commit is incomplete here.
    """
    if metrics_fit(said, files):
        return None
    try:
        if any(
            metrics_fit(said, read_values(objects, commit, then, kept).metrics)
            for then in _configs(project, objects, commit)
        ):
            return None
    except ObjectMissing:
        return None
    return "the metric files of the commit are not those that the tag swears to (Release-Metrics)"


def own_config(project: Project, objects: Objects, commit: str) -> Config | None:
    """Return the commit's own configuration, in the folder of today's; None if it has none that can be read.

    Raises ObjectMissing.
    """
    tree, folder = objects.tree_of(commit), project.config.folder

    def read(path: str) -> bytes | None:
        entry = objects.entry(tree, path)
        return None if entry is None or entry.is_tree or entry.is_link else objects.read(entry.id)

    try:
        found = configured(folder, read)
        return None if found is None else parse_config(found[0], source=found[1], folder=folder)
    except BadConfig:
        return None


def _configs(project: Project, objects: Objects, commit: str) -> Iterator[Config]:
    """Return the configurations that a release of the commit may have had: its own, and the defaults."""
    own = own_config(project, objects, commit)
    if own is not None:
        yield own
    yield replace(project.config, metrics=None)
    yield Config()
