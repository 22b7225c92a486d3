import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from release.core.documents import load_toml
from release.core.secrets import without_secrets
from release.core.text import command_line, for_log, for_terminal, pathspec, quote, shown_path, toml

HOSTILE = (
    "$(touch PWN)",
    "`touch PWN`",
    "a; touch PWN",
    "a && touch PWN",
    "a | touch PWN",
    "a\ntouch PWN\n",
    "'$(touch PWN)'",
    "'; touch PWN; '",
    '"$(touch PWN)"',
    "\\'; touch PWN #",
    "\\",
    "~root",
    "!!",
    "*",
    "{a,b}",
    "#",
    "größe 模型",
    "\x1b[2J\u202e",
    "##[group]",
    "\udcff",
)
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=20)
@given(st.lists(WORDS, max_size=20))
@example(list(HOSTILE))
def test_a_shell_takes_a_quoted_word_for_the_word_itself(words):
    words = [word for word in words if without_secrets(word) == word]
    line = command_line("printf", r"%s\0", *words, "end")
    said = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    assert said == "".join(f"{word}\0" for word in [*words, "end"]).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("word", HOSTILE)
def test_a_quoted_word_looks_the_same_on_a_terminal_and_is_no_command_in_a_log(word):
    line = f"help: git add {quote(word)}"
    assert for_log(for_terminal(line)) == line
    assert shown_path(line) == line


def test_a_quoted_word_is_inert_in_a_shell_without_dollar_quotes():
    for word in HOSTILE:
        text = quote(word)
        assert not text.startswith("$") or "'" not in text[2:-1]


def test_a_word_that_needs_no_quotes_has_none():
    assert (
        command_line("git", "add", "data/a-b_1.csv", "s3://b/p", "v1.0.0") == "git add data/a-b_1.csv s3://b/p v1.0.0"
    )
    assert quote("it is") == "'it is'"
    assert quote("a\nb") == r"$'a\nb'"


def test_a_name_that_starts_with_a_dash_is_no_option():
    assert command_line("release", "show", names=("v1",)) == "release show v1"
    assert command_line("release", "verify", names=("v1",), more=("--push",)) == "release verify v1 --push"
    assert command_line("release", "verify", names=("-v1",), more=("--push",)) == "release verify --push -- -v1"


@pytest.mark.parametrize("path", ["*.csv", ":/", ":(top)x", "-x", "a[1]", "a\\b", "a?"])
def test_git_takes_a_path_for_this_very_path(path):
    assert pathspec(path) == f":(literal){path}"
    assert pathspec("data/a.csv") == "data/a.csv"


def test_masking_leaves_every_word_quoted():
    """Taken out of the finished line, the secret would take the quote that follows it along."""
    word = "password='$(touch PWN)"
    line = f"git add {quote(word)}"
    assert without_secrets(line) == """git add 'password=***"'$(touch PWN)'"""
    assert "PWN" not in shown_path(line)
    assert quote("https://me:s3cr3t@host/x y") == "'https://***@host/x y'"


@given(WORDS)
@example("it's $(touch PWN)")
@example('a"`b`\\')
def test_a_toml_string_is_the_text_and_inert_in_a_shell(text):
    line = toml(text)
    assert load_toml(f"x = {line}") == {"x": text}
    said = subprocess.run(["bash", "-c", f"printf %s {line}"], capture_output=True, check=True).stdout.decode()
    assert said in (text, line[1:-1])
