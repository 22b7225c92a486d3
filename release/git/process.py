"""The one runner of git: environment, time limits, interrupts."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import monotonic
from types import FrameType

from msgspec import Struct
from msgspec.structs import replace

from release.core.secrets import Guarded, without_secrets
from release.core.text import quote, size
from release.errors import Refused, Unknown, UsageError

# Closing a terminal signals its whole process group: this process and any git that it started.
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _handled(
    numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None] | int
) -> Iterator[None]:
    """Handle these signals so in this block, as far as this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def only_second_interrupt() -> AbstractContextManager[None]:
    """Ignore the first Ctrl-C, SIGTERM or SIGHUP in a block; raise KeyboardInterrupt on the next one."""
    heard = 0

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        nonlocal heard
        heard += 1
        if heard > 1:
            raise KeyboardInterrupt

    return _handled([number for number in _ENDS if callable(signal.getsignal(number))], hear)


# Environment variables that no git of ours gets: they redirect it to another repository or change path rules

# `git rev-parse --local-env-vars` without GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS, which carry the
# caller's own `-c` settings; a contract test compares this with the installed git.
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
# Our commands say themselves how paths are meant; with these git refuses that, or matches other files.
_PATHSPECS = frozenset(f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE"))
DROPPED = LOCAL_VARIABLES | {"GIT_NAMESPACE", "GIT_QUARANTINE_PATH"} | _PATHSPECS


# The only place that starts git: environment, time limits, process groups, terminal

# Colours configured for one kind of output override `color.ui`, and that output is shown to the user.
_COLOURS = ("ui", "remote", "push", "transport", "advice")
_SETTINGS = (
    "core.splitIndex=false",
    "core.fsmonitor=false",
    "i18n.commitEncoding=UTF-8",
    *(f"color.{words}=false" for words in _COLOURS),
)

ASK_LIMIT_S = 60.0
PUSH_LIMIT_S = 600.0
_LIMITS = {"RELEASE_ASK_LIMIT": ASK_LIMIT_S, "RELEASE_PUSH_LIMIT": PUSH_LIMIT_S}
_BATCH = "-oBatchMode=yes"
_WORDS_BYTES = 100_000  # of paths per command line; Linux allows 2 MB of arguments and environment, others less
_NO_FILE = f"{os.devnull}/none"  # must not exist: git warns that a graft file, even an empty one, is deprecated
_LAST_WORDS_S = 2.0  # time to wait after a kill: another process may hold the pipes open


class GitFailed(Refused):
    """An exit code of git that the caller did not expect; `result` has the output."""

    section = "git"

    def __init__(self, result: Result) -> None:
        self.result = result
        words = result.error_text or f"exit code {result.code}"
        super().__init__(
            f"git {result.verb} failed: {words}", help=f"git {quote(result.verb)} -h; or run again with -v"
        )


class TooMuchOutput(Refused):
    """Output of git beyond the limit, at which it was stopped; `out` is the output so far."""

    section = "git"

    def __init__(self, verb: str, out: bytes) -> None:
        self.out = out
        super().__init__(f"git {verb} printed more than {size(len(out))}, the limit", help=f"git {quote(verb)} -h")


class TimedOut(Unknown):
    """A time limit that git exceeded; it was stopped, with everything that it had started."""

    section = "remote"


class Result(Struct, frozen=True):
    """Result of a finished git: exit code, stdout, stderr. `secrets` are those that a server may have sent back."""

    args: tuple[str, ...]
    code: int
    out: bytes
    err: bytes
    secrets: tuple[str, ...] = ()

    @property
    def verb(self) -> str:
        """The git command, for messages."""
        return next((word for word in self.args if not word.startswith("-")), "")

    @property
    def text(self) -> str:
        """Stdout without its final newline; bytes that are not UTF-8 become surrogates."""
        return self.out.decode("utf-8", "surrogateescape").removesuffix("\n")

    @property
    def error_text(self) -> str:
        """Stderr without secrets, for people."""
        return self.masked(self.err)

    def masked(self, words: bytes) -> str:
        """Return output of git, a hook or a server as text without secrets."""
        return without_secrets(words.decode("utf-8", "replace").strip(), self.secrets)


class Git(Guarded, frozen=True, kw_only=True):
    """Git in one folder.

    `environment` is the caller's (see `from_environment`); `settings` are passed as `-c`. `on_terminal`
    says whether git may ask the user for a passphrase: then it stays in our process group, as a prompt
    hangs in another one. Otherwise git gets its own session and never prompts.
    `holding` are open files that git inherits, so a lock lasts until git ends, even if this process is killed.
    Limits are in seconds: for a query to a remote, and for a push without its hook.
    `promisor` is the remote with the missing objects of a partial clone; None in other clones.
    `secrets` of the configuration are removed from git's output.
    """

    folder: Path
    environment: Mapping[str, str]
    on_terminal: bool = False
    settings: tuple[str, ...] = ()
    holding: tuple[int, ...] = ()
    ask_limit_s: float = ASK_LIMIT_S
    push_limit_s: float = PUSH_LIMIT_S
    promisor: str | None = None
    secrets: tuple[str, ...] = ()

    @staticmethod
    def from_environment(folder: Path, environment: Mapping[str, str], *, on_terminal: bool) -> Git:
        """Return git for `folder` with the safe part of the caller's environment. Raises UsageError for a bad limit."""
        kept = {
            name: value
            for name, value in environment.items()
            if name not in DROPPED and not name.startswith("GIT_TRACE")
        }
        kept |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": _NO_FILE}
        if not on_terminal:
            kept["GIT_TERMINAL_PROMPT"] = "0"
            kept.pop("SSH_ASKPASS", None)
        ask_limit_s, push_limit_s = (_limit_s(environment, name) for name in _LIMITS)
        return Git(
            folder=folder,
            environment=kept,
            on_terminal=on_terminal,
            ask_limit_s=ask_limit_s,
            push_limit_s=push_limit_s,
        )

    def at(self, folder: Path) -> Git:
        """Return the same git in another folder."""
        return replace(self, folder=folder)

    def having(self, *settings: str, **variables: str) -> Git:
        """Return the same git with more `-c` settings and environment variables."""
        environment = {**self.environment, **variables}
        return replace(self, settings=(*self.settings, *settings), environment=environment)

    def inheriting(self, *files: int) -> Git:
        """Return the same git, whose processes inherit these open files."""
        return replace(self, holding=files)

    def never_asking(self, configured: str | None, variant: str | None) -> Git:
        """Return the same git with an ssh that fails instead of prompting.

        Unchanged on a terminal, and for ssh programs other than OpenSSH. `configured` is `core.sshCommand`,
        `variant` is `ssh.variant`.
        """
        program = self.environment.get("GIT_SSH")
        command = self.environment.get("GIT_SSH_COMMAND") or configured or (program and shlex.quote(program)) or "ssh"
        variant = self.environment.get("GIT_SSH_VARIANT", variant or "auto")
        if self.on_terminal or not _is_openssh(command, variant) or command.endswith(_BATCH):
            return self
        return self.having(GIT_SSH_COMMAND=f"{command} {_BATCH}")

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        ok: Sequence[int] = (0,),
        limit_s: float | None = None,
        most_bytes: int | None = None,
    ) -> Result:
        """Run git to its end. Raises GitFailed on a code that is not in `ok`, TimedOut after `limit_s` seconds.

        `most_bytes` limits the output instead of the time; raises TooMuchOutput.
        """
        return self.start(*args, stdin=stdin).finish(ok=ok, limit_s=limit_s, most_bytes=most_bytes)

    def list_paths(self, *args: str, paths: Iterable[str], ok: Sequence[int] = (0,)) -> bytes:
        """Return the output of a listing (`ls-tree -z`...) for exactly these paths, in as many calls as needed."""
        portions: list[list[str]] = [[]]
        room = _WORDS_BYTES
        for path in paths:
            room -= len(os.fsencode(path)) + 1
            if room < 0 and portions[-1]:
                portions.append([])
                room = _WORDS_BYTES
            portions[-1].append(path)
        found = (self.run("--literal-pathspecs", *args, "--", *each, ok=ok).out for each in portions if each)
        return b"".join(found)

    def start(self, *args: str, stdin: bytes = b"", ignore_interrupt: bool = False) -> Running:
        """Start git without waiting; `finish` waits for it."""
        process = self.open(*args, ignore_interrupt=ignore_interrupt)
        return Running(args, process, stdin, git=self)

    def open(self, *args: str, ignore_interrupt: bool = False) -> subprocess.Popen[bytes]:
        """Start the bare process, for conversations such as `cat-file --batch`."""
        words = ["git", *(word for setting in (*_SETTINGS, *self.settings) for word in ("-c", setting)), *args]
        ignored = (signal.SIGINT, signal.SIGHUP) if ignore_interrupt else ()  # which the child inherits
        with _handled(ignored, signal.SIG_IGN):
            return subprocess.Popen(
                words,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=not self.on_terminal,
                pass_fds=self.holding,
            )


class Running:
    """A git that was started and not yet waited for."""

    def __init__(self, args: tuple[str, ...], process: subprocess.Popen[bytes], stdin: bytes, *, git: Git) -> None:
        self._args = args
        self._process = process
        self._stdin = stdin
        self._own_group = not git.on_terminal
        self._secrets = git.secrets
        self.ask_limit_s = git.ask_limit_s

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def finish(
        self,
        *,
        ok: Sequence[int] = (0,),
        limit_s: float | None = None,
        not_counted_s: Callable[[], float] = float,
        most_bytes: int | None = None,
    ) -> Result:
        """Wait for git to end. Raises what `Git.run` raises.

        `not_counted_s` returns how many seconds so far do not count against the limit (infinite: the counted
        part has not begun).
        """
        try:
            out, err = self._wait(limit_s, not_counted_s) if most_bytes is None else self._read(most_bytes)
        except subprocess.TimeoutExpired as error:
            self.stop()
            words = f"git {Result(self._args, 0, b'', b'').verb} did not answer within {limit_s:g} s"
            raise TimedOut(words, help="check the connection and try again") from error
        except BaseException:
            self.stop()
            raise
        result = Result(self._args, self._process.returncode, out, err, self._secrets)
        if result.code not in ok:
            raise GitFailed(result)
        return result

    def _read(self, most_bytes: int) -> tuple[bytes, bytes]:
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None
        assert stdout is not None
        assert stderr is not None
        said: list[bytes] = []

        def ask() -> None:
            with suppress(OSError, ValueError), stdin:
                stdin.write(self._stdin)

        def listen() -> None:
            with suppress(OSError, ValueError):
                said.append(stderr.read())

        aside = [threading.Thread(target=each, daemon=True) for each in (ask, listen)]
        for thread in aside:
            thread.start()
        out = stdout.read(most_bytes + 1)
        if len(out) > most_bytes:
            raise TooMuchOutput(Result(self._args, 0, b"", b"").verb, out[:most_bytes])
        for thread in aside:
            thread.join()
        stdout.close()
        stderr.close()
        self._process.wait()
        return out, b"".join(said)

    def _wait(self, limit_s: float | None, not_counted_s: Callable[[], float]) -> tuple[bytes, bytes]:
        begun, data, left_s = monotonic(), self._stdin, limit_s
        while True:
            try:
                return self._process.communicate(data, timeout=left_s)
            except subprocess.TimeoutExpired:
                assert limit_s is not None
                left_s = min(limit_s, limit_s + not_counted_s() - (monotonic() - begun))
                if left_s <= 0:
                    raise
            data = b""  # passed with the first call

    def stop(self) -> None:
        """Kill git and, if it has its own session, everything that it started; no effect if it has ended."""
        if self._process.returncode is not None and (self._process.stdout is None or self._process.stdout.closed):
            return
        with suppress(ProcessLookupError, PermissionError):
            if self._own_group:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        try:
            self._process.communicate(timeout=_LAST_WORDS_S)
        except (subprocess.TimeoutExpired, ValueError):
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORDS_S)


def _limit_s(environment: Mapping[str, str], name: str) -> float:
    text = environment.get(name)
    if text is None:
        return _LIMITS[name]
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"{name} is {text!r}, not a number of seconds", help=f"unset {quote(name)}")
    return seconds


def _is_openssh(command: str, variant: str) -> bool:
    """Return whether the command takes OpenSSH's options, decided as git does; a wrapper script may not."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    name = Path(words[0]).name.lower().removesuffix(".exe") if words else ""
    return variant == "ssh" or (variant == "auto" and name == "ssh")
