"""Command lines to paste: every word from a repository stays one word, and nothing in it is executed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache

from release.core.escape import for_terminal
from release.core.secrets import without_secrets

_NAMED_IN_SHELL = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}
# In fish a backslash before a quote escapes it, even within single quotes; `##` may be a command to a CI service.
_NOT_FOR_SINGLE_QUOTES = re.compile(r"\\(?=['\\]|$)|##")
_PATTERN = re.compile(r"^[-:]|[*?\[\\]")

# Names too short for a secret, without characters that begin one: most paths, of which there may be many.
_SHORT_NAMES = re.compile(r"(?:[\w-]{0,15}[./])*[\w-]{0,15}")


def command_line(*words: str, names: Iterable[str] = (), more: Iterable[str] = ()) -> str:
    """Return a command line of these words, of names that must not be options, and of more options.

    If a name starts with `-`, all names are at the end, after `--`.
    """
    operands = tuple(names)
    if any(name.startswith("-") for name in operands):
        return " ".join(map(quote, (*words, *more, "--", *operands)))
    return " ".join(map(quote, (*words, *operands, *more)))


@lru_cache(maxsize=4096)
def quote(word: str) -> str:
    r"""Quote a word for a shell and mask its secrets: `'a b'`, or `$'a\nb'` for invisible or unsafe characters."""
    if not _SHORT_NAMES.fullmatch(word):
        word = without_secrets(word)
    if for_terminal(word) == word and not _NOT_FOR_SINGLE_QUOTES.search(word):
        return shlex.quote(word)
    return f"$'{''.join(map(_in_dollar_quotes, word))}'"


def pathspec(path: str) -> str:
    """Return a path as a pathspec that git takes literally: no option, no pattern and no magic."""
    return f":(literal){path}" if _PATTERN.search(path) else path


def shown_path(line: str) -> str:
    """Return a help line if it is safe to show.

    Its words are masked one by one. If it still looks like a secret, it is not shown: masking in the finished line
    might remove a quote and leave a word unquoted.
    """
    return line if without_secrets(line) == line else "the command is not shown, because it may hold a secret"


def toml(text: str) -> str:
    """Return a TOML string that is inert in a shell, too: `"a/b"`, `'a b'`, or with escapes for special characters."""
    if re.fullmatch(r"[\w./:@%+=,-]*", text, re.ASCII):
        return f'"{text}"'
    if for_terminal(text) == text and not re.search(r"'|\\$|##", text):
        return f"'{text}'"
    return '"' + "".join(char if re.match(r"[\w ./-]", char) else f"\\U{ord(char):08x}" for char in text) + '"'


def _in_dollar_quotes(char: str) -> str:
    if char in _NAMED_IN_SHELL:
        return _NAMED_IN_SHELL[char]
    if char not in "'#" and for_terminal(char) == char:
        return char
    data = char.encode("utf-8", "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in data)
