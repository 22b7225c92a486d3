"""Escaping of untrusted text from files, tags and commits, for terminals, CI logs and Markdown."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"  # part of words and emoji in many scripts
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

_MARKDOWN = re.compile(r"[\\`*\[\]|~$]|&(?=[#A-Za-z])|(?<![^\W_])_|_(?![^\W_])")
_MARKDOWN_START = re.compile(r"^(?:[#>=:]|[-+](?!\d)|\d{1,9}(?=[.)](?:\s|$)))")
_MENTION = re.compile(r"(?<![\w@])@(?=\w)")
# .NET, which the runners of GitHub and Azure use, ignores these when it compares strings.
_IGNORED = r"\u034f\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff"
_CI_COMMAND = re.compile(
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
    return _CI_COMMAND.sub(lambda found: f"{found[0]}\\", text)


def for_json_log(document: str) -> str:
    """Return an equivalent ASCII JSON document without text that `for_log` would change."""
    return re.sub(r"(##\w*)\[", r"\1\\u005b", document)


def for_markdown(text: str) -> str:
    """Escape text for one line of a Markdown paragraph, list or table (CommonMark and GitHub's).

    Spaces at the ends are dropped, because Markdown would drop them or make them code. An empty comment breaks a
    mention (`@name`), so that nobody is notified.
    """
    text = _MARKDOWN.sub(r"\\\g<0>", for_terminal(text).strip())
    text = text.replace("<", "&lt;")  # not every renderer accepts a backslash before it
    text = _MARKDOWN_START.sub(lambda sign: f"\\{sign[0]}" if not sign[0].isdigit() else f"{sign[0]}\\", text)
    return _MENTION.sub("@<!-- -->", text)


def _hidden(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in _HIDDEN


def _visible(char: str) -> str:
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
