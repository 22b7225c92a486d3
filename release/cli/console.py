"""Output of a call: the answer on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TextIO

from release.core.text import for_log
from release.errors import UsageError

if TYPE_CHECKING:
    from release.render.look import Style


_CI = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


class OutputFailed(UsageError):
    """A stdout that cannot be written to (a full disk, a closed file)."""


class Console:
    """Output streams, taken from `sys` when the console is created.

    A reader that closes the pipe (`release list | head -1`) is no error: later output is dropped. No output is
    a command to a CI service, which reads both streams (see `for_log`).
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = os.environ if environment is None else environment
        # None: the stream was closed before Python started.
        self.out: TextIO | None = sys.stdout
        self.err: TextIO | None = sys.stderr
        self._passing = False  # whether the terminal shows a line that the next output replaces

    @property
    def interactive(self) -> bool:
        """Return whether the user can be prompted: stdin and stderr are terminals."""
        return _is_terminal(sys.stdin) and _is_terminal(self.err)

    @property
    def out_is_terminal(self) -> bool:
        """Return whether stdout is a terminal."""
        return _is_terminal(self.out)

    @property
    def look(self) -> Style:
        """Return the width of stdout, and whether it may be coloured."""
        return self._look_of(self.out)

    @property
    def error_look(self) -> Style:
        """Return the width of stderr, and whether it may be coloured."""
        return self._look_of(self.err)

    def answer(self, text: str, *, content: bool = False) -> None:
        """Write to stdout. Raises OutputFailed.

        `content` is the text of a file; outside CI, where no log takes it for commands, it is written
        unchanged.
        """
        self.pass_by("")
        in_ci = any(self.environment.get(name) for name in _CI)
        try:
            _write(self.out, text if content and not in_ci else for_log(text))
        except BrokenPipeError:
            _drop_the_rest(self.out)
        except (OSError, ValueError) as error:
            _drop_the_rest(self.out)
            reason = error.strerror if isinstance(error, OSError) else "it is closed"
            raise OutputFailed(f"stdout cannot be written to: {reason}", help="give it a file with room") from error

    def answer_lines(self, lines: Iterable[str]) -> None:
        """Write lines to stdout. Raises OutputFailed."""
        self.answer("".join(f"{line}\n" for line in lines))

    def say_lines(self, lines: Iterable[str]) -> None:
        """Write lines to stderr, as `say`."""
        self.say("".join(f"{line}\n" for line in lines))

    def say(self, text: str) -> None:
        """Write to stderr, ignoring failures: they must not stop a release half-way."""
        self.pass_by("")
        self._say(text)

    def pass_by(self, text: str) -> None:
        """Show a temporary line on the terminal, until something else is written; "" removes it."""
        if text or self._passing:
            self._say(f"\r\x1b[K{text}")
        self._passing = bool(text)

    def _say(self, text: str) -> None:
        try:
            _write(self.err, for_log(text))
        except (OSError, ValueError):
            _drop_the_rest(self.err)

    def _look_of(self, stream: TextIO | None) -> Style:
        from release.render.look import Style  # not needed for `--help`

        terminal = _is_terminal(stream)
        plain = bool(self.environment.get("NO_COLOR")) or self.environment.get("TERM") == "dumb"
        return Style(width=self._columns(stream, terminal=terminal), colour=terminal and not plain)

    def _columns(self, stream: TextIO | None, *, terminal: bool) -> int:
        said = self.environment.get("COLUMNS", "")
        if said.isdecimal() and said.isascii() and int(said[:6]) > 0:
            return int(said[:6])
        try:
            return os.get_terminal_size(stream.fileno()).columns or 80 if stream is not None and terminal else 80
        except (OSError, ValueError):
            return 80


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        raise ValueError("closed")
    stream.write(text)
    stream.flush()


def _drop_the_rest(stream: TextIO | None) -> None:
    """Redirect the stream's file to the null device, so that Python's flush at exit finds no broken pipe."""
    if stream is None:
        return
    try:
        number = stream.fileno()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, number)
        os.close(nothing)
    except (OSError, ValueError):
        pass  # a stream without a file, or a closed one: nothing will be flushed to it
