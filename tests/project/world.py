"""A folder with a project, its origin and its blob store side by side, and a clock that ticks a second a command."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from project import forked_dvc
from project.environment import furnish, hermetic

START = 1_767_603_600  # 2026-01-05 09:00:00 UTC, a Monday
PATIENCE_S = 120


@dataclass(slots=True)
class World:
    """Everything of one test lies below `root`: `project`, `origin.git`, `stores/blob`, `home`, `tmp`."""

    root: Path
    seconds: int = START
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        """Where programs put their temporary files; empty between commands."""
        return self.root / "tmp"

    @property
    def origin(self) -> Path:
        """The bare repository that is pushed to."""
        return self.root / "origin.git"

    @property
    def store(self) -> Path:
        """The folder that DVC's remote `storage` is."""
        return self.root / "stores" / "blob"

    def furnish(self) -> None:
        """Make `home` and `tmp`."""
        furnish(self.root / "home")
        self.scratch.mkdir()

    def environment(self) -> dict[str, str]:
        """The environment of the next command, one second later than the last one's."""
        self.seconds += 1
        stamp = f"{self.seconds} +0000"
        now = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp, "SOURCE_DATE_EPOCH": str(self.seconds)}
        return hermetic(self.root / "home", self.scratch) | now | self.variables

    def run(
        self, words: Sequence[str | Path], *, folder: Path, stdin: bytes = b"", ok: Sequence[int] | None = (0,)
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end; `ok` are the exit codes it may have (None: any)."""
        done = subprocess.run(
            list(map(str, words)),
            cwd=folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return _expected(done, ok)

    def dvc(
        self, *lines: Sequence[str | Path], folder: Path, ok: Sequence[int] | None = (0,)
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the real dvc with each line in turn, all in one process; `ok` as for `run`."""
        words = [list(map(str, line)) for line in lines]
        return _expected(forked_dvc.run(words, folder=folder, environment=self.environment()), ok)

    def git(self, folder: Path, *words: str | Path, stdin: bytes = b"") -> str:
        """Run git; its stdout without the last newline."""
        done = self.run(["git", *words], folder=folder, stdin=stdin)
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def _expected(done: subprocess.CompletedProcess[bytes], ok: Sequence[int] | None) -> subprocess.CompletedProcess[bytes]:
    if ok is not None and done.returncode not in ok:
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise AssertionError(f"{' '.join(map(str, done.args))}: exit code {done.returncode}\n{said}")
    return done
