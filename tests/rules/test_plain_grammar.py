"""What counts as written by DVC: text, values, and patterns that could hide or change a pointer."""

import pytest

from release.core.documents import load_yaml
from release.core.plain import has_patterns, is_plain, is_plain_yaml, may_match

OID = "0123456789abcdef" * 2

STAGE = "stages: {a: {cmd: x, %s}}"
LOCKED = "{schema: '2.0', stages: {a: {cmd: x, outs: [{path: x, %s}]}}}"
NOT_PLAIN = [
    *[
        ("x.dvc", f"outs: [{{path: x, {more}}}]")
        for more in ("md5: abc", f"md5: {OID.upper()}", "size: -1", "size: true", "nfiles: x", "isexec: 1", "hash: md4")
    ],
    *[
        ("x.dvc", f"outs: [{{path: x, {more}}}]")
        for more in ("shiny: 1", "cache: 'no'", "remote: 7", "labels: [1]", "desc: [a]", "etag: x", "cloud: {a: {}, b: {}}")
    ],
    *[("x.dvc", f"outs: [{{path: {path}}}]") for path in ("1", "''", "/x", "~/x", "'${x}'", "'a\\b'", "s3://b/x", "' x'")],
    *[("x.dvc", text) for text in ("[]", "outs: x", "outs: [x]", "{}", "outs: []\nshiny: 1", "outs: []\ncmd: x")],
    ("x.dvc", "outs: []\nfrozen: 1"),
    ("x.dvc", "outs: []\nmeta: 2026-99-99"),
    ("x.dvc", "outs: []\ndeps: [{path: x, repo: {url: u}}]"),
    ("x.dvc", "outs: []\ndeps: [{path: x, repo: {url: u, rev_lock: r, shiny: s}}]"),
    ("x.dvc", "outs: []\ndeps: [{path: 'gdrive://x/y'}]"),
    *[("dvc.lock", text) for text in ("{}", "schema: '2.0'", "schema: '1.0'\nstages: {}", "schema: 2.0\nstages: {}")],
    *[("dvc.lock", f"{{schema: '2.0', stages: {stages}}}") for stages in ("null", "[]", "{a: {}}", "{a: {cmd: 1}}")],
    *[("dvc.lock", LOCKED % more) for more in ("md5: abc", "cache: false", "size: null")],
    ("dvc.lock", "{schema: '2.0', stages: {a: {cmd: x, params: {p.yaml: null}}}}"),
    *[("dvc.yaml", text) for text in ("[a]", "stages:", "stages: [a]", "stages: {a: b}", "stages: {a: {outs: [b]}}")],
    *[("dvc.yaml", STAGE % more) for more in ("outs: b", "outs: [1]", "outs: [{b: 1}]", "outs: [{b: {cache: maybe}}]")],
    *[("dvc.yaml", STAGE % more) for more in ("deps: [x.dvc]", "outs: [a/dvc.yaml]")],
    *[("dvc.yaml", STAGE % more) for more in ("wdir: 1", "shiny: 1", "deps: [1]", "outs: ['${b}']", "outs: [{b: {}, c: {}}]")],
    *[("dvc.yaml", STAGE % more) for more in ("wdir: '${d}'", "vars: [v.yaml]", "desc: '${x}'", "plots: [{b: [{x: y}]}]")],
    *[("dvc.yaml", text) for text in ("stages: {a: {cmd: 'echo ${x}'}}", "stages: {a@b: {cmd: x}}", "plots: ['${x}']")],
    *[("dvc.yaml", text) for text in ("stages: {a: {foreach: [1], do: {cmd: x}}}", "stages: {a: {matrix: {k: [1]}, cmd: x}}")],
    *[("dvc.yaml", text) for text in ("vars: [{a: 1}]", "artifacts: {a: {path: x}}", "datasets: []", "params: [1]")],
    *[("params.yaml", text) for text in ("[]", "x", "1: 2", "a: 2026-11-29")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), NOT_PLAIN)
def test_values_that_dvc_does_not_write(name, text):
    assert not is_plain(name, load_yaml(text))


PLAIN = [
    ("x.dvc", f"outs: [{{md5: {OID}.dir, size: 1, nfiles: 2, hash: md5, path: x y/ü.csv}}]"),
    ("x.dvc", f"wdir: ../data\nouts: [{{md5: {OID}, path: ../x, cache: false, push: false, remote: r}}]"),
    ("x.dvc", "frozen: true\ndeps: [{path: 's3://b/x', etag: abc}]\nouts: [{hash: md5, path: x}]"),
    ("dvc.lock", "schema: '2.0'\nstages: {}"),
    ("dvc.lock", LOCKED % f"md5: {OID}, size: 1"),
    ("dvc.lock", "{schema: '2.0', stages: {a@1-b: {cmd: [x, y], params: {p.yaml: {a.b: [1, null]}}}}}"),
    ("dvc.yaml", ""),
    ("dvc.yaml", STAGE % "outs: [b, {c: {cache: false, persist: true}}], metrics: [m], plots: [{p: {x: y}}]"),
    ("dvc.yaml", STAGE % "params: [a, {p.yaml: [b]}, {q.yaml: null}], deps: [../x], wdir: src, frozen: true"),
    ("dvc.yaml", "metrics: [m.json]"),
    ("params.yaml", ""),
    ("params.yaml", "a: {b: [1, 2.5, x, null]}"),
]


@pytest.mark.parametrize(("name", "text"), PLAIN)
def test_values_that_dvc_writes(name, text):
    document = load_yaml(text)
    assert is_plain(name, document if document is not None or name == "params.yaml" else {})


@pytest.mark.parametrize(
    "text",
    [
        *("a: |\n  b\n", "a: >\n  b\n", "a: &b c\n", "a: *b\n", "a: !t b\n", "<<: {a: b}\n", "? a\n", "--- a\n", "%YAML 1.2\n"),
        *("a:\tb\n", "\ta: b\n", "a: b\r\n", "a: b\x0c\n", "a: b\u2028\n", "\ufeffa: b\n", "a: 'b\n", 'a: "b\\n"\n', "a: @b\n"),
        *("a: {b: {c: d}}\n", "a: [[b]]\n", "a: b: c\n", f"a: {'b' * 2_000}\n"),
    ],
)  # fmt: skip
def test_text_that_dvc_does_not_write(text):
    assert not is_plain_yaml(text.encode())


def test_text_that_is_no_utf_8_is_not_plain():
    assert not is_plain_yaml(b"a: \xff\n")


NAMES = ("data", "tags.json.dvc", "dvc.lock")


@pytest.mark.parametrize(
    ("line", "may"),
    [
        *[(line, True) for line in ("tags.json.dvc", "/data/", "data/*", "*.dvc", "*.d?c", "*.[dD]vc", "d*", "**", "\\*")],
        *[(line, True) for line in ("x/**/data", "/data/tags.json.dvc  ", "dvc.lock", "*", "  data", "\ufeffdata")],
        *[(line, False) for line in ("", "# data", "!*.dvc", "/tags.json", "*.csv", "data2", "*.py[cod]", "/data/x")],
    ],
)  # fmt: skip
def test_a_pattern_that_could_hide_a_pointer(line, may):
    assert may_match(f"{line}\n".encode(), NAMES) is may


@pytest.mark.parametrize(
    ("line", "may"),
    [
        *[(f"*.dvc {values}", True) for values in ("text eol=crlf", "eol=crlf", "filter=lfs", "ident", "working-tree-encoding=UTF-16", "own")],
        *[(line, True) for line in ("* filter=x", "dvc.lock ident", '"a b" ident', "[attr]own filter=x")],
        *[(f"* {values}", False) for values in ("text=auto", "text", "-text", "binary", "eol=lf", "diff=x", "merge=union", "-filter", "text=auto eol=lf")],
        *[(line, False) for line in ("*.bin filter=lfs diff=lfs merge=lfs -text", "# *.dvc ident", "", "*.dvc linguist-generated")],
    ],
)  # fmt: skip
def test_an_attribute_that_could_change_the_bytes_of_a_pointer(line, may):
    assert may_match(f"{line}\n".encode(), NAMES, attributes=True) is may


@pytest.mark.parametrize(("data", "has"), [(b"# x\n\n  \n", False), (b"", False), (b"x\n", True), (b"\xff\n", True)])
def test_a_dvcignore_file_with_patterns(data, has):
    assert has_patterns(data) is has
