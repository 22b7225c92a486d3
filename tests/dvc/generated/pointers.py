"""`.dvc` files as DVC writes them, and as it reads them all the same."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from generated.draft import Build, Draft, out, text
from generated.kinds import Kind


def tracked(name: str = "a.bin", content: bytes | None = None, **more: Any) -> Build:
    """A tracked file, with more keys in its out."""
    return lambda draft: draft.track(name, content, **more)


def folder(files: dict[str, bytes] | None = None, **more: Any) -> Build:
    """A tracked folder, with more keys in its out."""

    def build(draft: Draft) -> None:
        draft.point("d.dvc", draft.tree("d.dvc", "d", files, **more))

    return build


def edited(build: Callable[[Draft], Any], pointer: str, **changes: Any) -> Build:
    """The out of a pointer with other values; what is None is left out."""

    def act(draft: Draft) -> None:
        build(draft)
        document = _document(draft, pointer)
        fields = document["outs"][0] | changes
        document["outs"][0] = {key: value for key, value in fields.items() if value is not None}
        draft.write(pointer, text(document))

    return act


def topped(**top: Any) -> Build:
    """A tracked file whose pointer has more keys at its top."""
    return lambda draft: draft.point("a.bin.dvc", draft.file("a.bin.dvc", "a.bin"), **top)


def _document(draft: Draft, pointer: str) -> Any:
    import yaml  # noqa: PLC0415

    return yaml.safe_load(draft.repository.files[draft.path(pointer)])


def _many_outs(draft: Draft) -> None:
    name = "many.dvc"
    draft.point(name, draft.file(name, "a.bin"), draft.tree(name, "d"), draft.file(name, "sub/b.bin"))


def _one_content(draft: Draft) -> None:
    content = draft.fresh()
    draft.track("a.bin", content)
    draft.track("b.bin", content)
    draft.point("d.dvc", draft.tree("d.dvc", "d", {"x": content, "y/z": content}))


def _elsewhere(wdir: str, path: str, real: str) -> Build:
    """A pointer whose out is named by `wdir` and `path`; it comes to be at `real`."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.write("sub/kept.txt", "in git\n")
        fields = out(path.format(draft.folder), draft.keep(content), len(content))
        draft.point("p.dvc", fields, **({"wdir": wdir} if wdir else {}))
        draft.promise("p.dvc", real.format(draft.folder), content)

    return build


def _legacy(content: bytes = b"", **more: Any) -> Build:
    """A file of DVC 2: no `hash`, another place in the store, a hash that takes CR LF for LF in text."""

    def build(draft: Draft) -> None:
        data = draft.fresh(content)
        hashed = data if b"\0" in data else data.replace(b"\r\n", b"\n")
        oid = draft.keep(data, oid=hashlib.md5(hashed).hexdigest(), legacy=True)
        fields = out("a.bin", oid, len(data), **more)
        draft.point("a.bin.dvc", {key: value for key, value in fields.items() if key != "hash"})
        draft.promise("a.bin.dvc", "a.bin", data)

    return build


def _legacy_folder(draft: Draft, **more: Any) -> None:
    files = {"a.txt": draft.fresh(), "b/c.bin": draft.fresh(b"\0")}
    listing = [{"md5": draft.keep(data, legacy=True), "relpath": name} for name, data in files.items()]
    oid = draft.keep(json.dumps(listing).encode(), legacy=True, suffix=".dir")
    fields = out("d", oid, sum(map(len, files.values())), nfiles=2, **more)
    draft.point("d.dvc", {key: value for key, value in fields.items() if key != "hash"})
    for name, data in files.items():
        draft.promise("d.dvc", f"d/{name}", data)


def _dvc_1(**more: Any) -> Build:
    """A stage in a file of its own, as DVC wrote them before `dvc.yaml`; the object lies in the old layout."""

    def build(draft: Draft) -> None:
        data = draft.fresh()
        oid = draft.keep(data, legacy=True)
        stage = {"md5": "0" * 31 + "1", "cmd": "true", "outs": [{"md5": oid, "path": "a.bin", "cache": True, **more}]}
        draft.write("a.bin.dvc", text(stage))
        draft.promise("a.bin.dvc", "a.bin", data)

    return build


def _in_git(draft: Draft) -> None:
    content = draft.fresh()
    draft.write("m.json", content)
    draft.point("m.json.dvc", out("m.json", hashlib.md5(content).hexdigest(), len(content), cache=False))


def _folder_in_git(draft: Draft) -> None:
    files = {"x": draft.fresh(), "y/z": draft.fresh()}
    listing = [{"md5": hashlib.md5(content).hexdigest(), "relpath": name} for name, content in files.items()]
    for name, content in files.items():
        draft.write(f"d/{name}", content)
    oid = hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
    draft.point("d.dvc", out("d", oid, sum(map(len, files.values())), nfiles=2, cache=False))


def _half_a_folder_in_git(draft: Draft) -> None:
    _folder_in_git(draft)
    draft.repository.change(draft.path("d/y/z"), None)


def _another_folder_in_git(draft: Draft) -> None:
    _folder_in_git(draft)
    draft.write("d/more", "1")


def _folder_left_to_git(draft: Draft) -> None:
    draft.point("d.dvc", out("d", "a" * 32 + ".dir", 1, nfiles=1, cache=False))


def _left_to_git(draft: Draft) -> None:
    draft.point("m.json.dvc", out("m.json", "1" * 32, 9, cache=False))


def _without_object(**more: Any) -> Build:
    return lambda draft: draft.point("a.bin.dvc", out("a.bin", hashlib.md5(draft.fresh()).hexdigest(), 9, **more))


def _named(**changes: Any) -> Build:
    """A tracked file whose out has other values, which its pointer then promises nothing of."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        fields = out("a.bin", draft.keep(content), len(content)) | changes
        draft.point("a.bin.dvc", {key: value for key, value in fields.items() if value is not None})

    return build


_NAMES = ("with space", "quote's", 'double"quote', "näme", "na\u0308me", "-dash", "a#b", "true", "12", "1e5", "@x", "%y", "~", "null",
          "yes", "0x1F", "1_0", "12:30:45", "2001-01-01", "a: b", "[x]", "{y}", "*z", "&w", "!t", "|", ">", "a\\b", "\u00a0", "é\u2028x",
          "x" * 200, "a..b", "...", "日本", "😀", "a\tb", "trail ", " lead", "a\nb", "\x7f", "\x85", "\ufeff", "CON", "a:b", "$HOME", "`x`")  # fmt: skip
_PATHS = {
    "./a.bin": "a.bin",
    "sub/../a.bin": "a.bin",
    "../{}/a.bin": "a.bin",
    "sub//a.bin": "sub/a.bin",
    "sub/./a.bin": "sub/a.bin",
    "sub/a.bin": "sub/a.bin",
    "new/deep/a.bin": "new/deep/a.bin",
}


KINDS = (
    Kind(
        "a file",
        {
            "plain": tracked(),
            "empty": tracked(content=b""),
            "executable": tracked(isexec=True),
            "not executable": tracked(isexec=False),
            "text with CR LF": tracked(content=b"own text\r\nof lines\r\n"),
            "one content": _one_content,
            "many outs": _many_outs,
        },
    ),
    Kind(
        "a folder",
        {
            "plain": folder(),
            "empty": folder({}),
            "with an empty file": folder({"a": b"", "b/c": b"x"}),
            "deep": folder({"/".join("abcdefgh"): b"deep"}),
            "names": folder({name: f"as {name}".encode() for name in _NAMES if "\\" not in name}),
            "executable": folder(isexec=True),
        },
    ),
    Kind("a name", {repr(name): tracked(name) for name in _NAMES}),
    Kind(
        "a size that says nothing",
        {
            "no size": edited(tracked(), "a.bin.dvc", size=None),
            "wrong size": edited(tracked(), "a.bin.dvc", size=99),
            "size 0": edited(tracked(), "a.bin.dvc", size=0),
            "no size of a folder": edited(folder(), "d.dvc", size=None),
            "wrong size of a folder": edited(folder(), "d.dvc", size=99),
            "no nfiles": edited(folder(), "d.dvc", nfiles=None),
            "wrong nfiles": edited(folder(), "d.dvc", nfiles=99),
            "neither": edited(folder(), "d.dvc", nfiles=None, size=None),
            "nfiles of a file": edited(tracked(), "a.bin.dvc", nfiles=3),
            "negative size": edited(tracked(), "a.bin.dvc", size=-1),
        },
    ),
    Kind(
        "DVC 2",
        {
            "file": _legacy(),
            "text with CR LF": _legacy(b"a\r\nb\r\n"),
            "binary with CR LF": _legacy(b"\0a\r\nb\r\n"),
            "folder": _legacy_folder,
            "executable": _legacy(isexec=True),
        },
    ),
    Kind(
        "DVC 1",
        {
            "stage": _dvc_1(),
            "metric": _dvc_1(metric=False),
            "metric of a kind": _dvc_1(metric={"type": "json", "xpath": "a"}),
            "persist": _dvc_1(persist=False),
            "tags": _dvc_1(tags={"x": {"md5": "0" * 32}}),
        },
        breaks=True,
    ),
    Kind(
        "keys at the top",
        {
            "md5": topped(md5="0" * 31 + "a"),
            "frozen": topped(frozen=True),
            "not frozen": topped(frozen=False),
            "locked": topped(locked=True),
            "always changed": topped(always_changed=True),
            "desc": topped(desc="words: of 'many' kinds"),
            "meta": topped(meta={"a": [1, None, {"b": "c"}]}),
            "meta null": topped(meta=None),
            "deps null": topped(deps=None),
            "deps empty": topped(deps=[]),
            "deps": topped(deps=[{"path": "x", "md5": "1" * 32, "size": 3, "hash": "md5"}]),
            "wdir null": topped(wdir=None),
            "wdir .": topped(wdir="."),
        },
    ),
    Kind(
        "keys at the top that are wrong",
        {
            "unknown": topped(shiny=1),
            "desc a list": topped(desc=[1]),
            "frozen a number": topped(frozen=1),
            "frozen null": topped(frozen=None),
            "cmd": topped(cmd="true"),
            "deps a mapping": topped(deps={"path": "x"}),
            "deps of text": topped(deps=["x"]),
            "wdir a list": topped(wdir=["."]),
            "wdir beyond": topped(wdir="../../.."),
            "md5 a list": topped(md5=[1]),
            "number as key": lambda draft: draft.write("a.bin.dvc", "1: 2\nouts: []\n"),
        },
        breaks=True,
    ),
    Kind(
        "keys of an out",
        {
            "desc": tracked(desc="it's"),
            "type": tracked(type="model"),
            "labels": tracked(labels=["a", "b"]),
            "no labels": tracked(labels=[]),
            "meta": tracked(meta={"a": 1}),
            "persist": tracked(persist=True),
            "cache": tracked(cache=True),
            "push": tracked(push=True),
            "fs_config": tracked(fs_config={}),
            "etag": tracked(etag="abc"),
            "checksum": tracked(checksum="abc"),
            "version_id": tracked(version_id="v1"),
            "files empty": tracked(files=[]),
            "md5 and etag": tracked(etag="0" * 32),
            "the remote of all": tracked(remote="storage"),
        },
    ),
    Kind(
        "keys of an out that are wrong",
        {
            "unknown": _named(shiny=1),
            "desc a list": _named(desc=[1]),
            "labels a number": _named(labels=7),
            "isexec a number": _named(isexec=7),
            "isexec as text": _named(isexec="true"),
            "cache as text": _named(cache="false"),
            "size as text": _named(size="9"),
            "size a float": _named(size=9.0),
            "size true": _named(size=True),
            "nfiles as text": _named(nfiles="1"),
            "metric": _named(metric=False),
            "plot": _named(plot=True),
            "hash unknown": _named(hash="sha256"),
            "hash of DVC 2": _named(hash="md5-dos2unix"),
            "hash empty": _named(hash=""),
            "hash etag": _named(hash="etag"),
            "hash a number": _named(hash=5),
            "no md5": _named(md5=None),
            "md5 empty": _named(md5=""),
            "md5 short": _named(md5="ab"),
            "md5 three": _named(md5="abc"),
            "md5 a number": _named(md5=1234567),
            "md5 long": _named(md5="a" * 33),
            "md5 with a way out": _named(md5="../../../../x"),
            "md5 .dir": _named(md5="a" * 32 + ".dir"),
            "md5 .DIR": _named(md5="a" * 32 + ".DIR"),
            "cloud": _named(cloud={"storage": {"etag": "x", "version_id": "v"}}),
            "cloud empty": _named(cloud={}),
            "files": _named(files=[{"relpath": "x", "md5": "a" * 32, "size": 1}]),
            "remote empty": _named(remote=""),
            "remote unknown": _named(remote="nowhere"),
            "etag alone": _named(md5=None, etag="abc"),
            "checksum alone": _named(md5=None, checksum="abc"),
            "fs_config": _named(fs_config={"url": "x"}),
            "fs_config a list": _named(fs_config=[]),
            "no path": lambda draft: draft.write("a.bin.dvc", f"outs:\n- md5: {'a' * 32}\n  size: 1\n"),
        },
        breaks=True,
    ),
    Kind(
        "a hash in capitals",
        {
            "file": edited(tracked(content=b"capitals"), "a.bin.dvc", md5=hashlib.md5(b"capitals").hexdigest().upper()),
            "folder": edited(folder({}), "d.dvc", md5="D751713988987E9331980363E24189CE.dir"),
            "folder and .DIR": edited(folder({}), "d.dvc", md5="D751713988987E9331980363E24189CE.DIR"),
        },
    ),
    Kind(
        "no outs",
        {
            "null": lambda draft: draft.write("a.bin.dvc", "outs:\n"),
            "empty": lambda draft: draft.write("a.bin.dvc", "outs: []\n"),
            "deps alone": lambda draft: draft.write("a.bin.dvc", "deps:\n- path: x\n"),
            "meta alone": lambda draft: draft.write("a.bin.dvc", "meta: 1\n"),
        },
    ),
    Kind("left to git", {"there": _in_git, "a folder": _folder_in_git}),
    Kind(
        "left to git, which has it not",
        {
            "file": _left_to_git,
            "folder": _folder_left_to_git,
            "half a folder": _half_a_folder_in_git,
            "another folder": _another_folder_in_git,
        },
        breaks=True,
    ),
    Kind("never pushed, and there all the same", {"file": tracked(push=False), "folder": folder(push=False)}),
    Kind("never pushed", {"file": _without_object(push=False)}, breaks=True),
    Kind(
        "a working folder",
        {
            "above": _elsewhere("..", "above-{}.bin", "/above-{}.bin"),
            "below": _elsewhere("sub", "a.bin", "sub/a.bin"),
            "below and back": _elsewhere("sub", "../a.bin", "a.bin"),
            "with a slash": _elsewhere("sub/", "a.bin", "sub/a.bin"),
            "roundabout": _elsewhere("sub/../sub", "a.bin", "sub/a.bin"),
        },
    ),
    Kind(
        "a working folder that is not there",
        {
            "new": _elsewhere("new", "a.bin", "new/a.bin"),
            "a file": _elsewhere("sub/kept.txt", "a.bin", "sub/kept.txt/a.bin"),
        },
    ),
    Kind("a spelling", {path: _elsewhere("", path, real) for path, real in _PATHS.items()}),
)
