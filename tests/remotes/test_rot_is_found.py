"""Nights with a moved clock find one rotten object within the days, and a kill loses one shard: folder, S3, SSH.

`OBJECTS_ON_SERVERS=20000 pytest -n0 -m system tests/remotes/test_rot_is_found.py` has as many objects on servers as in
the folder; it takes several minutes.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import md5
from itertools import count
from pathlib import Path
from random import Random

import blob_servers as servers
import pytest
from blobs import Blobs, FolderBlobs, S3Blobs
from reading_job import closed_after, needs_in, opened, slice_of
from test_reading_in_turn import job, read_by, shards_of

from release.core.text import no_progress
from release.engine.reading import read_slice

OBJECTS_ON_SERVERS = int(os.environ.get("OBJECTS_ON_SERVERS", "400"))


@dataclass(frozen=True, kw_only=True)
class Place:
    """A store without objects; those of its releases are listed in `folder`."""

    folder: Path
    blobs: Blobs
    is_server: bool = True

    def fill(self, releases: Sequence[int]) -> list[str]:
        """Put so many small objects of each release there; return the ids of all."""
        oids: list[str] = []
        bodies: dict[str, bytes] = {}
        for number, amount in enumerate(releases):
            own = {md5(body).hexdigest(): body for body in (b"%d %d\n" % (number, each) for each in range(amount))}
            (self.folder / f"release-{number:03}.txt").write_text("\n".join([*own, *oids[:5]]))
            bodies |= {path_of(oid): body for oid, body in own.items()}
            oids += own
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.blobs.put, bodies, bodies.values()))
        return oids

    def records(self) -> list[str]:
        return [path for path in self.blobs.all() if path.startswith("release-reads/")]

    def recorded(self) -> list[str]:
        return sorted(path.rpartition("/")[2] for path in self.records())


def path_of(oid: str) -> str:
    return f"files/md5/{oid[:2]}/{oid[2:]}"


@pytest.fixture(scope="session")
def sftp_port(serving, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nights") / "root"
    folder.mkdir()
    return folder, serving(servers.sftp(folder))


def s3_place(request, base: str) -> tuple[Mapping[str, object], Blobs]:
    bucket = request.getfixturevalue("buckets")["plain"]
    settings = {**bucket.settings, "url": f"s3://plain/{base}"}
    return settings, S3Blobs(client=bucket.blobs.client, bucket="plain", root=base)


def ssh_place(request, base: str) -> tuple[Mapping[str, object], Blobs]:
    folder, port = request.getfixturevalue("sftp_port")
    (folder / base).mkdir()
    settings = {"url": f"ssh://127.0.0.1:{port}/{base}", "user": "dvc", "password": "pw-of-dvc"}
    return settings, FolderBlobs(folder=folder / base)


SERVERS = {"s3": s3_place, "ssh": ssh_place}
KINDS = ["folder", *(pytest.param(kind, marks=pytest.mark.system) for kind in SERVERS)]


@pytest.fixture(params=KINDS)
def place(request, tmp_path) -> Place:
    folder = tmp_path / "store"
    folder.mkdir()
    if request.param == "folder":
        return Place(folder=folder, blobs=FolderBlobs(folder=folder), is_server=False)
    settings, blobs = SERVERS[request.param](request, f"rot-{tmp_path.name}")
    (folder / "settings.json").write_text(json.dumps(settings))
    return Place(folder=folder, blobs=blobs)


def nights(place: Place, oids: Sequence[str], days: int, seed: int) -> tuple[int, int | None]:
    """Let one object rot in a night, read in that night or not; return the night, and that in which it is found."""
    random, first = Random(seed), date(2026, 1, 1)
    rots_on, rotten = random.randrange(days - 1, 2 * days - 1), random.choice(oids)
    most = 3 * len(oids) // days  # the clock is looked at twice for each object, after the first shard
    body, needs = place.blobs.get(path_of(rotten)), needs_in(place.folder)
    try:
        with closed_after(opened(place.folder)) as asked:
            fresh = asked.found  # with what the server says of the object: rot on its disk does not change that
            (key,) = [key for key in fresh if key.oid == rotten]
            for night in range(3 * days):
                if night == rots_on:
                    place.blobs.put(path_of(rotten), bytes(len(body)))
                asked.found = fresh
                looks = count()
                own = slice_of(
                    place.folder,
                    days=days,
                    today=first + timedelta(days=night),
                    seed=random.randbytes(4),
                    is_late=lambda looks=looks: next(looks) > most,
                )
                report = read_slice([asked], needs, own, no_progress)
                assert asked.trouble is None
                if night >= days - 1:
                    assert report.coverage.percent == 100 or night >= rots_on
                if asked.found[key].md5 not in (None, rotten):
                    return rots_on, night
        return rots_on, None
    finally:
        place.blobs.put(path_of(rotten), body)
        for record in place.records():
            place.blobs.delete(record)


def test_one_rotten_object_is_found_within_the_days(place):
    """Each night reads a little more than its part of twenty thousand objects; servers, which cost more, have fewer."""
    objects, days, seeds = (OBJECTS_ON_SERVERS, 4, (1,)) if place.is_server else (20_000, 10, (1, 2, 3))
    oids = place.fill([objects // 20] * 10 + [objects // 40] * 20)
    assert len(oids) == objects
    for seed in seeds:
        rots_on, found_on = nights(place, oids, days, seed)
        assert found_on is not None
        assert rots_on <= found_on <= rots_on + days


def test_a_killed_job_loses_at_most_one_shard(place):
    random = Random(7)
    place.fill([20] * 30)
    shards = shards_of(place.folder)
    names = [f"journal-{attempt}" for attempt in range(2 if place.is_server else 4)]
    for name in names:
        process = job(place.folder, name, delay_s=0.004)
        enough = random.randrange(1, 150)
        while len(read_by(place.folder, name)) < enough and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.communicate()
    recorded = set().union(*(shards[digest] for digest in place.recorded()))
    journals = [read_by(place.folder, name) for name in names]
    assert all(journals), "killed before it read anything"
    for journal in journals:
        lost = set(journal) - recorded
        assert len([digest for digest, oids in shards.items() if oids & lost]) <= 1
    last = job(place.folder, "journal-last")
    assert last.communicate()[0].split()[2] == "100"
    again = Counter(oid for name in [*names, "journal-last"] for oid in read_by(place.folder, name))
    assert set(again) == set().union(*shards.values())
    twice = {digest for digest, oids in shards.items() if any(again[oid] > 1 for oid in oids)}
    assert len(twice) <= len(names), "each kill loses one shard"
    assert place.recorded() == sorted(shards)
