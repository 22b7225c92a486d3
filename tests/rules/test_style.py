"""Columns of a terminal: text is measured, cut and wrapped by what it takes there."""

import errno
import subprocess
import sys

import pytest

from release.core.text import columns_of
from release.errors import Interrupted
from release.ui.console import failure_of, with_typed
from release.ui.style import Style, aligned, and_more, bars, first, folded, short, short_path, wrapped


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
    assert wrapped("日本語のテキスト 日本語 xy z", Style(width=40), 16) == ["日本語のテキスト 日本語", "xy z"]
    assert aligned([("日本", "1"), ("abc", "2")]) == ["日本   1", "abc    2"]


def test_a_path_longer_than_the_line_is_cut_on_a_terminal_alone():
    path = "data/" + "long/" * 30 + "0003.png"
    assert wrapped(f"{path} is missing", Style(width=40)) == [short_path(path, 40), "is missing"]
    assert wrapped(f"{path} is missing", Style(width=40, whole=True)) == [path, "is missing"]


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("help: git add a.dvc && git commit", ["help: git add a.dvc && git commit"]),
        (
            "  help: git add a.dvc b.dvc && git commit -m 'a && b' && git push",
            ["  help: git add a.dvc b.dvc &&", "        git commit -m 'a && b' &&", "        git push"],
        ),
        (
            "help: release bump minor -m 'one, then two && three'",
            ["help: release bump minor -m 'one, then two && three'"],
        ),
        ("help: release undo v1.0.0   (takes it back)", ["help: release undo v1.0.0", "      (takes it back)"]),
        ("help: dvc push data.dvc; then run the job", ["help: dvc push data.dvc;", "      then run the job"]),
        (
            "help: dvc add a.pt, then commit; or, to restore it: dvc checkout a.pt",
            ["help: dvc add a.pt, then commit;", "      or, to restore it: dvc checkout a.pt"],
        ),
        (
            "To bring it back: git revert c0ffee1 && git push",
            ["To bring it back: git revert c0ffee1 &&", "      git push"],
        ),
        ("a sentence about help: it is long enough && stays", ["a sentence about help: it is long enough && stays"]),
    ],
    ids=["short", "commands", "quoted", "remark", "then", "or", "back", "no-help"],
)
def test_a_help_line_is_broken_only_where_it_can_still_be_pasted(line, rows):
    assert folded(line, Style(width=40)) == rows
    assert folded(line, Style(width=40, whole=True)) == [line]


def test_latin_text_needs_no_table():
    program = "import sys; from release.ui.style import Style, aligned, wrapped; aligned([('Jürgen',)]); wrapped('é è', Style()); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "wcwidth" not in modules


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (3, 3), (4, 4), (5, 3), (6, 3)])
def test_one_row_is_never_hidden_behind_a_line_about_it(count, shown):
    rows = tuple(range(count))
    assert len(first(rows, 3)) == shown
    assert (and_more(count - shown) == []) is (count == shown)


@pytest.mark.parametrize(
    ("help", "words", "told"),
    [
        ("release bump 0.1.1", ("bump", "0.1.0", "-m", "a b", "-y"), "release bump 0.1.1 -m 'a b' --yes"),
        ("git pull && release bump minor", ("bump", "minor", "--yes"), "git pull && release bump minor --yes"),
        (
            "switch, or make a prerelease: release bump minor --pre rc   (or not)",
            ("bump", "minor", "--message=x"),
            "switch, or make a prerelease: release bump minor --pre rc -m x   (or not)",
        ),
        (
            "release bump minor -m 'a, b', or wait",
            ("bump", "-ma, b", "-y"),
            "release bump minor -m 'a, b' --yes, or wait",
        ),
        ("release bump --help", ("bump", "-y"), "release bump --help"),
        ("release verify --push", ("bump", "-y"), "release verify --push"),
        ("release delete v1 --remote", ("delete", "v1", "--local", "--yes"), "release delete v1 --remote"),
        (None, ("bump",), None),
        (
            "release bump minor -m 'x y' --push-data",
            ("-C", "X", "bump", "minor", "-m", "x y", "--outputs", "o", "-q", "--yes"),
            "release -C X bump minor -m 'x y' --push-data --outputs o -q --yes",
        ),
        ("release list", ("bump", "final", "-C", "a b"), "release -C 'a b' list"),
        ("git pull && release bump minor", ("-C", "X", "bump", "minor"), "cd X && git pull && release bump minor"),
        ("release -C X bump minor --yes", ("-C", "X", "bump", "minor"), "release -C X bump minor --yes"),
        (
            "release yank v1 --no-commit -m REASON",
            ("yank", "v1", "-mr", "-y"),
            "release yank v1 --no-commit -m r --yes",
        ),
        ("release yank v1 -m REASON", ("undo", "v1", "-m", "x"), "release yank v1 -m x"),
        ("release undo v2", ("undo", "v1", "-m", "x", "--yes"), "release undo v2"),
        ("release prepare auto", ("prepare", "--pull-request", "-y"), "release prepare auto --pull-request --yes"),
    ],
)
def test_help_lines_of_the_same_command_have_what_was_typed(help, words, told):
    command = next(word for word in words if word in ("bump", "verify", "delete", "yank", "undo", "prepare"))
    assert with_typed(help, words, command) == told


@pytest.mark.parametrize("second", [KeyboardInterrupt(), OSError(errno.EBADF, "Bad file descriptor")])
def test_an_error_of_the_clean_up_after_an_interruption_hides_nothing(second):
    try:
        try:
            raise Interrupted("v0.2.0 is published, but this clone could not follow", help="release recover")
        finally:
            raise second
    except BaseException as error:  # noqa: BLE001
        failure = failure_of(error, ("bump", "minor"), "bump")
    assert (failure.code, failure.help) == (8, "release recover")


@pytest.mark.parametrize(("number", "code"), [(errno.EBADF, 130), (errno.ENOSPC, 6)])
def test_a_file_closed_twice_by_ctrl_c_is_no_failure_of_its_own(number, code):
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise OSError(number, "no more")
    except OSError as error:
        failure = failure_of(error, ("bump", "minor"), "bump")
    assert failure.code == code


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([], ""),
        ([0.5], "▄"),
        ([3, 3, 3], "▄▄▄"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "▁▂▃▄▅▆▇█"),
        ([1, None, float("nan"), float("inf"), 2], "▁   █"),
        ([-1.7e308, 1.7e308, 0], "▁█▅"),
    ],
)
def test_a_bar_stands_between_the_lowest_and_the_highest(values, drawn):
    assert "".join(bars(values)) == drawn
