"""YAML from pointer files: what DVC reads, and nothing that can hurt."""

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from release.core.safe_yaml import MAX_BYTES, BadYaml, Timestamp, load_yaml

DOCUMENTS = [
    ("", None),
    ("# only a comment\n", None),
    ("a: 1", {"a": 1}),
    ("a: 010", {"a": 10}),
    ("a: 0o10", {"a": 8}),
    ("a: 0x1f", {"a": 31}),
    ("a: 1_000", {"a": 1000}),
    ("a: 1e3", {"a": 1000.0}),
    ("a: -.5", {"a": -0.5}),
    ("a: .inf", {"a": float("inf")}),
    ("a: yes", {"a": "yes"}),
    ("a: off", {"a": "off"}),
    ("a: True", {"a": True}),
    ("a: ~", {"a": None}),
    ("a:", {"a": None}),
    ("a: 'true'", {"a": "true"}),
    ("a: !!str 12", {"a": "12"}),
    ("a: 1.2.3", {"a": "1.2.3"}),
    ("a: 12a", {"a": "12a"}),
    ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ("[a, {b: c}]", ["a", {"b": "c"}]),
    ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}}),
    ("a: &x {p: 1}\nb: {<<: [*x, *x], r: 2}", {"a": {"p": 1}, "b": {"r": 2, "p": 1}}),
    ("'<<': 1", {"<<": 1}),
    ("\N{BYTE ORDER MARK}a: ü", {"a": "ü"}),
]


@pytest.mark.parametrize(("text", "value"), DOCUMENTS, ids=[repr(text) for text, _ in DOCUMENTS])
def test_a_document_means_what_dvc_takes_it_for(text, value):
    assert load_yaml(text.encode()) == value
    assert YAML(typ="safe").load(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}"))) == value


def test_a_date_is_not_text_for_dvc_either():
    assert load_yaml(b"a: 2026-11-23") == {"a": Timestamp("2026-11-23")}


def _lists(levels: int) -> bytes:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *rows]).encode()


def _merges(levels: int) -> bytes:
    rows = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, levels)]
    return "\n".join(["a0: &a0 {x: 1}", *rows]).encode()


TOO_DEEP = "nest"  # our own limit, or that of libyaml from PyYAML 6.0.4 on, whichever is met first

HOSTILE = [
    ("deep lists", b"[" * 100_000, TOO_DEEP),
    ("deep mappings", b"{" * 100_000, TOO_DEEP),
    ("deep dashes", b"- " * 100_000, TOO_DEEP),
    ("deep folds", b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 3_000)), TOO_DEEP),
    ("a list in itself", b"a: &a [*a]", "*a refers to nothing that is complete"),
    ("an anchor used inside its second meaning", b"a: &a 1\nb: &a [*a]", "refers to nothing"),
    ("lists that explode", _lists(12), "aliases grow"),
    ("merges that explode", _merges(12), "aliases grow"),
    ("a key twice", b"a: 1\nb: 2\na: 3", "line 3: duplicate key 'a'"),
    ("an object", b"!!python/object:os.system x", "is not used by DVC"),
    ("a tagged list", b"!!set {a}", "is not used by DVC"),
    ("a list as a key", b"? [a]\n: b", "a key is a mapping or a list"),
    ("two documents", b"a\n---\nb", "more than one document"),
    ("merging text", b"<<: a", "no mapping"),
    ("not YAML", b"a: b: c", "line 1, column 5"),
    ("unfinished", b"a: 'x", "end of stream"),
    ("an unknown alias", b"*a", "refers to nothing"),
    ("a line end of YAML 1.1", "a: x\x85y".encode(), "line separator"),
    ("NUL", b"\0", "not allowed"),
    ("not UTF-8", b"a: \xff", "byte 3 is not UTF-8"),
    ("too big", b"#" * (MAX_BYTES + 1), "more than"),
    ("a number of a million digits", b"a: " + b"9" * 1_000_000 + b"\nb: [", "did not find"),
]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_text_is_an_error_with_its_reason(data, words):
    with pytest.raises(BadYaml) as seen:
        load_yaml(data)
    assert words in str(seen.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_an_error(data):
    with suppress(BadYaml):
        load_yaml(data)


_text = st.text(st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=("Cs",)))
_scalars = st.none() | st.booleans() | st.integers() | _text
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4), max_leaves=20
)


@given(_values)
def test_what_dvc_writes_is_what_we_read(value):
    stream = io.StringIO()
    YAML().dump(value, stream)
    assert load_yaml(stream.getvalue().encode("utf-8", "surrogatepass")) == value
