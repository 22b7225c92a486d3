"""A checkout of a scratch project, with verbs that read as a story."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from project.help_lines import keep_help
from project.run import Run, call, words_of
from project.snapshot import Snapshot, differences, take
from project.world import World


@dataclass(slots=True)
class Project:
    """A work tree in a world. `before` is the world as it was when `release` was last called."""

    world: World
    folder: Path
    before: Snapshot = field(default_factory=dict, repr=False)

    # --- what users do

    def release(self, line: str, *more: str | Path, folder: Path | None = None) -> Run:
        """Call `release` in this process: a line as one types it, then words taken as they are."""
        self.before = self.snapshot()
        words, folder = words_of(line, more), folder or self.folder
        return keep_help(call(words, folder=folder, environment=self.world.environment()), self.world, folder)

    def release_process(self, line: str, *more: str | Path, folder: Path | None = None) -> Run:
        """As `release`, in a process of its own without a terminal."""
        self.before = self.snapshot()
        words, folder = words_of(line, more), folder or self.folder
        python = [sys.executable, "-m", "release", *words]
        done = self.world.run(python, folder=folder, ok=None)
        said = [text.decode("utf-8", "replace") for text in (done.stdout, done.stderr)]
        return keep_help(Run(words, done.returncode, *said), self.world, folder)

    def git(self, *words: str | Path, stdin: bytes = b"") -> str:
        """Run git here; its stdout without the last newline."""
        return self.world.git(self.folder, *words, stdin=stdin)

    def dvc(self, *words: str | Path) -> str:
        """Run the real dvc here; its stdout."""
        return self.world.dvc(words, folder=self.folder).stdout.decode()

    def dvc_each(self, *lines: str) -> None:
        """Run the real dvc with each line, in one process."""
        self.world.dvc(*(line.split() for line in lines), folder=self.folder)

    def sh(self, line: str) -> str:
        """Run a line as one pastes it into a shell; its stdout."""
        return self.world.run(["sh", "-euc", line], folder=self.folder).stdout.decode()

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file, with the folders it needs."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, path: str) -> bytes:
        """A file of the work tree."""
        return (self.folder / path).read_bytes()

    def commit(self, message: str = "Work", **files: str) -> str:
        """Commit everything that changed; returns the commit's id. `--allow-empty`: stories need commits, not files."""
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head

    def save(self, message: str = "Work") -> str:
        """Commit everything and push the branch; returns the commit's id."""
        commit = self.commit(message)
        self.git("push", "--quiet", "origin", "HEAD")
        return commit

    def train(self, model: bytes, performance: str, *, push: bool = True) -> str:
        """Make a new model: the file, its pointer, its numbers, a commit; pushed to both remotes unless told otherwise."""
        self.write("model/model.pt", model)
        self.write("model/performance.json", performance)
        self.dvc_each("add --quiet model/model.pt", *(["push --quiet"] if push else []))
        return self.save("Train")

    def write_pipeline(self, outs: dict[str, str]) -> str:
        """Commit a pipeline as `dvc repro` leaves it, with the out of each stage; no data."""
        stages = {stage: {"cmd": f"python {stage}.py", "outs": [path]} for stage, path in outs.items()}
        self.write("dvc.yaml", json.dumps({"stages": stages}))
        kept = {"hash": "md5", "md5": "0" * 32, "size": 1}
        ran = {stage: {**each, "outs": [{"path": outs[stage], **kept}]} for stage, each in stages.items()}
        self.write("dvc.lock", json.dumps({"schema": "2.0", "stages": ran}))
        return self.save("A pipeline")

    def clone(self, name: str = "clone", *options: str) -> "Project":
        """A fresh clone beside this project, so that the relative blob store is found."""
        self.world.git(self.world.root, "clone", "--quiet", *options, self.world.origin.as_uri(), name)
        return Project(self.world, self.world.root / name)

    def at(self, name: str) -> "Project":
        """Another work tree of the same world."""
        return Project(self.world, self.world.root / name)

    # --- what is true

    @property
    def head(self) -> str:
        """The id of HEAD's commit."""
        return self.git("rev-parse", "HEAD")

    @property
    def origin(self) -> dict[str, str]:
        """Every ref of the origin with its object id."""
        return self._refs(self.world.origin)

    @property
    def refs(self) -> dict[str, str]:
        """Every ref here with its object id."""
        return self._refs(self.folder)

    @property
    def status(self) -> str:
        """`git status` for scripts; empty when the work tree is clean."""
        return self.git("--no-optional-locks", "status", "--porcelain")

    def file_at(self, rev: str, path: str) -> bytes:
        """A file as a commit or tag has it."""
        return self.world.run(["git", "cat-file", "blob", f"{rev}:{path}"], folder=self.folder).stdout

    def message_of(self, tag: str) -> str:
        """The message of a tag object."""
        return self.git("cat-file", "tag", f"refs/tags/{tag}").split("\n\n", 1)[1]

    def objects_on_store(self) -> list[Path]:
        """The files of the blob store."""
        return sorted(path for path in self.world.store.rglob("*") if path.is_file())

    def object_path(self, oid: str) -> Path:
        """Where the blob store keeps an object of DVC 3."""
        return self.world.store / "files" / "md5" / oid[:2] / oid[2:]

    def lose(self, path: Path) -> None:
        """Delete a file of the blob store, where DVC left it read-only."""
        path.chmod(0o644)
        path.unlink()

    def empty_cache(self) -> None:
        """Delete DVC's cache here: what is not on the remote is gone."""
        shutil.rmtree(self.folder / ".dvc" / "cache", ignore_errors=True)

    def snapshot(self) -> Snapshot:
        """The whole world, local and remote, but for the private home."""
        return take(self.world.root, _is_no_state)

    def unchanged(self) -> bool:
        """Nothing changed since `release` was called: refs, index, work tree, objects, config, blob store, temporary files."""
        found = differences(self.before, self.snapshot())
        assert not found, "\n".join(["something was changed:", *found])
        return True

    def published(self, *tags: str) -> bool:
        """Each tag is an annotated tag, the same here and on the origin, and the branch there holds its commit."""
        here, there = self.refs, self.origin
        for tag in tags:
            name = f"refs/tags/{tag}"
            assert name in there, f"{tag} is not on the origin: {sorted(there)}"
            assert here.get(name) == there[name], f"{tag} differs here and on the origin"
            assert self.git("cat-file", "-t", there[name]) == "tag", f"{tag} is not annotated"
        return True

    def _refs(self, folder: Path) -> dict[str, str]:
        lines = self.world.git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)


def _is_no_state(path: str) -> bool:
    # A lock file that nobody holds says nothing; the private home holds DVC's own index and state.
    return path == "home" or path.endswith((".git/release", ".git/release/lock"))
