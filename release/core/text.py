"""Text for people and shells: escaped, counted, formatted, quoted for pasting."""

from __future__ import annotations

import math
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

_JOINERS = "\u200c\u200d"  # part of words and emoji in many scripts
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# No more than is obeyed: formatters take a needless backslash out. One `~` or `$` opens nothing.
_MARKDOWN = re.compile(
    r"\[\d{1,9}\](?![(:]|\[(?!\d+\]))|[\\`\[\]|~$]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_(?!\s)|(?<!\s)_(?![^\W_])|&(?=#|[A-Za-z][A-Za-z0-9]{0,40};)"
)
_ALONE = ("~", "$")
_MARKDOWN_START = re.compile(r"^(?:[#>=:]|[-+](?!\d)|\d{1,9}(?=[.)](?:\s|$)))")
_MENTION = re.compile(r"(?<![\w@])@(?=\w)")
# .NET, which the runners of GitHub and Azure use, ignores these when it compares strings.
_IGNORED = r"\u034f\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff"
_CI_COMMAND = (  # compiled only when needed
    rf"(?P<start>(?<![^\r\n])(?:[^\S\r\n]|[{_IGNORED}])*)(?=:[{_IGNORED}]*:)"
    rf"|(?P<name>#[{_IGNORED}]*#[\w{_IGNORED}]*)(?=\[)"
)


def for_terminal(text: str) -> str:
    r"""Escape everything that moves the cursor, hides or reorders text: `\n`, `\x1b`, `\u202e`; returns one line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or not _hidden(char) else _visible(char) for char in text)


def for_log(text: str) -> str:
    r"""Put a backslash into text that a CI service would run: `\::error::`, `##\[group]`, `##vso\[...]`.

    Actions (GitHub, Forgejo, Gitea) runs lines that start with `::`, and `##[` anywhere; Azure and TeamCity `##vso[`
    and `##teamcity[`. GitLab's sections need an escape character. Markdown does not show the backslash.
    """
    if "::" not in text and "##" not in text and text.isascii():
        return text
    return re.sub(_CI_COMMAND, lambda found: f"{found[0]}\\", text)


def for_json_log(document: str) -> str:
    """Return an equivalent ASCII JSON document without text that `for_log` would change."""
    return re.sub(r"(##\w*)\[", r"\1\\u005b", document)


def for_markdown(text: str, *, in_cell: bool = True) -> str:
    """Escape text for one line of a Markdown paragraph, list or table (CommonMark and GitHub's).

    Spaces at the ends are dropped, because Markdown would drop them or make them code. An empty comment breaks a
    mention (`@name`), so that no one is notified. `in_cell`: in a table, where a `|` ends the cell.
    """
    text = re.sub(" {2,}", " ", for_terminal(text).strip())
    plain = {sign for sign in _ALONE if text.count(sign) == 1} | (set() if in_cell else {"|"})
    text = _MARKDOWN.sub(lambda found: found[0] if found[0] in plain or len(found[0]) > 1 else f"\\{found[0]}", text)
    text = re.sub(r"<(?! )", "&lt;", text)  # not every renderer accepts a backslash before it
    text = _MARKDOWN_START.sub(lambda sign: f"\\{sign[0]}" if not sign[0].isdigit() else f"{sign[0]}\\", text)
    return _MENTION.sub("@<!-- -->", text)


_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def from_markdown(line: str) -> str:
    """Return the text that `for_markdown` escaped."""
    return _ESCAPED.sub(r"\1", line.replace("@<!-- -->", "@").replace("&lt;", "<"))


_FIRST_COMBINING = "\u0300"  # the characters before it take one column each


def is_narrow(text: str) -> bool:
    """Return whether each character takes one column."""
    return text.isascii() or max(text) < _FIRST_COMBINING


def columns_of(text: str) -> int:
    """Return the number of columns of a text in a fixed-width font: wide characters two, combining ones none."""
    if is_narrow(text):
        return len(text)
    from wcwidth import width  # 30 to 45 ms, and most texts need no table

    return width(text)


def _hidden(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in _HIDDEN


def _visible(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


# Formatting of numbers for display and for JSON

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def number(value: Scalar) -> str:
    """Format a value with a useful number of digits: `0.8412`, `1,204`, `1.234e-05`, `NaN`; text is not escaped."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return count(value) if abs(value) < 10**15 else f"{float(value):.4g}"
    if isinstance(value, str):
        return value
    return _decimal(value)


def exact(value: Scalar) -> str:
    """Format a parameter as it was set: `0.001`, `20000`, `1e-05`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return number(value)
    return repr(value) if isinstance(value, float) or abs(value) < 10**15 else number(value)


def delta(value: float | None) -> str:
    """Format a change with its sign: `+0.0218`, `-3`, `0.0000`; "" for None."""
    if value is None:
        return ""
    return f"+{_decimal(value)}" if value > 0 else _decimal(value)


def count(value: int) -> str:
    """Format with thousands separators: `1,204`."""
    return f"{value:,}"


def many(value: int, noun: str) -> str:
    """Format a count with its noun, whose plural takes an s: `1 file`, `1,204 files`."""
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def first_few(names: Sequence[str], most: int = 3) -> str:
    """Return the first names, and the number of others: `a, b, c and 5 more`."""
    return ", ".join(names[:most]) + (f" and {count(len(names) - most)} more" if len(names) > most else "")


def enumerated(words: Sequence[str]) -> str:
    """Return `a`, `a and b` or `a, b and c`; empty for no words."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def few_rows(rows: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the first rows, and one with the number of others."""
    return tuple(rows) if len(rows) <= most else (*rows[:most], f"... {count(len(rows) - most)} more")


def last_few(names: Sequence[str]) -> str:
    """Return the last three names and the number of those before."""
    return ", ".join(names[-3:]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def size(size_bytes: int | None) -> str:
    """Format bytes in decimal units: `812 B`, `81 kB`, `14.1 MB`; `?` for None."""
    if size_bytes is None:
        return "?"
    amount = float(size_bytes)
    for unit in _UNITS:
        text = (
            f"{amount:.0f}" if unit == "B" or amount >= 99.95 or (unit == "kB" and amount >= 9.95) else f"{amount:.1f}"
        )
        if float(text) < 1000 or unit == _UNITS[-1]:
            return f"{text} {unit}"
        amount /= 1000
    raise AssertionError("the last unit takes everything")


def unified(path: str, before: bytes | None, after: bytes | None) -> str:
    """Return the difference of two versions of a file in the format of `diff -u`; None: there is no such file."""
    import difflib  # 7 ms, and few commands show one

    old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (before, after))
    origin = "/dev/null" if before is None else f"a/{path}"
    return "".join(f"{row}\n" for row in difflib.unified_diff(old, new, origin, f"b/{path}", lineterm=""))


def json_safe(value: Scalar) -> Scalar:
    """Replace numbers that JSON lacks with the strings "NaN", "Infinity", "-Infinity"."""
    return _decimal(value) if isinstance(value, float) and not math.isfinite(value) else value


def _decimal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    size_of = abs(value)
    if size_of >= 1e15 or 0 < size_of < 0.00095:
        return f"{value:.4g}"
    if size_of >= 2 and value == int(value):
        return f"{int(value):,}"  # a count that was written as 144.0; 1.0 may be a perfect score
    places = 4 if size_of < 100 else 2 if size_of < 10_000 else 1
    return f"{value + 0.0:,.{places}f}"


# Suggestion for a mistyped word

_LONGEST = 200  # characters of a word that are compared: the time is quadratic


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word that is most similar; None if none is."""
    return next(iter(similar(word, known, cutoff=cutoff)), None)


def similar(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    """Return the known words that are similar, at most three, the most similar first."""
    import difflib  # 7 ms, and only a mistake needs it

    return difflib.get_close_matches(word[:_LONGEST], list(known), n=3, cutoff=cutoff)


def age(passed: timedelta) -> str:
    """Return a time span in its largest whole unit: `12 minutes`."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, length_s in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length_s:
            return many(seconds // length_s, unit)
    return many(seconds, "second")


# Command lines to paste: every word from a repository stays one word, and nothing in it is executed

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
        from release.core.secrets import without_secrets  # not needed for `--help`

        word = without_secrets(word)
    if for_terminal(word) == word and not _NOT_FOR_SINGLE_QUOTES.search(word):
        return shlex.quote(word)
    return f"$'{''.join(map(_in_dollar_quotes, word))}'"


def and_commit(command: str, path: str) -> str:
    """Return a command line that goes on with a commit of a path."""
    return f"{command} && {command_line('git', 'commit', names=(pathspec(path),))}"


def pathspec(path: str) -> str:
    """Return a path as a pathspec that git takes literally: no option, no pattern and no magic."""
    return f":(literal){path}" if _PATTERN.search(path) else path


def shown_path(line: str) -> str:
    """Return a help line if it is safe to show.

    Its words are masked one by one. If it still looks like a secret, it is not shown: masking in the finished line
    might remove a quote and leave a word unquoted.
    """
    from release.core.secrets import without_secrets  # not needed for `--help`

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


# Progress reports of long operations, independent of their display

# Arguments: the activity ("listing storage"), the amount done, the total (None: not known).
OnProgress = Callable[[str, int, int | None], None]


def no_progress(what: str, done: int, total: int | None) -> None:
    """Ignore the report."""


# Metrics and parameters, and their changes

Scalar = int | float | str | bool | None
