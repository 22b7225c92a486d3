"""The command table, and the one boundary where errors end."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import click

from release import __version__
from release.core.text import command_line, nearest
from release.errors import UsageError
from release.ui.console import Console, failure_of, helped, report_failure

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


GROUPS = (
    ("make", "Make releases"),
    ("look", "Inspect releases"),
    ("tags", "Tags"),
    ("set up", "Set up"),
)


class CommandEntry(NamedTuple):  # a dataclass would cost `--help` 5 ms
    """A command: its group in `--help`, its module, and the first line of its own help."""

    group: str
    module: str
    help: str


# `release --help` is built from this table alone; a test compares it with the commands.
COMMANDS: dict[str, CommandEntry] = {
    module.removesuffix(".cli"): CommandEntry(group, f"release.commands.{module}", help)
    for module, group, help in (
        ("bump.cli", "make", "Make the next release."),
        ("prepare.cli", "make", "Write the next release's files, for a pull request."),
        ("yank", "make", "Mark a published release as not to be used."),
        ("undo", "make", "Undo a release: delete its tag, and reverse what it wrote."),
        ("rollback", "make", "Release an older release's data, parameters and metrics again."),
        ("recover.cli", "make", "Finish or discard an interrupted release or checkout."),
        ("status", "look", "Show the latest release, what changed since, and every check."),
        ("next", "look", "Print the version that bump would make, and nothing else."),
        ("verify.cli", "look", "Prove that every DVC object of a revision is on its remote."),
        ("drill.cli", "look", "Restore a release in a clean room, and compare it with its tag."),
        ("list.cli", "look", "List releases, newest version first."),
        ("show.cli", "look", "Show everything about one release."),
        ("stages.cli", "look", "Show which version of each model is in which stage."),
        ("checkout.cli", "tags", "Check out a release: its code and data."),
        ("delete.cli", "tags", "Delete tags, here and on the remotes."),
        ("fetch.cli", "tags", "Fetch all tags of all git remotes."),
        ("promote", "tags", "Assign a version to a stage, such as prod."),
        ("publish", "tags", "Make or update the release page on GitHub, GitLab or Forgejo."),
        ("diff.cli", "look", "Show what differs between two releases."),
        ("report.cli", "look", "Write all releases as one HTML page, with trends."),
        ("init.cli", "set up", "Set a repository up for releases."),
        ("config.cli", "set up", "Show the effective configuration and the source of each value."),
        ("changelog.cli", "look", "Print a changelog entry, or add missing releases to the file."),
        ("completion", "set up", "Print a completion script for bash, zsh or fish."),
        ("demo.cli", "set up", "Build a small ML project, and release it with real commands."),
    )
}


_HELP = CommandEntry("set up", "release.app", "Show the help of a command.")


def _listed() -> dict[str, CommandEntry]:
    """Return the commands with `help`, which is in no file of its own."""
    return {**COMMANDS, "help": _HELP}


def main(argv: Sequence[str] | None = None, *, environment: Mapping[str, str] | None = None) -> int:
    """Run one command line (default: this process's) and return its exit code; never exits itself.

    Uses `sys.stdout`, `sys.stderr` and `sys.stdin` as they are at the time of the call.
    """
    words = tuple(sys.argv[1:] if argv is None else argv)
    console = Console(environment)
    with _terminated_as_interrupted():
        try:
            return _run(words, console)
        except BaseException as error:  # noqa: BLE001 - the error boundary
            while True:
                try:
                    _hear_no_more()
                    break
                except KeyboardInterrupt:  # a Ctrl-C that came just before; the first error is still reported
                    continue
            from release.system.environment import job_of  # not needed by a call that ends well

            failure = failure_of(error, words, _command_of(words), job=job_of(console.environment))
        return report_failure(failure, words, _command_of(words), console)


class Commands(click.Group):
    """A click group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every name, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command; None for an unknown name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return _help_command if cmd_name in _listed() else None
        command = importlib.import_module(entry.module).command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete as click does, but take the commands' helps from the table, without importing them."""
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=entry.help) for name, entry in _listed().items() if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does, but suggest the nearest name for an unknown one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _listed():
            near = nearest(name, COMMANDS)
            words = ("release", near, "--help") if near else ("release", "--help")
            raise UsageError(f"unknown command `{name}`", help=command_line(*words))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the options, because readers look for commands."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands in its groups."""
        del ctx
        widest = max(map(len, COMMANDS))
        for group, title in GROUPS:
            rows = [(name.ljust(widest), entry.help) for name, entry in _listed().items() if entry.group == group]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if asked and not context.resilient_parsing:
        context.ensure_object(Console).answer(f"release {__version__}\n")
        context.exit()


@click.group(
    cls=Commands,
    no_args_is_help=False,
    subcommand_metavar="COMMAND ...",
    options_metavar="",
    context_settings={"max_content_width": 80},
    epilog="`release COMMAND --help` has details and examples. The guides are in docs/ of the source repository.",
)
@click.option("-C", "folder", metavar="DIR", help="Run as if started in DIR.")
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version; with -v also those of Python, git and DVC.",
)
@helped
@click.pass_context
def group(context: click.Context, folder: str | None) -> None:
    """Releases of code, data and models: git tags whose DVC data is proven to be on its remote."""
    context.meta["release.folder"] = folder


def _names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    del context, parameter
    return [name for name in COMMANDS if name.startswith(incomplete)]


@click.command(name="help", add_help_option=False)
@click.argument("command", required=False, shell_complete=_names)
@click.pass_context
def _help_command(context: click.Context, command: str | None) -> int:
    """Show the help of a command."""
    return _run((*([command] if command else []), "--help"), context.ensure_object(Console))


def _run(words: tuple[str, ...], console: Console) -> int:
    asked = console.environment.get("_RELEASE_COMPLETE")
    if asked:
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "release", "_RELEASE_COMPLETE", asked)
    if words and set(words) <= {"--version", "-V", "-v", "--verbose"}:
        console.answer(_installation(console) if len(words) > 1 else f"release {__version__}\n")
        return 0
    if words[:1] == ("help",):
        words = (*words[1:], "--help")
    if not words:
        with click.Context(group, info_name="release", **group.context_settings) as context:
            console.say(group.get_help(context) + "\n")
        return 2
    try:
        with group.make_context("release", list(words), obj=console) as context:
            context.meta["release.words"] = words
            code = group.invoke(context)
    except click.exceptions.Exit as end:  # `--help`, `--version`
        return end.exit_code
    assert isinstance(code, int)
    return code


def _installation(console: Console) -> str:
    """Return a line each for this program, Python, git and DVC, with their versions and where the first two are."""
    import platform
    from importlib import metadata
    from pathlib import Path

    from release.errors import ReleaseError
    from release.git.process import Git

    try:
        git = Git.from_environment(Path(), console.environment, on_terminal=False).run("version").text.split()[2]
    except (ReleaseError, OSError, IndexError):
        git = "not found"
    try:
        dvc = metadata.version("dvc")
    except metadata.PackageNotFoundError:
        dvc = "not found"
    rows = (
        ("release", __version__, str(Path(__file__).parent)),
        ("python", platform.python_version(), sys.executable),
        ("git", git, ""),
        ("dvc", dvc, ""),
    )
    return "".join(f"{name:<9}{version:<11}{place}".rstrip() + "\n" for name, version, place in rows)


def _command_of(words: Sequence[str]) -> str | None:
    """Return the command of a call without parsing the call, which may be invalid; None if there is none."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] == "-C" else 1
    return words[at] if at < len(words) and words[at] in COMMANDS else None


_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal) end a command as cleanly as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _ENDS}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if before[number] is not signal.SIG_IGN:  # signals that the caller ignores stay ignored: nohup, `trap "" TERM`
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _hear_no_more() -> None:
    """Ignore further signals: another Ctrl-C must not replace the exit code with a traceback."""
    if threading.current_thread() is threading.main_thread():
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)
