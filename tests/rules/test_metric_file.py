import json
import math
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.limits import MAX_DOCUMENT_BYTES, MAX_KEY_LENGTH, MAX_KEYS_LENGTH, MAX_VALUES
from release.core.metric_files import parse_values
from release.core.metrics import extend_key, last_name, split_key

PARTS = st.tuples(st.text(), st.lists(st.one_of(st.text(), st.integers(0, 10**6)), max_size=5)).map(
    lambda pair: (pair[0], *pair[1])
)


def escape_key(parts):
    return reduce(extend_key, parts, None)


def values(path, text):
    file = parse_values(path, text if isinstance(text, bytes) else text.encode())
    assert file.problem is None, file.problem
    return dict(file.values)


def problem(path, data):
    file = parse_values(path, data if isinstance(data, bytes) else data.encode())
    assert not file.values
    return file.problem


@given(PARTS)
def test_a_key_splits_into_the_parts_it_was_made_of(parts):
    assert split_key(escape_key(parts)) == parts


@given(PARTS, PARTS)
def test_different_parts_give_different_keys(one, other):
    assert (escape_key(one) == escape_key(other)) == (one == other)


@given(st.text())
def test_any_text_can_be_split_as_a_key(text):
    assert split_key(text)


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("overall", "f1"), "overall.f1"),
        (("hist", 0), "hist[0]"),
        (("hist", 0, 12), "hist[0][12]"),
        (("a", 0, "b"), "a[0].b"),
        (("dog.x", "p"), r"dog\.x.p"),
        (("a[0]",), r"a\[0\]"),
        (("C:\\x",), r"C:\\x"),
    ],
)
def test_signs_that_build_a_key_are_escaped_in_names(parts, key):
    assert escape_key(parts) == key


def test_the_last_name_of_a_key_skips_indexes():
    assert last_name("class.loss.f1") == "f1"
    assert last_name("class.hist[3][1]") == "hist"


def test_json_yaml_and_toml_give_the_same_keys_and_values():
    expected = {"overall.f1": 0.84, "overall.n": 144, "hist[0]": 1, "hist[1].a": True, "name": "charCNN"}
    assert (
        values("p.json", '{"overall": {"f1": 0.84, "n": 144}, "hist": [1, {"a": true}], "name": "charCNN"}') == expected
    )
    assert (
        values("p.yaml", "overall: {f1: 0.84, n: 144}\nhist:\n- 1\n- a: true\nname: charCNN\n")
        == values("p.yml", "overall:\n  f1: 0.84\n  n: 144\nhist: [1, {a: true}]\nname: 'charCNN'")
        == expected
    )
    toml = 'hist = [1, {a = true}]\nname = "charCNN"\n[overall]\nf1 = 0.84\nn = 144\n'
    assert values("p.TOML", toml) == expected


def test_values_stay_in_the_order_of_the_file():
    assert list(values("p.json", '{"z": {"b": 1, "a": 2}, "a": [3, 4]}')) == ["z.b", "z.a", "a[0]", "a[1]"]


def test_the_sha256_is_of_the_bytes_even_of_a_broken_file():
    assert parse_values("p.json", b"{").sha256 == "021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96"


def test_numbers_that_json_lacks_are_read():
    read = values("p.json", '{"a": NaN, "b": -Infinity, "c": 1e400, "d": 1' + "0" * 400 + "}")
    assert math.isnan(read["a"])
    assert (read["b"], read["c"], read["d"]) == (-math.inf, math.inf, math.inf)


@pytest.mark.parametrize("digits", [1000, 5000, 100_000])
@pytest.mark.parametrize(("path", "form"), [("p.json", '{{"a": -{}}}'), ("p.yaml", "a: -{}"), ("p.toml", "a = -{}")])
def test_numbers_with_thousands_of_digits_do_no_harm(path, form, digits):
    file = parse_values(path, form.format("9" * digits).encode())
    assert file.problem is not None or file.values["a"] == -math.inf


def test_every_whole_number_that_is_read_fits_a_float():
    for path, text in [("p.json", '{"a": %s}'), ("p.yaml", "a: %s"), ("p.yaml", "a: 0x%s"), ("p.toml", "a = %s")]:
        for digits in (307, 308, 309, 310):
            float(values(path, text % ("9" * digits))["a"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1_000", 1000),
        ("010", 10),
        ("0x1f", 31),
        ("-0o17", -15),
        (".5", 0.5),
        ("5.", 5.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("no", "no"),
        ("true", True),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23 10:00:00", "2026-11-23 10:00:00"),
        ("1:30", "1:30"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1),
        ("~", None),
        ("", None),
        ("|\n  12\n", "12\n"),
    ],
)
def test_plain_yaml_words_mean_what_dvc_reads(text, value):
    read = values("p.yaml", f"a: {text}")
    assert read.get("a") == value
    assert type(read.get("a")) is type(value)


def test_yaml_keys_that_are_no_text_become_text():
    assert values("p.yaml", "1: a\ntrue: b\n2026-01-01: c\nnull: d\n") == {
        "1": "a", "true": "b", "2026-01-01": "c", "null": "d",
    }  # fmt: skip


def test_yaml_aliases_and_merges_are_followed():
    text = "base: &b {lr: 1e-3, deep: {x: 1}}\nother: &c {lr: 5, wd: 2}\nrun:\n  <<: [*b, *c]\n  lr: 0.1\nsame: *b\n"
    read = values("p.yaml", text)
    assert (read["run.lr"], read["run.deep.x"], read["run.wd"], read["same.lr"]) == (0.1, 1, 2, 0.001)


def test_dates_in_toml_are_text():
    assert values("p.toml", "a = 2026-11-23\nb = 10:00:00\nc = 2026-11-23T10:00:00Z") == {
        "a": "2026-11-23", "b": "10:00:00", "c": "2026-11-23T10:00:00+00:00",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["p.json", "p.yaml", "p.toml", "p.csv"])
def test_a_byte_order_mark_of_utf8_is_no_harm(path):
    text = {"p.json": '{"a": 1}', "p.yaml": "a: 1", "p.toml": "a = 1", "p.csv": "a\n1"}[path]
    assert values(path, b"\xef\xbb\xbf" + text.encode()) == {"a": 1}
    assert problem(path, text.encode("utf-16")) == "the file is UTF-16, not UTF-8"


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("p.json", "", "the file is empty"),
        ("p.json", " \n", "the file is empty"),
        ("p.json", "[1]", "the file contains a list, not names with values"),
        ("p.json", "1", "the file contains a single value, not names with values"),
        ("p.json", "null", "the file contains a single value, not names with values"),
        ("p.yaml", "- 1", "the file contains a list, not names with values"),
        ("p.yaml", "text", "the file contains a single value, not names with values"),
        ("p.json", '{"a": 1', "line 1, column 8: expecting ',' delimiter"),
        ("p.json", '{\n  "a": }', "line 2, column 8: expecting value"),
        ("p.json", '{"b": {"f1": 1},\n "a": {"f1": 1,\n    "f1": 2}}', 'duplicate key "f1"'),
        ("p.json", r'{"a": "\"f1\":", "f1": 1, "f\u0031": 2}', 'duplicate key "f1"'),
        ("p.yaml", "a:\n  f1: 1\n  f1: 2\n", 'line 3, column 3: duplicate key "f1"'),
        ("p.yaml", "1: a\n'1': b\n", 'line 2, column 1: duplicate key "1"'),
        ("p.yaml", "a: 1\n---\na: 2\n", "line 2, column 1: a second document begins"),
        ("p.yaml", "a: *x", "line 1, column 4: the alias *x has no anchor"),
        ("p.yaml", "a: &x [*x]", "line 1, column 8: the alias *x is inside its own anchor"),
        (
            "p.yaml",
            "a: !!python/name:os.system x",
            "line 1, column 4: the tag tag:yaml.org,2002:python/name:os.system, which DVC does not read",
        ),
        ("p.yaml", "[a]: 1", "line 1, column 1: a key that is a list or a mapping"),
        ("p.yaml", "<<: 1", "line 1, column 5: `<<` wants a mapping, or a list of mappings"),
        ("p.toml", "a = 1\na = 2\n", "line 2, column 6: cannot overwrite a value"),
        ("p.json", b'{"a":\n "x\xff"}', "line 2, column 4: byte 0xff is not UTF-8"),
        ("p.json", '{"é": "é'.encode() + b"\xc3", "line 1, column 9: byte 0xc3 is not UTF-8"),
        ("p.csv", "f1,n\n0.8\n", "the last row has 1 values for 2 columns"),
        ("p.csv", "f1\n0.8,3\n", "the last row has 2 values for 1 columns"),
        ("p.csv", "f1,n,f1\n1,2,3\n", 'line 1: duplicate column "f1"'),
        ("p.csv", "f1\n" + "1" * 200_000, "line 2: field larger than field limit (131072)"),
        ("p.py", "lr = 1", "values in Python are not read"),
        ("noname", "text", "the file contains a single value, not names with values"),
        ("p.jsonl", '{"a": 1}\n{"a": 2}', "line 2, column 1: did not find expected <document start>"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(path, data, expected):
    assert problem(path, data) == expected


@pytest.mark.parametrize(("path", "data"), [("p.yaml", "a: [1"), ("p.yaml", "a: \x07"), ("p.yaml", "\ta: 1\n b")])
def test_broken_yaml_says_what_is_wrong(path, data):
    assert problem(path, data)


def test_an_empty_yaml_or_toml_file_holds_no_values():
    assert (
        values("p.yaml", "") == values("p.yaml", "# nothing\n") == values("p.toml", "") == values("p.json", "{}") == {}
    )


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("p.csv", "epoch,f1\n1,0.7\n2,0.8\n", {"epoch": 2, "f1": 0.8}),
        ("p.tsv", "epoch\tf1\n1\t0.7\n2\t0.8", {"epoch": 2, "f1": 0.8}),
        ("P.CSV", "f1\r\n0.7\r\n0.8\r\n\r\n", {"f1": 0.8}),
        ("p.csv", ",f1\n0,0.7\n1,0.8\n", {"f1": 0.8}),
        ("p.csv", '"a.b","x, y"\n1,"two\nlines"\n', {r"a\.b": 1, "x, y": "two\nlines"}),
        ("p.csv", "a,b,c,d,e\n 1 ,-1e-3,,1_000,True\n", {"a": 1, "b": -0.001, "c": None, "d": "1_000", "e": "True"}),
        ("p.csv", "a,b\ninf,1" + "0" * 400, {"a": math.inf, "b": math.inf}),
        ("p.csv", "f1,loss\n1,2\n1,2,3\n3,4\n", {"f1": 3, "loss": 4}),
        ("p.csv", "f1,loss\n", {}),
        ("p.csv", "", {}),
    ],
)
def test_the_last_row_of_a_table_counts_and_its_columns_are_keys(path, text, expected):
    assert values(path, text) == expected


DEEP = [
    ("p.json", '{"a":' * 10_000 + "1" + "}" * 10_000),
    ("p.json", '{"a":' + "[" * 10_000 + "]" * 10_000 + "}"),
    ("p.json", '{"a":' + "[" * (MAX_VALUES - 10)),
    ("p.yaml", "a: " + "[" * 10_000 + "]" * 10_000),
    ("p.yaml", "{a: " * 10_000 + "}" * 10_000),
    ("p.yaml", "- " * 10_000 + "1"),
    ("p.yaml", "\n".join(" " * n + "a:" for n in range(1000))),
    ("p.yaml", "? " * 10_000 + "1"),
    ("p.toml", "a = " + "[" * 10_000 + "]" * 10_000),
    ("p.toml", "a" + ".a" * 10_000 + " = 1"),
    ("p.toml", "[" + "a." * 1_000_000 + "a]"),
    ("p.toml", 'a = "[[" \nb = ' + "{a = " * 10_000 + "1" + "}" * 10_000),
    ("p.yaml", "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))),
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("path", "text"), DEEP)
def test_a_file_of_great_depth_is_refused_at_once(path, text):
    assert "nested deeper than 100 levels" in problem(path, text)


def test_a_hundred_levels_are_read():
    text = '{"a":' + "[" * 99 + "1" + "]" * 99 + "}"
    assert values("p.json", text) == values("p.yaml", text) == {"a" + "[0]" * 99: 1}


BOMBS = [
    ("p.json", json.dumps({"a": [0] * MAX_VALUES})),
    ("p.json", json.dumps({"a": {str(n): 0 for n in range(MAX_VALUES)}})),
    ("p.json", '{"a": [' + "[]," * MAX_VALUES + "[]]}"),
    ("p.yaml", "a: [" + "0," * MAX_VALUES + "0]"),
    ("p.yaml", "a0: &a0 []\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))),
    ("p.yaml", "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{b: *a{n - 1}, c: *a{n - 1}}}\n" for n in range(1, 60))),
    (
        "p.yaml",
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(9_999)),
    ),
    ("p.toml", "a = [" + "0," * MAX_VALUES + "0]"),
    ("p.csv", "a\n" + "," * (MAX_VALUES + 1)),
    ("p.tsv", "a\tb\n" * (MAX_VALUES + 1)),
]  # fmt: skip


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("path", "text"), BOMBS)
def test_a_file_of_too_many_values_is_refused_at_once(path, text):
    assert "more than 2,000,000 values" in problem(path, text)


@pytest.mark.parametrize("path", ["p.json", "p.yaml", "p.toml", "p.csv"])
def test_a_file_of_fifty_megabytes_is_not_even_parsed(path):
    assert problem(path, b" " * (MAX_DOCUMENT_BYTES + 100_000)) == "50.1 MB; the limit is 50 MB"


def test_a_hundred_thousand_values_are_far_from_the_limit():
    text = json.dumps({f"k{n}": 0 for n in range(MAX_VALUES // 20)})  # a tenth in YAML, where keys count, too
    assert len(values("p.json", text)) == len(values("p.yaml", text)) == MAX_VALUES // 20


@pytest.mark.parametrize(
    "document",
    [{"k" * (MAX_KEY_LENGTH + 1): 1}, {"k" * 9_000: {str(n): 0 for n in range(MAX_KEYS_LENGTH // 9_000 + 1)}}],
    ids=["one", "together"],
)
def test_names_that_are_too_long_are_refused_as_flattening_would_multiply_them(document):
    assert "is too long, or all names together are" in problem("p.json", json.dumps(document))
    assert values("p.json", json.dumps({"k" * MAX_KEY_LENGTH: 1}))


def test_unicode_and_control_characters_in_keys_are_kept():
    assert values("p.json", r'{"é\n\u001b": 1, "\ud800": 2, "": 3}') == {"é\n\x1b": 1, "\ud800": 2, "": 3}


@given(
    st.sampled_from(["p.json", "p.yaml", "p.toml", "p.csv"]),
    st.one_of(st.binary(), st.text().map(lambda t: t.encode("utf-8", "surrogatepass"))),
)
def test_no_bytes_make_the_parser_fail(path, data):
    parse_values(path, data)


@given(
    st.sampled_from(["p.json", "p.yaml", "p.toml", "p.csv"]), st.text(alphabet="{}[]\":,ae1.-+_&*!<>|?#'\n \t=\\%@~")
)
def test_no_syntax_makes_the_parser_fail(path, text):
    parse_values(path, text.encode())


@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.one_of(
                st.none(), st.booleans(), st.integers(-(10**300), 10**300), st.floats(allow_nan=False), st.text()
            ),
            lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.text(), below, max_size=3)),
            max_leaves=10,
        ),
        max_size=4,
    )
)
def test_json_that_is_valid_is_read_with_every_value(document):
    def leaves(value, parts):
        if isinstance(value, dict):
            return {key: leaf for name, item in value.items() for key, leaf in leaves(item, (*parts, name)).items()}
        if isinstance(value, list):
            return {key: leaf for n, item in enumerate(value) for key, leaf in leaves(item, (*parts, n)).items()}
        return {escape_key(parts): value}

    assert values("p.json", json.dumps(document)) == leaves(document, ())
