"""Template worlds, built once per run with the real dvc and copied for each test: a copy costs milliseconds."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from project.project import Project
from project.world import World

PERFORMANCE: dict[str, dict[str, Any]] = {
    "overall": {"precision": 0.8735, "recall": 0.8117, "f1": 0.8412, "loss": 0.3120, "num_samples": 144},
    "class": {"mlops": {"f1": 0.8182, "num_samples": 12}, "nlp": {"f1": 0.9000, "num_samples": 51}},
    "slices": {"short_text": {"f1": 0.7500, "num_samples": 8}},
}
PARAMS = {"seed": 1234, "embedding_dim": 128, "num_filters": 50, "dropout_p": 0.1}
FILES = MappingProxyType(
    {
        "data/projects.json": b'[{"id": 1, "title": "charCNN"}]\n' * 200,
        "data/tags.json": b'["mlops", "nlp"]\n',
        "model/label_encoder.json": b'{"mlops": 0, "nlp": 1}\n',
        "model/tokenizer.json": b'{"a": 1, "b": 2}\n',
        "model/model.pt": bytes(range(256)) * 64,
    }
)
IMAGES = MappingProxyType(
    {
        f"data/images/{kind}/{number:04}.png": f"{kind} {number}".encode() * 30
        for kind in ("cat", "dog")
        for number in range(3)
    }
)


@dataclass(frozen=True, slots=True)
class Templates:
    """The worlds of one test run below `folder`, which all workers share."""

    folder: Path

    def copy(self, kind: str, root: Path) -> Project:
        """A copy of the world of that kind at `root`."""

        def build(place: Path) -> Project:
            project = Project(_new_world(place), place / "project")
            BUILDERS[kind](project)
            return project

        return self._copy(kind, build, root)

    def grown(self, kind: str, grow: Callable[[Project], object], root: Path) -> Project:
        """A copy of the world of that kind after `grow`, which runs once for all tests of a run."""

        def build(place: Path) -> Project:
            project = self.copy(kind, place)
            grow(project)
            return project

        return self._copy(f"{grow.__module__}.{grow.__name__}", build, root)

    def _copy(self, name: str, build: Callable[[Path], Project], root: Path) -> Project:
        finished = self.folder / name
        if not finished.is_dir():
            with _alone(self.folder / f"{name}.lock"):
                if not finished.is_dir():
                    building = self.folder / f"{name}.building"
                    shutil.rmtree(building, ignore_errors=True)
                    seconds = build(building).world.seconds
                    (building / "home" / "seconds").write_text(str(seconds))
                    building.rename(finished)
        shutil.copytree(finished, root, symlinks=True)
        world = World(root, seconds=int((root / "home" / "seconds").read_text()))
        return Project(world, root / "project")


def as_json(values: Mapping[str, object]) -> str:
    """A file as people keep it: indented, with a final newline."""
    return json.dumps(values, indent=2) + "\n"


def performance(f1: float = 0.8412, loss: float = 0.3120) -> str:
    """A `performance.json` whose overall numbers are these."""
    return as_json(PERFORMANCE | {"overall": PERFORMANCE["overall"] | {"f1": f1, "loss": loss}})


def _plain(project: Project) -> None:
    _start(project)
    _write_all(project, FILES)
    project.dvc("add", "--quiet", *FILES)
    project.dvc("push", "--quiet")
    project.save("Start")


def _released(project: Project) -> None:
    _plain(project)
    project.git("tag", "-a", "v0.1.0", "-m", "First")
    project.git("push", "--quiet", "origin", "v0.1.0")


def _directory(project: Project) -> None:
    _start(project)
    _write_all(project, IMAGES)
    project.dvc("add", "--quiet", "data/images")
    project.dvc("push", "--quiet")
    project.save("Start")


def _pipeline(project: Project) -> None:
    _start(project)
    project.write("data/rows.csv", "x,y\n1,2\n3,4\n")
    project.dvc("add", "--quiet", "data/rows.csv")
    project.write("params.yaml", "train:\n  seed: 1234\n  epochs: 3\n")
    project.write(
        "train.sh",
        "mkdir -p out/plots\ncat data/rows.csv params.yaml > out/model.bin\nprintf '{\"accuracy\": 0.75}\\n' > scores.json\n"
        "printf 'a\\n' > out/plots/a.txt\nprintf 'b\\n' > out/plots/b.txt\n",
    )
    project.write(
        "dvc.yaml",
        "stages:\n  train:\n    cmd: sh train.sh\n    deps: [data/rows.csv, train.sh]\n    params: [train]\n"
        "    outs: [out/model.bin, out/plots]\n    metrics:\n      - scores.json:\n          cache: false\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("Start")


def _kept_metrics(project: Project) -> None:
    """As DVC's own example has it: the stage's metrics, and a folder of more, are cached outs, not files in git."""
    _start(project)
    (project.folder / "model" / "performance.json").unlink()
    project.write("params.yaml", "evaluate:\n  accuracy: 0.75\n")
    project.write(
        "evaluate.sh",
        "mkdir -p eval/live/plots\na=$(sed -n 's/.*accuracy: //p' params.yaml)\n"
        "printf '{\"accuracy\": %s}\\n' $a > eval/metrics.json\n"
        "printf '{\"train\": {\"loss\": 0.5}}\\n' > eval/live/metrics.json\nprintf 'p\\n' > eval/live/plots/p.tsv\n",
    )
    project.write(
        "dvc.yaml",
        "stages:\n  evaluate:\n    cmd: sh evaluate.sh\n    deps: [evaluate.sh]\n    params: [evaluate]\n"
        "    outs: [eval/live]\n    metrics: [eval/metrics.json]\nmetrics: [eval/live/metrics.json]\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("Start")


def _kept_metrics_released(project: Project) -> None:
    """Two releases of it, with 0.75 and 0.80."""
    _kept_metrics(project)
    project.release("bump minor -m One --yes").succeeds()
    project.write("params.yaml", "evaluate:\n  accuracy: 0.8\n")
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("Accuracy 0.8")
    project.release("bump minor -m Two --yes").succeeds()


def _imports(project: Project) -> None:
    """Three releases with a file and a folder of another repository; the second took them anew, the third adds own data."""
    _start(project)
    root = project.world.root
    project.world.git(root, "init", "--quiet", "theirs")
    theirs = project.at("theirs")
    theirs.dvc("init", "--quiet")
    theirs.dvc("remote", "add", "-d", "storage", "../stores/theirs")
    for number, content in enumerate((b"first", b"second"), 1):
        _write_all(theirs, {"raw/a.csv": content, "raw/b.csv": content * 2, "one.bin": content * 3})
        theirs.dvc("add", "--quiet", "raw", "one.bin")
        theirs.dvc("push", "--quiet")
        theirs.commit("Data")
        for name in ("raw", "one.bin"):
            how = ("import", "../theirs", name, "-o", name) if number == 1 else ("update", f"{name}.dvc")
            project.dvc(*how)
        _write_all(project, {"model/model.pt": content * 1000})
        project.dvc("add", "--quiet", "model/model.pt")
        project.dvc("push", "--quiet")
        project.save(f"Import {number}")
        project.git("tag", "-a", f"v0.{number}.0", "-m", f"Import {number}")
    project.write(".release.toml", '[audit]\nexternal = "allow"\n')
    project.save("Allow imports")
    project.git("tag", "-a", "v0.3.0", "-m", "Allow imports")
    project.git("push", "--quiet", "origin", "--tags")


def _legacy(project: Project) -> None:
    """Pointers and objects as DVC 2 left them: no `hash:` line, no `files/md5` folder."""
    _start(project)
    _write_all(project, FILES | IMAGES)
    project.dvc("add", "--quiet", *FILES, "data/images")
    for pointer in project.folder.rglob("*.dvc"):
        if pointer.is_file():
            pointer.write_text(pointer.read_text().replace("  hash: md5\n", ""))
    cache = project.folder / ".dvc" / "cache"
    for shard in (cache / "files" / "md5").iterdir():
        shard.rename(cache / shard.name)
    shutil.rmtree(cache / "files")
    project.dvc("push", "--quiet")
    assert not (project.world.store / "files").exists(), "dvc pushed a legacy pointer into the new layout"
    project.save("Start")


def _two_remotes(project: Project) -> None:
    _start(project)
    _write_all(project, FILES)
    project.dvc("remote", "add", "archive", "../stores/archive")
    project.dvc("add", "--quiet", *FILES)
    pointer = project.folder / "model" / "model.pt.dvc"
    pointer.write_text(pointer.read_text() + "  remote: archive\n")
    project.dvc("push", "--quiet")
    project.save("Start")


def _without_dvc(project: Project) -> None:
    _start_git(project)
    project.save("Start")


def _start(project: Project) -> None:
    _start_git(project)
    project.dvc("init", "--quiet")
    project.dvc("remote", "add", "-d", "storage", "../stores/blob")


def _start_git(project: Project) -> None:
    project.git("init", "--quiet")
    project.git("remote", "add", "origin", "../origin.git")
    project.write("README.md", "# charCNN\n")
    project.write("model/params.json", as_json(PARAMS))
    project.write("model/performance.json", performance())


def _new_world(root: Path) -> World:
    world = World(root)
    (root / "project").mkdir(parents=True)
    world.furnish()
    world.git(root, "init", "--quiet", "--bare", "origin.git")
    return world


def _write_all(project: Project, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        project.write(path, content)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


BUILDERS: Mapping[str, Callable[[Project], None]] = MappingProxyType(
    {
        "plain": _plain,
        "released": _released,
        "directory": _directory,
        "pipeline": _pipeline,
        "kept metrics": _kept_metrics,
        "kept metrics released": _kept_metrics_released,
        "imports": _imports,
        "legacy": _legacy,
        "two remotes": _two_remotes,
        "without dvc": _without_dvc,
    }
)
