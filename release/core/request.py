"""What a user asks for, as values: the words of a call, before anything is looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpRequest:
    """A call of `release bump`, as it was given; nothing in it has been checked.

    `kind` is major, minor, patch, pre, final, auto or an exact version. None means "not said": `message`
    becomes the default subject, `pre` no prerelease, `at` HEAD, `base` the previous release by rule,
    `commit` what the configuration says. `commit` False makes only the tag, `push` False leaves the
    release local. `allow_regression` says why a metric may fail its gate (None: it may not).
    """

    kind: str
    message: str | None = None
    pre: str | None = None
    at: str | None = None
    base: str | None = None
    commit: bool | None = None
    push: bool = True
    allow_empty: bool = False
    allow_regression: str | None = None
