"""Readers of DVC-tracked value files: paths, pointers, directory objects, contents, each step for all commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import Config
from release.core.locate import PointerSet
from release.core.matching import matches_any
from release.core.metric_files import (
    CachedName,
    CachedObject,
    Unread,
    cached_names,
    directory_of,
    objects_of,
    value_file,
)
from release.core.metrics import Lack, ValueFile
from release.core.pointer import BadListing, Entry, Origin, Out, parse_listing
from release.core.text import OnProgress
from release.dvc.inventory import Pointed, SmallObjects
from release.dvc.pointers import PointerReader
from release.flows.project import Project
from release.git.objects import ObjectMissing, Objects

_Files = dict[str, tuple[ValueFile, ...]]


class _WantedFile(Struct, frozen=True):
    """A requested path of a commit, the out that it belongs to, and the `.dvc/config` of the commit's DVC roots."""

    commit: str
    path: str
    name: CachedName
    roots: Mapping[str, bytes]


class _Content(Struct, frozen=True):
    """A file of a requested path, and the object with its bytes."""

    wish: _WantedFile
    file: str
    object: CachedObject | Unread


class CachedFiles:
    """Reader for `KeptValues`. Information that two commits share is read and parsed once."""

    def __init__(self, project: Project, *, ask: bool, on_progress: OnProgress) -> None:
        self._small = SmallObjects(project.dvc, ask=ask)
        self._on_progress = on_progress
        self._parsed: dict[tuple[str, str, str, bool], ValueFile] = {}
        self._listings: dict[str, tuple[Entry, ...] | Unread] = {}

    def read(self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> dict[str, _Files]:
        """Return for each commit its requested paths that DVC tracks, with the files of each path."""
        wishes = list(_wanted_files(objects, wanted, config))
        bodies = [(wish, body) for wish in wishes if (body := directory_of(wish.name.out)) is not None]
        self._fetch(Pointed(body, wish.roots) for wish, body in bodies)
        contents = [content for wish in wishes for content in self._contents(wish)]
        self._fetch(
            Pointed(content.object, content.wish.roots)
            for content in contents
            if not isinstance(content.object, Unread)
        )
        found: dict[str, _Files] = {commit: {} for commit in wanted}
        for content in contents:
            wish = content.wish
            here = found[wish.commit]
            here[wish.path] = (*here.get(wish.path, ()), self._value(content, config))
        return found

    def _fetch(self, wanted: Iterable[Pointed]) -> None:
        self._small.fetch(wanted, self._on_progress)

    def _contents(self, wish: _WantedFile) -> Iterator[_Content]:
        body = directory_of(wish.name.out)
        entries = None if body is None else self._listing(Pointed(body, wish.roots))
        if isinstance(entries, Unread):
            yield _Content(wish, wish.name.path, entries)
            return
        for file, one in objects_of(wish.name, entries):
            yield _Content(wish, file, one)

    def _listing(self, body: Pointed) -> tuple[Entry, ...] | Unread:
        oid = body.object.oid
        if oid not in self._listings:
            data = self._small.read(body)
            if isinstance(data, Unread):
                return data  # another revision may name another remote
            try:
                self._listings[oid] = parse_listing(data, oid)
            except BadListing as error:
                self._listings[oid] = Unread(reason=f"its directory object {oid}: {error}", lack=Lack.CORRUPT)
        return self._listings[oid]

    def _value(self, content: _Content, config: Config) -> ValueFile:
        one = content.object
        if isinstance(one, Unread):
            return value_file(content.file, one, foreign=True)
        foreign = _is_foreign(one.out, config)
        key = (content.file, one.layout.value, one.oid, foreign)
        if key not in self._parsed:
            read = self._small.read(Pointed(one, content.wish.roots))
            if isinstance(read, Unread):
                return value_file(content.file, read, foreign=foreign)
            self._parsed[key] = value_file(content.file, read, foreign=foreign)
        return self._parsed[key]


def _wanted_files(objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> Iterator[_WantedFile]:
    everything = replace(config, audit=replace(config.audit, exclude=()))
    reader = PointerReader(objects)
    reader.prefetch(list(wanted), everything)
    for commit, paths in wanted.items():
        pointers = _pointers(reader, commit, everything)
        if pointers is not None:
            for path, name in cached_names(paths, pointers.outs):
                yield _WantedFile(commit, path, name, pointers.roots)


def _pointers(reader: PointerReader, commit: str, config: Config) -> PointerSet | None:
    try:
        return reader.read(commit, config)
    except ObjectMissing:
        return None


def _is_foreign(out: Out, config: Config) -> bool:
    """Return whether the audit does not prove that others can get the bytes."""
    inside = out.path.removeprefix(f"{config.folder}/") if config.folder else out.path
    return out.origin is not Origin.OWN or not out.push or matches_any(inside, config.audit.exclude)
