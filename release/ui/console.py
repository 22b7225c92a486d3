"""The terminal: output, and how a failure is reported."""

from __future__ import annotations

import errno
import os
import posixpath
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TextIO, TypeVar

import click

from release.core.text import command_line, for_log, for_terminal, quote, shown_path
from release.errors import ExitCode, Interrupted, ReleaseError, UsageError
from release.ui.style import Style, folded

if TYPE_CHECKING:
    from release.core.job import Job

F = TypeVar("F", bound=Callable[..., object])

_CI = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")


class OutputFailed(UsageError):
    """A stdout that cannot be written to (a full disk, a closed file)."""

    section = "system"


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
        self.everything = False  # whether no line of an answer is left out
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
    def style(self) -> Style:
        """Return the width of stdout, and whether it may be coloured."""
        return self._style_of(self.out)

    @property
    def error_style(self) -> Style:
        """Return the width of stderr, and whether it may be coloured."""
        return self._style_of(self.err)

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
            raise OutputFailed(f"cannot write to stdout: {reason}", help="write to a disk with free space") from error

    def answer_lines(self, lines: Iterable[str]) -> None:
        """Write lines to stdout; a help line that is too long is folded. Raises OutputFailed."""
        self.answer(_text(lines, self.style))

    def say_lines(self, lines: Iterable[str]) -> None:
        """Write lines to stderr, as `say`; a help line that is too long is folded."""
        self.say(_text(lines, self.error_style))

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

    def _style_of(self, stream: TextIO | None) -> Style:
        terminal = _is_terminal(stream)
        colourless = bool(self.environment.get("NO_COLOR")) or self.environment.get("TERM") == "dumb"
        columns, rows = self._size(stream, terminal=terminal)
        colour = terminal and not colourless
        return Style(width=columns, rows=rows, colour=colour, whole=not terminal, everything=self.everything)

    def _size(self, stream: TextIO | None, *, terminal: bool) -> tuple[int, int | None]:
        """Return columns and rows; without a terminal 80 and None."""
        columns, rows = (self.environment.get(name, "") for name in ("COLUMNS", "LINES"))
        try:
            size = os.get_terminal_size(stream.fileno()) if stream is not None and terminal else None
        except (OSError, ValueError):
            size = None
        height = _counted(rows) or (size.lines if size else 0) if terminal else 0
        return _counted(columns) or (size.columns if size else 0) or 80, height or None


def _text(lines: Iterable[str], style: Style) -> str:
    return "".join(f"{row}\n" for line in lines for row in folded(line, style))


def _counted(text: str) -> int:
    """Return the number of an environment variable; 0 if it is none."""
    return int(text[:6]) if text.isdecimal() and text.isascii() else 0


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


def helped(function: F) -> F:
    """Add `-h --help`: click's own bypasses the Console, and fails when the reader closes the pipe."""
    return click.option(
        "-h",
        "--help",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_help,
        help="Show this message and exit.",
    )(function)


def _help(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if asked and not context.resilient_parsing:
        context.ensure_object(Console).answer(context.get_help() + "\n")
        context.exit()


# Errors for the user: two lines on stderr, a document on stdout for `--json`, an exit code


class Failure(NamedTuple):  # a struct would make `--help` load msgspec
    """The error of a call; `trace` is None except for a bug. `section` is its anchor in docs/troubleshooting.md."""

    code: ExitCode
    message: str
    help: str | None
    section: str
    trace: str | None = None


def failure_of(
    error: BaseException, words: Sequence[str], command: str | None = None, *, job: Job | None = None
) -> Failure:
    """Return the failure for an exception; anything outside the error tree is a bug.

    `command` is that of the call. In a CI `job`, what helps a publishing command is said for a runner.
    """
    error = _underneath(error)
    if isinstance(error, ReleaseError):
        if job is not None and command in (*_PUBLISHING, "recover"):
            from release.core.job import error_help  # not needed for `--help`

            help = error_help(error, job)
        else:
            help = with_typed(error.help, words, command)
        return Failure(code=error.code, message=error.message, help=help, section=error.section)
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        own = "release" if command is None else command_line("release", command)
        help = f"{own if context is None else context.command_path} --help"
        return Failure(code=ExitCode.USAGE, message=_sentence(error), help=help, section="usage")
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Failure(
            code=ExitCode.CANCELLED, message="cancelled; nothing was changed", help=None, section="cancelled"
        )
    if isinstance(error, OSError):
        # A full disk, a missing permission: not a bug, and the state of the interrupted work is unknown here.
        where = f"{error.filename}: " if error.filename else ""
        again = command_line("release", *words)
        said = f"{where}{error.strerror or error}"
        return Failure(code=ExitCode.UNKNOWN, message=said, help=f"fix that, then {again}", section="system")
    import traceback  # only a bug has one

    again = command_line("release", *words) if asks_for_trace(words) else command_line("release", *words, "-v")
    return Failure(
        code=ExitCode.BUG,
        message=f"this is a bug: {type(error).__name__}: {error}",
        help=f"{again}   (and report what it prints)",
        section="bug",
        trace="".join(traceback.format_exception(error)),
    )


def _underneath(error: BaseException) -> BaseException:
    """Return the Interrupted behind a second Ctrl-C during clean-up, which does not change that result.

    A Ctrl-C while a file is closed lets the file be closed twice: an OSError (EBADF), behind which is the Ctrl-C.
    """
    below: BaseException | None = error
    stopped = error
    while isinstance(error, (KeyboardInterrupt, OSError)) and below is not None:
        if isinstance(below, Interrupted):
            return below
        if isinstance(below, KeyboardInterrupt) and isinstance(error, OSError) and error.errno == errno.EBADF:
            stopped = below
        below = below.__context__
    return stopped


def report_failure(failure: Failure, words: Sequence[str], command: str | None, console: Console) -> int:
    """Print the failure and return its exit code."""
    from release.core.secrets import without_secrets  # `--help` does not fail

    if failure.trace is not None and asks_for_trace(words):
        console.say(without_secrets(failure.trace))
    if failure.code is ExitCode.CANCELLED and failure.help is None:
        console.say(f"{failure.message}\n")
    else:
        first, *more = map(for_terminal, without_secrets(failure.message).split("\n"))
        console.say_lines([f"error: {first} [{failure.section}]", *more])
    if failure.help:
        console.say_lines([f"help: {for_terminal(shown_path(failure.help))}"])
    if "--json" in words:
        from release.ui.json_documents import document, failed

        with suppress(OutputFailed):  # already reported on stderr
            console.answer(document(failed(command, failure.code, failure.message, failure.help, failure.section)))
    return int(failure.code)


def asks_for_trace(words: Sequence[str]) -> bool:
    """Return whether the call has `-v`."""
    return "-v" in words or "--verbose" in words


def _sentence(error: click.ClickException) -> str:
    words = " ".join(error.format_message().split()).removesuffix(".")  # click lists choices in lines of their own
    return words[:1].lower() + words[1:]


_PUBLISHING = ("bump", "prepare", "rollback")
_CHANGING = ("undo", "yank")
_OF_MODEL = (  # have `--model`
    *("bump", "changelog", "checkout", "diff", "list", "next", "prepare", "report", "rollback", "stages", "status"),
    "verify",
)
_WORD = r"""(?: (?![&(])(?:'[^']*'|"[^"]*"|\\.|[^\s'",;:()\\]|[,;:](?=\S))+)*"""
_CALL = re.compile(rf"(?:^|(?<=&& )|(?<=or )|(?<=then )|(?<=: )|(?<=\())release(?= [a-z]+){_WORD}")
_PROGRAMS = ("git", "dvc", "ls", "rm", "mv", "cp", "mkdir", "cat", "echo", "chmod", "ln", "sed")


def with_typed(help: str | None, words: Sequence[str], command: str | None) -> str | None:
    """Return a help line with what its user typed: `-C` in each call, and in one of the same command further options.

    These are `-m`, `--pull-request`, `--outputs`, `-q` and `--yes`; what else a call says is in the line already.
    `--model` is in each call that can have it. A line of other programs begins with `cd DIR`, if the call had `-C DIR`.
    """
    if help is None:
        return None
    typed = words[: words.index("--")] if "--" in words else words
    folder = _folder_in(typed)
    elsewhere = folder is not None and help.split(" ", 1)[0] in _PROGRAMS
    model = _value_in(typed, "--model")

    def complete(found: re.Match[str]) -> str:
        line = found[0]
        if "--help" in line:
            return line
        if typed_message := _message_in(typed):
            line = line.replace(" -m REASON", f" {command_line(*typed_message)}")
        start, dashes, names = line.partition(" -- ")
        if command is not None and f"{line} ".startswith(f"release {command} "):
            start = " ".join((start, *filter(None, [command_line(*_options_in(typed, start.split(), command))])))
        if model and start.split()[1] in _OF_MODEL and "--model" not in start.split():
            start = f"{start} {command_line(*model)}"
        if folder is not None and not elsewhere and " -C " not in start:
            start = f"release {command_line('-C', folder)}{start.removeprefix('release')}"
        return f"{start}{dashes}{names}"

    said = _CALL.sub(complete, help)
    return f"cd {quote(folder or '.')} && {said}" if elsewhere else said


def _options_in(typed: Sequence[str], said: Sequence[str], command: str) -> list[str]:
    """Return the typed options that a call of the same command repeats, without those that it has `said`."""
    if command in _CHANGING and not {*said[2:3]} <= {*typed}:
        return []  # another tag: what was confirmed, and why, is not for it
    if command not in (*_PUBLISHING, *_CHANGING):
        return []
    message = [] if {"-m", "--message"} & {*said} else _message_in(typed)
    outputs = [] if "--outputs" in said else _value_in(typed, "--outputs")
    request = ["--pull-request"] if "--pull-request" in typed and "--pull-request" not in said else []
    quiet = ["-q"] if {"-q", "--quiet"} & {*typed} and not {"-q", "--quiet"} & {*said} else []
    sure = ["--yes"] if {"-y", "--yes"} & {*typed} and not {"-y", "--yes"} & {*said} else []
    return [*message, *request, *outputs, *quiet, *sure]


def _message_in(words: Sequence[str]) -> list[str]:
    """Return the words that give a message, as `-m TEXT`; none if there is no message."""
    found = _value_in(words, "-m", "--message")
    return ["-m", *found[1:]] if found else []


def _folder_in(words: Sequence[str]) -> str | None:
    """Return the folder of `-C`, of which the first may stand before the command; None if there is none."""
    folders = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "-C"]
    return posixpath.join(*folders) if folders else None


def _value_in(words: Sequence[str], *names: str) -> list[str]:
    """Return an option of these names with its value; nothing if it was not typed."""
    for at, word in enumerate(words):
        if word in names:
            return [word, *words[at + 1 : at + 2]]
        for name in names:
            if name.startswith("--") and word.startswith(f"{name}="):
                return [name, word.partition("=")[2]]
            if not name.startswith("--") and word.startswith(name) and not word.startswith("--"):
                return [name, word[len(name) :]]
    return []
