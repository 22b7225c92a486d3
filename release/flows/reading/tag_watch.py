"""Watching tags: the ones that were replaced, and the ones whose commit no longer has the numbers sworn to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from contextlib import suppress

from msgspec.structs import replace

from release.adapters.git.objects import ObjectMissing, Objects
from release.core.config.file import parse_config
from release.core.config.reader import BadConfig
from release.core.config.values import Config
from release.core.documents.document import BadDocument, decode, load_toml
from release.core.metrics.metric import ValueFile
from release.core.tags.chain import ChainBreak, chain_breaks, metrics_fit
from release.core.tags.message import Trailers, parse_object
from release.core.tags.tag import TagRef
from release.flows.project import Project
from release.flows.reading.contents import read_values
from release.flows.reading.kept_values import KeptValues


def watch_tags(objects: Objects, tags: Iterable[TagRef]) -> tuple[ChainBreak, ...]:
    """Every tag that is another object than a later release recorded; reads all tag objects in one go."""
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
    project: Project, objects: Objects, commit: str, said: Trailers, files: tuple[ValueFile, ...], kept: KeptValues
) -> str | None:
    """Why the numbers of a release are not those that its tag swears to; None if they are.

    `files` are the commit's metric files by today's configuration. If that names others than it did
    then, the commit's own configuration is asked, and the defaults; a commit that is not wholly here
    proves nothing.
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


def own_configs(project: Project, objects: Objects, commit: str) -> Iterator[Config]:
    """As the commit itself was configured, as far as that can be read. Raises ObjectMissing."""
    folder = project.config.folder
    for name in (".release.toml", "pyproject.toml"):
        entry = objects.entry(objects.tree_of(commit), posixpath.join(folder, name))
        if entry is None or entry.is_tree or entry.is_link:
            continue
        with suppress(BadConfig, BadDocument):
            document = load_toml(decode(objects.read(entry.id)))
            tool = document.get("tool") if isinstance(document, dict) else None
            table = tool.get("release") if isinstance(tool, dict) else document if name == ".release.toml" else None
            if isinstance(table, dict):
                yield parse_config(table, source=name, folder=folder)


def _configs(project: Project, objects: Objects, commit: str) -> Iterator[Config]:
    """As the commit was configured, and as if it was not."""
    yield from own_configs(project, objects, commit)
    yield replace(project.config, metrics=None)
    yield Config()
