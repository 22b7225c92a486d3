"""Patterns of a repository are matched in linear time, with the answers that `re` gives."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.gates import filled_pattern, matching
from release.core.limits import MAX_PATTERN_LENGTH
from release.core.matching import LinearPattern, NotLinear, matches_any
from release.core.metrics import ValueFile
from release.core.tags import TagRef, release_tags
from release.core.version import TagFormat

PARTS = [
    "a", "b", "/", r"\.", ".", ".*", "[^/]*", "[^/]", "[^/]+", "(?:.*/)?", "(?:[^/]+/)*", "(?:/.+)?", "[a-b]*",
    "[^ab]", "[!b]+?", "(?:a|b/)*", "(?:/|$)", r"\Z", "(?!)", "^",
]  # fmt: skip
HOSTILE = "*a" * 400 + "*b"
A = "a" * 250


@given(
    st.lists(st.sampled_from(PARTS), max_size=7).map("".join),
    st.sampled_from([0, re.DOTALL]),
    st.text(alphabet="ab/.\n", max_size=60),
)
def test_the_answer_is_that_of_re(pattern, flags, text):
    compiled = re.compile(pattern, flags)
    assert LinearPattern(compiled).match(text) is (compiled.match(text) is not None)


@given(st.lists(st.sampled_from(PARTS), max_size=5).map("".join), st.text(alphabet="ab/.\n", max_size=60))
def test_bytes_are_matched_like_text(pattern, text):
    compiled = re.compile(pattern.encode())
    assert LinearPattern(compiled).match(text.encode()) is (compiled.match(text.encode()) is not None)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)", "(?<!a)b", "(?i)a"])
def test_what_no_set_of_positions_can_stand_for_is_refused(pattern):
    with pytest.raises(NotLinear):
        LinearPattern(re.compile(pattern)).match("a")


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
