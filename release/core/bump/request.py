"""Requests of release commands: options as given, before anything is read."""

from __future__ import annotations

from msgspec import Struct

from release.core.bump.message import Message
from release.core.shell import command_line

AUTO = "auto"  # KIND is chosen from the changes


class BumpRequest(Struct, frozen=True, kw_only=True):
    """A call of `release bump`, as it was given; only the two texts of a person have been checked.

    `kind` is major, minor, patch, pre, final, auto or an exact version. None means "not given": `message` becomes the
    default subject, `pre` no prerelease, `at` HEAD, `base` the previous release by rule; `commit`, `push_data` and
    `sign` follow the settings of the project and of git. `commit` False makes only the tag, `push` False leaves the
    release local. `push_data` uploads data that only the local cache has. `allow_regression` is the reason why a metric
    may fail its gate (None: it may not). `ask_for_key` False leaves out signatures that might prompt for a passphrase.
    `back_to` is the tag whose pointers, parameters and metrics are released again (`release rollback`); `with_code`
    includes its code.
    """

    kind: str
    message: Message | None = None
    pre: str | None = None
    at: str | None = None
    base: str | None = None
    commit: bool | None = None
    push: bool = True
    push_data: bool | None = None
    allow_empty: bool = False
    allow_regression: Message | None = None
    sign: bool | None = None
    ask_for_key: bool = True
    back_to: str | None = None
    with_code: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The options to repeat in help lines."""
        at = ("--at", self.at) if self.at is not None else ()
        return (*at, *(("-m", self.message) if self.message is not None else ()))

    def command(self, *more: str) -> str:
        """Return the call as a command line to paste, with `more` words."""
        given = (("-m", self.message), ("--pre", self.pre), ("--at", self.at), ("--base", self.base))
        options = [word for name, value in given if value is not None for word in (name, value)]
        flags = (
            ("--no-commit", self.commit is False),
            ("--no-push", not self.push),
            ("--allow-empty", self.allow_empty),
        )
        options += [name for name, on in flags if on]
        if self.allow_regression is not None:
            options += ["--allow-regression", self.allow_regression]
        if self.back_to is not None:
            said = [] if self.message is None else ["-m", self.message]
            flag = ["--code"] if self.with_code else []
            return command_line("release", "rollback", self.back_to, *said, "--kind", self.kind, *flag, *more)
        return command_line("release", "bump", self.kind, *options, *more)
