"""A cloud-versioned S3 remote from end to end: the audit's verdict is what a fresh clone can pull."""

import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from project import Project
from project.truth import audit_of, compared_here, restores, tracked_files, what_dvc_says

from release.core.check import Verdict

pytestmark = pytest.mark.system

BUCKET = "versioned"
MODEL, FOLDER = "model/model.pt.dvc", "data/images.dvc"


@dataclass(frozen=True)
class Versioned:
    """A project whose remote keeps versions, and the bucket's owner; names in the bucket begin with `prefix`."""

    project: Project
    owner: Any
    prefix: str

    def name(self, path: str) -> Mapping[str, str]:
        return {"Bucket": BUCKET, "Key": f"{self.prefix}/{path}"}

    def lose_version(self, path: str, version: str) -> None:
        self.owner.delete_object(**self.name(path), VersionId=version)

    def edit(self, pointer: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change a pointer's out, commit and push."""
        document = yaml.safe_load(self.project.read(pointer))
        change(document["outs"][0])
        self.project.write(pointer, yaml.safe_dump(document, sort_keys=False))
        self.project.save()


def out_of(project: Project, pointer: str) -> dict[str, Any]:
    return yaml.safe_load(project.read(pointer))["outs"][0]


def nothing(_: Versioned) -> None:
    """As the real dvc pushed it."""


def overwrite_and_delete(on: Versioned) -> None:
    on.owner.put_object(**on.name("model/model.pt"), Body=b"newer")
    on.owner.delete_object(**on.name("data/images/cat/0001.png"))


def lose_file(on: Versioned) -> None:
    on.lose_version("model/model.pt", out_of(on.project, MODEL)["cloud"]["storage"]["version_id"])


def lose_file_below_a_newer_version(on: Versioned) -> None:
    on.owner.put_object(**on.name("model/model.pt"), Body=b"newer")
    lose_file(on)


def lose_entry(on: Versioned) -> None:
    entry = out_of(on.project, FOLDER)["files"][1]
    on.lose_version(f"data/images/{entry['relpath']}", entry["cloud"]["storage"]["version_id"])


def forget_version_of_entry(on: Versioned) -> None:
    on.edit(FOLDER, lambda out: out["files"][1].pop("cloud"))


def add_file_unpushed(on: Versioned) -> None:
    on.project.write("model/other.bin", b"other")
    on.project.dvc("add", "--quiet", "model/other.bin")
    on.project.save()


def grow_folder_unpushed(on: Versioned) -> None:
    on.project.write("data/images/cat/new.png", b"new cat")
    on.project.dvc("add", "--quiet", "data/images")
    on.project.save()


def subrepo(on: Versioned) -> None:
    """A DVC repository below the project: its names in the bucket begin at its own folder."""
    folder = on.project.folder / "sub"
    folder.mkdir()
    below = Project(on.project.world, folder)
    below.dvc("init", "--quiet", "--subdir")
    (folder / ".dvc" / "config").write_bytes(on.project.read(".dvc/config"))
    below.dvc("remote", "modify", "storage", "url", f"s3://{BUCKET}/{on.prefix}-sub")
    below.write("deep/deep.bin", b"deep")
    below.dvc("add", "--quiet", "deep/deep.bin")
    below.dvc("push", "--quiet")
    on.project.save()


def no_longer_aware(on: Versioned) -> None:
    on.project.dvc("remote", "modify", "storage", "version_aware", "false")
    on.project.save()


ROWS: Mapping[str, tuple[Callable[[Versioned], None], set[str]]] = {
    "pushed by dvc": (nothing, set()),
    "overwritten and deleted since": (overwrite_and_delete, set()),
    "in a subrepo": (subrepo, set()),
    "the version of a file is gone": (lose_file, {"missing"}),
    "the version of a file is gone and a newer one is there": (lose_file_below_a_newer_version, {"missing"}),
    "the version of an entry is gone": (lose_entry, {"missing"}),
    "an entry without a version id": (forget_version_of_entry, {"missing"}),
    "a file that was not pushed": (add_file_unpushed, {"missing"}),
    "a folder that grew and was not pushed": (grow_folder_unpushed, {"missing"}),
    "a remote that is no longer version aware": (no_longer_aware, {"missing", "unknown"}),
}


@pytest.fixture
def versioned(request, directory: Project, weed, owner) -> Iterator[Versioned]:
    """A file and a folder, pushed by the real dvc to a version-aware remote, committed and pushed."""
    prefix = f"row-{list(ROWS).index(request.node.callspec.params['row'])}"
    settings = {
        "url": f"s3://{BUCKET}/{prefix}",
        "endpointurl": f"http://127.0.0.1:{weed}",
        "region": "us-east-1",
        "access_key_id": "AKOWNER",
        "secret_access_key": "SKOWNERsecret",
        "version_aware": "true",
    }
    for key, value in settings.items():
        directory.dvc("remote", "modify", "storage", key, value)
    directory.write("model/model.pt", b"weights")
    directory.dvc("add", "--quiet", "model/model.pt")
    directory.dvc("push", "--quiet")
    directory.save()
    assert len(out_of(directory, FOLDER)["files"]) == 6
    yield Versioned(directory, owner, prefix)
    gc.collect()  # what libraries left open is told now, where the tests' filter knows it


@pytest.mark.parametrize("row", ROWS)
def test_the_verdict_on_versions_is_what_a_fresh_clone_can_pull(row, versioned: Versioned):
    act, kinds = ROWS[row]
    act(versioned)
    project = versioned.project
    expected = tracked_files(project, "HEAD")
    before = project.snapshot()

    audit = audit_of(project)

    assert project.snapshot() == before, "the audit wrote something"
    restored = restores(project, "HEAD", expected)
    print(f"{row}: restorable {restored}, audit {audit.verdict.value}, dvc status -c says {what_dvc_says(project)!r}")
    assert {problem.kind.value for problem in audit.problems} == kinds, [each.message for each in audit.problems]
    assert restored == (not kinds)
    assert (audit.verdict is Verdict.OK) == restored
    assert (audit.digest is not None) == restored
    if restored:
        assert compared_here(project, audit).verdict is Verdict.OK
