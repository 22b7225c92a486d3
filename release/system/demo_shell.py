"""Commands and files of the demo: real commands in its own folder.

The user's settings do not apply (git's global config with signing, hooks and templates; DVC's remotes
and caches), and nothing is written outside the folder: see `make_folder`.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from release.core.text import quote
from release.errors import Refused, UsageError

STRANGER = ("Demo", "demo@example.org")  # for a user whose name git does not know
_GIT_SETTINGS = (
    "[init]\n\tdefaultBranch = main\n\tdefaultRefFormat = files\n[safe]\n\tdirectory = *\n"
    "[core]\n\texcludesFile = /dev/null\n\tattributesFile = /dev/null\n"
)
_DVC_SETTINGS = "[core]\n    check_update = false\n    analytics = false\n"


def run_typed(command: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command as it would be typed, or several with `&&` between them; return the last exit code, and the output.

    `python`, `dvc` and `release` are those of this environment, whatever PATH says.
    """
    code, outputs = 0, []
    for words in command.split(" && "):
        code, output = _run(shlex.split(words), folder, environment)
        outputs += [output] if output else []
        if code:
            break
    return code, "\n".join(outputs)


def _run(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    name, *rest = words
    own = {
        "python": [sys.executable],
        "dvc": [sys.executable, "-m", "dvc"],
        "release": [sys.executable, "-m", "release"],
    }
    process = subprocess.run(
        [*own.get(name, [name]), *rest],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return process.returncode, process.stdout.decode("utf-8", "replace").rstrip("\n")


def write(file: Path, text: str) -> None:
    """Write a file and create missing folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def check_demo_folder(top: Path) -> Path:
    """Return the absolute path of the demo's folder, which must be absent or empty. Creates nothing.

    Raises UsageError if it is neither, Refused if it cannot be read.
    """
    top = Path(os.path.abspath(top))  # noqa: PTH100 - resolve() would follow the user's links
    with _reported(top):
        is_empty = not os.path.lexists(top) or not any(top.iterdir())
    if not is_empty:
        raise UsageError(f"{top} is not empty; the demo writes only into a folder of its own", help=_other(top))
    return top


def make_folder(top: Path, callers: Mapping[str, str]) -> dict[str, str]:
    """Create the demo's folder, and return the environment for its commands.

    It is the caller's without variables that change git's or DVC's settings, plus the demo's own settings, which are in
    `.demo` in the folder.
    """
    name, email = _identity(callers)
    own = top / ".demo"
    with _reported(top):
        top.mkdir(parents=True, exist_ok=True)
        write(own / "gitconfig", _GIT_SETTINGS)
        write(own / "dvc" / "config", _DVC_SETTINGS)
    dropped = ("GIT_", "DVC_", "FORCE_COLOR", "CLICOLOR_FORCE")
    kept = {name: value for name, value in callers.items() if name == "GIT_EXEC_PATH" or not name.startswith(dropped)}
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


@contextmanager
def _reported(top: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise UsageError(f"{top} cannot be the demo's folder: a file is in the way", help=_other(top)) from error
    except OSError as error:
        words = f"the demo's folder {top} cannot be created: {error.strerror}"
        raise Refused(words, help="release demo ANOTHER_FOLDER") from error


def _other(top: Path) -> str:
    return f"release demo {quote(f'{top.name}-2')}"


def _identity(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the user's name and email from git's settings, STRANGER if one is missing. Raises Refused without git."""
    found = []
    for key in ("user.name", "user.email"):
        words = ["git", "config", "--get", key]
        try:
            answer = subprocess.run(
                words, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        except FileNotFoundError as error:
            raise Refused("git is not installed", help="install git 2.34 or newer, then: release demo") from error
        found.append(answer.stdout.decode("utf-8", "replace").strip())
    name, email = found
    return (name, email) if name and email else STRANGER
