"""YAML: what DVC reads, and nothing that can hurt."""

import io
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from release.core.documents import BadDocument, Timestamp, TooLarge, load_yaml
from release.core.limits import MAX_POINTER_BYTES
from release.core.pointer_file import BadPointer, BeyondLimit, as_yaml

FAILED = object()

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
    ("a: ü", {"a": "ü"}),
]


def as_dvc(text):
    return YAML(typ="safe").load(io.StringIO(text))


@pytest.mark.parametrize(("text", "value"), DOCUMENTS, ids=[repr(text) for text, _ in DOCUMENTS])
def test_a_document_means_what_dvc_takes_it_for(text, value):
    assert load_yaml(text) == value
    assert as_dvc(text) == value


@pytest.mark.parametrize(
    "text", ["2026-11-23", "2026-1-3T10:00:00Z", "2026-11-23 10:00:00.5 +02:00", "!!timestamp 2026-11-23"]
)
def test_a_date_is_not_text_for_dvc_either(text):
    assert load_yaml(f"a: {text}") == {"a": Timestamp(text.removeprefix("!!timestamp "))}
    assert isinstance(as_dvc(f"a: {text}")["a"], date)


@given(st.text("0123456789+-._eExXoObBaAfFnNiIlL:TZ", min_size=1, max_size=12))
@example("-0o17")
@example("0b101")
@example("1_")
@example(".5e3")
@example("2026-1-1")
def test_a_plain_word_is_a_number_exactly_where_it_is_one_for_dvc(word):
    try:
        theirs = as_dvc(f"a: {word}")["a"]
    except (YAMLError, ValueError, IndexError):  # ruamel fails on `-_`, and on dates that no calendar has
        theirs = FAILED
    assume(theirs is not FAILED)
    ours = load_yaml(f"a: {word}")["a"]
    if isinstance(theirs, date):
        assert ours == Timestamp(word)
    else:
        assert repr(ours) == repr(theirs)  # 1 is not 1.0, and NaN is itself


def test_keys_are_text_as_written_where_they_are_wanted_so():
    text = "7: a\n0x1f: b\ntrue: c\n~: d\n2026-01-01: e\n&k 1e3: f\n*k : g\n"
    assert list(load_yaml(text.replace("*k : g\n", ""))) == [7, 31, True, None, Timestamp("2026-01-01"), 1000.0]
    with pytest.raises(BadDocument, match=r'^line 7, column 1: duplicate key "1e3"$'):
        load_yaml(text, text_keys=True)
    text = text.replace("*k : g\n", "")
    assert list(load_yaml(text, text_keys=True)) == ["7", "0x1f", "true", "~", "2026-01-01", "1e3"]
    with pytest.raises(BadDocument, match=r'^line 2, column 1: duplicate key "1"$'):
        load_yaml("1: a\n'1': b", text_keys=True)
    assert load_yaml("1: a\n'1': b") == {1: "a", "1": "b"}


def _lists(levels: int) -> str:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *rows])


def _merges(levels: int) -> str:
    rows = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, levels)]
    return "\n".join(["a0: &a0 {x: 1}", *rows])


def _chain(levels: int) -> str:
    rows = [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *rows])


TOO_DEEP = "line {}: nested deeper than 100 levels"  # never the words of the libyaml that is installed

HOSTILE = [
    ("deep lists", "[" * 100_000, TOO_DEEP.format(1)),
    ("deep lists in the third line", "a: 1\nb: 2\nc: " + "[" * 100_000, TOO_DEEP.format(3)),
    ("deep lists in lines", "[\n" * 100_000, TOO_DEEP.format(101)),
    ("deep lists that end", "[" * 101 + "]" * 101, TOO_DEEP.format(1)),
    ("deep mappings", "{" * 100_000, TOO_DEEP.format(1)),
    ("deep mappings with keys", "{a: " * 100_000, TOO_DEEP.format(1)),
    ("deep dashes", "- " * 100_000, TOO_DEEP.format(1)),
    ("deep folds", "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 3_000)), TOO_DEEP.format(101)),
    ("deep aliases", _chain(3_000), TOO_DEEP.format(100)),
    ("an alias far down", "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60, TOO_DEEP.format(2)),
    ("deep keys", "? " * 100_000, TOO_DEEP.format(1)),
    ("a list in itself", "a: &a [*a]", "line 1, column 8: the alias *a is inside its own anchor"),
    ("an anchor used inside its second meaning", "a: &a 1\nb: &a [*a]", "line 2, column 8: the alias *a is inside"),
    ("lists that explode", _lists(12), "more than 2,000,000 values"),
    ("merges that explode", _merges(12), "more than 2,000,000 values"),
    ("a key twice", "a: 1\nb: 2\na: 3", 'line 3, column 1: duplicate key "a"'),
    ("a key twice by an alias", "&k a: 1\n*k : 3", 'line 2, column 1: duplicate key "a"'),
    (
        "an object",
        "!!python/object:os.system x",
        "line 1, column 1: the tag tag:yaml.org,2002:python/object:os.system,",
    ),
    ("a tagged list", "a:\n- !!set {a}", "line 2, column 3: the tag tag:yaml.org,2002:set, which DVC does not read"),
    ("a list as a key", "? [a]\n: b", "line 1, column 3: a key that is a list or a mapping"),
    ("an alias to a list as a key", "a: &a []\n*a : b", "line 2, column 1: a key that is a list or a mapping"),
    ("two documents", "a\n---\nb", "line 2, column 1: a second document begins"),
    ("merging text", "<<: a", "line 1, column 5: `<<` wants a mapping, or a list of mappings"),
    ("merging a list of text", "<<: [a]", "line 1, column 5: `<<` wants a mapping, or a list of mappings"),
    ("not YAML", "a: b: c", "line 1, column 5: mapping values are not allowed"),
    ("unfinished", "a: 'x", "line 1, column 6: found unexpected end of stream"),
    ("an unknown alias", "- *a", "line 1, column 3: the alias *a has no anchor"),
    ("an alias and nothing else", "*a", "line 1, column 1: the alias *a has no anchor"),
    ("a line end of YAML 1.1", "a: x\nb: x\x85y", "line 2, column 5: the line separator U+0085"),
    ("NUL", "\0", "not allowed"),
    ("a number of a million digits", "a: " + "9" * 1_000_000 + "\nb: [", "did not find"),
]


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_text_is_an_error_with_its_reason(text, words):
    with pytest.raises(BadDocument) as seen:
        load_yaml(text)
    assert words in str(seen.value)


def test_as_much_as_is_allowed_is_read():
    text = "a: &a " + "[" * 50 + "]" * 50 + "\nb: " + "[" * 49 + "*a" + "]" * 49
    assert load_yaml(text)["b"][0]
    assert len(load_yaml("[" + "0, " * 99_998 + "0]", most_values=100_000)) == 99_999
    with pytest.raises(TooLarge, match="line 1: more than 100,000 values"):
        load_yaml("[" + "0, " * 99_999 + "0]", most_values=100_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: \xff", "it is not valid YAML: line 1, column 4: byte 0xff is not UTF-8"),
        (b"#" * (MAX_POINTER_BYTES + 1), "64.0 MB; the limit is 64 MB"),
    ],
)
def test_bytes_that_are_no_text_are_an_error(data, words):
    with pytest.raises(BadPointer, match=f"^{words}") as seen:
        as_yaml(data)
    assert isinstance(seen.value, BeyondLimit) is ("limit" in words)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_an_error(data):
    with suppress(BadPointer):
        as_yaml(data)


_text = st.text(st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"]))
_scalars = st.none() | st.booleans() | st.integers() | _text
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4), max_leaves=20
)


@given(_values)
def test_what_dvc_writes_is_what_we_read(value):
    stream = io.StringIO()
    YAML().dump(value, stream)
    assert load_yaml(stream.getvalue()) == value
