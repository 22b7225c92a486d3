"""The repository states that the races start from, made once with the real tools and then copied."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

PYPROJECT = """\
[project]
name = "tagger"
version = "@"

[tool.commitizen]
name = "cz_conventional_commits"
version_provider = "pep621"
tag_format = "v$version"
annotated_tag = true
update_changelog_on_bump = true

[tool.tbump.version]
current = "@"
regex = '''(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)'''

[tool.tbump.git]
message_template = "Bump to {new_version}"
tag_template = "v{new_version}"

[[tool.tbump.file]]
src = "pyproject.toml"
search = 'version = "{current_version}"'
"""


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes states below `folder` with the programs of one environment."""

    folder: Path
    programs: Path
    environment: Mapping[str, str]

    def demo(self) -> Path:
        """The demo project after two releases, with a third training committed, its data pushed: ready for v0.3.0."""
        state = self.folder / "demo"
        if not state.exists():
            part = self._part("demo")
            self._run(self.folder, "release", "demo", "--json", part.name)
            self._ready_for_the_next(part / "project", "0.2.0")
            part.rename(state)
        return state

    def long_history(self, commits: int = 10_000, tags: int = 1_000) -> Path:
        """The same project after `commits` more commits and `tags` more releases (v0.2.1 onwards), all pushed."""
        state = self.folder / f"demo-{commits}-{tags}"
        if not state.exists():
            part = self._part("long")
            self._run(self.folder, "release", "demo", "--json", part.name)
            project = part / "project"
            stream = "".join(_history(commits, commits // tags)).encode()
            self._run(project, "git", "fast-import", "--quiet", stdin=stream)
            self._run(project, "git", "reset", "-q", "--hard")
            self._run(project, "git", "push", "-q", "origin", "main", "--tags")
            self._ready_for_the_next(project, f"0.2.{tags}")
            part.rename(state)
        return state

    def directory(self, files: int) -> Path:
        """One tracked directory of `files` files, pushed."""
        return self._pushed(
            f"directory-{files}", {f"data/images/{n % 100:02d}/{n:06d}.txt": n for n in range(files)}, "data/images"
        )

    def pointers(self, count: int) -> Path:
        """`count` tracked files, each with its own pointer, pushed."""
        names = {f"data/{n % 20:02d}/{n:05d}.txt": n for n in range(count)}
        return self._pushed(f"pointers-{count}", names, *names)

    def tags(self, count: int) -> Path:
        """`count` annotated tags, each with a new version of one of three tracked files, pushed."""
        state = self.folder / f"tags-{count}"
        if not state.exists():
            base = self.pointers(3)
            part = self._part("tags")
            shutil.copytree(base, part)
            project = part / "project"
            # What `dvc add` and `dvc push` would write, without starting them `count` times.
            self._run(
                project, "git", "fast-import", "--quiet", stdin="".join(_versions(count, part / "store")).encode()
            )
            self._run(project, "git", "reset", "-q", "--hard")
            shutil.copytree(part / "store" / "files", project / ".dvc" / "cache" / "files", dirs_exist_ok=True)
            self._run(project, "dvc", "checkout", "-q", "-f")
            part.rename(state)
        return state

    def measured(self, names: str, commits: int = 10_000, tags: int = 1_000) -> Path:
        """`commits` commits of which every tenth (for `tags` tags) has numbers of its own, named in dvc.yaml.

        `names` is what the tags are called, with `{}` for the number: both tools get the same tags under their names.
        """
        state = self.folder / f"measured-{tags}-{md5(names.encode()).hexdigest()[:6]}"
        if not state.exists():
            part = self._part("measured")
            shutil.copytree(self.pointers(5), part)
            project = part / "project"
            stream = "".join(_measured(names, commits, commits // tags)).encode()
            self._run(project, "git", "fast-import", "--quiet", stdin=stream)
            self._run(project, "git", "reset", "-q", "--hard")
            self._run(project, "git", "gc", "-q")
            part.rename(state)
        return state

    def two_releases(self, files: int) -> Path:
        """v0.1.0 with a directory of `files` files, v0.2.0 without it, in a clone that has neither's data yet."""
        state = self.folder / f"two-releases-{files}"
        if not state.exists():
            part = self._part("two")
            shutil.copytree(self.directory(files), part)
            project = part / "project"
            self._run(project, "git", "tag", "-a", "v0.1.0", "-m", "with images")
            self._run(project, "git", "rm", "-q", "data/images.dvc")
            self._run(project, "git", "commit", "-q", "-m", "Without images")
            self._run(project, "git", "tag", "-a", "v0.2.0", "-m", "without images")
            project.rename(part / "first")
            self._run(part, "git", "clone", "-q", "first", "project")
            part.rename(state)
            shutil.rmtree(state / "first" / ".dvc" / "cache")
            shutil.rmtree(state / "first" / "data")
        return state

    def foreign(self, objects: int) -> Path:
        """The state `pointers(5)` whose blob store also holds `objects` objects of other projects."""
        state = self.folder / f"foreign-{objects}"
        if not state.exists():
            part = self._part("foreign")
            shutil.copytree(self.pointers(5), part)
            for number in range(objects):
                _put(part / "store", f"foreign {number}".encode())
            part.rename(state)
        return state

    @contextmanager
    def grown(self, dimension: str, size: int) -> Iterator[Path]:
        """A project of ten of everything but `size` of one dimension, pushed and with a new commit; gone afterwards."""
        part = self._part("grown")
        sizes = {**dict.fromkeys(("tags", "objects", "stages", "metrics", "entries", "files"), 10), dimension: size}
        project = part / "project"
        self._run(self.folder, "git", "init", "-q", str(project))
        self._run(self.folder, "git", "init", "-q", "--bare", str(part / "origin.git"))
        self._run(project, "git", "remote", "add", "origin", "../origin.git")
        stream = "".join(_grown(part / "store", sizes)).encode()
        self._run(project, "git", "fast-import", "--quiet", stdin=stream)
        self._run(project, "git", "reset", "-q", "--hard")
        self._run(project, "git", "push", "-q", "-u", "origin", "main", "--tags")
        self._run(project, "git", "gc", "-q")
        yield part
        shutil.rmtree(part)

    def _pushed(self, name: str, files: Mapping[str, int], *tracked: str) -> Path:
        state = self.folder / name
        if not state.exists():
            part = self._part(name)
            project = part / "project"
            (part / "store").mkdir(parents=True)
            self._run(part, "git", "init", "-q", "project")
            for path, number in files.items():
                file = project / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{number}\n" * (1 + number % 7))
            self._run(project, "dvc", "init", "-q")
            self._run(project, "dvc", "remote", "add", "-q", "-d", "storage", "../store")
            self._run(project, "dvc", "add", "-q", *tracked)
            self._run(project, "git", "add", ".")
            self._run(project, "git", "commit", "-q", "-m", name)
            self._run(project, "dvc", "push", "-q")
            part.rename(state)
        return state

    def _ready_for_the_next(self, project: Path, version: str) -> None:
        (project / "pyproject.toml").write_text(PYPROJECT.replace("@", version))
        # Each turn runs in a copy, with the store beside the project.
        self._run(project, "dvc", "remote", "modify", "-q", "storage", "url", "../stores/blob")
        self._run(project, str(self.programs / "python"), "train.py", "--num-filters", "280", "--num-epochs", "9")
        self._run(project, "dvc", "add", "-q", "model/label_encoder.json", "model/tokenizer.json", "model/model.json")
        self._run(project, "git", "add", ".")
        self._run(project, "git", "commit", "-q", "-m", "feat: longer training")
        self._run(project, "git", "push", "-q", "origin", "main")
        self._run(project, "dvc", "push", "-q")
        for repository in (project, project.parent / "origin.git"):
            self._run(repository, "git", "gc", "-q")

    def _part(self, name: str) -> Path:
        """Where a state is made before it gets its name, so that half a state is never taken for a whole one."""
        part = self.folder / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        return part

    def _run(self, where: Path, *words: str, stdin: bytes = b"") -> None:
        program = self.programs / words[0]
        command = [str(program), *words[1:]] if program.exists() else list(words)
        done = subprocess.run(command, cwd=where, env=self.environment, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, f"{' '.join(words)[:200]}:\n{(done.stdout + done.stderr).decode()}"


def _history(commits: int, each: int) -> Iterator[str]:
    who = "Bench <bench@example.org>"
    for number in range(1, commits + 1):
        subject = f"fix: note {number}\n"
        yield f"commit refs/heads/main\nmark :{number}\ncommitter {who} {1_700_000_000 + number * 60} +0000\n"
        yield f"data {len(subject)}\n{subject}" + ("from refs/heads/main^0\n" if number == 1 else "")
        yield f"M 100644 inline notes/{number % 100:02d}.txt\ndata {len(subject)}\n{subject}\n"
        if number % each == 0:
            patch = number // each
            yield f"tag v0.2.{patch}\nfrom :{number}\ntagger {who} {1_700_000_000 + number * 60} +0000\ndata 5\nnotes\n"


def _measured(names: str, commits: int, each: int) -> Iterator[str]:
    """Conventional subjects, for git-cliff; numbers as in the lesson: three levels, with some that are no scores."""
    who = "Bench <bench@example.org>"
    listed = "metrics:\n- model/performance.json\n"
    kinds = ("fix", "feat", "docs")
    for number in range(1, commits + 1):
        subject = f"{kinds[number % 3]}: change {number}\n"
        at = 1_700_000_000 + number * 60
        yield f"commit refs/heads/main\nmark :{number}\ncommitter {who} {at} +0000\n"
        yield f"data {len(subject)}\n{subject}"
        if number == 1:
            yield f"from refs/heads/main^0\nM 100644 inline dvc.yaml\ndata {len(listed)}\n{listed}\n"
        yield f"M 100644 inline notes/{number % 100:02d}.txt\ndata {len(subject)}\n{subject}\n"
        if number == 1 or number % each == 0:
            body = _numbers(number)
            yield f"M 100644 inline model/performance.json\ndata {len(body)}\n{body}\n"
        if number % each == 0:
            name = names.format(number // each)
            yield f"tag {name}\nfrom :{number}\ntagger {who} {at} +0000\ndata 5\nmodel\n"


def _numbers(number: int) -> str:
    score = 0.5 + number % 4_000 / 10_000
    four = {"precision": score, "recall": score + 0.01, "f1": score + 0.005, "num_samples": 144.0}
    classes = dict.fromkeys(("attention", "computer-vision", "mlops", "other"), four)
    return json.dumps({"overall": {**four, "loss": 1 - score}, "class": classes, "slices": {"short_text": four}})


def _versions(count: int, store: Path) -> Iterator[str]:
    who = "Bench <bench@example.org>"
    for number in range(1, count + 1):
        body = f"version {number}\n" * 3
        oid = _put(store, body.encode())
        name = f"{number % 3:05d}.txt"
        pointer = f"outs:\n- md5: {oid}\n  size: {len(body)}\n  hash: md5\n  path: {name}\n"
        yield f"commit refs/heads/main\nmark :{number}\ncommitter {who} {1_700_000_000 + number * 60} +0000\n"
        yield "data 4\nnext\n" + ("from refs/heads/main^0\n" if number == 1 else "")
        yield f"M 100644 inline data/{number % 3:02d}/{name}.dvc\ndata {len(pointer)}\n{pointer}\n"
        trailer = f"v{number}\n\nRelease-Schema: 1\n"  # so that its verdict counts for the exit code
        yield f"tag v0.{number}.0\nfrom :{number}\ntagger {who} {1_700_000_000 + number * 60} +0000\n"
        yield f"data {len(trailer)}\n{trailer}"


_LINKS = 30_000  # names of one file: filesystems allow no more than some tens of thousands


def _grown(store: Path, sizes: Mapping[str, int]) -> Iterator[str]:
    """A history of `tags` releases; each changes one stage of the lock and every metric."""
    tags, objects, stages, metrics, entries, files = (
        sizes[name] for name in ("tags", "objects", "stages", "metrics", "entries", "files")
    )
    texts = {f"notes/{n % 100:02d}/{n:06d}.txt": f"{n}\n" for n in range(files)}
    listing = _listed(store, objects)
    texts |= {
        ".dvc/config": f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {store}\n",
        "CHANGELOG.md": "# Changelog\n\n" + "".join(f"## [0.0.{n}] - 2020-01-01\n\n- note {n}\n\n" for n in range(entries, 0, -1)),
        "many.dvc": f"outs:\n- md5: {listing}\n  size: {objects}\n  nfiles: {objects}\n  hash: md5\n  path: many\n",
        "dvc.yaml": "stages:\n" + "".join(
            f"  stage{n}:\n    cmd: python stage.py {n}\n    deps:\n    - stage.py\n    outs:\n    - out/{n}.bin\n" for n in range(stages)
        ) + "metrics:\n- performance.json\n",
        "stage.py": "print()\n",
    }  # fmt: skip
    code = md5(texts["stage.py"].encode()).hexdigest()
    versions, locked = dict.fromkeys(range(stages), 0), {}
    for number in range(tags + 1):
        changed = range(stages) if number == 0 else [number % stages]
        for stage in changed:
            versions[stage] += 1
            body = f"stage {stage} version {versions[stage]}\n".encode()
            locked[stage] = (
                f"  stage{stage}:\n    cmd: python stage.py {stage}\n    deps:\n    - path: stage.py\n      hash: md5\n"
                f"      md5: {code}\n      size: 8\n    outs:\n    - path: out/{stage}.bin\n      hash: md5\n"
                f"      md5: {_put(store, body)}\n      size: {len(body)}\n"
            )
        texts["dvc.lock"] = "schema: '2.0'\nstages:\n" + "".join(locked.values())
        texts["performance.json"] = json.dumps(
            {f"part{n % 10}": {} for n in range(10)} | {f"score{n}": n + number / 7 for n in range(metrics)}
        )
        yield from _commit(number, texts)
        texts = {}


def _commit(number: int, texts: Mapping[str, str]) -> Iterator[str]:
    """Each commit but the last, which is to be released, has a tag."""
    who, at = "Bench <bench@example.org>", 1_700_000_000 + number * 60
    if number:
        trailer = f"model {number}\n\nRelease-Schema: 1\n"
        yield f"tag v0.{number}.0\nfrom :{number}\ntagger {who} {at} +0000\ndata {len(trailer)}\n{trailer}"
    yield f"commit refs/heads/main\nmark :{number + 1}\ncommitter {who} {at} +0000\ndata 10\nfeat: next\n"
    for path, text in texts.items():
        yield f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"


def _listed(store: Path, objects: int) -> str:
    """A directory object of many files, with a name each of few files on the disk: their bytes are not read."""
    places = store / "files" / "md5"
    for shard in range(256):
        (places / f"{shard:02x}").mkdir(parents=True, exist_ok=True)
    entries, source = [], Path()
    for number in range(objects):
        oid = md5(f"file {number}".encode()).hexdigest()
        place = places / oid[:2] / oid[2:]
        if number % _LINKS == 0:
            source = place
            source.write_bytes(b"x")
        else:
            os.link(source, place)
        entries.append({"md5": oid, "relpath": f"{number // 1000:04}/{number:07}.png"})
    listing = json.dumps(entries, sort_keys=True).encode()
    oid = f"{md5(listing).hexdigest()}.dir"
    (places / oid[:2] / oid[2:]).write_bytes(listing)
    return oid


def _put(store: Path, body: bytes) -> str:
    oid = md5(body).hexdigest()
    place = store / "files" / "md5" / oid[:2] / oid[2:]
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.write_bytes(body)
        place.chmod(0o444)
    return oid
