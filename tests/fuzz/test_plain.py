"""Files as DVC writes them, edited at random: what the grammar calls plain, DVC's own reader and schema take for the same."""

import os
import re
from typing import Any

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA, COMPILED_MULTI_STAGE_SCHEMA, COMPILED_SINGLE_STAGE_SCHEMA
from dvc.utils.serialize import parse_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from release.core.plain import is_plain, is_plain_yaml
from release.core.pointer_file import BadPointer, as_yaml, lock_parts

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
OID = "0123456789abcdef" * 2
DVC_FILE = f"""\
md5: {OID}
frozen: true
deps:
- path: data/x y.csv
  repo:
    url: ../source
    rev: main
    rev_lock: 52861efc8f0e670d4a35965b2b8c7bb258151657
outs:
- md5: {OID}.dir
  size: 4
  nfiles: 2
  hash: md5
  path: 'a: b'
  desc: "words, 'quoted'"
  labels:
  - one
  cloud:
    s3:
      etag: 5a94bdce
      version_id: v1
"""
LOCK = f"""\
schema: '2.0'
stages:
  train@a:
    cmd: sh -c 'echo 1 >
      model.bin' # once
    deps:
    - path: src/train.py
      hash: md5
      md5: {OID}
      size: 2
    params:
      params.yaml:
        lr: 0.1
        layers: [1, 2]
    outs:
    - path: model.bin
      hash: md5
      md5: {OID}
      size: 2
      isexec: true
"""
PIPELINE = """\
stages:
  train:
    desc: A model
    cmd:
    - echo 1
    - echo "2" > model.bin
    wdir: ../src
    deps:
    - train.py
    params:
    - lr
    - more.yaml:
      - x
    - p.json:
    outs:
    - keep.bin:
        persist: true
    - model.bin
    metrics:
    - m.json:
        cache: false
    plots:
    - p.csv:
        template: linear
        x: step
    always_changed: true
"""
FILES: dict[str, tuple[str, Any]] = {
    "x.dvc": (DVC_FILE, COMPILED_SINGLE_STAGE_SCHEMA),
    "dvc.lock": (LOCK, COMPILED_LOCKFILE_SCHEMA),
    "dvc.yaml": (PIPELINE, COMPILED_MULTI_STAGE_SCHEMA),
}
WORDS = (
    *("1e3", "1_0", "010", "0o7", "0x1", "1:30", "yes", "on", "~", "null", "TRUE", ".5", "5.", "1.", ".inf", ".nan", "-1"),
    *("2026-11-29", "2026-99-99", "'1'", "-", "- ", "---", "...", "? ", ": ", ":", " #", "'", '"', "|", ">", "&a ", "*a"),
    *("!t ", "<<: ", "=", "%", "@", "`", "{}", "[]", "[a, b]", "{a: b}", "  ", " ", "\n", "\n\n", "\t", "\r\n", "a: b"),
    *("é", "\u2028", "\ufeff", "${x}", "\\", "../", "./", "path: x", "size: 1", "md5:", "wdir: x", "meta: 1", "labels: [1]"),
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.sampled_from(("insert", "value", "repeat", "drop", "cut")), st.floats(0, 1), st.sampled_from(WORDS)),
    min_size=1,
    max_size=3,
)


def edited(text: str, how: str, where: float, word: str) -> str:
    """The text with one edit at a place between its beginning (0) and its end (1)."""
    lines, at = text.split("\n"), int(where * len(text))
    number = min(int(where * len(lines)), len(lines) - 1)
    match how:
        case "insert":
            return text[:at] + word + text[at:]
        case "cut":
            return text[:at] + text[at + 2 :]
        case "value":
            lines[number] = re.sub(r"^( *(?:- )*(?:[^:]*: )?).*", lambda found: found[1] + word, lines[number])
        case "repeat":
            lines.insert(number, lines[number])
        case _:
            del lines[number]
    return "\n".join(lines)


@pytest.mark.parametrize("name", FILES)
def test_a_file_as_dvc_writes_it_is_plain(name):
    text, schema = FILES[name]
    assert is_plain_yaml(text.encode())
    assert is_plain(name, as_yaml(text.encode()))
    schema(parse_yaml(text, name))


@pytest.mark.parametrize("name", FILES)
def test_what_is_plain_is_for_dvc_what_it_is_here(name):
    text, schema = FILES[name]

    @settings(max_examples=EXAMPLES or 400, derandomize=not EXAMPLES, database=None, deadline=None)
    @given(EDITS)
    def is_the_same(edits: list[tuple[str, float, str]]) -> None:
        changed = text
        for edit in edits:
            changed = edited(changed or "x", *edit)
        try:
            ours = as_yaml(changed.encode())
        except BadPointer:
            return
        if is_plain_yaml(changed.encode()) and is_plain(name, ours):
            theirs = parse_yaml(changed, name)
            assert repr(theirs) == repr(ours)
            schema(theirs)

    is_the_same()


TWICE = FILES["dvc.lock"][0] + FILES["dvc.lock"][0].partition("stages:\n")[2].replace("  train:", "  other:")


def test_a_lock_says_in_parts_what_it_says_as_a_whole():
    """A part that is not plain is not tried: the whole file is read then."""
    assert len(lock_parts(TWICE.encode())) == 2 * FILES["dvc.lock"][0].count("    cmd:")

    @settings(max_examples=EXAMPLES or 400, derandomize=not EXAMPLES, database=None, deadline=None)
    @given(EDITS)
    def is_the_same(edits: list[tuple[str, float, str]]) -> None:
        changed = TWICE
        for edit in edits:
            changed = edited(changed or "x", *edit)
        parts = lock_parts(changed.encode())
        if len(parts) == 1 or not all(map(is_plain_yaml, parts)):
            return
        try:
            read = [as_yaml(part) for part in parts]
        except BadPointer:
            return
        if all(is_plain("dvc.lock", part) for part in read):
            stages = [stage for part in read for stage in part["stages"].items()]
            assert is_plain_yaml(changed.encode())
            if len(dict(stages)) == len(stages):
                assert repr(as_yaml(changed.encode())["stages"]) == repr(dict(stages))
                assert is_plain("dvc.lock", as_yaml(changed.encode()))

    is_the_same()
