"""The message of a release: one line of text that a person writes."""

from __future__ import annotations

import unicodedata
from typing import NewType

from release.core.escape import for_terminal
from release.errors import UsageError

MAX_MESSAGE = 500
Message = NewType("Message", str)  # one line that has been validated
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_HELP = 'give one line of text: -m "charCNN"'


class BadMessage(UsageError):
    """A message that is not fit for a tag, a changelog and a terminal."""


def validate_message(text: str) -> Message:
    """Return the message without spaces at its ends. Raises BadMessage."""
    message = text.strip(" ")
    if not message.strip():
        raise BadMessage("the message is blank", help=_HELP)
    if "-----BEGIN " in message:
        raise BadMessage("the message holds a `-----BEGIN ` line, which git would take for a signature", help=_HELP)
    if "\n" in message or "\r" in message:
        raise BadMessage("the message has more than one line", help=_HELP)
    if unseen := next((char for char in message if _is_unseen(char)), None):
        raise BadMessage(f"the message holds the control character {for_terminal(unseen)}", help=_HELP)
    if message.startswith("-"):
        raise BadMessage(f"the message starts with `-`, like an option: {for_terminal(message[:40])}", help=_HELP)
    if len(message) > MAX_MESSAGE:
        raise BadMessage(
            f"the message has {len(message):,} characters, and {MAX_MESSAGE} is the most",
            help="give a short line with -m, and write the rest under `## [Unreleased]` in the changelog",
        )
    return Message(message)


def optional_message(text: str | None) -> Message | None:
    """Return the validated message; None if none was given. Raises BadMessage."""
    return None if text is None else validate_message(text)


def _is_unseen(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in _UNSEEN
