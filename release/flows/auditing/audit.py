"""The audit: check that every object that commits need is on its remote, for many commits in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import final

from msgspec.structs import replace

from release.core.audit_rules import ReadBudget, with_left_out
from release.core.config import Config
from release.core.locate import PointerSet
from release.core.pointer import ObjectKey
from release.core.problems import RevisionAudit, not_understood, nothing_known
from release.core.text import OnProgress, ignore
from release.core.verification import NeededObjects
from release.dvc.contents import Depth, read_contents
from release.dvc.dvc_config import DvcSettings
from release.dvc.pointers import PointerReader
from release.dvc.stores import Stores
from release.errors import ReleaseError
from release.flows.auditing.judging import Audit, JudgedOut
from release.git.objects import LfsPointers, Objects


def audit_revisions(
    objects: Objects,
    revisions: Sequence[tuple[str, str]],
    config: Config,
    dvc: DvcSettings,
    on_progress: OnProgress = ignore,
    unasked: ReadBudget = ReadBudget.PROOF,
) -> list[RevisionAudit]:
    """Audit commits, given as (label, commit id); return one audit for each, in the same order.

    Each git blob is parsed once and each object is checked once, with one listing for each remote and layout.
    If a commit cannot be read, only its own audit fails. Writes nothing, and does not read the work tree.
    `unasked` limits how many bytes may be read where a size is in doubt.
    """
    with Auditing(objects, config, dvc, unasked) as auditing:
        return auditing.revisions(revisions, on_progress)


@final
class Auditing:
    """An audit that can answer further questions after its verdicts; its stores stay open until it is closed."""

    def __init__(
        self, objects: Objects, config: Config, dvc: DvcSettings, unasked: ReadBudget = ReadBudget.PROOF
    ) -> None:
        self._unasked = unasked
        self._objects = objects
        self._config = config
        self._stores = Stores(dvc)
        self._audit = Audit(config, self._stores)
        self._lfs = LfsPointers(objects)
        self._sets: list[PointerSet] = []

    def __enter__(self) -> Auditing:
        """Return the audit itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections of the stores."""
        self._stores.close()

    def revisions(
        self, revisions: Sequence[tuple[str, str]], on_progress: OnProgress = ignore, depth: Depth | None = None
    ) -> list[RevisionAudit]:
        """Return the verdicts on commits, given as (label, commit id), in the same order; see `audit_revisions`.

        With a `depth` the contents of objects are read as well.
        """
        reader = PointerReader(self._objects)
        reader.prefetch([commit for _, commit in revisions], self._config)
        read = [_read(reader, commit, self._config) for _, commit in revisions]
        self._sets = [found for found in read if isinstance(found, PointerSet)]
        self._audit.ask(self._sets, on_progress)
        if depth is not None:
            read_contents(self._stores.asked(), depth, on_progress)
        self._settle(reader, on_progress)
        return [
            self._verdict(label, found) if isinstance(found, PointerSet) else _unread(label, commit, found)
            for (label, commit), found in zip(revisions, read, strict=True)
        ]

    def _verdict(self, label: str, pointers: PointerSet) -> RevisionAudit:
        lfs = self._lfs.of(pointers.commit, self._config.folder)
        return with_left_out(self._audit.verdict(label, pointers), lfs, self._config.audit.lfs)

    def _settle(self, reader: PointerReader, on_progress: OnProgress) -> None:
        """Check problems a second time; without a problem, read nothing more and contact no remote."""
        if self._audit.is_well(self._sets):
            return
        from release.flows.auditing.settling import read_ambiguous, search_other_remotes

        read_ambiguous(self._audit, self._stores, self._sets, self._unasked, on_progress)
        head = self._objects.get("HEAD")
        today = _read(reader, head.id, self._config) if head is not None else None
        if isinstance(today, PointerSet):
            search_other_remotes(self._audit, self._stores, self._sets, self._config, today.roots, on_progress)

    def needed(self, revisions: Sequence[tuple[str, str]]) -> NeededObjects:
        """Return every object that commits need, wherever it is stored; see `NeededObjects`."""
        reader = PointerReader(self._objects)
        reader.prefetch([commit for _, commit in revisions], self._config)
        keys: set[ObjectKey] = set()
        faults: dict[str, None] = {}
        for label, commit in revisions:
            found = _read(reader, commit, self._config)
            if isinstance(found, PointerSet):
                more, bad = self._audit.needed(found)
                keys |= more
                faults |= dict.fromkeys(f"{label}: {fault}" for fault in bad)
            else:
                faults[f"{label}: {found.message}"] = None
        return NeededObjects(keys=frozenset(keys), faults=tuple(faults))

    def judged(self) -> Iterator[JudgedOut]:
        """Yield every out whose store answered, each once; skip commits with an unsafe path."""
        seen: set[tuple[int, str]] = set()
        for pointers in (each for each in self._sets if not self._audit.is_unsafe(each)):
            for judged in self._audit.judged(pointers):
                key = (id(judged.out), judged.asked.identity)
                if key not in seen:
                    seen.add(key)
                    yield judged


def _read(reader: PointerReader, commit: str, config: Config) -> PointerSet | ReleaseError:
    try:
        return reader.read(commit, config)
    except ReleaseError as error:
        return error


def _unread(label: str, commit: str, error: ReleaseError) -> RevisionAudit:
    return nothing_known(label, commit, replace(not_understood(label, error.message), help=error.help))
