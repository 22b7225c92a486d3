"""What a user asks for, as values: the words of a call, before anything is looked at."""

from __future__ import annotations

from msgspec import Struct

from release.core.shell import command_line

AUTO = "auto"  # the KIND that is chosen by what changed


class BumpRequest(Struct, frozen=True, kw_only=True):
    """A call of `release bump`, as it was given; nothing in it has been checked.

    `kind` is major, minor, patch, pre, final, auto or an exact version. None means "not said": `message`
    becomes the default subject, `pre` no prerelease, `at` HEAD, `base` the previous release by rule,
    `commit` what the configuration says. `commit` False makes only the tag, `push` False leaves the
    release local. `push_data` uploads data that only the local cache has (None: what the configuration
    says). `allow_regression` says why a metric may fail its gate (None: it may not).
    `sign` says whether commit and tag are signed (None: as git's settings say); `ask_for_key` False
    leaves out signatures for which a person might be asked for a passphrase. `back_to` is the tag whose
    pointers, parameters and numbers are released again (`release rollback`), `with_code` its code, too.
    """

    kind: str
    message: str | None = None
    pre: str | None = None
    at: str | None = None
    base: str | None = None
    commit: bool | None = None
    push: bool = True
    push_data: bool | None = None
    allow_empty: bool = False
    allow_regression: str | None = None
    sign: bool | None = None
    ask_for_key: bool = True
    back_to: str | None = None
    with_code: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """What else was typed, for help lines that repeat the call."""
        at = ("--at", self.at) if self.at is not None else ()
        return (*at, *(("-m", self.message) if self.message is not None else ()))

    def command(self, *more: str) -> str:
        """The call as it is typed, with `more` words, to be pasted."""
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
