"""What a store has: objects lost, cut, changed or in another place, and directory objects that say odd things."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from generated.draft import Build, Draft, out
from generated.kinds import Kind
from generated.pipelines import stage
from generated.pointers import folder, tracked


def _file_object(change: bytes | None, mode: int = 0o444, *, size: bool = True) -> Build:
    """A file whose object is lost (None), or has other bytes."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        oid = draft.keep(content)
        place = draft.place(oid)
        _put(draft, place, change if change != b"same size" else content[::-1], mode)
        draft.point("a.bin.dvc", out("a.bin", oid, len(content) if size else None))
        draft.promise("a.bin.dvc", "a.bin", content)

    return build


def _put(draft: Draft, place: str, content: bytes | None, mode: int = 0o444) -> None:
    draft.repository.objects.pop(place)
    if content is not None:
        draft.repository.objects[place] = content
        draft.repository.modes[place] = mode


def _entry(change: bytes | None) -> Build:
    """A folder one of whose files is lost, or has other bytes."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        draft.point("d.dvc", draft.tree("d.dvc", "d", {"a": content, "b": draft.fresh()}))
        _put(draft, draft.place(hashlib.md5(content).hexdigest()), change if change != b"same size" else content[::-1])

    return build


def _directory_object(change: bytes | None) -> Build:
    def build(draft: Draft) -> None:
        made = draft.tree("d.dvc", "d")
        draft.point("d.dvc", made)
        _put(draft, draft.place(made["md5"]), change)

    return build


def _stage_object(draft: Draft) -> None:
    stage()(draft)
    place = min(draft.repository.objects)
    _put(draft, place, None)


def _loose(draft: Draft) -> None:
    tracked()(draft)
    folder()(draft)
    for place in draft.repository.objects:
        draft.repository.modes[place] = 0o644


def _in_the_other_layout(*, legacy: bool) -> Build:
    """An object where DVC does not look for it: DVC 3's in the layout of DVC 2, or the other way round."""

    def build(draft: Draft) -> None:
        content = draft.fresh()
        fields = out("a.bin", draft.keep(content, legacy=legacy), len(content))
        if not legacy:
            del fields["hash"]
        draft.point("a.bin.dvc", fields)
        draft.promise("a.bin.dvc", "a.bin", content)

    return build


def _in_another_store(draft: Draft) -> None:
    draft.store = "elsewhere"
    tracked()(draft)


def _a_folder_for_an_object(draft: Draft) -> None:
    content = draft.fresh()
    oid = draft.keep(content)
    _put(draft, draft.place(oid), None)
    draft.repository.objects[f"{draft.place(oid)}/x"] = b"1"
    draft.point("a.bin.dvc", out("a.bin", oid, len(content)))


def _dir_without_its_suffix(draft: Draft) -> None:
    made = draft.tree("d.dvc", "d")
    oid = made["md5"].removesuffix(".dir")
    draft.keep(draft.repository.objects[draft.place(made["md5"])])
    draft.repository.promises = []
    draft.point("d.dvc", made | {"md5": oid})


def _listing(*entries: Any, promised: Mapping[str, bytes] | None = None, encode: str = "utf-8", **how: Any) -> Build:
    """A directory object with these entries; `@x` in an md5 is the oid of an object with the bytes x."""

    def build(draft: Draft) -> None:
        rows = [_resolved(draft, entry) for entry in entries]
        draft.point("d.dvc", draft.listed("d", json.dumps(rows, **how).encode(encode), nfiles=len(rows)))
        for path, content in (promised or {}).items():
            draft.promise("d.dvc", f"d/{path}", content)

    return build


def _resolved(draft: Draft, entry: Any) -> Any:
    if not isinstance(entry, dict) or not str(entry.get("md5", "")).startswith("@"):
        return entry
    return entry | {"md5": draft.keep(entry["md5"][1:].encode())}


def _raw(data: bytes) -> Build:
    return lambda draft: draft.point("d.dvc", draft.listed("d", data))


def _entry_for(relpath: Any, **more: Any) -> dict[str, Any]:
    return {"md5": f"@of {relpath!r}", "relpath": relpath, **more}


def _promised(*names: str) -> dict[str, bytes]:
    return {name: f"of {name!r}".encode() for name in names}


A, B = _entry_for("a"), _entry_for("b/c")
KINDS = (
    Kind("objects that are not protected", {"all": _loose}),
    Kind(
        "an object at fault",
        {
            "lost": _file_object(None),
            "empty": _file_object(b""),
            "cut": _file_object(b"a-"),
            "longer": _file_object(b"x" * 100),
            "same size": _file_object(b"same size"),
            "same size, loose": _file_object(b"same size", 0o644),
            "same size, no size": _file_object(b"same size", size=False),
            "cut, no size": _file_object(b"a-", size=False),
            "empty, loose": _file_object(b"", 0o644),
            "of a stage": _stage_object,
            "in the layout of DVC 2": _in_the_other_layout(legacy=True),
            "in the layout of DVC 3": _in_the_other_layout(legacy=False),
            "in another store": _in_another_store,
            "a folder": _a_folder_for_an_object,
        },
        breaks=True,
    ),
    Kind(
        "a folder at fault",
        {
            "entry lost": _entry(None),
            "entry empty": _entry(b""),
            "entry cut": _entry(b"a-"),
            "entry of the same size": _entry(b"same size"),
            "list lost": _directory_object(None),
            "list empty": _directory_object(b""),
            "list cut": _directory_object(b'[{"md5": '),
            "list of nothing": _directory_object(b"[]"),
            "list without its suffix": _dir_without_its_suffix,
        },
        breaks=True,
    ),
    Kind(
        "a directory object in another spelling",
        {
            "not sorted": _listing(B, A, promised=_promised("a", "b/c")),
            "with spaces": _listing(A, B, promised=_promised("a", "b/c"), indent=2),
            "keys the other way": _listing({"relpath": "a", "md5": "@of 'a'"}, promised=_promised("a")),
            "size": _listing(_entry_for("a", size=6), promised=_promised("a")),
            "wrong size": _listing(_entry_for("a", size=99), promised=_promised("a")),
            "isexec": _listing(_entry_for("a", isexec=True), promised=_promised("a")),
            "unknown key": _listing(_entry_for("a", shiny=1), promised=_promised("a")),
            "etag": _listing(_entry_for("a", etag="x"), promised=_promised("a")),
            "an entry twice": _listing(A, A, promised=_promised("a")),
            "not ASCII": _listing(_entry_for("ä"), promised=_promised("ä")),
            "not escaped": _listing(_entry_for("ä"), promised=_promised("ä"), ensure_ascii=False),
            "a name with a backslash": _listing(_entry_for("a\\b"), promised=_promised("a\\b")),
            "two cases": _listing(_entry_for("a"), _entry_for("A"), promised=_promised("a", "A")),
        },
    ),
    Kind(
        "a directory object that is odd",
        {
            "no md5": _listing({"relpath": "a"}),
            "md5 null": _listing({"relpath": "a", "md5": None}),
            "md5 empty": _listing({"relpath": "a", "md5": ""}),
            "md5 short": _listing({"relpath": "a", "md5": "ab"}),
            "md5 in capitals": _listing({"relpath": "a", "md5": "A" * 32}),
            "md5 a number": _listing({"relpath": "a", "md5": 7}),
            "md5 that leads out": _listing({"relpath": "a", "md5": "../../../../x"}),
            "md5 of a list": _listing({"relpath": "a", "md5": "d751713988987e9331980363e24189ce.dir"}),
            "no relpath": _listing({"md5": "@x"}),
            "relpath null": _listing({"md5": "@x", "relpath": None}),
            "relpath empty": _listing(_entry_for("")),
            "relpath a number": _listing(_entry_for(7)),
            "relpath .": _listing(_entry_for(".")),
            "relpath ..": _listing(_entry_for("..")),
            "relpath out": _listing(_entry_for("../x")),
            "relpath far out": _listing(_entry_for("../../../../x")),
            "relpath absolute": _listing(_entry_for("/x")),
            "relpath roundabout": _listing(_entry_for("b/../a")),
            "relpath from here": _listing(_entry_for("./a")),
            "relpath with two slashes": _listing(_entry_for("b//c")),
            "relpath with a slash at the end": _listing(_entry_for("a/")),
            "relpath with NUL": _listing(_entry_for("a\0b")),
            "relpath too long": _listing(_entry_for("x" * 300)),
            "relpath into git": _listing(_entry_for(".git/config")),
            "relpath a lone surrogate": _raw(b'[{"md5": "%s", "relpath": "\\ud800"}]' % (b"a" * 32)),
            "two contents at one path": _listing({"md5": "@one", "relpath": "a"}, {"md5": "@two", "relpath": "a"}),
            "a file and a folder": _listing(_entry_for("a"), _entry_for("a/b")),
            "a list of words": _listing("a"),
            "a list of null": _listing(None),
            "a list of lists": _listing([]),
            "a mapping": _raw(b'{"a": 1}'),
            "an empty mapping": _raw(b"{}"),
            "null": _raw(b"null"),
            "a number": _raw(b"7"),
            "nothing": _raw(b""),
            "BOM": _raw(b"\xef\xbb\xbf[]"),
            "UTF-16": _raw("[]".encode("utf-16")),
            "not UTF-8": _raw(b'[{"md5": "%s", "relpath": "\xe9"}]' % (b"a" * 32)),
            "NaN": _raw(b"[NaN]"),
            "more after the end": _raw(b"[] x"),
            "spaces around": _raw(b"  []\n"),
            "a key twice": _raw(b'[{"md5": "%s", "md5": "%s", "relpath": "a"}]' % (b"a" * 32, b"b" * 32)),
            "very deep": _raw(b"[" * 5000 + b"]" * 5000),
        },
        breaks=True,
    ),
)  # fmt: skip
