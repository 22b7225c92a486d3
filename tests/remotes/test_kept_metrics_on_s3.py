"""Numbers of metric files that only an S3 bucket has: by hash in a plain one, by version in one that keeps versions."""

import gc
import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from project import Project

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

METRIC, INSIDE = "eval/metrics.json", "eval/live/metrics.json"
GATE = "[tool.release.gate.accuracy]\nmax-regression = 0.01\n"


@dataclass(frozen=True)
class Bucket:
    """A project whose data is in a bucket below `prefix`; `owner` is the bucket's."""

    project: Project
    owner: Any
    name: str
    prefix: str
    aware: bool

    def evaluate(self, accuracy: float, *, push: bool = True) -> None:
        """Another result, committed; pushed by the real dvc unless told otherwise."""
        self.project.write("params.yaml", f"evaluate:\n  accuracy: {accuracy}\n")
        self.project.dvc("repro", "--quiet")
        if push:
            self.project.dvc("push", "--quiet")
        self.project.save(f"Accuracy {accuracy}")

    def out(self, rev: str, path: str = METRIC) -> dict[str, Any]:
        """An out of the stage, as a revision has it."""
        outs = yaml.safe_load(self.project.file_at(rev, "dvc.lock"))["stages"]["evaluate"]["outs"]
        return next(out for out in outs if out["path"] == path)

    def lose(self, rev: str, path: str = METRIC) -> None:
        """Delete the object of a revision's out: for good where versions are kept, too."""
        out = self.out(rev, path)
        if self.aware:
            version = out["cloud"]["storage"]["version_id"]
            self.owner.delete_object(Bucket=self.name, Key=f"{self.prefix}/{path}", VersionId=version)
        else:
            key = f"{self.prefix}/files/md5/{out['md5'][:2]}/{out['md5'][2:]}"
            self.owner.delete_object(Bucket=self.name, Key=key)


@pytest.fixture(params=["plain", "versioned"])
def bucket(request, kept: Project, buckets, owner):
    """v0.1.0 with 0.75 and v0.2.0 with 0.80, made by `release`."""
    aware = request.param == "versioned"
    prefix = f"kept-{hashlib.md5(request.node.name.encode()).hexdigest()[:8]}"
    settings = {**buckets[request.param].settings, "url": f"s3://{request.param}/{prefix}"}
    settings |= {"version_aware": "true"} if aware else {}
    lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
    kept.write(".dvc/config", f"[core]\n    remote = storage\n['remote \"storage\"']\n{lines}")
    kept.write(".release.toml", GATE)
    on = Bucket(kept, owner, request.param, prefix, aware)
    for minor, accuracy in ((1, 0.75), (2, 0.8)):
        on.evaluate(accuracy)
        kept.release("bump minor -m Accuracy --yes").succeeds()
        assert kept.published(f"v0.{minor}.0")
    assert ("cloud" in on.out("v0.2.0")) == aware
    yield on
    gc.collect()  # what libraries left open is told now, where the tests' filter knows it


def accuracies(run) -> list[Any]:
    return [line["metrics"].get(f"{METRIC}:accuracy") for line in run.json["releases"]]


def accuracy(run) -> dict[str, Any]:
    (found,) = [each for each in run.json["metrics"] if each["key"] == "accuracy"]
    return found


def test_every_look_and_every_gate_has_them_in_a_clone_that_pulled_nothing(bucket):
    clone = bucket.project.clone()
    run = clone.release("list --json").succeeds()
    assert accuracies(run) == [0.8, 0.75]
    assert run.json["releases"][0]["metrics"][f"{INSIDE}:train.loss"] == 0.5, "a file in a folder"
    for line in ("diff v0.1.0 v0.2.0", "show v0.2.0"):
        found = accuracy(clone.release(f"{line} --json").succeeds())
        assert (found["before"], found["after"], found["verdict"]) == (0.75, 0.8, "better")
    assert clone.unchanged()
    bucket.evaluate(0.7)
    clone = bucket.project.clone("gated")
    run = clone.release("bump minor --dry-run --json").fails_with(5)
    assert accuracy(run)["before"] == 0.8
    assert "accuracy" in run.check("gates")["message"]
    bucket.evaluate(0.9)
    clone.git("pull", "--quiet")
    clone.release("bump minor -m Better --yes").succeeds().says("accuracy 0.8000 0.9000 +0.1000 better")
    assert clone.published("v0.3.0")


def test_an_object_that_is_gone_is_unreadable_with_the_reason_and_fails_the_gate(bucket):
    bucket.lose("v0.2.0")
    clone = bucket.project.clone()
    run = clone.release("list --json").succeeds()
    assert accuracies(run) == [None, 0.75]
    assert "storage" in run.json["releases"][0]["unread"][METRIC]
    for line in ("diff v0.1.0 v0.2.0", "show v0.2.0"):
        run = clone.release(f"{line} --json").succeeds()
        found = accuracy(run)
        assert (found["before"], found["after"], found["verdict"]) == (0.75, None, "unreadable")
    clone.release("show v0.2.0").succeeds().says(f"{METRIC} cannot be read", "storage")
    bucket.evaluate(0.9)
    clone.git("pull", "--quiet")
    run = clone.release("bump minor --dry-run --json").fails_with(5)
    assert METRIC in run.check("gates")["message"]
    clone.release("verify v0.2.0").fails_with(4).says(METRIC)


def test_what_is_hidden_or_overwritten_is_read_by_its_version(bucket):
    if bucket.aware:
        name = {"Bucket": bucket.name, "Key": f"{bucket.prefix}/{METRIC}"}
        bucket.owner.put_object(**name, Body=b'{"accuracy": 0.1}')
        bucket.owner.delete_object(**name)
        assert accuracies(bucket.project.clone().release("list --json").succeeds()) == [0.8, 0.75]
        return
    oid = bucket.out("v0.2.0")["md5"]
    bucket.owner.put_object(
        Bucket=bucket.name, Key=f"{bucket.prefix}/files/md5/{oid[:2]}/{oid[2:]}", Body=b'{"accuracy": 9.8}'
    )
    run = bucket.project.clone().release("list --json").succeeds()
    assert accuracies(run) == [None, 0.75], "another content under the name"
    assert "storage" in run.json["releases"][0]["unread"][METRIC]
