"""One release that is hit by a fault: before, the fault, and the one thing that must be true afterwards."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from project import Project, Run, World
from project.run import call

HEARD = Path(__file__).parent / "heard.py"
PATIENCE_S = 60
TAG = "refs/tags/v0.2.0"
MAIN = "refs/heads/main"
WRITTEN = ("CHANGELOG.md", "pyproject.toml")
MINE = {"notebooks/run.ipynb": b"unsaved\n", "notes.txt": b"untracked\n", "local.env": b"ignored\n"}
CLEAN = " M notebooks/run.ipynb\n?? notes.txt"


@dataclass(frozen=True, slots=True)
class Before:
    """The clone and its origin as they were."""

    refs: dict[str, str]
    origin: dict[str, str]
    head: str
    index: str


@dataclass(slots=True)
class Case:
    """A clone with unsaved, untracked and ignored files, whose next release is v0.2.0 over `transport`."""

    project: Project
    transport: str
    note: Callable[[str, str, str, str], None]
    before: Before = field(init=False)

    def __post_init__(self):
        self.before = self._now()

    @property
    def world(self) -> World:
        return self.project.world

    @property
    def armed(self) -> Path:
        """A file whose existence switches a fault on."""
        return self.world.root / "home" / "armed"

    def bump(self, *more: str, at: str = "", line: str = "true", under: tuple[str, ...] = ()) -> Run:
        """Release in a process of its own; a shell line runs right after the step `at`."""
        return self.command("bump", "minor", "-m", "charCNN", "--yes", "-v", *more, at=at, line=line, under=under)

    def command(self, *words: str, at: str = "", line: str = "true", under: tuple[str, ...] = ()) -> Run:
        """Any command, as `bump` does."""
        python = [*under, sys.executable, str(HEARD), at, line, *words]
        done = self.world.run(python, folder=self.project.folder, ok=None)
        said = [text.decode("utf-8", "replace") for text in (done.stdout, done.stderr)]
        return Run(words, done.returncode, *said)

    def recover(self, *more: str) -> Run:
        """What stood before a killed git may hold the lock for a moment longer than those that it killed."""
        end = time.monotonic() + PATIENCE_S
        while True:
            run = self._release("recover", "--yes", *more)
            if "is running in this clone" not in run.err or time.monotonic() > end:
                return run
            time.sleep(0.1)

    def _release(self, *words: str) -> Run:
        """In this process; no snapshot of the world is taken, for a server may still be at work in it."""
        return call(words, folder=self.project.folder, environment=self.world.environment())

    # --- what must be true

    def settled(self, run: Run, fault: str, where: str, *, may: tuple[int, ...] = (), unpublished: bool = False) -> str:
        """All or nothing, at once or by `recover`; nothing of the user's lost; a second try succeeds. Says which."""
        ended = self._end(run, may, unpublished=unpublished)
        self.nothing_of_mine_is_lost()
        self.no_leftovers(keep=unpublished and self.is_whole(unpublished=True))
        self.second_try()
        self.note(fault, self.transport, where, ended)
        return ended

    def _end(self, run: Run, may: tuple[int, ...], *, unpublished: bool) -> str:
        code = run.code
        assert not may or code in may, f"expected one of {may}: {run}"
        if code == 0:
            self.whole(unpublished=unpublished)
            return "whole at once"
        if code in (3, 6, 7, 130):
            self.nothing_changed()
            return f"nothing, exit {code}"
        assert code == 8 or code < 0 or code in (137, 143), f"an exit code that nobody can act on: {run}"
        recovered = self.recover()
        assert recovered.code == 0, str(recovered)
        told = "8" if code == 8 else "killed"
        if self.is_whole(unpublished=unpublished):
            self.whole(unpublished=unpublished)
            return f"{told}, recovered whole"
        self.nothing_changed()
        return f"{told}, recovered to nothing"

    def is_whole(self, *, unpublished: bool = False) -> bool:
        return TAG in (self.project.refs if unpublished else self.project.origin)

    def whole(self, *, unpublished: bool = False) -> None:
        """Tag and commit are there and here, and the files are the commit's."""
        here, there, project = self.project.refs, self.project.origin, self.project
        assert here.get(TAG)
        assert here[MAIN] == project.head == project.git("rev-parse", "v0.2.0^{commit}")
        assert project.git("rev-parse", "HEAD^") == self.before.head
        if unpublished:
            assert there == self.before.origin
        else:
            assert there == self.before.origin | {TAG: here[TAG], MAIN: here[MAIN]}
        for path in WRITTEN:
            assert project.git("hash-object", path) == project.git("rev-parse", f"HEAD:{path}"), path

    def nothing_changed(self) -> None:
        now = self._now()
        assert now.origin == self.before.origin
        assert (now.head, now.index) == (self.before.head, self.before.index)
        assert _without_tracking(now.refs) == _without_tracking(self.before.refs)

    def nothing_of_mine_is_lost(self, *came: str) -> None:
        for path, content in MINE.items():
            assert self.project.read(path) == content, path
        status = self.project.git("--no-optional-locks", "status", "--porcelain", "--untracked-files=all")
        assert status == CLEAN, status
        old, new = (
            dict(line.split("\t")[::-1] for line in text.splitlines()) for text in (self.before.index, self._index())
        )
        assert {path: entry for path, entry in new.items() if path not in (*WRITTEN, *came)} == {
            path: entry for path, entry in old.items() if path not in WRITTEN
        }

    def no_leftovers(self, *, keep: bool = False) -> None:
        """No lock, no record, no `.keep` (an unpublished release has one); every object is there."""
        git_dir = self.project.folder / ".git"
        left = [str(path) for path in git_dir.rglob("*") if _is_leftover(path, keep=keep)]
        assert not left, left
        for folder in (self.project.folder, self.world.origin):
            self.world.git(folder, "fsck", "--connectivity-only", "--no-dangling", "--no-progress")

    def second_try(self) -> None:
        """The next release, from whatever is there now, succeeds and takes an unpublished one along."""
        if self.transport == "ssh":  # each connection takes half a second
            self.project.git("remote", "set-url", "origin", self.world.origin)
        self._release("bump", "minor", "-m", "again", "--allow-empty", "--yes").succeeds()
        here, there = self.project.refs, self.project.origin
        newest = max(name for name in there if name.startswith("refs/tags/"))
        assert here[newest] == there[newest]
        assert here[MAIN] == there[MAIN] == self.project.head
        self.no_leftovers()

    def _now(self) -> Before:
        return Before(self.project.refs, self.project.origin, self.project.head, self._index())

    def _index(self) -> str:
        return self.project.git("ls-files", "-s")


def _without_tracking(refs: dict[str, str]) -> dict[str, str]:
    return {name: id for name, id in refs.items() if not name.startswith("refs/remotes/")}


def _is_leftover(path: Path, *, keep: bool) -> bool:
    if path.parent.name == "release":
        return path.name not in ("lock", "unpublished")
    if path.parent.name == "unpublished":
        return not keep
    return path.suffix == ".lock" or (path.suffix == ".keep" and not keep)


def build(root: Path) -> None:
    """The template world of every case: git alone, v0.1.0 published, two files to write, files of the user's own."""
    (root / "project").mkdir(parents=True)
    world = World(root)
    world.furnish()
    world.git(root, "init", "--quiet", "--bare", "--template=", "origin.git")
    project = Project(world, root / "project")
    project.git("init", "--quiet", "--template=")
    project.git("remote", "add", "origin", "../origin.git")
    project.write(
        "pyproject.toml", '[project]\nname = "x"\nversion = "0.1.0"\n\n[tool.release]\ndirty-ok = ["notebooks/**"]\n'
    )
    project.write(".gitignore", "*.env\n")
    project.write("model/performance.json", '{"overall": {"f1": 0.84}}\n')
    project.write("notebooks/run.ipynb", "saved\n")
    project.save("Start")
    project.git("tag", "-a", "v0.1.0", "-m", "First")
    project.git("push", "--quiet", "origin", "v0.1.0")
    project.write("model/performance.json", '{"overall": {"f1": 0.86}}\n')
    project.save("Better")
    for path, content in MINE.items():
        project.write(path, content)
    (root / "home" / "seconds").write_text(str(world.seconds))


def copy(template: Path, root: Path) -> Project:
    shutil.copytree(template, root, symlinks=True)
    world = World(root, seconds=int((root / "home" / "seconds").read_text()))
    world.variables["PYTHONDONTWRITEBYTECODE"] = "1"
    project = Project(world, root / "project")
    project.git("status")  # the copied files' times into the index
    return project
