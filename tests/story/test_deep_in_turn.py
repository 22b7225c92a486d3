"""`release verify --deep --every 30d`: each byte of each release read in turn, and what was read is no proof of anything."""

import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from project import Project
from project.templates import performance

EVERY = "verify --deep --every 30d"


@pytest.fixture
def two(templates, tmp_path) -> Project:
    """v0.1.0 tagged by hand, v0.2.0 and v0.3.0 made by release."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released):
    for number, f1 in ((2, 0.9), (3, 0.91)):
        released.train(f"weights {number}".encode() * 500, performance(f1=f1))
        released.release("bump minor --yes").succeeds()


def reading(project: Project, *words: str, code: int = 0):
    return project.release(EVERY, *words, "--json").fails_with(code).json["reading"]


def records(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


def shared(project: Project) -> Path:
    return project.world.store / "release-reads"


def age(folder: Path, days: int) -> None:
    """Let so many days pass since everything was read."""
    day = datetime.now(timezone.utc).date() - timedelta(days=days)
    names = {record.name for record in records(folder)}
    for record in records(folder):
        record.unlink()
    for old in folder.iterdir():
        old.rmdir()
    (folder / day.isoformat()).mkdir()
    for name in names:
        (folder / day.isoformat() / name).touch()


def newest_model(project: Project) -> Path:
    """The object that only v0.3.0 needs."""
    (path,) = [path for path in project.objects_on_store() if path.read_bytes().startswith(b"weights 3")]
    return path


def rot(project: Project) -> Path:
    """Change one byte of the newest release's model, and nothing that a `stat` shows."""
    path = newest_model(project)
    body = bytearray(path.read_bytes())
    body[100] ^= 1
    path.chmod(0o644)
    path.write_bytes(body)
    path.chmod(0o444)
    return path


@pytest.mark.fast
def test_all_is_read_once_and_found_again_when_it_is_due(two):
    planned = reading(two, "--dry-run")
    assert (planned["planned_shards"], planned["read_shards"], planned["covered_bytes"]) == (3, 0, 0)
    assert records(shared(two)) == []
    first = reading(two)
    assert first["read_bytes"] == first["total_bytes"] == planned["planned_bytes"] > 0
    assert (first["read_shards"], first["covered_bytes"], first["private_records"]) == (3, first["total_bytes"], [])
    assert [record.stat().st_size for record in records(shared(two))] == [0, 0, 0]
    assert reading(two)["read_bytes"] == 0
    two.release(EVERY).succeeds().says("Nothing was due.")
    age(shared(two), 41)
    two.release(EVERY, "--dry-run").succeeds().says("0 % of", "within 30 days, oldest 41 days")
    two.release(EVERY).succeeds().says("in 3 shards", "100 % of", "oldest 0 days")
    assert {record.parent.name for record in records(shared(two))} == {f"{datetime.now(timezone.utc):%Y-%m-%d}"}


def test_rotten_bytes_are_read_again_by_each_call_until_they_are_right(two):
    """Also where the shard was right some days ago; then all of it is read again."""
    reading(two)
    age(shared(two), 31)
    path = rot(two)
    two.release("verify --all").succeeds()
    two.release(EVERY).fails_with(4).says("its content is", "v0.3.0").helps("release verify v0.3.0 --push --deep")
    assert sorted(len(record.name.partition(".")[2]) for record in records(shared(two))) == [0, 0, 1]
    two.release(EVERY).fails_with(4).says("that was damaged.")
    found = reading(two, code=4)
    assert (found["read_shards"], found["read_bytes"]) == (0, path.stat().st_size)
    assert found["covered_bytes"] == found["total_bytes"] - path.stat().st_size
    two.release("verify v0.3.0 --deep --push").succeeds()
    found = reading(two)
    assert (found["read_shards"], found["read_bytes"]) == (1, 2 * path.stat().st_size)
    assert found["covered_bytes"] == found["total_bytes"]


@pytest.mark.skipif(sys.platform != "linux", reason="a file whose read fails with EIO")
def test_bytes_that_cannot_be_read_hide_no_others(two):
    """As a bad sector does: each call names it, and the rest is read and recorded."""
    bad = newest_model(two)
    kept = bad.rename(two.folder.parent / "kept")
    bad.symlink_to("/proc/self/mem")
    for _ in range(2):
        run = two.release(EVERY).fails_with(6)
        run.says("cannot be checked: remote `storage`", "Input/output error")
        run.helps("try again; if it stays, delete")
    found = reading(two, code=6)
    assert (found["planned_shards"], found["read_bytes"]) == (0, 0)
    bad.unlink()
    kept.rename(bad)
    found = reading(two)
    assert found["covered_bytes"] == found["total_bytes"]


def test_a_later_release_reads_only_what_it_adds(two):
    reading(two)
    two.train(b"weights 4" * 600, performance(f1=0.95))
    two.release("bump minor --yes").succeeds()
    found = reading(two)
    assert found["planned_shards"] == 1
    assert 5_400 <= found["read_bytes"] < found["total_bytes"]


def test_what_is_missing_counts_as_it_does_without_reading(two):
    lost = newest_model(two)
    body = lost.read_bytes()
    two.lose(lost)
    two.release(EVERY).fails_with(4).says("is not on `storage`")
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(body)
    found = reading(two)
    assert found["read_bytes"] >= 4_500


def test_a_forged_record_lets_no_release_pass(two):
    """All shards read, says the ledger; the bytes are rotten since."""
    reading(two)
    rot(two)
    assert reading(two)["read_bytes"] == 0
    two.release("verify v0.3.0 --deep").fails_with(4).says("its content is")
    two.release("verify --all --deep").fails_with(4)
    two.release("verify v0.3.0 --deep --push").succeeds().says("replacing damaged ones")
    lost = newest_model(two)
    two.lose(lost)
    two.empty_cache()
    two.release("verify v0.3.0").fails_with(4)
    two.release(EVERY).fails_with(4).says("is not on `storage`")
    two.commit()
    two.release("bump patch --yes").fails_with(4).says("is not on `storage`")


def test_a_record_of_the_far_future_is_none(two):
    reading(two)
    today = shared(two) / f"{datetime.now(timezone.utc):%Y-%m-%d}"
    today.rename(shared(two) / "2999-01-01")
    assert reading(two)["read_shards"] == 3


def test_parts_of_a_matrix_read_everything_once(two):
    parts = [reading(two, "--shard", f"{number}/3") for number in (1, 2, 3)]
    assert [part["read_shards"] for part in parts] == [1, 1, 1]
    assert sum(part["read_bytes"] for part in parts) == parts[0]["total_bytes"]
    assert parts[-1]["covered_bytes"] == parts[0]["total_bytes"]


def test_a_time_limit_that_is_over_says_so(two):
    found = two.release(EVERY, "--time-limit", "1h").succeeds()
    found.says("in 3 shards", "100 %").never_says("the time is over")


def test_where_the_store_takes_no_records_the_clone_remembers(two):
    shared(two).write_text("in the way")
    two.release(EVERY).succeeds().says("Only this clone knows what was read from `storage`", "100 % of")
    assert reading(two)["read_bytes"] == 0
    assert shared(two).read_text() == "in the way"
    assert two.unchanged()


def test_a_store_in_the_work_tree_gets_no_records(two):
    inside = two.folder / "inside"
    shutil.copytree(two.world.store, inside)
    two.sh("dvc remote modify storage url inside && echo /inside >> .gitignore")
    two.save("Inside")
    two.git("tag", "v9.0.0")
    assert reading(two)["read_shards"] == 4
    assert not (inside / "release-reads").exists()
    assert len(records(shared(two))) == 3
    assert reading(two)["read_shards"] == 0


@pytest.mark.parametrize("layout", ["released", "legacy"])
def test_garbage_collection_of_dvc_leaves_the_records(templates, tmp_path, layout):
    project = templates.copy(layout, tmp_path / "world")
    project.git("tag", "v9.0.0")
    assert reading(project)["read_shards"] > 0
    before = records(shared(project))
    project.write("new.txt", "new")
    project.dvc_each("add new.txt", "push new.txt")
    project.sh("rm new.txt new.txt.dvc")
    objects = len(project.objects_on_store())
    project.sh("dvc gc --workspace --cloud --force")
    assert len(project.objects_on_store()) < objects
    assert records(shared(project)) == before != []
    project.release(EVERY).succeeds()


WRONG = [
    ("verify --every 30d", "--every sets what --deep reads", "release verify --every 30d --deep"),
    ("verify --deep --every 30", "--every 30 is no number of days", "release verify --deep --every 30d"),
    ("verify --deep --every 30d --shard 5/4", "--shard 5/4 is no part", "--shard 1/4"),
    ("verify --deep --every 30d --time-limit soon", "--time-limit soon is no time", "--time-limit 1h"),
    ("verify --time-limit 1h", "--time-limit goes with --every", "release verify --time-limit 1h --deep --every 30d"),
    ("verify --deep --shard 1/4", "--shard goes with --every", "--every 30d"),
    ("verify --deep --every 30d --sample 3", "--sample", "release verify --deep --every 30d"),
    ("verify --deep --every 30d --push", "--push", "release verify --deep --every 30d"),
    ("verify --deep --every 30d v0.2.0", "name none", "release verify --deep --every 30d"),
    ("verify --deep --every 30d --objects", "--objects cannot", "release verify --objects"),
]


def test_wrong_words_end_with_a_command_that_works(two):
    helps = set()
    for line, words, help in WRONG:
        found = two.release(line).fails_with(2).says(words).helps(help)
        helps.add(found.err.split("help: ")[1].splitlines()[0].strip().removeprefix("release "))
    for pasted in helps:
        two.release(pasted).succeeds()
