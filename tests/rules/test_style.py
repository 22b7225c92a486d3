"""Columns of a terminal: text is measured, cut and wrapped by what it takes there."""

import subprocess
import sys

import pytest

from release.ui.style import aligned, columns_of, short, short_path, wrapped


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("data", 4), ("Jürgen", 6), ("日本語", 6), ("e\u0301", 1), ("\U0001f469\u200d\U0001f52c", 2)],
    ids=["nothing", "ascii", "latin", "wide", "combining", "joined"],
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text, columns):
    assert columns_of(text) == columns


def test_text_is_cut_by_columns_and_never_inside_a_character():
    assert short("日本語のテキスト", 7) == "日本..."
    assert short("日本語のテキスト", 8) == "日本..."
    assert short_path("日本語のテキスト", 9) == "日...ト"
    assert short_path("data/images/0003.png", 13) == "data/...3.png"


def test_lines_are_wrapped_and_aligned_by_columns():
    assert wrapped("日本語 日本語 x", 8) == ["日本語", "日本語 x"]
    assert aligned([("日本", "1"), ("abc", "2")]) == ["日本   1", "abc    2"]


def test_latin_text_needs_no_table():
    program = "import sys; from release.ui.style import aligned, wrapped; aligned([('Jürgen',)]); wrapped('é è', 9); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "wcwidth" not in modules
