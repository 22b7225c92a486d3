"""Shards: cut the same for ever, and planned so that everything is read within the days."""

from datetime import date, timedelta
from hashlib import md5
from random import Random

import pytest

from release.core.pointer import ObjectKey, Stored
from release.core.shards import (
    MOST_BYTES,
    MOST_DAMAGED,
    MOST_OBJECTS,
    Part,
    Shard,
    coverage,
    cut,
    is_safe_scheduler,
    parse_day,
    parse_days,
    parse_part,
    parse_record,
    parse_seconds,
    plan,
    records_of,
    superfluous,
)

TODAY = date(2026, 11, 30)


def keys(count: int, salt: str = "", store: str = "s3://b") -> list[ObjectKey]:
    return [ObjectKey(store, "md5", md5(f"{salt}{number}".encode()).hexdigest()) for number in range(count)]


def stored(each: list[ObjectKey], size_bytes: int = 10) -> dict[ObjectKey, Stored]:
    return {key: Stored(size_bytes=size_bytes) for key in each}


def shards(count: int, size_bytes: int = 10) -> list[Shard]:
    return [Shard(store="s", digest=f"{number:064x}", keys=(), size_bytes=size_bytes) for number in range(count)]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_every_object_is_in_exactly_one_shard_of_a_bearable_size():
    all_keys = keys(20_000)
    cut_once = cut([all_keys], stored(all_keys))
    assert sorted(key for shard in cut_once for key in shard.keys) == sorted(all_keys)
    assert all(len(shard.keys) <= MOST_OBJECTS * 1.2 for shard in cut_once)
    assert 20 <= len(cut_once) <= 40
    large = cut([all_keys[:64]], stored(all_keys[:64], 1 << 28))
    assert all(shard.size_bytes <= 2 * MOST_BYTES for shard in large)
    assert len(large) > 8


def test_an_object_larger_than_a_shard_is_one():
    first, second = keys(2)
    assert len(cut([[first]], stored([first], 1 << 42))) == 1
    both = cut([[first, second]], stored([first, second], 1 << 42))
    assert sorted(len(shard.keys) for shard in both) == [1, 1]


def test_a_newer_release_adds_shards_and_changes_none():
    first, second = keys(5_000), keys(3_000, "new")
    found = stored([*first, *second])
    before = cut([first], found)
    after = cut([first, [*first[:4_000], *second]], found)
    assert set(before) < set(after)
    assert sorted(key for shard in set(after) - set(before) for key in shard.keys) == sorted(second)


def test_shards_are_the_same_in_any_order_of_the_keys():
    some = keys(3_000)
    mixed = Random(1).sample(some, len(some))
    assert cut([some], stored(some)) == cut([mixed], stored(some))


def test_stores_have_their_own_shards():
    here, there = keys(10), keys(10, store="/mirror")
    assert {shard.store for shard in cut([[*here, *there]], stored([*here, *there]))} == {"s3://b", "/mirror"}


def test_an_object_that_comes_back_or_changes_its_size_makes_another_digest():
    some = keys(10)
    whole = stored(some)
    (all_there,) = cut([some], whole)
    (one_less,) = cut([some], {key: whole[key] for key in some[1:]})
    (longer,) = cut([some], {**whole, some[0]: Stored(size_bytes=11)})
    (asleep,) = cut([some], {**whole, some[0]: Stored(size_bytes=10, archived="GLACIER")})
    assert len({shard.digest for shard in (all_there, one_less, longer)}) == 3
    assert asleep == one_less


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 40])
def test_parts_are_disjoint_whole_and_even(count):
    whole = cut([keys(9_000)], stored(keys(9_000)))
    parts = [Part(number, count).of(whole) for number in range(1, count + 1)]
    assert sorted(shard.digest for part in parts for shard in part) == sorted(shard.digest for shard in whole)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_what_was_never_read_comes_first_then_the_oldest():
    some = shards(6)
    read = {shard.name: day for shard, day in zip(some[1:], [ago(40), ago(31), ago(30), ago(29), TODAY], strict=True)}
    assert plan(some, read, TODAY, 30, b"") == some[:4]


def test_equally_old_shards_are_read_in_an_order_of_their_own_by_each_job():
    some = shards(50)
    one, other = plan(some, {}, TODAY, 30, b"one"), plan(some, {}, TODAY, 30, b"other")
    assert one != other
    assert sorted(shard.digest for shard in one) == sorted(shard.digest for shard in other)


def test_a_day_reads_its_share_even_if_all_was_read_at_once():
    some = shards(60)
    read = dict.fromkeys((shard.name for shard in some), ago(1))
    first = plan(some, read, TODAY, 30, b"")
    assert len(first) == 2
    assert plan(some, read | dict.fromkeys((shard.name for shard in first), TODAY), TODAY, 30, b"") == []


@pytest.mark.parametrize("nightly", [3, 5, 100])
def test_each_shard_is_read_again_within_the_days(nightly):
    """A year of nights, of which each reads at most so many shards, with releases that add more."""
    read: dict[tuple[str, str], date] = {}
    some, days, random = shards(20), 10, Random(nightly)
    for night in range(365):
        today = TODAY + timedelta(days=night)
        if night % 30 == 0 and len(some) < 28:
            some = shards(len(some) + 1)
        for shard in plan(some, read, today, days, random.randbytes(4))[:nightly]:
            read[shard.name] = today
        if night >= 10:
            assert coverage(some, read, today, days).percent == 100, night


def test_coverage_counts_bytes_and_never_rounds_up():
    some = shards(1_000)
    read = dict.fromkeys((shard.name for shard in some[:997]), ago(3))
    read[some[997].name] = read[some[998].name] = ago(41)
    found = coverage(some, read, TODAY, 30)
    assert (found.percent, found.oldest_days, found.within_bytes, found.never_bytes) == (99, 41, 9_970, 10)
    assert coverage([], {}, TODAY, 30).percent == 100
    assert coverage(some, {}, TODAY, 30).oldest_days is None


@pytest.mark.parametrize(
    ("text", "days", "seconds"),
    [
        ("30d", 30, None),
        ("4w", 28, None),
        ("90s", None, 90),
        ("30m", None, 1_800),
        ("1h", None, 3_600),
        *[(text, None, None) for text in ("", "0d", "d", "30", "-1d", "1.5h", "30D", " 1h", "1h30m", "9999999d")],
    ],
)
def test_times(text, days, seconds):
    assert (parse_days(text), parse_seconds(text)) == (days, seconds)


@pytest.mark.parametrize("text", ["5/4", "0/4", "1/0", "1", "1/", "/4", "1/4/4", "-1/4", "a/b", ""])
def test_what_is_no_part(text):
    assert parse_part(text) is None


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        *[(each, True) for each in ("tls://10.0.0.7:8786", "tcp://127.0.0.1:8786", "localhost:1", "tcp://[::1]:8786")],
        *[
            (each, False)
            for each in ("tcp://10.0.0.7:8786", "host:8786", "tcp://localhost.evil.org:1", "ws://127.0.0.1:1")
        ],
        *[(each, False) for each in ("", "tls://", "tls://host", "tls://host:x", "tls://me:pw@host:1", "tcp://[::1")],
    ],
)
def test_a_scheduler_without_tls_is_on_this_machine(address, safe):
    assert is_safe_scheduler(address) is safe


def test_parts():
    assert (parse_part("1/4"), parse_part("4/4"), parse_part("1/1")) == (Part(1, 4), Part(4, 4), Part(1, 1))


def test_names_of_records():
    assert parse_day("2026-11-30") == TODAY
    assert [parse_day(name) for name in ("20261130", "2026-W49-1", "files", "2026-13-01", "")] == [None] * 5
    assert parse_record("a" * 64) == ("a" * 64, None)
    assert parse_record("a" * 64 + ".10") == ("a" * 64, 10)
    wrong = ["A" * 64, "a" * 63, ".tmp", "a" * 64 + "\n", "a" * 64 + ".", "a" * 64 + ".01", "a" * 64 + ".-1"]
    assert not any(map(parse_record, wrong))
    (shard,) = shards(1)
    assert records_of(shard, []) == [shard.digest]
    assert [parse_record(name) for name in records_of(shard, [0, 7])] == [(shard.digest, 0), (shard.digest, 7)]
    assert len(records_of(shard, range(1_000))) == MOST_DAMAGED


def test_a_record_is_superfluous_if_a_newer_one_has_its_digest_or_no_project_can_use_it():
    records = [(ago(40), "a"), (ago(10), "a"), (ago(300), "b"), (ago(367), "c"), (ago(1), "d"), (TODAY, "d")]
    assert superfluous(records, TODAY, 30) == [(ago(40), "a"), (ago(367), "c")]
    assert superfluous(records, TODAY, 400) == [(ago(40), "a")]
    damaged = [(ago(40), "a.3"), (ago(40), "b"), (ago(10), "b.3"), (ago(10), "b.4"), (ago(9), "a")]
    assert superfluous(damaged, TODAY, 30) == [(ago(40), "a.3"), (ago(40), "b")]
