"""Patterns of a repository are matched in linear time, with the answers that `re` gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.gates import filled_pattern, matching
from release.core.limits import MAX_PATTERN_LENGTH
from release.core.matching import LinearPattern, Wildcard, matches_any
from release.core.metrics import ValueFile
from release.core.tags import TagRef, release_tags
from release.core.version import TagFormat

PARTS = [
    *("a", "b", "ab", "/", ".", "a/b"),
    *(Wildcard(), Wildcard(without="/"), Wildcard(without="/", one=True), Wildcard(without=".[]", one=True)),
    *(Wildcard(without=".[]"), Wildcard(least=1), Wildcard(folders=True)),
]
HOSTILE = "*a" * 400 + "*b"
A = "a" * 250


@given(
    st.lists(st.sampled_from(PARTS), max_size=7),
    st.sampled_from(["", "/"]),
    st.text(alphabet="ab/.[\n", max_size=60),
)
def test_the_answer_is_that_of_re(parts, before, text):
    pattern = LinearPattern(parts, before)
    assert pattern.match(text, steps=-1) is pattern.match(text, steps=10**30)


@pytest.mark.parametrize(
    ("parts", "text", "fits"),
    [
        (["a", Wildcard(without="/"), "b"], "axxb", True),
        (["a", Wildcard(without="/"), "b"], "ax/xb", False),
        ([Wildcard(least=1), "b"], "b", False),
        ([Wildcard(folders=True), "b"], "b", True),
        ([Wildcard(folders=True), "b"], "x/y/b", True),
        ([Wildcard(folders=True), "b"], "x/yb", False),
        ([Wildcard(without="/", one=True)], "/", False),
        (["a"], "a\n", False),
    ],
)
def test_a_pattern_fits_in_both_ways(parts, text, fits):
    pattern = LinearPattern(parts)
    assert (pattern.match(text), pattern.match(text, steps=-1)) == (fits, fits)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern",
    [
        HOSTILE,
        "**/a/" * 150 + "b",
        "?" * 900,
        "*?" * 400 + "b",
        "**a" * 300 + "b",
        "a*" * 400 + "b",
        "**/**/" * 100 + "b",
    ],
)
def test_no_pattern_makes_paths_slow(pattern):
    assert len(pattern) <= MAX_PATTERN_LENGTH
    for path in (A, f"{'a/' * 200}c", f"{A}/{A}/{A}"):
        assert not matches_any(path, [pattern])


@pytest.mark.timeout(20)
def test_no_gate_and_no_ignored_tag_is_slow():
    keys = {A: 1.0, ".".join("a" * 120): 1.0, f"{A}b": 1.0}
    assert [
        each.key for each in matching(HOSTILE.replace("*a" * 400, "*a" * 100), [ValueFile(path="m.json", values=keys)])
    ] == [f"{A}b"]
    tags = [TagRef(name=f"v1.0.0-{A[:100]}", object_id="1" * 40, commit_id="2" * 40)]
    assert release_tags(tags, TagFormat("v{version}"), [HOSTILE]).all


@pytest.mark.parametrize(
    ("pattern", "key", "spread"),
    [
        ("*.f1", r"a\.b.f1", r"a\.b.std"),
        ("?.f1", r"\..f1", r"\..std"),
        ("**.f1", r"a.b\[0.f1", r"a.b\[0.std"),
    ],
)
def test_an_escaped_sign_is_one_sign_of_a_name(pattern, key, spread):
    (found,) = matching(pattern, [ValueFile(path="m.json", values={key: 1.0})])
    assert filled_pattern(pattern.replace("f1", "std"), found) == spread
