"""`.dvc`, `dvc.lock` and `dvc.yaml`: what they say, and what they may not say."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.pointer import CloudEntry, DeclaredOut, Layout, Origin, Recorded
from release.core.pointer_file import (
    BadPointer,
    DvcFile,
    LockedStage,
    as_yaml,
    parse_machine_written,
    read_dvc_file,
    read_dvc_yaml,
    read_lock,
)

OID = "0123456789abcdef" * 2
OUT = Recorded(path="x", oid=OID, size_bytes=3)


def parse_dvc_file(data: bytes) -> DvcFile:
    return parse_machine_written(data) or read_dvc_file(as_yaml(data))


def parse_lock(data: bytes) -> Mapping[str, LockedStage]:
    return read_lock(as_yaml(data))


def dvc_file(body: str) -> bytes:
    return f"outs:\n- {body}\n".encode()


READ = [
    ("a file", f"md5: {OID}\n  size: 3\n  hash: md5\n  path: x", OUT),
    ("a name in quotes", f"md5: {OID}\n  size: 3\n  hash: md5\n  path: 'x'", OUT),
    ("keys in another order", f"path: x\n  md5: {OID}\n  hash: md5\n  size: 3", OUT),
    ("an executable", f"md5: {OID}\n  size: 3\n  isexec: true\n  hash: md5\n  path: x", replace(OUT, isexec=True)),
    ("no hash name", f"md5: {OID}\n  path: x", Recorded(path="x", oid=OID, layout=Layout.LEGACY)),
    ("no hash", "path: x", Recorded(path="x", layout=Layout.LEGACY)),
    ("an empty hash", "md5: ''\n  path: x", Recorded(path="x", layout=Layout.LEGACY)),
    ("only digits", f"md5: {'1' * 32}\n  path: x", Recorded(path="x", oid="1" * 32, layout=Layout.LEGACY)),
    ("a folder", f"md5: {OID}.dir\n  nfiles: 2\n  path: x", Recorded(path="x", oid=f"{OID}.dir", nfiles=2, layout=Layout.LEGACY)),
    ("flags", "path: x\n  cache: false\n  push: false\n  remote: r", Recorded(path="x", cache=False, push=False, remote="r", layout=Layout.LEGACY)),
    (
        "a version id",
        f"path: x\n  size: 3\n  md5: {OID}\n  hash: md5\n  cloud:\n    s:\n      etag: e\n      version_id: v",
        Recorded(
            path="x", oid=OID, size_bytes=3,
            cloud=(CloudEntry(relpath="", remote_name="s", version_id="v", md5=OID, size_bytes=3),),
        ),
    ),
    (
        "version ids of a folder",
        f"path: x\n  hash: md5\n  files:\n  - relpath: a/b\n    md5: {OID}\n    size: 3\n    cloud:\n      s:\n        version_id: v",
        Recorded(
            path="x",
            cloud=(CloudEntry(relpath="a/b", remote_name="s", version_id="v", md5=OID, size_bytes=3),),
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "out"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_a_dvc_file_says(body, out):
    assert parse_dvc_file(dvc_file(body)) == DvcFile(outs=(out,))


REFUSED = [
    ("a list", b"- x", "expected a table, got a list"),
    ("text", b"x", "expected a table, got text"),
    ("outs that are text", b"outs: x", "at `$.outs`"),
    ("an out that is text", b"outs: [x]", "]`"),
    ("no path", dvc_file(f"md5: {OID}"), "has no path"),
    ("a path that is a number", dvc_file("path: 12"), "].path`"),
    ("a path that is a date", dvc_file("path: 2026-11-23"), "].path`"),
    ("a path that is true", dvc_file("path: true"), "].path`"),
    ("a short md5", dvc_file("md5: abc\n  path: x"), "not 32 hex digits"),
    ("an md5 that climbs", dvc_file("md5: ../../../../etc/passwd0123456789\n  path: x"), "not 32 hex digits"),
    ("an md5 with a slash", dvc_file(f"md5: {OID[:-1]}/\n  path: x"), "not 32 hex digits"),
    ("an md5 that is a list", dvc_file("md5: [1]\n  path: x"), "].md5`"),
    ("an md5 that is true", dvc_file("md5: true\n  path: x"), "].md5`"),
    ("an md5 that is a float", dvc_file("md5: 1e31\n  path: x"), "].md5`"),
    ("an md5 in capitals", dvc_file(f"md5: {OID.upper()}\n  path: x"), "not 32 hex digits"),
    ("a negative size", dvc_file("size: -1\n  path: x"), "].size`"),
    ("a size of more than 64 bits", dvc_file(f"size: {2**63}\n  path: x"), "].size`"),
    ("a size that is text", dvc_file("size: big\n  path: x"), "].size`"),
    ("a size that is true", dvc_file("size: true\n  path: x"), "].size`"),
    ("a cache flag that is text", dvc_file("cache: 'no'\n  path: x"), "].cache`"),
    ("a remote that is a list", dvc_file("remote: [a]\n  path: x"), "].remote`"),
    ("two clouds", dvc_file("path: x\n  cloud: {a: {}, b: {}}"), "].cloud`"),
    ("a cloud that is text", dvc_file("path: x\n  cloud: a"), "].cloud`"),
    ("files that climb", dvc_file("path: x\n  files: [{relpath: ../y}]"), "has the path '../y'"),
    ("files without a path", dvc_file("path: x\n  files: [{md5: 1}]"), "has the path ''"),
    ("a key twice", b"outs: []\nouts: []", "duplicate key"),
    ("broken", b"outs: [", "not valid YAML"),
    ("NUL in a path", b'outs:\n- path: "a\\0b"\n', "].path`"),
    ("seventy megabytes", b"outs:\n" + b"- path: x\n" * 7_000_000, "70.0 MB; the limit is 64 MB"),
]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_dvc_file_may_not_say(data, words):
    with pytest.raises(BadPointer) as seen:
        parse_dvc_file(data)
    assert words in str(seen.value)


ORIGINS = [
    ("deps:\n- path: a\n  repo: {url: u}\n", f"md5: {OID}\n  path: x", Origin.IMPORT),
    ("deps:\n- path: a\n", f"md5: {OID}\n  path: x", Origin.OWN),
    ("deps:\n- path: a\n  etag: e\n", "hash: md5\n  path: x", Origin.IMPORT_URL),
    ("deps:\n- path: a\n  version_id: v\n", f"md5: {OID}\n  path: x\n  push: false", Origin.IMPORT_URL),
    ("deps:\n- path: a\n", f"md5: {OID}\n  path: x\n  push: false", Origin.OWN),
    ("deps:\n- path: a\n  version_id: v\n", f"md5: {OID}\n  path: x", Origin.OWN),
    ("deps:\n- path: a\n- path: b\n", "path: x", Origin.OWN),
]


@pytest.mark.parametrize(("head", "out", "origin"), ORIGINS)
def test_an_import_is_told_from_our_own_data(head, out, origin):
    assert parse_dvc_file(head.encode() + dvc_file(out)).origin is origin


def test_a_dvc_file_has_a_working_folder_and_may_depend_on_what_is_no_file():
    data = b"wdir: ../data\ndeps:\n- db: {query: q}\n" + dvc_file("path: x")
    file = parse_dvc_file(data)
    assert (file.wdir, file.deps) == ("../data", ())


@pytest.mark.parametrize(
    ("name", "words"), [("true", "got true or false"), ("FALSE", "got true or false"), ("null", "has no path")]
)
def test_a_machine_written_pointer_whose_name_is_no_text_is_refused(name, words):
    with pytest.raises(BadPointer, match=words):
        parse_dvc_file(dvc_file(f"md5: {OID}\n  size: 3\n  hash: md5\n  path: {name}"))


@given(
    st.from_regex(r"[0-9a-f]{32}(\.dir)?", fullmatch=True)
    | st.from_regex(r"[0-9]{20}e[0-9]{11}|0b[01]{30}", fullmatch=True),
    st.integers(0, 10**17),
    st.none() | st.integers(0, 10**6),
    st.booleans(),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_./-]*", fullmatch=True)
    | st.from_regex(r"[0-9][A-Za-z0-9_./-]*", fullmatch=True),
)
def test_the_quick_reader_never_differs_from_the_full_one(oid, size, nfiles, legacy, path):
    lines = [f"outs:\n- md5: {oid}", f"  size: {size}"]
    lines += [] if nfiles is None else [f"  nfiles: {nfiles}"]
    lines += [] if legacy else ["  hash: md5"]
    data = "\n".join([*lines, f"  path: {path}\n"]).encode()
    quick = parse_machine_written(data)
    assert quick is None or quick == read_dvc_file(as_yaml(data))


@pytest.mark.parametrize(
    ("name", "quick"),
    [
        *[(name, True) for name in ("00001.txt", "2026-11-23.csv", "1e5.pt", "0x1f.bin", "7/x.y")],
        *[(name, False) for name in ("12", "1.5", "1.e5", "1e5", "0x1f", "2026-11-23", "12.", "1_0.E3", "0b101")],
    ],
)
def test_names_that_begin_with_a_digit_are_read_quickly_only_where_they_are_text(name, quick):
    data = dvc_file(f"md5: {OID}\n  size: 3\n  hash: md5\n  path: {name}")
    assert (parse_machine_written(data) is not None) is quick
    if quick:
        assert parse_dvc_file(data) == read_dvc_file(as_yaml(data))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_pointer_or_an_error(data):
    for parse in (parse_dvc_file, parse_lock):
        with suppress(BadPointer):
            parse(data)


@pytest.mark.parametrize("path", ["", "/a", "a/../b", ".git/config", "a/.DVC/tmp"])
def test_a_file_of_a_folder_lies_where_data_may(path):
    with pytest.raises(BadPointer, match="an entry of files has the path"):
        parse_dvc_file(f'outs: [{{path: x, files: [{{relpath: "{path}", md5: {OID}}}]}}]'.encode())


LOCK = f"""\
schema: '2.0'
stages:
  train:
    cmd: sh train.sh
    deps:
    - path: rows.csv
      hash: md5
      md5: {OID}
      size: 3
    params:
      params.yaml:
        train.seed: 1
    outs:
    - path: x
      hash: md5
      md5: {OID}
      size: 3
"""


def test_a_lock_says_what_its_stages_read_and_wrote():
    stage = parse_lock(LOCK.encode())["train"]
    assert stage.outs == (OUT,)
    assert [dep.path for dep in stage.deps] == ["rows.csv"]
    assert stage.params == {"params.yaml": {"train.seed": 1}}
    assert parse_lock(b"") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema: '2.0'\nstages: [a]\n", "at `$.stages`"),
        ("schema: '2.0'\nstages: {a: 1}\n", "at `$.stages[...]`"),
        ("schema: '2.0'\nstages: {1: {cmd: x}}\n", "at `key` in `$.stages`"),
        ("schema: '2.0'\nstages: {a: {cmd: x, params: 1}}\n", "at `$.stages[...].params`"),
        ("schema: '2.0'\nstages: {a: {cmd: x, params: {p.yaml: null}}}\n", "at `$.stages[...].params[...]`"),
    ],
)
def test_a_lock_may_not_say(text, words):
    with pytest.raises(BadPointer) as seen:
        parse_lock(text.encode())
    assert words in str(seen.value)


DECLARED = """\
stages:
  train:
    cmd: x
    wdir: src
    outs:
    - a
    - b:
        cache: false
        persist: true
    - c: {push: false, remote: r}
    metrics:
    - m.json: {cache: false}
    plots:
    - p.csv: {x: x}
"""


def test_flags_stand_in_dvc_yaml():
    (stage,) = read_dvc_yaml(as_yaml(DECLARED.encode()))
    assert stage.wdir == "src"
    assert stage.outs == (
        DeclaredOut(path="a"),
        DeclaredOut(path="b", cache=False),
        DeclaredOut(path="c", push=False, remote="r"),
        DeclaredOut(path="m.json", cache=False),
        DeclaredOut(path="p.csv"),
    )


def test_a_version_of_a_source_that_has_none_is_refused():
    """DVC fails on it: `HTTPSFileSystem` has no versions."""
    data = f"deps:\n- path: https://host/a\n  version_id: v\nouts:\n- path: a\n  md5: {OID}\n"
    with pytest.raises(BadPointer, match="https does not know"):
        parse_dvc_file(data.encode())


@pytest.mark.parametrize(
    ("dep", "out", "origin"),
    [
        ("  version_id: v\n", "  push: false\n", Origin.IMPORT_URL),
        ("  cloud: {s: {version_id: v}}\n", "  push: false\n", Origin.IMPORT_URL),
        ("  files: [{relpath: a, md5: 1}]\n".replace("md5: 1", f"md5: {OID}"), "  push: false\n", Origin.IMPORT_URL),
        ("", "  push: false\n", Origin.OWN),
        ("  version_id: v\n", "", Origin.OWN),
    ],
)
def test_bytes_that_only_a_version_elsewhere_keeps_are_not_ours(dep, out, origin):
    data = f"deps:\n- path: s3://host/a\n{dep}outs:\n- path: a\n  md5: {OID}\n{out}"
    assert parse_dvc_file(data.encode()).origin is origin


@pytest.mark.parametrize(
    ("recorded", "origin"),
    [
        (f"  md5: {OID}\n", Origin.OWN),
        (f"  files: [{{relpath: x, md5: {OID}}}]\n", Origin.OWN),
        ("  cloud: {s: {version_id: v}}\n", Origin.OWN),
        ("", Origin.IMPORT_URL),
    ],
)
def test_what_was_downloaded_is_ours_however_it_is_recorded(recorded, origin):
    data = f"deps:\n- path: https://host/a\nouts:\n- path: a\n{recorded}"
    assert parse_dvc_file(data.encode()).origin is origin


def test_a_file_with_two_outs_is_no_import():
    data = f"deps:\n- path: a\n  repo: {{url: u}}\nouts:\n- path: b\n  md5: {OID}\n- path: c\n  md5: {OID}\n"
    file = parse_dvc_file(data.encode())
    assert (file.origin, len(file.outs)) == (Origin.OWN, 2)


def test_an_empty_pointer_has_no_outs():
    assert parse_dvc_file(b"") == DvcFile(outs=())
    assert parse_lock(b"") == {}


def test_a_version_id_may_stand_in_the_out_itself():
    file = parse_dvc_file(dvc_file(f"path: x\n  md5: {OID}\n  version_id: v"))
    (entry,) = file.outs[0].cloud
    assert (entry.relpath, entry.remote_name, entry.version_id) == ("", None, "v")


def test_a_bad_md5_of_a_version_is_named():
    with pytest.raises(BadPointer, match="the md5 of a/b is 'x'"):
        parse_dvc_file(dvc_file("path: x\n  files: [{relpath: a/b, md5: x}]"))
    with pytest.raises(BadPointer, match="the md5 of x is 'y'"):
        parse_dvc_file(dvc_file("path: x\n  md5: y\n  cloud: {s: {version_id: v}}"))
