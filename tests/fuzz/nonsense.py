"""Files that nobody writes on purpose: bytes spoiled here and there, documents with a value that is none."""

import copy
import json
import re
from typing import Any

import tomlkit
import yaml
from hypothesis import strategies as st

# What has broken parsers before: ends of encodings, of lines, of numbers, of quotes, of the tree that a path may name.
TOKENS = (
    *b"null [] {} -1 1e999 NaN 0 true -0 1. +1 1e-400 0x10 1_000 2026-11-23 12:30:00 1.5% ~ ** [a- ! \\ @ ^{}".split(),
    *b'&a *a <<:*a !!python/object:os.system --- ... ? | > [[ ]] = # \' " """ ``` <details> ${x} -x -- .. /etc'.split(),
    *(b"\x00", b"\xff", b"\xed\xa0\x80", b'"\\ud800"', b"\xef\xbb\xbf", b"\xff\xfe", b"\x1b[31m", b"\xe2\x80\xae"),
    *(b"\n", b"\r\n", b"\r", b"\t", b"\x0b", b"\x0c", b"\xc2\x85", b"\xe2\x80\xa8", b": ", b"- ", b"\n\n"),
    *(
        b"9" * 5000,
        b"a" * 3000,
        b"[" * 500,
        b"{version}",
        b"outs:",
        b".dir",
        b"foreach: [1]",
        b"wdir: ..",
        b"remote://[",
    ),
    *(b"-----BEGIN PGP SIGNATURE-----\n", b"\n\nRelease-Schema: 2\n", b"Release-Digest: x\n", b"## [Unreleased]\n"),
    *(b"## [0.1.0]\n", b"[core]\n", b"[remote]\n", b"['remote \"storage\"']\n", b"[[x]]\n", b"url = s3://[x\n"),
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        1e308,
        float("inf"),
        float("nan"),
        "@HUGE@",
        "",
        " ",
        "~",
        "~/x",
        "-x",
        "0",
        "1e5",
    ),
    *("..", "../../x", "/etc/passwd", "a/../b", "a//b", "./x", "x\0y", "x\ny", "é\u202e\x1b[31m", "a" * 5000, "${x}"),
    *(
        "C:\\x",
        "*",
        "[",
        "{version}",
        "v{version}",
        "up",
        "2%",
        "-2%",
        "remote://[",
        "d41d8cd98f00b204e9800998ecf8427e",
    ),
    *([], {}, [[]], [None], ["x", {"y": None}], {"a": {}}, {"a.b[0]\\": 1}, {"": 1}, [1, "2", 3.0], ["../x"], [{}]),
)
WORD = re.compile(rb'[\w./"%:-]+')


@st.composite
def spoiled(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with a few edits."""
    data = valid
    for _ in range(draw(st.sampled_from((1, 1, 2, 4)))):
        data = draw(_edited(data))
    return data


@st.composite
def _edited(draw: st.DrawFn, data: bytes) -> bytes:
    words = [match.span() for match in WORD.finditer(data)]
    in_word: bool = bool(words) and draw(st.booleans())
    if in_word:
        start, end = draw(st.sampled_from(words))
    else:
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
    new = draw(st.one_of(st.sampled_from(TOKENS), st.just(b""), st.just(data[start:end] * 2), st.binary(max_size=4)))
    return data[:start] + new + data[end:]


@st.composite
def odd(draw: st.DrawFn, valid: Any) -> Any:
    """A document with a few places that hold something else, or have another name, or are gone."""
    document = copy.deepcopy(valid)
    for _ in range(draw(st.sampled_from((1, 1, 2, 3)))):
        places = list(_places(document))
        if not places:
            return draw(st.sampled_from(ODD))
        inside, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(("replace", "replace", "replace", "drop", "rename", "add")))
        value = copy.deepcopy(draw(st.sampled_from(ODD)))
        if change == "replace":
            inside[key] = value
        elif change == "drop":
            del inside[key]
        elif isinstance(inside, list):
            inside.append(value)
        else:
            name = draw(
                st.sampled_from((*(each for each in ODD if isinstance(each, str)), "path", "md5", "size", "cache"))
            )
            inside[name] = inside.pop(key) if change == "rename" else value
    return document


def _places(document: Any) -> Any:
    pairs = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in list(pairs):
        yield document, key
        yield from _places(value)


def as_json(document: Any) -> bytes:
    """With the words that JSON lacks, as Python writes them."""
    return _huge(json.dumps(document, indent=1))


def as_yaml(document: Any) -> bytes:
    return _huge(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def as_toml(document: Any) -> bytes:
    return _huge(tomlkit.dumps(_without_none(document)) if isinstance(document, dict) else "x = 1\n")


def _huge(text: str) -> bytes:
    return re.sub("(\"?)'?@HUGE@'?\\1", "9" * 5000, text).encode("utf-8", "surrogatepass")


def _without_none(document: Any) -> Any:
    if isinstance(document, dict):
        return {str(key): _without_none(value) for key, value in document.items() if value is not None}
    return [_without_none(each) for each in document if each is not None] if isinstance(document, list) else document
