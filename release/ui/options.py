"""Options that every command has, and the call that they make."""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import Struct

from release.core.text import command_line
from release.errors import UsageError
from release.ui.console import Console

if TYPE_CHECKING:
    from datetime import date

    from release.engine.project import Project


F = TypeVar("F", bound=Callable[..., object])


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


# Options of every command, and the Call that they make


class Call(Struct, frozen=True, kw_only=True):
    """The options common to all calls: folder, output, and the typed arguments."""

    folder: Path
    as_json: bool
    quiet: bool
    verbose: bool
    console: Console
    words: tuple[str, ...]

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the caller's environment variables."""
        return self.console.environment

    @property
    def can_ask(self) -> bool:
        """Return whether the user can be prompted; `--json` never prompts."""
        return self.console.interactive and not self.as_json

    @property
    def silent(self) -> bool:
        """Return whether progress is hidden: only the answer, warnings and errors are shown."""
        return self.quiet or self.as_json

    def project(self) -> Project:
        """Open the project around the folder; on a terminal git and DVC may ask for a password. Raises UsageError."""
        from release.engine.project import open_project

        return open_project(self.folder, self.environment, on_terminal=self.console.interactive)

    def with_words(self, *more: str) -> str:
        """Return the typed command with more arguments, for the user to paste; what follows `--` stays the end."""
        end = self.words.index("--") if "--" in self.words else len(self.words)
        return command_line("release", *self.words[:end], *more, *self.words[end:])

    def unconfirmed(self) -> UsageError:
        """Return the error of a call that must be confirmed and has no terminal."""
        return UsageError(
            "no terminal to confirm on; pass --yes (or --dry-run to preview)", help=self.with_words("--yes")
        )


def common(function: Callable[..., int]) -> Callable[..., int]:
    """Add `-C --json -q -v` to a command, whose first argument becomes the Call; click passes the rest by name."""

    @click.option("-C", "inner", metavar="DIR", help="Run as if started in DIR.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document; never ask.")
    @click.option("-q", "--quiet", is_flag=True, help="Print only the result, warnings and errors.")
    @click.option("-v", "--verbose", is_flag=True, help="Print more, and the traceback if `release` itself fails.")
    @helped
    @click.pass_context
    def with_call(
        context: click.Context, /, inner: str | None, as_json: bool, quiet: bool, verbose: bool, **options: object
    ) -> int:
        outer = context.meta.get("release.folder") or "."
        call = Call(
            folder=Path(posixpath.join(outer, inner or ".")),
            as_json=as_json,
            quiet=quiet,
            verbose=verbose,
            console=context.find_object(Console) or Console({}),
            words=context.meta["release.words"],
        )
        return function(call, **options)

    return functools.update_wrapper(with_call, function)


class Count(click.IntRange):
    """A whole number of at least one, with that name in messages: click says "integer range"."""

    name = "whole number"

    def __init__(self) -> None:
        super().__init__(min=1)


def as_day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """Parse a calendar day; a click callback. Raises click.BadParameter."""
    from datetime import datetime  # few calls have a date

    try:
        return None if value is None else datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a date (YYYY-MM-DD)", context, parameter) from error


def tag_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the local tags that start with `incomplete`, for shell completion; none if they cannot be read.

    The shell inserts a completed word unquoted, so names that it would not take for one word are left out.
    """
    del parameter
    import os

    from release.errors import ReleaseError
    from release.git.process import Git
    from release.git.refs import local_tags

    folders = [
        each.params.get("inner") or each.params.get("folder") or "." for each in (context.parent, context) if each
    ]
    try:
        git = Git.from_environment(Path(posixpath.join(*folders)), os.environ, on_terminal=False)
        names = [tag.name for tag in local_tags(git) if tag.name.startswith(incomplete)]
        return [name for name in names if re.fullmatch(r"\w[\w.@%+/=#-]*", name)]
    except (ReleaseError, OSError):
        return []


def examples(*lines: str) -> str:
    """Return an epilog with examples, each `command   description`, printed unchanged."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def offline(function: Callable[..., int]) -> Callable[..., int]:
    """Add `--offline` to a command that contacts a DVC remote only for metrics that DVC tracks."""
    words = "Contact no remote, not even for metric files tracked by DVC."
    return click.option("--offline", is_flag=True, help=words)(function)


def asks_nothing(function: Callable[..., int]) -> Callable[..., int]:
    """Let a command that never prompts accept `--yes`, so that a script can pass it to every command."""
    words = "Nothing is asked: taken so that a script may give it to every command."
    return click.option("-y", "--yes", is_flag=True, expose_value=False, hidden=True, help=words)(function)


def changes_nothing(function: Callable[..., int]) -> Callable[..., int]:
    """Let a read-only command accept `--yes` and `--dry-run`."""
    words = "Nothing is ever changed: taken so that a script may give it to every command."
    dry_run = click.option("--dry-run", is_flag=True, expose_value=False, hidden=True, help=words)
    return dry_run(asks_nothing(function))
