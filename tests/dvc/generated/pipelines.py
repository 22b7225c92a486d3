"""`dvc.yaml` and `dvc.lock`: stages, templates, flags, and keys that DVC reads or refuses."""

import hashlib
from collections.abc import Mapping
from typing import Any

from generated.draft import Build, Draft, out, ran, text
from generated.kinds import Kind

_YAML, _LOCK = "dvc.yaml", "dvc.lock"


def stage(*, lock: Mapping[str, Any] | None = None, top: Mapping[str, Any] | None = None, **more: Any) -> Build:
    """A stage with a file and a folder as outs that was run, with more keys in the stage, its lock, and at the top."""

    def build(draft: Draft) -> None:
        outs = [draft.file(_YAML, "m.bin"), draft.tree(_YAML, "d")]
        draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin", "d"], **more}}, **(top or {}))
        draft.write(_LOCK, text({"schema": "2.0", "stages": {"make": ran(*outs, **(lock or {}))}}))
        if "wdir" in more:
            draft.repository.promises = []  # they are elsewhere

    return build


def flagged(kind: str = "outs", **flags: Any) -> Build:
    """A stage whose one out has flags."""

    def build(draft: Draft) -> None:
        made = draft.file(_YAML, "m.json")
        draft.pipeline({"make": {"cmd": "true", kind: [{"m.json": flags}]}})
        draft.lock({"make": [made]})

    return build


def locked(**changes: Any) -> Build:
    """A stage whose out has other values in the lock; what is None is left out."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})
        fields = out("m.bin", draft.keep(content), len(content)) | changes
        draft.lock({"make": [{key: value for key, value in fields.items() if value is not None}]})

    return build


def rewritten(old: str, new: str, name: str = _LOCK) -> Build:
    """A stage one of whose files says something else; nothing of it is promised then."""

    def build(draft: Draft) -> None:
        stage()(draft)
        path = draft.path(name)
        data = draft.repository.files[path].decode()
        assert old in data
        draft.repository.change(path, data.replace(old, new, 1).encode())
        draft.repository.change(draft.path(_YAML), draft.repository.files[draft.path(_YAML)])

    return build


def templated(document: Mapping[str, Any], outs: Mapping[str, tuple[str, ...]], **files: str | bytes) -> Build:
    """A `dvc.yaml` with templates: `outs` are the stages and outs that come of it; `files` stand beside it."""

    def build(draft: Draft) -> None:
        for name, content in files.items():
            draft.write(name.replace("__", "."), content)
        draft.pipeline(**document)
        draft.lock({name: [draft.file(_YAML, each) for each in paths] for name, paths in outs.items()})

    return build


def _do(path: str, **more: Any) -> dict[str, Any]:
    return {"cmd": "true", "outs": [path], **more}


def _metrics_and_plots(draft: Draft) -> None:
    made = [draft.file(_YAML, name) for name in ("m.json", "p.csv")] + [draft.tree(_YAML, "plots")]
    draft.pipeline(
        {"eval": {"cmd": "true", "metrics": ["m.json"], "plots": [{"p.csv": {"x": "a", "header": False}}, "plots"]}}
    )
    draft.lock({"eval": made})


def _metrics_in_git(draft: Draft) -> None:
    content = draft.fresh()
    draft.write("m.json", content)
    draft.pipeline({"eval": {"cmd": "true", "metrics": [{"m.json": {"cache": False}}]}})
    draft.lock({"eval": [out("m.json", hashlib.md5(content).hexdigest(), len(content))]})


def _metrics_not_in_git(draft: Draft) -> None:
    _metrics_in_git(draft)
    draft.repository.change(draft.path("m.json"), None)


def _wdir(wdir: str, name: str, real: str) -> Build:
    def build(draft: Draft) -> None:
        draft.write("src/kept", "1")
        content = draft.fresh()
        draft.pipeline({"make": {"cmd": "true", "wdir": wdir, "outs": [name]}})
        draft.lock({"make": [out(name, draft.keep(content), len(content))]})
        draft.promise(_YAML, real, content)

    return build


def _leftovers(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})
    draft.lock({"make": [made], "gone": [out("gone.bin", "c" * 32, 1)], "empty": []})


def _leftover_out(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})
    draft.lock({"make": [made, out("gone.bin", "c" * 32, 1)]})


def _never_run(draft: Draft) -> None:
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})


def _one_never_run(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}, "more": {"cmd": "true", "outs": ["n.bin"]}})
    draft.lock({"make": [made]})


def _one_out_never_made(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin", "n.bin"]}})
    draft.lock({"make": [made]})


def _never_run_without_cache(draft: Draft) -> None:
    draft.write("m.json", "1")
    draft.pipeline({"make": {"cmd": "true", "metrics": [{"m.json": {"cache": False}}]}})


def _lock(content: str) -> Build:
    def build(draft: Draft) -> None:
        _never_run(draft)
        draft.write(_LOCK, content)

    return build


def _yaml_alone(content: str) -> Build:
    return lambda draft: draft.write(_YAML, content)


def _legacy(draft: Draft) -> None:
    """As DVC 2 wrote a lock: no `hash`."""
    content = draft.fresh()
    made = out("m.bin", draft.keep(content, legacy=True), len(content))
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})
    draft.lock({"make": [{key: value for key, value in made.items() if key != "hash"}]})
    draft.promise(_YAML, "m.bin", content)


def _lock_of_dvc_1(draft: Draft) -> None:
    """As DVC 1 wrote a lock: stages at the top."""
    content = draft.fresh()
    draft.pipeline({"make": {"cmd": "true", "outs": ["m.bin"]}})
    draft.write(_LOCK, text({"make": {"cmd": "true", "outs": [{"path": "m.bin", "md5": draft.keep(content)}]}}))


def _on_another_remote(draft: Draft) -> None:
    draft.remote("second", "second")
    draft.store = "second"
    flagged(remote="second")(draft)


def _chain(draft: Draft) -> None:
    first, second = draft.file(_YAML, "a.bin"), draft.file(_YAML, "b.bin")
    draft.write("run.sh", "true\n")
    draft.write("params.yaml", "train:\n  seed: 1\n")
    steps = {
        "first": {
            "cmd": "sh run.sh",
            "deps": ["run.sh"],
            "params": ["train.seed", {"other.json": ["x"]}],
            "outs": ["a.bin"],
        },
        "second": {"cmd": ["true", "true"], "deps": ["a.bin"], "outs": ["b.bin"], "desc": "the second"},
    }
    draft.write("other.json", '{"x": 1}')
    draft.pipeline(steps)
    stages = {
        "first": ran(first, cmd="sh run.sh", deps=[{"path": "run.sh", "hash": "md5", "md5": "1" * 32, "size": 5}],
                     params={"params.yaml": {"train.seed": 1}, "other.json": {"x": 1}}),
        "second": ran(second, cmd=["true", "true"], deps=[{"path": "a.bin", "hash": "md5", "md5": first["md5"], "size": first["size"]}]),
    }  # fmt: skip
    draft.write(_LOCK, text({"schema": "2.0", "stages": stages}))


def _circle(draft: Draft) -> None:
    first, second = draft.file(_YAML, "a.bin"), draft.file(_YAML, "b.bin")
    steps = {
        "a": {"cmd": "true", "deps": ["b.bin"], "outs": ["a.bin"]},
        "b": {"cmd": "true", "deps": ["a.bin"], "outs": ["b.bin"]},
    }
    draft.pipeline(steps)
    draft.lock({"a": [first], "b": [second]})


def _its_own_dep(draft: Draft) -> None:
    made = draft.file(_YAML, "a.bin")
    draft.pipeline({"a": {"cmd": "true", "deps": ["a.bin"], "outs": ["a.bin"]}})
    draft.lock({"a": [made]})


def _two_files_one_out(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"a": {"cmd": "true", "outs": ["m.bin"]}, "b": {"cmd": "true", "outs": ["m.bin"]}})
    draft.lock({"a": [made], "b": [made]})


def _one_out_twice(draft: Draft) -> None:
    made = draft.file(_YAML, "m.bin")
    draft.pipeline({"a": {"cmd": "true", "outs": ["m.bin"], "metrics": ["m.bin"]}})
    draft.lock({"a": [made]})


def _outs(*paths: Any, kind: str = "outs") -> Build:
    """A stage whose outs are written so; its lock has `m.bin`."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.pipeline({"make": {"cmd": "true", kind: list(paths)}})
        draft.lock({"make": [out("m.bin", draft.keep(content), len(content))]})

    return build


def _named(name: str) -> Build:
    def build(draft: Draft) -> None:
        made = draft.file(_YAML, "m.bin")
        draft.pipeline({name: {"cmd": "true", "outs": ["m.bin"]}})
        draft.lock({name: [made]})

    return build


def _spelled(path: str, in_lock: str) -> Build:
    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.pipeline({"make": {"cmd": "true", "outs": [path]}})
        draft.lock({"make": [out(in_lock, draft.keep(content), len(content))]})
        if path == in_lock:
            draft.promise(_YAML, path, content)

    return build


_DO = _do("${item}.bin")
_LOOPS: dict[str, Build] = {
    "list": templated({"stages": {"s": {"foreach": ["a", "b"], "do": _DO}}}, {"s@a": ("a.bin",), "s@b": ("b.bin",)}),
    "numbers": templated({"stages": {"s": {"foreach": [1, 0.5, True], "do": _DO}}}, {"s@1": ("1.bin",), "s@0.5": ("0.5.bin",), "s@True": ("true.bin",)}),
    "mapping": templated({"stages": {"s": {"foreach": {"a": {"n": 1}, "b": {"n": 2}}, "do": _do("${key}-${item.n}.bin")}}}, {"s@a": ("a-1.bin",), "s@b": ("b-2.bin",)}),
    "list of mappings": templated({"stages": {"s": {"foreach": [{"n": "x"}], "do": _do("${item.n}.bin")}}}, {"s@0": ("x.bin",)}),
    "of parameters": templated({"stages": {"s": {"foreach": "${names}", "do": _DO}}}, {"s@a": ("a.bin",)}, params__yaml="names: [a]\n"),
    "empty": templated({"stages": {"s": {"foreach": [], "do": _DO}}}, {}),
    "matrix": templated({"stages": {"s": {"matrix": {"x": ["a", "b"], "y": [1]}, **_do("${item.x}${item.y}.bin")}}}, {"s@a-1": ("a1.bin",), "s@b-1": ("b1.bin",)}),
    "matrix of mappings": templated({"stages": {"s": {"matrix": {"x": [{"n": "a"}]}, **_do("${item.x.n}.bin")}}}, {"s@x0": ("a.bin",)}),
    "matrix of parameters": templated({"stages": {"s": {"matrix": {"x": "${names}"}, **_do("${item.x}.bin")}}}, {"s@a": ("a.bin",)}, params__yaml="names: [a]\n"),
    "matrix with key": templated({"stages": {"s": {"matrix": {"x": ["a"]}, **_do("${key}.bin")}}}, {"s@a": ("a.bin",)}),
    "foreach with vars": templated({"stages": {"s": {"foreach": ["a"], "do": _do("${item}${v}.bin", vars=[{"v": 7}])}}}, {"s@a": ("a7.bin",)}),
    "foreach with wdir": templated({"stages": {"s": {"foreach": ["a"], "do": _do("x.bin", wdir="${item}")}}}, {}, **{"a/kept": "1"}),
}  # fmt: skip
_TEMPLATES: dict[str, Build] = {
    "vars": templated({"vars": [{"v": "x"}], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}),
    "params.yaml": templated({"stages": {"s": _do("${a.b}.bin")}}, {"s": ("x.bin",)}, params__yaml="a:\n  b: x\n"),
    "a list of params": templated({"stages": {"s": _do("${a[1]}.bin")}}, {"s": ("y.bin",)}, params__yaml="a: [x, y]\n"),
    "vars of a file": templated({"vars": ["v.yaml"], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}, v__yaml="v: x\n"),
    "vars of JSON": templated({"vars": ["v.json"], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}, v__json='{"v": "x"}'),
    "vars of TOML": templated({"vars": ["v.toml"], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}, v__toml='v = "x"\n'),
    "vars of Python": templated({"vars": ["v.py"], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}, v__py='v = "x"\n'),
    "some vars of a file": templated({"vars": ["v.yaml:a"], "stages": {"s": _do("${a}.bin")}}, {"s": ("x.bin",)}, v__yaml="a: x\nb: y\n"),
    "vars of a stage": templated({"stages": {"s": _do("${v}.bin", vars=[{"v": "x"}])}}, {"s": ("x.bin",)}),
    "in the command": templated({"vars": [{"v": {"a": 1, "b": [2]}}], "stages": {"s": {"cmd": "run ${v}", "outs": ["x.bin"]}}}, {"s": ("x.bin",)}),
    "escaped": templated({"stages": {"s": {"cmd": "echo \\${HOME}", "outs": ["x.bin"]}}}, {"s": ("x.bin",)}),
    "in a flag": templated({"vars": [{"v": True}], "stages": {"s": {"cmd": "true", "outs": [{"x.bin": {"persist": "${v}"}}]}}}, {"s": ("x.bin",)}),
    "in wdir": templated({"vars": [{"v": "."}], "stages": {"s": _do("x.bin", wdir="${v}")}}, {"s": ("x.bin",)}),
    "a number": templated({"vars": [{"v": 0.10}], "stages": {"s": _do("${v}.bin")}}, {"s": ("0.1.bin",)}),
    "true": templated({"vars": [{"v": True}], "stages": {"s": _do("${v}.bin")}}, {"s": ("true.bin",)}),
    "null": templated({"vars": [{"v": None}], "stages": {"s": _do("${v}.bin")}}, {"s": ("none.bin",)}),
    "vars twice": templated({"vars": [{"v": "x"}, {"w": "${v}"}], "stages": {"s": _do("${v}.bin")}}, {"s": ("x.bin",)}),
    "in plots": templated({"vars": [{"v": "x"}], "stages": {"s": _do("x.bin")}, "plots": ["${v}.bin"]}, {"s": ("x.bin",)}),
    "in artifacts": templated({"vars": [{"v": "x"}], "stages": {"s": _do("x.bin")}, "artifacts": {"m": {"path": "${v}.bin"}}}, {"s": ("x.bin",)}),
    "no params.yaml": templated({"stages": {"s": _do("x.bin", params=["a"])}}, {"s": ("x.bin",)}),
}  # fmt: skip
_TEMPLATES_THAT_FAIL: dict[str, Build] = {
    "unknown": templated({"stages": {"s": _do("${v}.bin")}}, {}),
    "unknown in the command": templated({"stages": {"s": {"cmd": "run ${v}", "outs": ["x.bin"]}}}, {"s": ("x.bin",)}),
    "unknown in a description": templated({"stages": {"s": _do("x.bin", desc="${v}")}}, {"s": ("x.bin",)}),
    "unknown in meta": templated({"stages": {"s": _do("x.bin", meta={"a": "${v}"})}}, {"s": ("x.bin",)}),
    "unknown in plots": templated({"stages": {"s": _do("x.bin")}, "plots": ["${v}.bin"]}, {"s": ("x.bin",)}),
    "unknown in metrics": templated({"stages": {"s": _do("x.bin")}, "metrics": ["${v}.bin"]}, {"s": ("x.bin",)}),
    "unknown in params": templated({"stages": {"s": _do("x.bin")}, "params": ["${v}.yaml"]}, {"s": ("x.bin",)}),
    "unknown in artifacts": templated({"stages": {"s": _do("x.bin")}, "artifacts": {"m": {"path": "${v}"}}}, {"s": ("x.bin",)}),
    "unknown in datasets": templated({"stages": {"s": _do("x.bin")}, "datasets": [{"name": "${v}", "type": "url", "url": "x"}]}, {"s": ("x.bin",)}),
    "unclosed": templated({"stages": {"s": {"cmd": "run ${v", "outs": ["x.bin"]}}}, {"s": ("x.bin",)}),
    "empty": templated({"stages": {"s": {"cmd": "run ${}", "outs": ["x.bin"]}}}, {"s": ("x.bin",)}),
    "vars of nothing": templated({"vars": ["no.yaml"], "stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}),
    "vars at odds": templated({"vars": [{"v": 1}, {"v": 2}], "stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}),
    "vars a mapping": templated({"vars": {"v": 1}, "stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}),
    "vars named item": templated({"stages": {"s": {"foreach": ["a"], "do": _DO}}, "vars": [{"item": 1}]}, {"s@a": ("a.bin",)}),
    "params.yaml broken": templated({"stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}, params__yaml="a: [\n"),
    "params.yaml a list": templated({"stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}, params__yaml="- 1\n"),
    "params.yaml a list, used": templated({"stages": {"s": _do("${x}.bin")}}, {}, params__yaml="- 1\n"),
    "foreach over a number": templated({"vars": [{"n": 3}], "stages": {"s": {"foreach": "${n}", "do": _DO}}}, {}),
    "foreach unknown": templated({"stages": {"s": {"foreach": "${n}", "do": _DO}}}, {}),
    "a mapping in a path": templated({"vars": [{"v": {"a": 1}}], "stages": {"s": _do("${v}.bin")}}, {}),
    "params.yaml not UTF-8": templated({"stages": {"s": _do("x.bin")}}, {"s": ("x.bin",)}, params__yaml=b"a: \xe9\n"),
}  # fmt: skip

KINDS = (
    Kind(
        "a stage",
        {
            "plain": stage(),
            "chain": _chain,
            "metrics and plots": _metrics_and_plots,
            "frozen": stage(frozen=True),
            "always changed": stage(always_changed=True),
            "desc": stage(desc="it's: a stage"),
            "meta": stage(meta={"a": [1]}),
            "meta null": stage(meta=None),
            "command of many": stage(cmd=["true", "true"]),
            "command of another day": stage(cmd="false"),
            "deps": stage(deps=["x", "y/z"]),
            "deps from elsewhere": stage(deps=["https://example.org/x", "s3://bucket/x"]),
            "deps of other data": stage(deps=["../a-file/a.bin"]),
            "no deps": stage(deps=[]),
            "params": stage(params=["a", {"x.yaml": ["b"]}]),
            "all params": stage(params=[{"x.yaml": None}]),
            "no metrics": stage(metrics=[], plots=[]),
            "DVC 2": _legacy,
            "leftovers": _leftovers,
            "leftover out": _leftover_out,
            "metrics in git": _metrics_in_git,
            "without cache, never run": _never_run_without_cache,
        },
    ),
    Kind(
        "flags of an out",
        {
            "cache": flagged(cache=True),
            "persist": flagged(persist=True),
            "push": flagged(push=True),
            "checkpoint": flagged(checkpoint=True),
            "none": flagged(),
            "desc": flagged(desc="x"),
            "type": flagged(type="model"),
            "labels": flagged(labels=["a"]),
            "meta": flagged(meta={"a": 1}),
            "metric": flagged("metrics"),
            "metric persist": flagged("metrics", persist=True),
            "plot": flagged(
                "plots", x="a", y="b", x_label="A", y_label="B", title="T", template="linear", header=False
            ),
            "the remote of all": flagged(remote="storage"),
            "another remote": _on_another_remote,
        },
    ),
    Kind(
        "flags of an out that are wrong",
        {
            "unknown": flagged(shiny=True),
            "cache as text": flagged(cache="no"),
            "cache null": flagged(cache=None),
            "remote null": flagged(remote=None),
            "remote unknown": flagged(remote="nowhere"),
            "labels a word": flagged(labels="x"),
            "template of an out": flagged(template="x"),
            "path null": _outs({"m.bin": None}),
            "path a number": _outs(7),
            "path true": _outs({True: {}}),
            "path empty": _outs(""),
            "path a pointer": _outs("m.dvc"),
            "path of a url": _outs("s3://bucket/x"),
            "metrics of a mapping": _outs({"m.bin": {"x": "a"}}, kind="metrics"),
            "plot with two sets": _outs({"m.bin": [{"x": "a"}, {"y": "b"}]}, kind="plots"),
            "live": _outs({"m.bin": {"summary": True}}, kind="live"),
        },
        breaks=True,
    ),
    Kind(
        "more at the top of dvc.yaml",
        {
            "metrics": stage(top={"metrics": ["m.json"]}),
            "params": stage(top={"params": ["p.yaml"]}),
            "plots": stage(
                top={
                    "plots": [
                        "p.csv",
                        {"p2.csv": {"x": "a", "y": ["b", "c"]}},
                        {"three": {"x": {"a.csv": "t"}, "y": {"b.csv": ["l"]}}},
                    ]
                }
            ),
            "a plot null": stage(top={"plots": [{"p.csv": None}]}),
            "artifacts": stage(
                top={
                    "artifacts": {
                        "m": {"path": "m.bin", "type": "model", "desc": "d", "labels": ["a"], "meta": {"b": 1}}
                    }
                }
            ),
            "datasets": stage(top={"datasets": [{"name": "d", "type": "url", "url": "https://example.org"}]}),
            "datasets empty": stage(top={"datasets": []}),
            "metrics empty": stage(top={"metrics": [], "plots": [], "params": [], "artifacts": {}}),
            "vars empty": stage(top={"vars": []}),
        },
    ),
    Kind(
        "more at the top of dvc.yaml that is wrong",
        {
            "unknown": stage(top={"shiny": 1}),
            "metrics a word": stage(top={"metrics": "m.json"}),
            "metrics null": stage(top={"metrics": None}),
            "plots a mapping": stage(top={"plots": {"p.csv": {"x": "a"}}}),
            "plots unknown": stage(top={"plots": [{"p.csv": {"shiny": 1}}]}),
            "artifacts a list": stage(top={"artifacts": ["m"]}),
            "artifact without a path": stage(top={"artifacts": {"m": {"type": "model"}}}),
            "artifact named oddly": stage(top={"artifacts": {"m m": {"path": "m.bin"}}}),
            "vars a word": stage(top={"vars": "x"}),
            "vars null": stage(top={"vars": None}),
            "datasets a word": stage(top={"datasets": "x"}),
            "datasets of nothing": stage(top={"datasets": [{}]}),
            "params of a mapping": stage(top={"params": [{"p.yaml": ["a"]}]}),
        },
        breaks=True,
    ),
    Kind(
        "a stage that is wrong",
        {
            "unknown key": stage(shiny=1),
            "no command": stage(cmd=None),
            "command empty": stage(cmd=""),
            "command a number": stage(cmd=7),
            "wdir of nothing": stage(wdir="no"),
            "wdir beyond": stage(wdir="../../.."),
            "wdir null": stage(wdir=None),
            "frozen as text": stage(frozen="yes"),
            "deps a word": stage(deps="x"),
            "deps null": stage(deps=None),
            "deps of numbers": stage(deps=[1]),
            "deps twice": stage(deps=["x", "x"]),
            "deps with a flag": stage(deps=[{"x": {"cache": False}}]),
            "outs null": stage(outs=None),
            "params a word": stage(params="x"),
            "params of numbers": stage(params=[1]),
            "a dep that is an out": stage(deps=["m.bin"]),
            "a dep named like a pointer": stage(deps=["x.dvc"]),
            "desc a number": stage(desc=1),
            "do without foreach": stage(do={"cmd": "true"}),
            "foreach without do": stage(foreach=["a"]),
            "circle": _circle,
            "its own dep": _its_own_dep,
            "one out of two": _two_files_one_out,
            "one out twice": _one_out_twice,
            "never run": _never_run,
            "one never run": _one_never_run,
            "one out never made": _one_out_never_made,
            "metrics not in git": _metrics_not_in_git,
            "lock of DVC 1": _lock_of_dvc_1,
        },
        breaks=True,
    ),
    Kind(
        "keys of a locked out",
        {
            "cloud": locked(cloud={"storage": {"etag": "x", "version_id": "v"}}),
            "files": locked(files=[{"relpath": "x", "md5": "a" * 32, "size": 1}]),
            "files empty": locked(files=[]),
            "isexec": locked(isexec=True),
            "etag": locked(etag="x"),
            "nfiles": locked(nfiles=2),
            "no size": locked(size=None),
            "wrong size": locked(size=77),
            "size as text": locked(size="9"),
            "no md5": locked(md5=None),
            "md5 empty": locked(md5=""),
            "md5 a number": locked(md5=1234567),
            "hash unknown": locked(hash="x"),
            "hash empty": locked(hash=""),
            "push": locked(push=False),
            "cache": locked(cache=False),
            "desc": locked(desc="x"),
            "dataset": locked(dataset={"name": "x"}),
            "unknown": locked(shiny=1),
        },
        breaks=True,
    ),
    Kind(
        "a lock that is odd",
        {
            "empty": _lock(""),
            "schema alone": _lock("schema: '2.0'\n"),
            "stages null": _lock("schema: '2.0'\nstages:\n"),
            "stages a list": _lock("schema: '2.0'\nstages: []\n"),
            "no schema": rewritten("schema: '2.0'\n", ""),
            "schema a number": rewritten("'2.0'", "2.0"),
            "schema 1.0": rewritten("'2.0'", "'1.0'"),
            "schema 3.0": rewritten("'2.0'", "'3.0'"),
            "datasets": rewritten("stages:", "datasets: []\nstages:"),
            "datasets null": rewritten("stages:", "datasets:\nstages:"),
            "datasets of something": rewritten("stages:", "datasets:\n- name: d\n  type: url\nstages:"),
            "unknown key": rewritten("stages:", "shiny: 1\nstages:"),
            "no command": rewritten("    cmd: 'true'\n", ""),
            "command null": rewritten("    cmd: 'true'\n", "    cmd:\n"),
            "command a list": rewritten("cmd: 'true'", "cmd: ['true']"),
            "command a number": rewritten("cmd: 'true'", "cmd: 7"),
            "params": rewritten("    outs:", "    params:\n      params.yaml:\n        a: 1\n    outs:"),
            "params a list": rewritten("    outs:", "    params: [a]\n    outs:"),
            "params null": rewritten("    outs:", "    params:\n    outs:"),
            "deps null": rewritten("    outs:", "    deps:\n    outs:"),
            "deps with a dataset": rewritten(
                "    outs:", "    deps:\n    - path: ds://x\n      dataset: {name: x}\n    outs:"
            ),
            "an out twice": rewritten("    - path: d\n", "    - path: m.bin\n"),
            "another stage's name": rewritten("  make:", "  mike:"),
            "a stage twice": rewritten("  make:", "  make: {cmd: x}\n  make:"),
        },
        breaks=True,
    ),
    Kind("a loop", _LOOPS),
    Kind("a template", _TEMPLATES),
    Kind("a template that fails", _TEMPLATES_THAT_FAIL, breaks=True),
    Kind(
        "wdir of a stage",
        {
            "below": _wdir("src", "m.bin", "src/m.bin"),
            "below and back": _wdir("src", "../m.bin", "m.bin"),
            "roundabout": _wdir("src/../src/", "m.bin", "src/m.bin"),
            "here": _wdir(".", "m.bin", "m.bin"),
            "above": _wdir("..", "wdir-of-a-stage/m.bin", "m.bin"),
        },
    ),
    Kind(
        "a dvc.yaml of little",
        {
            "empty": _yaml_alone(""),
            "comment": _yaml_alone("# nothing\n"),
            "stages empty": _yaml_alone("stages: {}\n"),
            "plots alone": _yaml_alone("plots:\n- p.csv\n"),
            "artifacts alone": _yaml_alone("artifacts:\n  m:\n    path: x\n"),
            "no outs": _yaml_alone("stages:\n  s:\n    cmd: 'true'\n"),
        },
    ),
    Kind(
        "a dvc.yaml of something else",
        {
            "stages null": _yaml_alone("stages:\n"),
            "stages a list": _yaml_alone("stages: []\n"),
            "a list": _yaml_alone("- a\n"),
            "a word": _yaml_alone("word\n"),
            "a number": _yaml_alone("7\n"),
            "zero": _yaml_alone("0\n"),
            "false": _yaml_alone("false\n"),
            "an empty list": _yaml_alone("[]\n"),
            "a stage null": _yaml_alone("stages:\n  s:\n"),
            "a stage by a number": _yaml_alone("stages:\n  1:\n    cmd: x\n"),
            "broken": _yaml_alone("stages: [\n"),
        },
        breaks=True,
    ),
    Kind(
        "a name of a stage",
        {
            name: _named(name)
            for name in ("a-b", "a_b", "ä", "1", "a b", "a@b", "a/b", "a.b", "a:b", "a$b", "true", "A" * 100, "a,b")
        },
    ),
    Kind(
        "a stage's out in another spelling",
        {
            "./": _spelled("./m.bin", "./m.bin"),
            "..": _spelled("x/../m.bin", "x/../m.bin"),
            "lock otherwise": _spelled("./m.bin", "m.bin"),
            "slash at the end": _spelled("m.bin/", "m.bin"),
            "two slashes": _spelled("x//m.bin", "x/m.bin"),
        },
        breaks=True,
    ),
    Kind("a stage never pushed, and there all the same", {"file": flagged(push=False)}),
)
