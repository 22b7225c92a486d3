"""The one place where git is started: environment, time limits, process groups, terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from release.core.secrets import without_secrets
from release.errors import Refused, Unknown

# `git rev-parse --local-env-vars`, less GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS, which carry the
# caller's own `-c` settings; a contract test compares it with the git that is installed.
LOCAL_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CONFIG",
        "GIT_OBJECT_DIRECTORY",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_COMMON_DIR",
    }
)
_ALSO_DROPPED = frozenset({"GIT_NAMESPACE", "GIT_QUARANTINE_PATH"})
_SETTINGS = ("core.splitIndex=false", "core.fsmonitor=false", "i18n.commitEncoding=UTF-8", "color.ui=false")

ASK_LIMIT_S = 60.0


class GitFailed(Refused):
    """Git ended with a code that the caller did not expect; `result` has its words."""

    def __init__(self, result: Result) -> None:
        self.result = result
        words = without_secrets(result.err.decode("utf-8", "replace").strip()) or f"exit code {result.code}"
        super().__init__(f"git {result.verb} failed: {words}", help=f"git {result.verb} -h; or run again with -v")


class TimedOut(Unknown):
    """Git took longer than its limit and was stopped, with everything that it had started."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished git left: exit code, stdout, stderr."""

    args: tuple[str, ...]
    code: int
    out: bytes
    err: bytes

    @property
    def verb(self) -> str:
        """The git command, for messages."""
        return next((word for word in self.args if not word.startswith("-")), "")

    @property
    def text(self) -> str:
        """Stdout without its final newline; bytes that are not UTF-8 survive as surrogates."""
        return self.out.decode("utf-8", "surrogateescape").removesuffix("\n")

    @property
    def error_text(self) -> str:
        """Stderr without secrets, for people."""
        return without_secrets(self.err.decode("utf-8", "replace").strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git in one folder.

    `environment` is the caller's (see `from_environment`), `settings` go as `-c`. `on_terminal`
    tells whether a person can be asked for a passphrase: then git stays in our process group
    (an own one hangs on a prompt); else it gets a session of its own and may never ask.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    on_terminal: bool = False
    settings: tuple[str, ...] = ()

    @staticmethod
    def from_environment(folder: Path, environment: Mapping[str, str], *, on_terminal: bool) -> Git:
        """Git for `folder` with what may be kept of the caller's environment."""
        kept = {
            name: value
            for name, value in environment.items()
            if name not in LOCAL_VARIABLES and name not in _ALSO_DROPPED and not name.startswith("GIT_TRACE")
        }
        kept |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
        if not on_terminal:
            kept["GIT_TERMINAL_PROMPT"] = "0"
            kept.pop("SSH_ASKPASS", None)
        return Git(folder=folder, environment=kept, on_terminal=on_terminal)

    def at(self, folder: Path) -> Git:
        """The same git in another folder."""
        return replace(self, folder=folder)

    def having(self, *settings: str, **variables: str) -> Git:
        """The same git with more `-c` settings and environment variables."""
        environment = {**self.environment, **variables}
        return replace(self, settings=(*self.settings, *settings), environment=environment)

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        ok: Sequence[int] = (0,),
        limit_s: float | None = None,
    ) -> Result:
        """Run git to its end. Raises GitFailed on a code that is not in `ok`, TimedOut after `limit_s` seconds."""
        return self.start(*args, stdin=stdin).finish(ok=ok, limit_s=limit_s)

    def start(self, *args: str, stdin: bytes = b"", ignore_interrupt: bool = False) -> Running:
        """Start git and go on; `finish` waits for it."""
        return Running(args, self.open(*args, ignore_interrupt=ignore_interrupt), stdin)

    def open(self, *args: str, ignore_interrupt: bool = False) -> subprocess.Popen[bytes]:
        """The bare process, for conversations such as `cat-file --batch`."""
        words = ["git", *(word for setting in (*_SETTINGS, *self.settings) for word in ("-c", setting)), *args]
        with _interrupt_ignored() if ignore_interrupt else nullcontext():
            return subprocess.Popen(
                words,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=not self.on_terminal,
            )


class Running:
    """A git that was started and not yet waited for."""

    def __init__(self, args: tuple[str, ...], process: subprocess.Popen[bytes], stdin: bytes) -> None:
        self._args = args
        self._process = process
        self._stdin = stdin

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def finish(self, *, ok: Sequence[int] = (0,), limit_s: float | None = None, patient: bool = False) -> Result:
        """Wait for its end. `patient`: a first Ctrl-C is not heard, a second one stops it. Raises as `Git.run`."""
        try:
            out, err = self._wait(limit_s, patient=patient)
        except subprocess.TimeoutExpired as error:
            self.stop()
            words = f"git {Result(self._args, 0, b'', b'').verb} gave no answer in {limit_s:g} s"
            raise TimedOut(words, help="check the connection and try again") from error
        except BaseException:
            self.stop()
            raise
        result = Result(self._args, self._process.returncode, out, err)
        if result.code not in ok:
            raise GitFailed(result)
        return result

    def _wait(self, limit_s: float | None, *, patient: bool) -> tuple[bytes, bytes]:
        try:
            return self._process.communicate(self._stdin, timeout=limit_s)
        except KeyboardInterrupt:
            if not patient:
                raise
            return self._process.communicate(timeout=limit_s)

    def stop(self) -> None:
        """Kill it and everything that it started, as far as that is ours to kill."""
        if self._process.poll() is None:
            own_group = os.getpgid(self._process.pid) == self._process.pid
            if own_group:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.communicate()


@contextmanager
def _interrupt_ignored() -> Iterator[None]:
    """A child that is started meanwhile inherits that it does not hear Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
