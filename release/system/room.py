"""A clean room: a temporary folder, an environment of a few variables, and the programs that run in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from release.core.secrets import Guarded, forms_of, without_secrets
from release.core.text import quote
from release.errors import Refused, UsageError

# Where programs and certificates are, and how text is written: nothing that opens a store.
_ALLOWED = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)
# Otherwise a virtual machine of a cloud has credentials that nobody named.
_NO_ROLE = {"AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true"}
_FOLDERS = {
    "HOME": "home",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_CONFIG_DIRS": "etc",
    "TMPDIR": "tmp",
    "DVC_GLOBAL_CONFIG_DIR": "dvc/global",
    "DVC_SYSTEM_CONFIG_DIR": "dvc/system",
    "DVC_SITE_CACHE_DIR": "dvc/site",
}
_SHORTEST_SECRET = 8  # a shorter value, such as a number, occurs in other words, too
_QUIET_DVC = "[core]\n    check_update = false\n    analytics = false\n"


class CleanRoom(Guarded, frozen=True, kw_only=True):
    """A private folder. `tree` is for the work tree; `environment` is that of every program in the room.

    `secrets` are the values of the named variables, which are masked in what the programs print.
    """

    folder: Path
    tree: Path
    environment: Mapping[str, str]
    secrets: tuple[str, ...] = ()

    def run(self, words: Sequence[str], folder: Path, on_line: Callable[[str], None]) -> int:
        """Run a program to its end, in a session of its own, and return its exit code; without input.

        Each line of its output is passed on. If the call is interrupted, the program ends with all that it started.
        Raises Refused if there is no such program.
        """
        try:
            process = subprocess.Popen(
                list(words),
                cwd=folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            message = f"{words[0]} cannot be run in the restored tree: {error.strerror}"
            raise Refused(message, help=f"command -v {quote(words[0])}") from error
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    on_line(without_secrets(line.decode("utf-8", "replace").rstrip("\r\n"), self.secrets))
                return process.wait()
            finally:
                with suppress(ProcessLookupError, PermissionError):  # also what it left running
                    os.killpg(process.pid, signal.SIGKILL)

    def keep(self, folder: Path) -> None:
        """Move the tree out of the room, to a folder that is new or empty. Raises Refused."""
        try:
            self.tree.replace(folder)
        except OSError as error:
            raise Refused(f"{folder} cannot be written: {error.strerror}", help="use another folder") from error


@contextmanager
def clean_room(callers: Mapping[str, str], named: Sequence[str], near: Path | None) -> Iterator[CleanRoom]:
    """Make a room, and remove it at the end. Of the caller's variables it has those allowed and those `named`.

    `near` is a folder on the disk where the room should be; None: the system's for temporary files.
    Raises UsageError for a named variable that is not set, or a folder that cannot be written.
    """
    missing = [name for name in named if name not in callers]
    if missing:
        raise UsageError(f"{missing[0]} is not set in your environment", help=f"export {quote(missing[0])}=VALUE")
    try:
        folder = Path(tempfile.mkdtemp(prefix="release-drill-", dir=near)).resolve()
    except OSError as error:
        words = f"no temporary folder can be made in {near or tempfile.gettempdir()}: {error.strerror}"
        raise UsageError(words, help="use another folder, or set TMPDIR") from error
    try:
        places = {variable: folder / name for variable, name in _FOLDERS.items()}
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        (places["DVC_GLOBAL_CONFIG_DIR"] / "config").write_text(_QUIET_DVC, encoding="utf-8")
        environment = {
            **{name: callers[name] for name in _ALLOWED if name in callers},
            **_NO_ROLE,
            **{name: str(place) for name, place in places.items()},
            "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            **{name: callers[name] for name in named},
        }
        secrets = forms_of(callers[name] for name in named if len(callers[name]) >= _SHORTEST_SECRET)
        yield CleanRoom(folder=folder, tree=folder / "tree", environment=environment, secrets=secrets)
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove the room, even if the user interrupts that, too."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
