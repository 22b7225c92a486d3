"""Every byte of every release read within some days: shards chosen by what was read before, read, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from msgspec import Struct, field

from release.core.audit_rules import Need
from release.core.pointer import Layout, ObjectKey, Stored
from release.core.shards import Part, ReadingReport, Shard, coverage, cut, parse_record, plan, records_of
from release.core.text import OnProgress
from release.dvc.contents import read_keys, take_over
from release.dvc.ledger import Ledger
from release.dvc.stores import CachedStore
from release.errors import Unknown


class Slice(Struct, frozen=True, kw_only=True):
    """The part of the bytes that one call reads.

    Every byte is to be read within `days`; `today` is the day of this call (UTC). `is_late` says that the time limit is
    reached; each call reads one shard to its end all the same, so that a short limit gets on. `scheduler` is the address
    of a Dask cluster that reads (None: this process). `folder` has the records
    that a remote does not take, `seed` makes the order among equally old shards. `preview`: nothing is read.
    """

    days: int
    today: date
    folder: Path
    work_tree: Path
    part: Part = Part()
    is_late: Callable[[], bool] = bool
    seed: bytes = b""
    scheduler: str | None = None
    preview: bool = False


class ShardReading(Struct):
    """Knowledge about the shards of all stores. `versions` has the MD5 of each file on a cloud-versioned remote.

    `read` has the newest day on which a shard was right, `damaged` its objects that were not, by their place in it, with the day.
    `mended` are shards whose damaged objects this call found right.
    """

    slice: Slice
    stores: Mapping[str, CachedStore]
    ledgers: Mapping[str, Ledger]
    versions: Mapping[ObjectKey, str | None]
    read: dict[tuple[str, str], date] = field(default_factory=dict)
    damaged: dict[tuple[str, str], dict[int, date]] = field(default_factory=dict)
    mended: set[tuple[str, str]] = field(default_factory=set)
    done: list[Shard] = field(default_factory=list)
    read_bytes: int = 0
    stopped: bool = False

    def look(self, store: str, since: date | None = None) -> None:
        """Read the records of a store: all, or those since a day."""
        for day, name in self.ledgers[store].records(self.slice.today, since):
            digest, number = parse_record(name) or (name, None)
            if number is None:
                self.read[store, digest] = max(day, self.read.get((store, digest), day))
            elif (store, digest) not in self.mended:
                found = self.damaged.setdefault((store, digest), {})
                found[number] = max(day, found.get(number, day))

    def last_day(self, name: tuple[str, str]) -> date:
        """Return the newest day on which a shard was read, right or not; `date.min`: never."""
        return max([self.read.get(name, date.min), *self.damaged.get(name, {}).values()])

    def days(self, shards: Iterable[Shard], *, right: bool) -> dict[tuple[str, str], date]:
        """Return the newest day of each shard that was ever read; with `right` of those that were right then."""
        unread = {name for name in self.mended if self.read.get(name) != self.slice.today}
        known = (shard for shard in shards if shard.name not in unread and not (right and self.damaged_in(shard)))
        return {shard.name: day for shard in known if (day := self.last_day(shard.name)) > date.min}

    def damaged_in(self, shard: Shard) -> list[ObjectKey]:
        """Return the objects of a shard that were not right when it was read last."""
        last = self.last_day(shard.name)
        found = sorted(number for number, day in self.damaged.get(shard.name, {}).items() if day == last)
        return [shard.keys[number] for number in found if number < len(shard.keys)]

    def is_enough(self, _: int = 0) -> bool:
        """Return whether the time is over, and at least one shard was read to its end."""
        return bool(self.done) and self.slice.is_late()

    def is_right(self, key: ObjectKey, stored: Stored | None) -> bool:
        """Return whether the bytes of an object are those that its name, or its pointer, promises."""
        if stored is None or stored.unread is not None:
            return False
        if key.layout == Layout.VERSION.value:
            return self.versions.get(key) in (None, stored.md5)
        return stored.md5 == key.oid.removesuffix(".dir")

    def take(self, shard: Shard, read: Mapping[ObjectKey, Stored | None]) -> None:
        """Take over what the bytes of a shard show; record the shard, or what is wrong in it, if all of it was read."""
        self._take_over(shard, read)
        if len(read) < len(shard.keys):
            self.stopped = True
            return
        self.done.append(shard)
        wrong = [number for number, key in enumerate(shard.keys) if not self.is_right(key, read[key])]
        for name in records_of(shard, wrong):
            self.ledgers[shard.store].write(self.slice.today, name)
        self.damaged[shard.name] = dict.fromkeys(wrong, self.slice.today)
        if not wrong:
            self.read[shard.name] = self.slice.today

    def take_again(self, shard: Shard, read: Mapping[ObjectKey, Stored | None]) -> None:
        """Take over what damaged objects of a shard are now; if they are right, the shard counts as never read."""
        self._take_over(shard, read)
        if all(self.is_right(key, stored) for key, stored in read.items()):
            self.damaged.pop(shard.name)
            self.mended.add(shard.name)

    def _take_over(self, shard: Shard, read: Mapping[ObjectKey, Stored | None]) -> None:
        take_over(self.stores[shard.store], read)
        self.read_bytes += sum(stored.size_bytes or 0 for stored in read.values() if stored is not None)


def read_slice(
    stores: Iterable[CachedStore], releases: Iterable[Sequence[Need]], slice: Slice, on_progress: OnProgress
) -> ReadingReport:
    """Read the shards that are due, and replace what their stores reported with what the bytes show.

    `releases` are the objects of each release, oldest release first. A store that stops answering gets `trouble`.
    """
    answering = {each.identity: each for each in stores if each.store is not None and each.trouble is None}
    found = {key: stored for each in answering.values() for key, stored in each.found.items()}
    needs = list(releases)
    shards = cut(([need.key for need in each] for each in needs), found)
    used = sorted({shard.store for shard in shards})
    ledgers = {name: Ledger(answering[name], slice.folder, slice.work_tree) for name in used}
    versions = {need.key: need.md5 for each in needs for need in each if need.key.layout == Layout.VERSION.value}
    work = ShardReading(slice, answering, ledgers, versions)
    for store in used:
        work.look(store)
    own = slice.part.of(shards)
    if not slice.preview:
        _read_damaged(work, own, on_progress)
    planned = plan(own, work.days(own, right=False), slice.today, slice.days, slice.seed)
    if slice.scheduler is not None and planned and not slice.preview:
        from release.engine.dask_reading import read_on_dask  # Dask is needed only for it

        read_on_dask(work, planned, slice.scheduler, on_progress)
    elif not slice.preview:
        _read(work, planned, on_progress)
    if not slice.preview:
        for store, ledger in ledgers.items():
            work.look(store, slice.today - timedelta(days=1))  # other jobs count in the coverage
            ledger.tidy(slice.today, slice.days)
    return ReadingReport(
        days=slice.days,
        planned=len(planned),
        planned_bytes=sum(shard.size_bytes for shard in planned),
        coverage=coverage(shards, work.days(shards, right=True), slice.today, slice.days),
        done=len(work.done),
        read_bytes=work.read_bytes,
        preview=slice.preview,
        stopped=work.stopped,
        private=tuple(ledger.name for ledger in ledgers.values() if ledger.private),
    )


def _read_damaged(work: ShardReading, shards: Sequence[Shard], on_progress: OnProgress) -> None:
    """Read the objects that were damaged: each call reports them until they are right, and none waits for them."""
    again = [(shard, keys) for shard in shards if (keys := work.damaged_in(shard))]
    for shard, keys in again:
        asked = work.stores[shard.store]
        if asked.store is None or asked.trouble is not None:
            continue
        try:
            work.take_again(shard, read_keys(asked.store, keys, on_progress, lambda _: False))
        except Unknown as error:
            asked.trouble = error
        if work.slice.is_late():
            return


def _read(work: ShardReading, planned: Sequence[Shard], on_progress: OnProgress) -> None:
    before = {shard.name: work.last_day(shard.name) for shard in planned}
    for shard in planned:
        if work.is_enough():
            work.stopped = True
        if work.stopped:
            return
        asked = work.stores[shard.store]
        work.look(shard.store, work.slice.today - timedelta(days=1))
        if asked.store is None or asked.trouble is not None or work.last_day(shard.name) != before[shard.name]:
            continue  # another job has read it since
        try:
            read = read_keys(asked.store, shard.keys, on_progress, work.is_enough)
        except Unknown as error:
            asked.trouble = error
            continue
        work.take(shard, read)
