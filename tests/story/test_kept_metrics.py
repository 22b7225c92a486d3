"""Metrics that DVC keeps: their numbers count like those in git, wherever their bytes are; and it is told where they are not."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from project import Project, Templates

from release.core.limits import MAX_DOCUMENT_BYTES

METRIC = "eval/metrics.json"
INSIDE = "eval/live/metrics.json"
FLOOR = "[tool.release.gate.accuracy]\nmin = 0.7\nmax-regression = 0.01\n"


def evaluate(project: Project, accuracy: float, *, push: bool = True) -> None:
    """Another result of the stage, committed; pushed unless told otherwise."""
    project.write("params.yaml", f"evaluate:\n  accuracy: {accuracy}\n")
    project.dvc("repro", "--quiet")
    if push:
        project.dvc("push", "--quiet")
    project.save(f"Accuracy {accuracy}")


def oid_of(project: Project, path: str = METRIC, rev: str = "HEAD") -> str:
    """The object of the stage's out at a revision."""
    outs = yaml.safe_load(project.file_at(rev, "dvc.lock"))["stages"]["evaluate"]["outs"]
    return next(out["md5"] for out in outs if out["path"] == path)


def metric(run, key: str = "accuracy"):
    (found,) = [each for each in run.json["metrics"] if each["key"] == key]
    return found


@pytest.fixture
def two(templates: Templates, tmp_path: Path) -> Project:
    """Two releases with 0.75 and 0.80."""
    return templates.copy("kept metrics released", tmp_path / "world")


def test_a_release_compares_them_and_writes_them_down(two):
    assert b"| eval/metrics.json:accuracy | 0.7500 | 0.8000 | +0.0500 | better |" in b" ".join(
        two.read("CHANGELOG.md").split()
    )
    assert "accuracy 0.7500 -> 0.8000 +0.0500 better" in " ".join(two.message_of("v0.2.0").split())


def test_the_tag_swears_to_their_bytes(two):
    files = {path: two.read(path) for path in (METRIC, INSIDE)}
    lines = b"".join(
        b"%s\0%s\n" % (path.encode(), hashlib.sha256(files[path]).hexdigest().encode()) for path in sorted(files)
    )
    assert f"Release-Metrics: {hashlib.sha256(lines).hexdigest()}" in two.message_of("v0.2.0")
    two.release("verify v0.2.0").succeeds()


@pytest.mark.parametrize("line", ["show v0.2.0", "diff v0.1.0 v0.2.0", "status"])
def test_every_look_has_the_numbers_from_the_remote_alone(two, line):
    evaluate(two, 0.9)
    two.empty_cache()
    shutil.rmtree(two.folder / "eval")
    two.before = two.snapshot()
    found = metric(two.release(f"{line} --json").succeeds())
    assert found["verdict"] == "better"
    assert (found["before"], found["after"]) == ((0.8, 0.9) if line == "status" else (0.75, 0.8))
    assert two.unchanged(), "reading numbers wrote into the repository or DVC's cache"


def test_list_and_changelog_have_them_in_a_clone_that_pulled_nothing(two):
    clone = two.clone()
    lines = clone.release("list --json").succeeds().json["releases"]
    assert [line["metrics"][f"{METRIC}:accuracy"] for line in lines] == [0.8, 0.75]
    assert lines[0]["metrics"][f"{INSIDE}:train.loss"] == 0.5
    assert clone.unchanged()
    clone.write("CHANGELOG.md", "# Changelog\n")
    clone.release("changelog v0.2.0").succeeds().says("| eval/metrics.json:accuracy | 0.7500 | 0.8000 |")
    clone.release("changelog --rebuild --yes").succeeds()
    assert b"| 0.7500 | 0.8000 | +0.0500 | better |" in b" ".join(clone.read("CHANGELOG.md").split())


def test_the_entry_to_come_has_them_too(two):
    evaluate(two, 0.9)
    clone = two.clone()
    clone.release("changelog").succeeds().says("| eval/metrics.json:accuracy | 0.8000 | 0.9000 | +0.1000 | better |")


def test_what_was_read_once_is_read_without_a_network_later(two):
    clone = two.clone()
    offline = clone.release("list --offline --json").succeeds().json["releases"]
    assert all(set(line["unread"]) == {METRIC, INSIDE} for line in offline)
    assert "no remote was asked" in offline[0]["unread"][METRIC]
    clone.release("list").succeeds()
    again = clone.release("list --offline --json").succeeds().json["releases"]
    assert [line["metrics"][f"{METRIC}:accuracy"] for line in again] == [0.8, 0.75]


def test_each_revision_is_read_from_the_remote_that_it_names(two):
    shutil.move(two.world.store, two.world.root / "stores" / "old")
    two.dvc("remote", "modify", "storage", "url", "../stores/new")
    evaluate(two, 0.9)  # pushes to the new store only what is new
    two.empty_cache()
    two.write(".dvc/config.local", "")
    shutil.move(two.world.root / "stores" / "old", two.world.store)
    found = metric(two.release("diff v0.1.0 HEAD --json").succeeds())
    assert (found["before"], found["after"]) == (0.75, 0.9)


def test_a_remote_that_is_gone_leaves_the_numbers_unreadable_with_the_reason(two):
    clone = two.clone()
    shutil.move(two.world.store, two.world.root / "elsewhere")
    line = clone.release("list --json").succeeds().json["releases"][0]
    assert line["metrics"] == {}
    assert f"has {oid_of(clone)}" in line["unread"][METRIC]
    run = clone.release("list").succeeds()
    run.says("v0.2.0: eval/metrics.json cannot be read: neither DVC's cache nor remote `storage` has")
    clone.release("show v0.2.0").succeeds().says("eval/metrics.json cannot be read")
    two.release("bump patch --allow-empty --yes").fails_with(4)
    assert two.unchanged()


def test_one_side_that_cannot_be_read_is_told_as_unreadable_not_as_new(two):
    two.lose(two.object_path(oid_of(two, rev="v0.1.0")))
    clone = two.clone()
    run = clone.release("diff v0.1.0 v0.2.0 --json").succeeds()
    assert metric(run)["verdict"] == "unreadable"
    assert any(note.startswith("v0.1.0: eval/metrics.json cannot be read") for note in run.json["warnings"])


def test_an_object_with_other_bytes_is_not_believed(two):
    path = two.object_path(oid_of(two))
    path.chmod(0o644)
    path.write_bytes(b'{"accuracy": 0.99}\n')
    path.chmod(0o444)
    clone = two.clone()
    line = clone.release("list --json").succeeds().json["releases"][0]
    assert "is not what the pointer says" in line["unread"][METRIC]
    assert f"{METRIC}:accuracy" not in line["metrics"]
    clone.release("bump patch --allow-empty --yes").fails_with(4).says("is not what the pointer says")
    assert clone.unchanged()


@pytest.mark.parametrize("place", [".dvc/cache/files/md5", "../home/.cache/dvc-release/files/md5"])
def test_a_cache_with_other_bytes_is_passed_over(two, place):
    two.release("list").succeeds()
    if "home" in place:
        two.empty_cache()
        two.release("list").succeeds()
    cached = two.folder / place / oid_of(two)[:2] / oid_of(two)[2:]
    cached.chmod(0o644)
    cached.write_bytes(b'{"accuracy": 0.99}\n')
    line = two.release("list --json").succeeds().json["releases"][0]
    assert line["metrics"][f"{METRIC}:accuracy"] == 0.8


def test_gates_judge_them(kept):
    kept.write(".release.toml", FLOOR)
    kept.save("chore: gates")
    kept.release("bump minor --yes").succeeds().says("accuracy 0.7500")
    evaluate(kept, 0.6)
    kept.release("bump minor --yes").fails_with(5).says("accuracy fell 0.1500 (0.7500 -> 0.6000)")
    assert kept.unchanged()
    evaluate(kept, 0.76)
    kept.empty_cache()
    kept.release("bump minor --yes").succeeds()


def test_a_gate_whose_earlier_number_is_lost_does_not_pass(kept):
    kept.write(".release.toml", FLOOR)
    kept.save("chore: gates")
    kept.release("bump minor --yes").succeeds()
    first = oid_of(kept)
    evaluate(kept, 0.76)
    kept.lose(kept.object_path(first))
    kept.empty_cache()
    kept.release("bump minor --yes").fails_with(5).says("accuracy cannot be read: eval/metrics.json", "in v0.1.0")
    assert kept.unchanged()


def test_a_gate_whose_earlier_directory_is_lost_does_not_pass(kept):
    kept.write(".release.toml", 'metrics = ["eval/live"]\n[gate."train.loss"]\nmax-regression = 0.01\n')
    kept.save("chore: gates")
    kept.release("bump minor --yes").succeeds()
    listing = oid_of(kept, "eval/live")
    kept.write(INSIDE, json.dumps({"train": {"loss": 0.9}}))
    kept.dvc("commit", "--quiet", "--force")
    kept.dvc("push", "--quiet")
    kept.save("Worse")
    kept.lose(kept.object_path(listing))
    kept.empty_cache()
    run = kept.release("bump minor --yes --json").fails_with(5)
    assert metric(run, "train.loss")["verdict"] == "unreadable"
    (gate,) = [check for check in run.json["checks"] if check["name"] == "gates"]
    assert "train.loss cannot be read: eval/live:" in gate["message"]
    assert kept.unchanged()


def test_offline_a_gate_whose_numbers_are_not_here_is_skipped(two):
    two.write(".release.toml", FLOOR)
    two.save("chore: gates")
    clone = two.clone()
    run = clone.release("status --offline --check --json").succeeds()
    (gate,) = [check for check in run.json["checks"] if check["name"] == "gates"]
    assert (gate["verdict"], gate["message"]) == ("skipped", "not checked, because no remote was asked: accuracy")
    clone.release("status --check").succeeds()
    evaluate(two, 0.6)
    two.release("status --offline --check").fails_with(5).says("accuracy fell 0.2000 (0.8000 -> 0.6000)")


def test_numbers_that_were_not_pushed_stop_a_release_and_can_be_read_here(kept):
    kept.release("bump minor --yes").succeeds()
    evaluate(kept, 0.8, push=False)
    run = kept.release("bump minor --dry-run --json").fails_with(4)
    assert metric(run)["after"] == 0.8


def test_offline_status_skips_what_is_not_here(two):
    clone = two.clone()
    clone.commit("More")
    found = clone.release("status --offline --json").succeeds()
    skipped = [check for check in found.json["checks"] if check["name"] == "metrics"]
    assert [check["verdict"] for check in skipped] == ["skipped", "skipped"]


def test_offline_gates_are_not_judged_by_what_was_not_read(two):
    two.write(".release.toml", FLOOR)
    two.save("chore: gates")
    clone = two.clone()
    found = clone.release("status --offline --json").succeeds()
    assert found.check("gates")["verdict"] == "skipped"
    assert clone.release("status --json").succeeds().check("gates")["verdict"] == "ok"


def test_a_configured_folder_stands_for_the_files_of_the_outs_in_it(kept):
    kept.write(".release.toml", 'metrics = ["eval"]\n')
    kept.save("chore: config")
    kept.release("bump minor --yes").succeeds()
    kept.empty_cache()
    (line,) = kept.release("list --json").succeeds().json["releases"]
    assert set(line["metrics"]) == {f"{METRIC}:accuracy", f"{INSIDE}:train.loss"}


def test_a_configured_file_that_the_tracked_folder_lacks_is_told(kept):
    kept.write(".release.toml", 'metrics = ["eval/live/other.json"]\n')
    kept.save("chore: config")
    kept.release("bump minor --yes").fails_with(4).says("the tracked directory eval/live has no such file")


def test_a_file_that_neither_git_nor_dvc_has_is_missing_as_ever(kept):
    kept.write(".release.toml", 'metrics = ["scores.json"]\n')
    kept.save("chore: config")
    kept.release("bump minor --yes").fails_with(3).says(
        "scores.json is named in the configuration but not in the commit"
    )


def test_parameters_that_dvc_keeps_are_compared(kept):
    kept.write("conf/params.json", json.dumps({"depth": 3}))
    kept.dvc("add", "--quiet", "conf/params.json")
    kept.write(".release.toml", 'params = ["conf/params.json"]\n')
    kept.dvc("push", "--quiet")
    kept.save("Parameters")
    kept.release("bump minor --yes").succeeds()
    kept.write("conf/params.json", json.dumps({"depth": 4}))
    kept.dvc("add", "--quiet", "conf/params.json")
    kept.dvc("push", "--quiet")
    kept.save("Deeper")
    kept.release("bump minor --yes").succeeds().says("depth 3 -> 4")


def test_the_usual_file_is_found_by_its_pointer_in_the_old_layout_too(legacy):
    legacy.git("rm", "--quiet", "--cached", "model/performance.json")
    legacy.dvc("add", "--quiet", "model/performance.json")
    pointer = legacy.folder / "model/performance.json.dvc"
    fields = yaml.safe_load(pointer.read_text())
    out = fields["outs"][0]
    del out["hash"]
    pointer.write_text(yaml.safe_dump(fields))
    for place in (legacy.folder / ".dvc/cache", legacy.world.store):  # as DVC 2 kept it
        target = place / out["md5"][:2] / out["md5"][2:]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(legacy.folder / "model/performance.json", target)
    legacy.save("Keep the numbers in DVC")
    legacy.release("bump minor --yes").succeeds()
    legacy.empty_cache()
    (line,) = legacy.release("list --json").succeeds().json["releases"]
    assert line["metrics"]["model/performance.json:overall.f1"] == 0.8412


def test_a_file_beyond_what_is_read_is_told_and_not_fetched(kept):
    kept.write("big/performance.json", b'{"a": "' + b"x" * MAX_DOCUMENT_BYTES + b'"}')
    kept.dvc("add", "--quiet", "big/performance.json")
    kept.dvc("push", "--quiet")
    kept.save("Big")
    run = kept.release("bump minor --yes").succeeds()
    run.says("big/performance.json cannot be read: it has 50.0 MB; the limit is 50.0 MB")
    kept.release("verify v0.1.0").succeeds()


def test_an_imported_file_warns_and_fails_a_gate(kept):
    other = kept.world.root / "other"
    kept.world.git(kept.world.root, "init", "--quiet", "other")
    source = kept.at("other")
    source.dvc("init", "--quiet")
    source.write("performance.json", '{"auc": 0.9}\n')
    source.commit("Numbers")
    assert other.is_dir()
    kept.dvc("import", "--quiet", "../other", "performance.json", "-o", "performance.json")
    kept.write(".release.toml", '[tool.release.audit]\nexternal = "allow"\n')
    kept.save("Import numbers")
    kept.empty_cache()
    kept.dvc("pull", "--quiet", METRIC, "eval/live")
    kept.release("bump minor --yes").succeeds().says("performance.json cannot be read: it is imported from elsewhere")
    kept.release("verify v0.1.0").succeeds()
    kept.write(".release.toml", '[tool.release.audit]\nexternal = "allow"\n[tool.release.gate.auc]\nmin = 0.5\n')
    kept.save("chore: a gate")
    kept.release("bump minor --yes").fails_with(5).says("auc is in no metric file")
    assert kept.unchanged()


def test_a_user_without_a_writable_cache_folder_reads_them_all_the_same(two):
    blocked = two.world.root / "blocked"
    blocked.write_text("no folder")
    two.world.variables["XDG_CACHE_HOME"] = os.fspath(blocked)
    clone = two.clone()
    assert clone.release("list --json").succeeds().json["releases"][0]["metrics"][f"{METRIC}:accuracy"] == 0.8


def test_verify_says_so_if_the_numbers_are_not_those_sworn_to(two):
    said = two.git("cat-file", "tag", "v0.2.0")
    digest = next(line for line in said.splitlines() if line.startswith("Release-Metrics: "))
    other = two.git("mktag", stdin=said.replace(digest, f"Release-Metrics: {'0' * 64}").encode() + b"\n")
    two.git("update-ref", "refs/tags/v0.2.0", other)
    two.release("verify --all").fails_with(4).says("differ from the digest in the tag (Release-Metrics)")
    two.lose(two.object_path(oid_of(two)))
    two.empty_cache()
    shutil.rmtree(two.world.root / "home" / ".cache", ignore_errors=True)
    run = two.release("verify v0.2.0").fails_with(4).says("is not on `storage`")
    run.never_says("differ from the digest in the tag (Release-Metrics)")


def test_a_rollback_takes_them_back_with_the_rest(two):
    run = two.release("rollback v0.1.0 --yes").succeeds()
    run.says("accuracy 0.8000 0.7500 -0.0500 worse", "goes back to v0.1.0: dvc.lock")
    assert oid_of(two) == oid_of(two, rev="v0.1.0")
    assert json.loads(two.read(METRIC)) == {"accuracy": 0.75}
    line = two.clone().release("list --json").succeeds().json["releases"][0]
    assert (line["tag"], line["metrics"][f"{METRIC}:accuracy"]) == ("v0.2.1", 0.75)
