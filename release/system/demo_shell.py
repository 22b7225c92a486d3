"""Commands and files of the demo: real commands in its own folder, shown before they run.

The user's settings do not apply (git's global config with signing, hooks and templates; DVC's remotes
and caches), and nothing is written outside the folder: see `_environment`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from release.core.secrets import Guarded
from release.core.text import quote
from release.errors import PartlyDone, Refused, UsageError

_STRANGER = ("Demo", "demo@example.org")
_OWN_FOLDER = ".demo"  # in the demo's folder: settings and caches of git and DVC during the demo


class Step(Struct, frozen=True, kw_only=True):
    """A finished command: as typed, its folder (relative to the demo's), exit code, output and time in seconds."""

    command: str
    folder: str
    exit_code: int
    output: str
    seconds: float


OnCommand = Callable[[str], None]
OnOutput = Callable[[str], None]


class Shell(Guarded, frozen=True, kw_only=True):
    """Runner of commands in `folder`, inside the demo's folder `top`; reports each command, then its output."""

    top: Path
    folder: Path
    environment: Mapping[str, str]
    on_command: OnCommand
    on_output: OnOutput

    @staticmethod
    def in_new_folder(top: Path, environment: Mapping[str, str], on_command: OnCommand, on_output: OnOutput) -> Shell:
        """Return a shell in `top`, which is created, or must be empty.

        Raises UsageError if it is not empty, Refused if it cannot be created.
        """
        top = check_folder(top)
        identity = _identity(environment)
        with _told(top):
            top.mkdir(parents=True, exist_ok=True)
        environment = _environment(top, environment, identity)
        return Shell(top=top, folder=top, environment=environment, on_command=on_command, on_output=on_output)

    def at(self, folder: str) -> Shell:
        """Return the same shell in a folder of the demo."""
        return replace(self, folder=self.top / folder)

    def run(self, command: str, *, expect: int = 0) -> Step:
        """Run a command as it would be typed. Raises PartlyDone if its exit code is not `expect`."""
        self.on_command(command)
        started = monotonic()
        process = subprocess.run(
            _words(command),
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        step = Step(
            command=command,
            folder=os.path.relpath(self.folder, self.top),
            exit_code=process.returncode,
            output=process.stdout.decode("utf-8", "replace").rstrip("\n"),
            seconds=monotonic() - started,
        )
        if step.output:
            self.on_output(step.output)
        if step.exit_code != expect:
            raise PartlyDone(
                f"the demo stopped: `{command}` ended with exit code {step.exit_code}, expected {expect}; "
                f"what was built so far is in {self.top}",
                help=f"cd {quote(str(self.folder))} && {command}",
            )
        return step

    def write(self, path: str, text: str) -> None:
        """Write a file below the shell's folder and create missing folders."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Return the text of a file below the shell's folder."""
        return (self.folder / path).read_text(encoding="utf-8")

    def is_a_stranger_to_git(self) -> bool:
        """Return whether git knows no name of the user, so that the demo's own is used."""
        return self.environment["GIT_AUTHOR_NAME"] == _STRANGER[0]


def training_script() -> str:
    """Return the text of the demo project's train.py."""
    return (files("release") / "commands" / "demo" / "train.py").read_text(encoding="utf-8")


def _words(command: str) -> list[str]:
    """Return the arguments to run: `python`, `dvc` and `release` of this environment, whatever PATH says."""
    name, *rest = shlex.split(command)
    match name:
        case "python":
            return [sys.executable, *rest]
        case "dvc" | "release":
            return [sys.executable, "-m", name, *rest]
        case _:
            return [name, *rest]


def check_folder(top: Path) -> Path:
    """Return the absolute path of the demo's folder, which must be absent or empty. Creates nothing.

    Raises UsageError if it is neither, Refused if it cannot be read.
    """
    top = Path(os.path.abspath(top))  # noqa: PTH100 - resolve() would follow the user's links
    with _told(top):
        is_empty = not os.path.lexists(top) or not any(top.iterdir())
    if not is_empty:
        raise UsageError(f"{top} is not empty; the demo writes only into a folder of its own", help=_other(top))
    return top


@contextmanager
def _told(top: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{top} cannot be the demo's folder: a file is in the way", help=_other(top)) from error
    except OSError as error:
        words = f"the demo's folder {top} cannot be created: {error.strerror}"
        raise Refused(words, help="release demo ANOTHER_FOLDER") from error


def _other(top: Path) -> str:
    return f"release demo {quote(f'{top.name}-2')}"


def _environment(top: Path, callers: Mapping[str, str], identity: tuple[str, str] | None) -> dict[str, str]:
    """Return the caller's environment without variables that change git's or DVC's settings, plus the demo's own."""
    dropped = ("GIT_", "DVC_", "FORCE_COLOR", "CLICOLOR_FORCE")
    kept = {name: value for name, value in callers.items() if name == "GIT_EXEC_PATH" or not name.startswith(dropped)}
    name, email = identity or _STRANGER
    own = top / _OWN_FOLDER
    try:
        own.mkdir()
        (own / "gitconfig").write_text(
            "[init]\n\tdefaultBranch = main\n\tdefaultRefFormat = files\n[safe]\n\tdirectory = *\n[core]\n\texcludesFile = /dev/null\n\tattributesFile = /dev/null\n"
        )
        (own / "dvc").mkdir()
        (own / "dvc" / "config").write_text("[core]\n    check_update = false\n    analytics = false\n")
    except OSError as error:
        raise Refused(f"{own} cannot be written: {error.strerror}", help="release demo ANOTHER_FOLDER") from error
    return kept | {
        "GIT_CONFIG_GLOBAL": str(own / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(own / "dvc-site"),
        "DVC_GLOBAL_CONFIG_DIR": str(own / "dvc"),
        "DVC_SYSTEM_CONFIG_DIR": str(own / "dvc-system"),
        "PYTHONSAFEPATH": "1",
        "NO_COLOR": "1",
    }


def _identity(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the user's name and email from git's settings; None if one is missing. Raises Refused without git."""
    try:
        answers = [
            subprocess.run(
                ["git", "config", "--get", f"user.{what}"],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            .stdout.decode("utf-8", "replace")
            .strip()
            for what in ("name", "email")
        ]
    except FileNotFoundError as error:
        raise Refused("git is not installed", help="install git 2.34 or newer, then: release demo") from error
    return (answers[0], answers[1]) if all(answers) else None
