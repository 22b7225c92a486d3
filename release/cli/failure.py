"""Errors for the user: two lines on stderr, a document on stdout for `--json`, an exit code."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import suppress

import click
from msgspec import Struct

from release.cli.console import Console, OutputFailed
from release.core.secrets import without_secrets
from release.core.text import command_line, for_terminal, shown_path
from release.errors import ExitCode, Interrupted, ReleaseError


class Failure(Struct, frozen=True, kw_only=True):
    """The error of a call; `trace` is None except for a bug."""

    code: ExitCode
    message: str
    help: str | None
    trace: str | None = None


def failure_of(error: BaseException, words: Sequence[str]) -> Failure:
    """Return the failure for an exception; anything outside the error tree is a bug."""
    error = _underneath(error)
    if isinstance(error, ReleaseError):
        return Failure(code=error.code, message=error.message, help=error.help)
    if isinstance(error, click.NoSuchOption) and (in_order := _behind_the_command(error, words)):
        message = f"{error.option_name} goes after the command"
        return Failure(code=ExitCode.USAGE, message=message, help=command_line(*in_order))
    if isinstance(error, click.ClickException):
        return Failure(code=ExitCode.USAGE, message=_sentence(error), help=_help_of(error))
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Failure(code=ExitCode.CANCELLED, message="cancelled; nothing was changed", help=None)
    if isinstance(error, OSError):
        # A full disk, a missing permission: not a bug, and the state of the interrupted work is unknown here.
        where = f"{error.filename}: " if error.filename else ""
        again = command_line("release", *words)
        return Failure(
            code=ExitCode.UNKNOWN, message=f"{where}{error.strerror or error}", help=f"mend that, then {again}"
        )
    again = command_line("release", *words) if asks_for_trace(words) else command_line("release", *words, "-v")
    return Failure(
        code=ExitCode.BUG,
        message=f"this is a bug: {type(error).__name__}: {error}",
        help=f"{again}   (and report what it prints)",
        trace="".join(traceback.format_exception(error)),
    )


def _behind_the_command(error: click.NoSuchOption, words: Sequence[str]) -> list[str] | None:
    """Return the call with the options moved behind its command; None if that is not the mistake."""
    if error.ctx is None or error.ctx.parent is not None or not isinstance(error.ctx.command, click.Group):
        return None
    commands = error.ctx.command.list_commands(error.ctx)
    at = next((at for at, word in enumerate(words) if word in commands), None)
    if at is None:
        return None
    return ["release", *words[at:], *words[:at]]


def _underneath(error: BaseException) -> BaseException:
    """Return the Interrupted behind a second Ctrl-C during clean-up, which does not change that result."""
    below: BaseException | None = error
    while isinstance(error, KeyboardInterrupt) and below is not None:
        if isinstance(below, Interrupted):
            return below
        below = below.__context__
    return error


def report_failure(failure: Failure, words: Sequence[str], command: str | None, console: Console) -> int:
    """Print the failure and return its exit code."""
    if failure.trace is not None and asks_for_trace(words):
        console.say(without_secrets(failure.trace))
    if failure.code is ExitCode.CANCELLED and failure.help is None:
        console.say(f"{failure.message}\n")
    else:
        console.say(f"error: {_clean(failure.message)}\n")
    if failure.help:
        console.say(f"help: {for_terminal(shown_path(failure.help))}\n")
    if "--json" in words:
        from release.render.as_json import document, failed

        with suppress(OutputFailed):  # already reported on stderr
            console.answer(document(failed(command, failure.code, failure.message, failure.help)))
    return int(failure.code)


def asks_for_trace(words: Sequence[str]) -> bool:
    """Return whether the call has `-v`."""
    return "-v" in words or "--verbose" in words


def _clean(text: str) -> str:
    """Return the text escaped and without secrets; its line breaks stay."""
    return "\n".join(for_terminal(line) for line in without_secrets(text).split("\n"))


def _sentence(error: click.ClickException) -> str:
    words = error.format_message().strip().removesuffix(".")
    return words[:1].lower() + words[1:]


def _help_of(error: click.ClickException) -> str:
    if hasattr(error, "help"):  # our own subclass; click's errors have none
        return str(error.help)
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{context.command_path if context is not None else 'release'} --help"
