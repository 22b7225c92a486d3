"""Options that every command has, and the call that they make: what it asks, shows while it works, and answers."""

from __future__ import annotations

import functools
import os
import posixpath
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import Struct

from release.core.text import OnProgress, command_line, no_progress
from release.errors import ReleaseError, UsageError
from release.ui.console import Console, helped, with_typed
from release.ui.style import plain, short

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from release.core.release import BumpPlan, ChangePlan
    from release.core.stages import PromotePlan
    from release.engine.project import Project
    from release.ui.style import Style


F = TypeVar("F", bound=Callable[..., object])
Report = TypeVar("Report")
Planned = TypeVar("Planned", "BumpPlan", "ChangePlan", "PromotePlan")


def a_day(text: str) -> datetime:
    """Parse an option's day, YYYY-MM-DD, as its midnight in UTC. `click.DateTime` would load the locale."""
    try:
        year, month, number = map(int, text.split("-"))
        return datetime(year, month, number, tzinfo=timezone.utc)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not a date (YYYY-MM-DD)") from error


LOOKING = "checking the repository and its remotes ..."
_AFTER_S = 0.5  # shorter work needs no progress
_EVERY_S = 0.1


class Call(Struct, frozen=True, kw_only=True):
    """The options common to all calls: folder, output, the typed arguments, and the model if a call has `--model`."""

    folder: Path
    as_json: bool
    quiet: bool
    verbose: bool
    console: Console
    words: tuple[str, ...]
    model: str | None = None

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

    def project(self, *, on_terminal: bool | None = None, of: str | None = None) -> Project:
        """Open the project around the folder, of the model that `--model` names. Raises UsageError.

        `on_terminal`: git and DVC may ask for a password; None: if there is a terminal. `of` is a tag, whose model counts
        if the call names none.
        """
        from release.engine.project import project_in

        terminal = self.console.interactive if on_terminal is None else on_terminal
        return project_in(self.folder, self.environment, on_terminal=terminal, model=self.model, of=of)

    def end(
        self, report: Report, document: Callable[[Report], object], lines: Callable[[Report, Style], Iterable[str]]
    ) -> int:
        """Print the report: with `--json` its `document`, else its `lines`; return its exit code, 0 if it has none."""
        from release.ui.json_documents import document as as_text  # not needed for `--help`

        if self.as_json:
            self.console.answer(as_text(document(report)))
        else:
            self.console.answer_lines(lines(report, self.console.style))
        return int(getattr(report, "exit_code", 0))

    def show(self, lines: Callable[[Style], Iterable[str]], *, asks: bool) -> None:
        """Print a plan; `asks`: a question follows, and if stdout is a file the user must see the plan before it."""
        self.console.answer_lines(lines(self.console.style))
        if asks and self.console.interactive and not self.console.out_is_terminal:
            self.console.say_lines(lines(self.console.error_style))

    @contextmanager
    def progress(self, what: str = "", *, quiet: bool = False) -> Iterator[OnProgress]:
        """Yield the progress callback; it writes to one line of the terminal, which is removed at the end.

        `what` is shown until the first progress report, for work without countable steps, such as waiting for a remote.
        Not for work that prompts.
        """
        console = self.console
        if self.silent or quiet or not console.interactive:
            yield no_progress
            return
        self.announce(f"{what} ..." if what else "")
        next_s = time.monotonic() + _AFTER_S

        def tell(what: str, done: int, total: int | None) -> None:
            nonlocal next_s
            now_s = time.monotonic()
            if now_s >= next_s:  # else the last line is too recent
                next_s = now_s + _EVERY_S
                count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
                console.pass_by(short(f"{plain(what)}   {count}", console.error_style.room))

        try:
            yield tell
        finally:
            console.pass_by("")

    def announce(self, what: str = LOOKING, *, quiet: bool = False) -> None:
        """Show what is waited for, until something else is written; for git commands that may ask for a passphrase.

        Such a prompt is not overwritten, as a report of `progress` would do.
        """
        if what and self.console.interactive and not (self.silent or quiet):
            self.console.pass_by(short(f"{plain(what)} ", self.console.error_style.room))

    def did(self, step: str) -> None:
        """Report a finished step with `-v`."""
        if self.verbose:
            self.console.say(f"done: {plain(step)}\n")

    def wait(self, why: str, pause_s: float) -> None:
        """Say why a request to a forge is sent again, and when."""
        if not self.silent:
            self.console.say(f"{plain(why)}; trying again in {pause_s:g} seconds\n")

    def with_words(self, *more: str) -> str:
        """Return the typed command with more arguments, for the user to paste; what follows `--` stays the end."""
        end = self.words.index("--") if "--" in self.words else len(self.words)
        return command_line("release", *self.words[:end], *more, *self.words[end:])

    def with_typed_helps(self, plan: Planned, command: str) -> Planned:
        """Return the plan whose checks have help lines with what was typed, see `with_typed`; in a job in its words."""
        from msgspec.structs import replace

        from release.core.job import checks_in_job
        from release.system.environment import job_of

        job = job_of(self.environment)
        checks = tuple(replace(check, help=with_typed(check.help, self.words, command)) for check in plan.checks)
        return replace(plan, checks=checks if job is None else checks_in_job(checks, job))

    def check_confirmable(self, *, sure: bool) -> None:
        """Raise UsageError for a call that asks before it changes anything, and has no terminal; `sure`: it does not ask."""
        if not (sure or self.can_ask):
            words = "no terminal to confirm on; pass --yes (or --dry-run to preview)"
            raise UsageError(words, help=self.with_words("--yes"))


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
            model=context.meta.get("release.model"),
        )
        return function(call, **options)

    return functools.update_wrapper(with_call, function)


def completing(read: Callable[[Path], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return the shell completion with the names that are read in a call's folder; none if they cannot be read.

    A shell inserts a completed word unquoted, so only names that it takes as one word are returned.
    """

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        del parameter
        folders = [
            each.params.get("inner") or each.params.get("folder") or "." for each in (context.parent, context) if each
        ]
        try:
            names = list(read(Path(posixpath.join(*folders))))
        except (ReleaseError, OSError, ValueError):
            return []
        return [name for name in names if name.startswith(incomplete) and re.fullmatch(r"\w[\w.@%+/=#-]*", name)]

    return complete


@completing
def tag_names(folder: Path) -> Iterator[str]:
    """Yield the local tags, and `latest`."""
    from release.git import process, refs

    git = process.Git.from_environment(folder, os.environ, on_terminal=False)
    yield from (tag.name for tag in refs.local_tags(git))
    yield "latest"


_KINDS = {
    "auto": "from commits, data and parameters",
    "patch": "1.3.2 becomes 1.3.3",
    "minor": "1.3.2 becomes 1.4.0",
    "major": "1.3.2 becomes 2.0.0",
    "pre": "the next prerelease",
    "final": "the release after its prereleases",
}


def kinds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the kinds that start with `incomplete`, for shell completion; a rollback has only levels."""
    from click.shell_completion import CompletionItem

    del parameter
    known = ("patch", "minor", "major") if context.info_name == "rollback" else _KINDS
    return [CompletionItem(name, "plain", _KINDS[name]) for name in known if name.startswith(incomplete)]


@completing
def metric_names(folder: Path) -> Iterable[str]:
    """Return the metrics of HEAD."""
    from release.engine.project import Access, project_in
    from release.engine.values import CachedMetrics, read_values
    from release.git.objects import Objects
    from release.git.refs import resolve_commit

    project = project_in(folder, os.environ, on_terminal=False)
    commit = resolve_commit(project.repository.git, "HEAD")
    if commit is None:
        return ()
    with Objects(project.repository.git) as objects:
        found = read_values(objects, commit, project.config, CachedMetrics(project, Access.OFFLINE)).metrics
    return dict.fromkeys(key for file in found for key in file.values)


@completing
def dvc_remotes(folder: Path) -> Iterable[str]:
    """Return the DVC remotes."""
    from release.dvc.dvc_config import parse_dvc_config
    from release.engine.project import project_in

    place = project_in(folder, os.environ, on_terminal=False).repository.work_tree / ".dvc"
    files = [file for file in (place / "config", place / "config.local") if file.is_file()]
    return dict.fromkeys(name for file in files for name in parse_dvc_config(file.read_bytes()).get("remote", {}))


@completing
def model_names(folder: Path) -> Iterable[str]:
    """Return the models of the configuration."""
    from release.engine.project import project_in

    return project_in(folder, os.environ, on_terminal=False).config.models


def of_model(function: F) -> F:
    """Add `--model`, which `Call.project` reads."""
    words = "Only this model, which has versions of its own ([tool.release.models])."
    option = click.option(
        "--model",
        metavar="NAME",
        expose_value=False,
        callback=_keep_model,
        shell_complete=model_names,
        help=words,
    )
    return option(function)


def _keep_model(context: click.Context, parameter: click.Parameter, name: str | None) -> None:
    del parameter
    context.meta["release.model"] = name


def examples(*lines: str) -> str:
    """Return an epilog with examples, each `command   description`, printed unchanged."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def offline(help: str = "Contact no remote, not even for metric files tracked by DVC.") -> Callable[[F], F]:
    """Add `--offline`; `help` says what is then left out."""
    return click.option("--offline", is_flag=True, help=help)


def planned(function: F) -> F:
    """Add `--dry-run` and `--yes` to a command that shows a plan and asks once."""
    sure = click.option("-y", "--yes", is_flag=True, help="Confirm the plan without asking.")
    words = "Show plan and checks, change nothing; exit code as in a real run."
    return click.option("--dry-run", is_flag=True, help=words)(sure(function))


def complete(function: F) -> F:
    """Add `--all`, which shows the lines that are left out."""
    words = "Show every line, also those that are left out."
    return click.option("--all", is_flag=True, expose_value=False, callback=_show_all, help=words)(function)


def _show_all(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if asked:
        context.ensure_object(Console).everything = True


def form(function: F) -> F:
    """Add `--format`."""
    choice = click.Choice(["text", "md"])
    return click.option("--format", "form", type=choice, default="text", help="Plain text, or Markdown (md).")(function)


def asks_nothing(function: Callable[..., int]) -> Callable[..., int]:
    """Let a command that never prompts accept `--yes`, so that a script can pass it to every command."""
    words = "No effect: accepted so that scripts can pass it to every command."
    return click.option("-y", "--yes", is_flag=True, expose_value=False, hidden=True, help=words)(function)


def changes_nothing(function: Callable[..., int]) -> Callable[..., int]:
    """Let a read-only command accept `--yes` and `--dry-run`."""
    words = "No effect: accepted so that scripts can pass it to every command."
    dry_run = click.option("--dry-run", is_flag=True, expose_value=False, hidden=True, help=words)
    return dry_run(asks_nothing(function))
