"""Shards of the objects that releases need, and which of them `verify --deep --every` reads next."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from release.core.audit_rules import digest_of_objects
from release.core.pointer import ObjectKey, Stored

MOST_OBJECTS = 1_000
MOST_BYTES = 1 << 30
_MOST_BITS = 24  # for a group of 16 million shards

DaysRead = Mapping[tuple[str, str], date]  # (identity of the store, digest of the shard) -> the newest day of a record


class Shard(Struct, frozen=True, kw_only=True):
    """Objects of one store that are read together; `digest` is the SHA-256 of their listing (algorithm, id, size)."""

    store: str
    digest: str
    keys: tuple[ObjectKey, ...]
    size_bytes: int

    @property
    def name(self) -> tuple[str, str]:
        """Store and digest, by which records name it."""
        return self.store, self.digest


def cut(releases: Iterable[Iterable[ObjectKey]], found: Mapping[ObjectKey, Stored]) -> list[Shard]:
    """Return the shards of the objects that can be read; `releases` are the needs of each release, oldest first.

    An object belongs to the oldest release that needs it. The objects of one release on one store are a group, and the
    size of the group alone decides into how many shards it is cut: a newer release adds shards and changes none.
    Objects that the store lacks or has archived are in no shard; when they come back, the digest is another one.
    """
    owned: set[ObjectKey] = set()
    shards = []
    for needs in releases:
        groups: dict[str, list[ObjectKey]] = {}
        for key in needs:
            if key not in owned:
                owned.add(key)
                groups.setdefault(key.remote, []).append(key)
        for store, keys in sorted(groups.items()):
            shards += _cut_group(store, keys, found)
    return shards


def _cut_group(store: str, keys: Sequence[ObjectKey], found: Mapping[ObjectKey, Stored]) -> list[Shard]:
    readable = {key: found[key].size_bytes for key in keys if key in found and found[key].archived is None}
    total_bytes = sum(size or 0 for size in readable.values())
    bits = 0
    while bits < _MOST_BITS and (len(keys) >> bits > MOST_OBJECTS or total_bytes >> bits > MOST_BYTES):
        bits += 1
    parts: dict[int, dict[ObjectKey, int | None]] = {}
    for key, size in readable.items():
        parts.setdefault(_prefix(key, bits), {})[key] = size
    return [
        Shard(
            store=store,
            digest=digest_of_objects(part),
            keys=tuple(sorted(part)),
            size_bytes=sum(size or 0 for size in part.values()),
        )
        for _, part in sorted(parts.items())
    ]


def _prefix(key: ObjectKey, bits: int) -> int:
    """Return the first bits of the hash of an object's id: ids on a cloud-versioned remote are paths, which share their beginning."""
    name = f"{key.layout}:{key.oid}".encode("utf-8", "surrogateescape")
    return int.from_bytes(sha256(name).digest()[:4], "big") >> (32 - bits)


# Planning: which shards this call reads, and in which order


class Part(Struct, frozen=True):
    """Job `number` (from 1) of `count` jobs that share the shards without talking to each other."""

    number: int = 1
    count: int = 1

    def of(self, shards: Collection[Shard]) -> list[Shard]:
        """Return every `count`-th shard, in the order of their digests."""
        return sorted(shards, key=lambda shard: (shard.digest, shard.store))[self.number - 1 :: self.count]


def plan(shards: Collection[Shard], read: DaysRead, today: date, days: int, seed: bytes) -> list[Shard]:
    """Return the shards to read today, those read longest ago first.

    Read are those that were never read or not within the last `days` days, and more of the oldest until the bytes of
    today are the `days`-th part of all. So calls of every day spread the work, even if one day read everything.
    Equally old shards are in an order made from `seed`: jobs side by side meet late.
    """
    never, share = date.min, sum(shard.size_bytes for shard in shards) / days
    done = sum(shard.size_bytes for shard in shards if read.get(shard.name, never) >= today)
    keyed = ((read.get(shard.name, never), sha256(seed + shard.digest.encode()).digest(), shard) for shard in shards)
    planned = []
    for day, _, shard in sorted(keyed, key=lambda one: one[:2]):
        if day >= today or ((today - day).days < days and done >= share):
            break
        planned.append(shard)
        done += shard.size_bytes
    return planned


class Coverage(Struct, frozen=True, kw_only=True):
    """Bytes of all shards, and of those read `within` the days of the plan; `oldest_days` of what was ever read (None: nothing)."""

    total_bytes: int
    within_bytes: int
    never_bytes: int
    oldest_days: int | None

    @property
    def percent(self) -> int:
        """Covered part, rounded down: 100 means all."""
        return 100 if self.within_bytes == self.total_bytes else self.within_bytes * 100 // self.total_bytes


def coverage(shards: Collection[Shard], read: DaysRead, today: date, days: int) -> Coverage:
    """Return how much of the shards was read when."""
    ages = [(shard.size_bytes, (today - read[shard.name]).days) for shard in shards if shard.name in read]
    total_bytes = sum(shard.size_bytes for shard in shards)
    return Coverage(
        total_bytes=total_bytes,
        within_bytes=sum(size for size, age in ages if age <= days),
        never_bytes=total_bytes - sum(size for size, _ in ages),
        oldest_days=max((max(age, 0) for _, age in ages), default=None),
    )


class ReadingReport(Struct, frozen=True, kw_only=True):
    """Result of reading shards. `planned_bytes` and `planned` shards were to be read, `read_bytes` and `done` shards were.

    `preview`: a dry run. `stopped`: the time limit was reached. `private` are remotes whose records only this clone has.
    """

    days: int
    planned: int
    planned_bytes: int
    coverage: Coverage
    done: int = 0
    read_bytes: int = 0
    preview: bool = False
    stopped: bool = False
    private: tuple[str, ...] = ()


# Words of the command line

_DAYS = re.compile(r"([1-9]\d{0,3})([dw])")
_SECONDS = re.compile(r"([1-9]\d{0,5})([smh])")
_PART = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


def parse_days(text: str) -> int | None:
    """Parse `30d` or `4w`; None if it is neither."""
    found = _DAYS.fullmatch(text)
    return int(found[1]) * {"d": 1, "w": 7}[found[2]] if found else None


def parse_seconds(text: str) -> int | None:
    """Parse `90s`, `30m` or `1h`; None if it is none of them."""
    found = _SECONDS.fullmatch(text)
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] if found else None


def parse_part(text: str) -> Part | None:
    """Parse `2/4`; None if it is no part of a whole."""
    found = _PART.fullmatch(text)
    return Part(int(found[1]), int(found[2])) if found and int(found[1]) <= int(found[2]) else None


def is_safe_scheduler(address: str) -> bool:
    """Return whether a Dask scheduler is reached by TLS, or is on this machine: it runs what others on the network send."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or port is None or parts.scheme not in ("tls", "tcp") or "@" in parts.netloc:
        return False
    return parts.scheme == "tls" or host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


# Records, whose name is all there is: `YYYY-MM-DD/DIGEST` of a shard that was right, or `YYYY-MM-DD/DIGEST.N` of its N-th
# object (from 0), which was not

MOST_DAMAGED = 100  # records of one shard: if these are repaired, all of it is read again
_RECORD = re.compile(r"([0-9a-f]{64})(?:\.(0|[1-9]\d{0,8}))?")


def parse_day(name: str) -> date | None:
    """Parse the name of a day's folder; None for every other name."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None  # Python 3.11 reads 20260131, too


def parse_record(name: str) -> tuple[str, int | None] | None:
    """Parse the name of a record into the digest of its shard, and the damaged object (None: the shard was right)."""
    found = _RECORD.fullmatch(name)
    return (found[1], None if found[2] is None else int(found[2])) if found else None


def records_of(shard: Shard, damaged: Sequence[int]) -> list[str]:
    """Return the names of the records of a shard that was read; `damaged` are its objects that were not right."""
    return [f"{shard.digest}.{number}" for number in damaged[:MOST_DAMAGED]] or [shard.digest]


STRAY_DAYS = 366


def superfluous(records: Collection[tuple[date, str]], today: date, days: int) -> list[tuple[date, str]]:
    """Return the records that can be deleted: another one of the same shard is newer, or it is of no use to any project.

    Several projects can share a remote, and one does not know the shards and days of the others: a record that has no
    newer one stays for twice the days, and for a year at least. Those of yesterday stay, too: a job that began then may
    still be writing there.
    """
    newest: dict[str, date] = {}
    for day, name in records:
        digest = name.partition(".")[0]
        newest[digest] = max(day, newest.get(digest, day))
    most = max(2 * days, STRAY_DAYS)
    past = [(day, name) for day, name in records if (today - day).days > 1]
    return [(day, name) for day, name in past if day < newest[name.partition(".")[0]] or (today - day).days > most]
