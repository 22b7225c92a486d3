"""Every byte read within the days: nights with a moved clock, kills, jobs side by side, parts."""

import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from hashlib import md5
from itertools import count
from pathlib import Path
from random import Random

import pytest
import reading_job
from reading_job import opened, slice_of

from release.core.shards import cut
from release.dvc.store import FolderStore
from release.engine.reading import read_slice

JOB = Path(reading_job.__file__)


def make_store(folder: Path, releases: list[int]) -> list[str]:
    """A store with so many small objects for each release; return the ids of all."""
    oids: list[str] = []
    for number, amount in enumerate(releases):
        own = []
        for each in range(amount):
            body = f"{number} {each}\n".encode()
            oid = md5(body).hexdigest()
            file = path_of(folder, oid)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            own.append(oid)
        oids += own
        (folder / f"release-{number:03}.txt").write_text("\n".join([*own, *oids[:5]]))
    return oids


def path_of(folder: Path, oid: str) -> Path:
    return folder / "files/md5" / oid[:2] / oid[2:]


def shards_of(folder: Path) -> dict[str, set[str]]:
    """The objects of each shard, by its digest."""
    found = opened(folder, FolderStore("storage", folder)).found
    needs = ([need.key for need in each] for each in reading_job.needs_in(folder))
    return {shard.digest: {key.oid for key in shard.keys} for shard in cut(needs, found)}


def recorded(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("release-reads/*/*")]


def job(
    folder: Path, name: str, *, delay_s: float = 0, part: str = "1/1", late_s: float = 1e6
) -> subprocess.Popen[str]:
    words = [str(folder), str(folder.with_name(name)), str(delay_s), part, str(late_s)]
    return subprocess.Popen([sys.executable, str(JOB), *words], stdout=subprocess.PIPE, text=True)


def read_by(folder: Path, name: str) -> list[str]:
    journal = folder.with_name(name)
    return journal.read_text().split() if journal.exists() else []


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "store"
    return folder, make_store(folder, [2_000] * 5 + [700] * 10 + [3_000])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_rotten_object_of_twenty_thousand_is_found_within_the_days(large, tmp_path, seed):
    """Each night reads about an eighth; the object rots in any night, read in that night or not."""
    folder, oids = large
    random, days, first = Random(seed), 10, date(2026, 1, 1)
    ledger, rots_on, rotten = folder / "release-reads", random.randrange(9, 19), random.choice(oids)
    file = path_of(folder, rotten)
    body = file.read_bytes()
    asked = opened(folder, FolderStore("storage", folder))
    fresh = asked.found
    needs = reading_job.needs_in(folder)
    found_on = None
    try:
        for night in range(30):
            if night == rots_on:
                file.write_bytes(bytes(len(body)))
            asked.found = fresh
            looks = count()
            own = slice_of(
                folder,
                days=days,
                today=first + timedelta(days=night),
                seed=random.randbytes(4),
                is_late=lambda looks=looks: next(looks) > 7_500,  # the clock moves when it is looked at
            )
            report = read_slice([asked], needs, own, lambda *_: None)
            if night >= 9:
                assert report.coverage.percent == 100 or night > rots_on
            key = next(key for key in asked.found if key.oid == rotten)
            if asked.found[key].md5 not in (None, rotten):
                found_on = night
                break
    finally:
        file.write_bytes(body)
        subprocess.run(["rm", "-r", str(ledger)], check=True)
    assert found_on is not None
    assert rots_on <= found_on <= rots_on + days


def test_a_killed_job_loses_at_most_one_shard(tmp_path):
    folder, random = tmp_path / "store", Random(7)
    make_store(folder, [20] * 30)
    shards = shards_of(folder)
    for attempt in range(4):
        process = job(folder, f"journal-{attempt}", delay_s=0.004)
        enough = random.randrange(1, 150)
        while len(read_by(folder, f"journal-{attempt}")) < enough and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.communicate()
    lost = [
        set(read_by(folder, f"journal-{attempt}")) - set().union(*(shards[digest] for digest in recorded(folder)))
        for attempt in range(4)
    ]
    journals = [read_by(folder, f"journal-{attempt}") for attempt in range(4)]
    assert all(journals), "killed before it read anything"
    for each in lost:
        assert len([digest for digest, oids in shards.items() if oids & each]) <= 1
    last = job(folder, "journal-last")
    assert last.communicate()[0].split()[2] == "100"
    again = Counter(oid for name in [*journals, read_by(folder, "journal-last")] for oid in name)
    assert set(again) == set().union(*shards.values())
    twice = {digest for digest, oids in shards.items() if any(again[oid] > 1 for oid in oids)}
    assert len(twice) <= 4, "each kill loses one shard"
    assert sorted(recorded(folder)) == sorted(shards)


def test_jobs_side_by_side_share_the_work(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [20] * 30)
    both = [job(folder, name, delay_s=0.004) for name in ("one", "other")]
    answers = [each.communicate()[0].split() for each in both]
    assert "100" in [answer[2] for answer in answers]
    counts = [len(read_by(folder, name)) for name in ("one", "other")]
    assert min(counts) > 0
    assert sum(counts) <= 600 + 8 * 20, "they met more often than by chance"


def test_four_parts_read_everything_exactly_once(tmp_path):
    folder = tmp_path / "store"
    oids = make_store(folder, [30] * 13 + [1_500])
    parts = [job(folder, f"part-{number}", part=f"{number}/4") for number in range(1, 5)]
    for each in parts:
        each.communicate()
    read = [oid for number in range(1, 5) for oid in read_by(folder, f"part-{number}")]
    assert sorted(read) == sorted(oids)


def test_a_limit_that_is_too_short_gets_on_by_a_shard_a_call(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [10] * 4)
    asked = opened(folder, FolderStore("storage", folder))
    for _ in range(3):
        report = reading_job.run(asked, folder, slice_of(folder, is_late=lambda: True))
        assert (report.done, report.stopped) == (1, True)
    assert len(recorded(folder)) == 3
    report = reading_job.run(asked, folder, slice_of(folder, is_late=lambda: True))
    assert (report.done, report.stopped, report.coverage.percent) == (1, False, 100)


def test_a_shard_that_was_not_read_to_its_end_is_not_recorded(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [10, 10])
    looks = count()
    report = reading_job.run(
        opened(folder, FolderStore("storage", folder)), folder, slice_of(folder, is_late=lambda: next(looks) > 4)
    )
    assert (report.done, report.stopped) == (1, True)
    assert len(recorded(folder)) == 1
    assert 100 > report.coverage.percent > 0
