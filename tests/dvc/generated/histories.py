"""Small histories in the shape of public repositories whose tags are from DVC 0.x to 3.x."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from generated.draft import CONFIG, ROOT, SETTINGS, Build, Draft, out, ran, text


def _old(draft: Draft, name: str, *, stage: bool = False, in_git: bool = False, **more: Any) -> dict[str, Any]:
    """A file of DVC 0.x to 2.x: an out without `hash`; `more` are its keys."""
    content = draft.fresh()
    oid = hashlib.md5(content).hexdigest() if in_git else draft.keep(content, legacy=True)
    if in_git:
        draft.write(f"/{name}", content)
    else:
        draft.promise("/dvc.yaml" if stage else f"/{name}.dvc", f"/{name}", content)
    return {"md5": oid, "path": name.rpartition("/")[2], **more}


def _old_folder(draft: Draft, name: str, pointer: str, **more: Any) -> dict[str, Any]:
    """A folder of DVC 0.x to 2.x."""
    files = {"a.png": draft.fresh(), "b/c.png": draft.fresh()}
    listing = [{"md5": draft.keep(content, legacy=True), "relpath": path} for path, content in files.items()]
    for path, content in files.items():
        draft.promise(f"/{pointer}", f"/{name}/{path}", content)
    oid = draft.keep(json.dumps(listing).encode(), legacy=True, suffix=".dir")
    return {"md5": oid, "path": name.rpartition("/")[2], **more}


_FLAGS = {"cache": True, "metric": False, "persist": False}


def _zero_file(name: str, **flags: Any) -> Build:
    """As `dvc add` of 0.x wrote it."""

    def build(draft: Draft) -> None:
        top = {"md5": "3" * 32, "wdir": "."}
        draft.write(f"/{name}.dvc", text({**top, "outs": [_old(draft, name, **flags)]}))

    return build


def _zero_stages(draft: Draft) -> None:
    """Stages in files of their own, the last one's metric in git."""
    _zero_file("data.xml", **_FLAGS)(draft)
    first, second = (_old_folder(draft, name, f"{name}.dvc", **_FLAGS) for name in ("prepared", "features"))
    model = _old(draft, "model.pkl", **_FLAGS)
    metric = _old(draft, "auc.metric", in_git=True, cache=False, metric=True, persist=False)
    for name, made in (("prepared", first), ("features", second), ("model.pkl", model), ("evaluate", metric)):
        stage = {
            "md5": "4" * 32,
            "cmd": "python x.py",
            "wdir": ".",
            "deps": [{"md5": "5" * 32, "path": "x.py"}],
            "outs": [made],
        }
        draft.write(f"/{name}.dvc", text(stage))


def _pipeline(*, schema: bool, more: Mapping[str, Any] | None = None, **top: Any) -> Build:
    """As DVC 1 and 2 wrote them: a `dvc.yaml`, and a lock without `hash`, with and without its schema."""

    def build(draft: Draft) -> None:
        model, metric = _old(draft, "model.pkl", stage=True), _old(draft, "scores.json", stage=True, in_git=True)
        train: dict[str, Any] = {
            "cmd": "python train.py",
            "deps": ["train.py"],
            "params": ["train.seed"],
            "outs": ["model.pkl"],
        }
        train |= {
            "metrics": [{"scores.json": {"cache": False}}],
            "plots": [{"prc.json": {"cache": False, "x": "recall"}}],
        }
        draft.write("/prc.json", "[]")
        draft.write("/params.yaml", "train:\n  seed: 1\n")
        draft.write("/dvc.yaml", text({"stages": {"train": train | dict(more or {})}, **top}))
        plot = {"path": "prc.json", "md5": hashlib.md5(b"[]").hexdigest()}
        stages = {"train": ran(model, metric, plot, cmd="python train.py", params={"params.yaml": {"train.seed": 1}})}
        draft.write("/dvc.lock", text({"schema": "2.0", "stages": stages} if schema else stages))

    return build


def _three(draft: Draft) -> None:
    """As DVC 3 writes them, with artifacts, plots and metrics at the top, and a folder of live metrics as an out."""
    draft.write("/data.xml.dvc", text({"outs": [draft.file("/data.xml.dvc", "/data.xml") | {"path": "data.xml"}]}))
    live, model = draft.tree("/dvc.yaml", "/eval/live"), draft.file("/dvc.yaml", "/model.pkl")
    stages = {
        "train": {"cmd": "python train.py", "deps": ["data.xml"], "outs": ["model.pkl"]},
        "evaluate": {"cmd": "python evaluate.py", "deps": ["model.pkl"], "outs": ["eval/live"]},
    }
    top: dict[str, Any] = {
        "metrics": ["eval/live/metrics.json"],
        "plots": [{"ROC": {"template": "simple", "x": "fpr", "y": {"eval/live/roc.json": "tpr"}}}],
        "artifacts": {"text": {"path": "model.pkl", "type": "model", "desc": "x", "labels": ["nlp"]}},
    }
    draft.write("/dvc.yaml", text({**top, "stages": stages}))
    locked = {"train": ran(model | {"path": "model.pkl"}), "evaluate": ran(live | {"path": "eval/live"})}
    draft.write("/dvc.lock", text({"schema": "2.0", "stages": locked}))


def _all(*builds: Build) -> Build:
    def build(draft: Draft) -> None:
        for each in builds:
            each(draft)

    return build


def _old_files(*names: str, **more: Any) -> Build:
    """As `dvc add` of DVC 1 and 2 wrote them."""

    def build(draft: Draft) -> None:
        for name in names:
            draft.write(f"/{name}.dvc", text({"outs": [_old(draft, name, **more)]}))

    return build


def _old_folders(*names: str, **more: Any) -> Build:
    def build(draft: Draft) -> None:
        for name in names:
            draft.write(f"/{name}.dvc", text({"outs": [_old_folder(draft, name, f"{name}.dvc", **more)]}))

    return build


def _new_files(*names: str, **more: Any) -> Build:
    def build(draft: Draft) -> None:
        for name in names:
            made = draft.file(f"/{name}.dvc", f"/{name}") | {"path": name.rpartition("/")[2]}
            draft.write(f"/{name}.dvc", text({"outs": [made | more]}))

    return build


def _imported(word: str, *, there: bool = False) -> Build:
    """A file of a registry, imported with the word of the time: `locked` or `frozen`."""

    def build(draft: Draft) -> None:
        draft.repository.external = "fail"
        dep = {"path": "data.xml", "repo": {"url": f"{ROOT}/registry", "rev_lock": "6" * 40}}
        made = draft.file("/data.xml.dvc", "/data.xml") if there else out("data.xml", "7" * 32, 14)
        draft.write("/data.xml.dvc", text({word: True, "deps": [dep], "outs": [made | {"path": "data.xml"}]}))

    return build


def _below(name: str) -> Build:
    """A project folder with DVC settings of its own."""

    def build(draft: Draft) -> None:
        draft.write(f"/{name}/.dvc/config", SETTINGS.replace(b"../../", b"../../../../"))
        _new_files(f"{name}/data/a.bin")(draft)

    return build


def _no_top(draft: Draft) -> None:
    draft.repository.files.pop(CONFIG)


# What is tagged in the course of time, by repository.
HISTORIES: Mapping[str, Mapping[str, Build]] = {
    "a tutorial that grew with DVC": {
        "1-add": _zero_file("data.xml", **_FLAGS),
        "2-stages": _zero_stages,
        "3-pipeline-of-1": _all(_pipeline(schema=False), _old_files("data.xml")),
        "4-pipeline-of-2": _all(_pipeline(schema=True), _old_files("data.xml", size=14445097)),
        "5-three": _three,
    },
    "versions of a data set and a model": {
        "v1.0": _all(_zero_file("model.h5", **_FLAGS), _old_folders("images", **_FLAGS)),
        "v2.0": _all(_old_files("model.h5", size=9), _old_folders("images", size=9, nfiles=2)),
        "v3.0": _all(_new_files("model.h5"), _old_folders("images", size=9, nfiles=2)),
    },
    "a registry of data": {
        "a": _all(
            _old_files("get-started/data.xml", "tutorial/data.zip"), _old_folders("mnist/images", size=9, nfiles=2)
        ),
        "b": _all(
            _old_files("get-started/data.xml", desc="Questions", type="dataset", labels=["nlp"], meta={"by": "x"}),
            lambda draft: draft.write("/dvc.yaml", text({"artifacts": {"q": {"path": "get-started/data.xml.dvc"}}})),
        ),
    },
    "images that tests compare with": {
        "6.2.0": _old_files(*(f"test/baseline/img{number}.ps" for number in range(12)), size=20),
        "6.5.0": _all(_old_folders("test/baseline/mapproject", size=9, nfiles=2), _new_files("test/baseline/new.ps")),
    },
    "images of a Python package": {
        "v0.3.0": _old_files("pkg/tests/baseline/test_basemap.png", "pkg/tests/baseline/test_grid.png", size=20),
        "v0.10.0": _new_files("pkg/tests/baseline/test_basemap.png", "pkg/tests/baseline/test_grid.png"),
    },
    "data of somebody else": {
        "v0.1": _imported("locked"),
        "v0.2": _imported("frozen"),
        "v0.3": _new_files("data.xml"),
    },
    "live metrics of DVC 2": {
        "live": _all(_pipeline(schema=True, more={"live": {"dvclive": {"summary": True}}}), _old_files("data.xml")),
        "checkpoints": _pipeline(schema=True, more={"outs": [{"model.pkl": {"checkpoint": True}}]}),
        "none": _three,
    },
    "projects in folders": {
        "one": _all(_no_top, _below("models/a")),
        "two": _all(_no_top, _below("models/a"), _below("models/b")),
    },
}

# DVC 3 refuses `metric` in an out, `cmd` in a `.dvc` file, a lock without its schema and `live`; and nobody has the registry.
LOST = {"1-add", "2-stages", "3-pipeline-of-1", "v1.0", "v0.1", "v0.2", "live"}
