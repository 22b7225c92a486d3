"""Every byte read within the days: jobs side by side, parts, short limits; nights and kills are in tests/remotes/test_rot_is_found.py."""

import subprocess
import sys
from datetime import date, timedelta
from hashlib import md5
from itertools import count
from pathlib import Path

import pytest
import reading_job
from reading_job import closed_after, opened, slice_of

from release.core.shards import cut

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
    with closed_after(opened(folder)) as asked:
        needs = ([need.key for need in each] for each in reading_job.needs_in(folder))
        return {shard.digest: {key.oid for key in shard.keys} for shard in cut(needs, asked.found)}


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
    asked = opened(folder)
    for _ in range(3):
        report = reading_job.run(asked, folder, slice_of(folder, is_late=lambda: True))
        assert (report.done, report.stopped) == (1, True)
    assert len(recorded(folder)) == 3
    report = reading_job.run(asked, folder, slice_of(folder, is_late=lambda: True))
    assert (report.done, report.stopped, report.coverage.percent) == (1, False, 100)


def test_a_damaged_object_is_found_each_night_and_keeps_no_shard_from_being_read(tmp_path):
    """Each night has time for one shard."""
    folder = tmp_path / "store"
    rotten = make_store(folder, [10] * 4)[0]
    file = path_of(folder, rotten)
    body = file.read_bytes()
    file.write_bytes(bytes(len(body)))

    def night(number: int) -> tuple[int, int, int, bool]:
        asked = opened(folder)
        today = date(2026, 11, 1) + timedelta(days=number)
        report = reading_job.run(asked, folder, slice_of(folder, today=today, is_late=lambda: True))
        found = {key.oid: stored for key, stored in asked.found.items()}[rotten]
        objects = report.read_bytes // len(body)
        return report.done, objects, report.coverage.percent, found.md5 not in (None, rotten)

    nights = [night(number) for number in range(4)]
    first = next(number for number, (*_, found) in enumerate(nights) if found)
    assert [done for done, *_ in nights] == [1, 1, 1, 1]
    assert [objects for _, objects, *_ in nights] == [10 + (number > first) for number in range(4)]
    assert [found for *_, found in nights] == [number >= first for number in range(4)]
    assert [percent for *_, percent, _ in nights] == [25 * (number + (number < first)) for number in range(4)]
    file.write_bytes(body)
    assert night(3) == (1, 11, 100, False), "on the same day"


@pytest.mark.skipif(sys.platform != "linux", reason="files whose read fails with EIO")
@pytest.mark.parametrize(("bad", "fails"), [(10, False), (12, True)])
def test_a_store_of_which_much_cannot_be_read_has_failed(tmp_path, bad, fails):
    folder = tmp_path / "store"
    oids = make_store(folder, [40])
    asked = opened(folder)
    for oid in oids[:bad]:
        path_of(folder, oid).unlink()
        path_of(folder, oid).symlink_to("/proc/self/mem")
    reading_job.run(asked, folder, slice_of(folder))
    assert (asked.trouble is not None) is fails
    assert sum(stored.unread is not None for stored in asked.found.values()) == (0 if fails else bad)


def test_a_shard_that_was_not_read_to_its_end_is_not_recorded(tmp_path):
    folder = tmp_path / "store"
    make_store(folder, [10, 10])
    looks = count()
    report = reading_job.run(opened(folder), folder, slice_of(folder, is_late=lambda: next(looks) > 4))
    assert (report.done, report.stopped) == (1, True)
    assert len(recorded(folder)) == 1
    assert 100 > report.coverage.percent > 0
