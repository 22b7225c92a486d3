"""The first hour of a stranger on a terminal: install, set up, release, second thoughts, and back to the first release.

It is played in three repositories. Every screen is in `tests/golden/hour`, as one sees it in 80x24: the command as it
is typed, what comes, and `<<` with the keys that answer. `~~~` marks what has left the screen by then.
`REWRITE_GOLDEN=1` writes the screens again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect
import pytest
from project import Project, World
from project.templates import as_json

pytestmark = pytest.mark.system  # uv builds the wheel and installs it; packages come from where the machine gets them

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/hour"
OUTSIDE = dict(os.environ)  # of the machine, before the tests close it: uv's cache, and where packages come from
ROWS, COLUMNS = 24, 80
HOME = "/ada/work"
ENTER, DOWN, UP, SPACE = "\r", "\x1b[B", "\x1b[A", " "
NAMES = {ENTER: "Enter", DOWN: "Down", UP: "Up", SPACE: "Space"}
STILL_S = 0.4  # a terminal that says nothing for so long waits for keys


class Screen:
    """A terminal of 80x24 with all that it scrolled away."""

    SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b[\]][^\x07]*\x07|\x1b.|(.)", re.DOTALL)

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.row = self.column = 0
        self.broken: set[int] = set()  # lines that go on in the next one, as a copy of them does

    @property
    def text(self) -> str:
        """What one copies: a line that the terminal broke is one."""
        return "".join(line if at in self.broken else f"{line}\n" for at, line in enumerate(self.lines))

    @property
    def top(self) -> int:
        """The first line that is still on the screen."""
        return max(len(self.lines) - ROWS, 0)

    def feed(self, text: str) -> None:
        for numbers, letter, character in self.SEQUENCE.findall(text):
            if character:
                self._type(character)
            elif letter and not numbers.startswith("?"):
                self._do(letter, int(numbers) if numbers.isdecimal() else 0)

    def _type(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character >= " ":
            if self.column == COLUMNS:
                self.broken.add(self.row)
                self.row, self.column = self.row + 1, 0
            self._reach()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1
        self._reach()

    def _do(self, letter: str, number: int) -> None:
        many = max(number, 1)
        if letter == "A":
            self.row = max(self.row - many, self.top)
        elif letter == "B":
            self.row = min(self.row + many, self.top + ROWS - 1)
        elif letter == "C":
            self.column = min(self.column + many, COLUMNS - 1)
        elif letter == "D":
            self.column = max(self.column - many, 0)
        elif letter == "G":
            self.column = many - 1
        elif letter in "JK":
            assert number == 0, "only the rest of a line or of the screen is erased"
            self.lines[self.row] = self.lines[self.row][: self.column]
            if letter == "J":
                del self.lines[self.row + 1 :]
        else:
            assert letter in "mnhl", f"a terminal sequence that this screen does not know: {letter}"
        self._reach()

    def _reach(self) -> None:
        self.lines += [""] * (self.row + 1 - len(self.lines))


class Hour:
    """A repository, one who types in it, and what was seen so far."""

    def __init__(self, world: World, folder: Path, words: dict[str, str]) -> None:
        self.project = Project(world, folder)
        self.words = words
        self.folder = folder  # where one stands
        self.seen: list[str] = []

    def say(self, text: str) -> None:
        """Write a heading between the screens."""
        self.seen += ["", f"## {text}", ""]

    def does(self, *lines: str) -> None:
        """Type commands of other programs, whose screens are not ours."""
        for line in lines:
            self.seen.append(f"$ {line}")
            self.project.world.run(["sh", "-euc", line], folder=self.folder)

    def types(self, line: str, *answers: tuple[str, str], code: int = 0) -> str:
        """Type a command; each answer waits for its question. Return the screen's text."""
        environment = self.project.world.environment() | {
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "TERM": "xterm",
            "NO_COLOR": "",
        }
        del environment["COLUMNS"], environment["LINES"]  # a terminal tells its size
        child = pexpect.spawn(
            "sh",
            ["-c", line],
            env=environment,
            cwd=str(self.folder),
            timeout=120,
            encoding="utf-8",
            dimensions=(ROWS, COLUMNS),
        )
        screen, shown = Screen(), 0
        self.seen += ["", f"$ {line}"]
        try:
            for question, keys in answers:
                child.expect_exact(question)
                screen.feed(f"{child.before}{child.after}")
                screen.feed(_rest(child))
                self._show(screen, shown)
                shown = max(at for at, text in enumerate(screen.lines) if question in text)
                self.seen.append(f"<< {_named(keys)}")
                child.send(keys)
            child.expect(pexpect.EOF)
        except (pexpect.TIMEOUT, pexpect.EOF) as error:
            raise AssertionError("\n".join([*self.seen, child.before or ""])) from error
        finally:
            child.close(force=True)
        screen.feed(child.before or "")
        self._show(screen, shown)
        assert child.exitstatus == code, screen.text
        assert "Traceback" not in screen.text
        if code:
            self.seen.append(f"(exit code {code})")
        return screen.text

    def pastes(self, text: str, *answers: tuple[str, str], code: int = 0) -> str:
        """Paste the last `help:` line of a screen as it stands there."""
        return self.types(helped(text), *answers, code=code)

    def _show(self, screen: Screen, shown: int) -> None:
        lines = [line.rstrip() for line in screen.lines]
        while lines and not lines[-1]:
            lines.pop()
        for at, line in enumerate(lines[shown:], shown):
            if at == screen.top and at > shown:
                self.seen.append("~~~")
            self.seen.append(self._fixed(line))

    def _fixed(self, line: str) -> str:
        for found, word in self.words.items():
            line = line.replace(found, word)
        line = re.sub(r"^(release|python|git|dvc) +\d+\.[\w.+]*(?: +(?=/)|$)", r"\1   1.2.3   ", line).rstrip()
        line = re.sub(r"\bpython3\.\d+", "python3", line)
        line = re.sub(
            r"\b(?:(?=[a-f]*\d)|(?<=tag )|(?<=[(]))[0-9a-f]{7}(?:[0-9a-f]{3}(?:[0-9a-f]{30})?)?\b",
            lambda found: ("c0ffee1000" * 4)[: len(found[0])],
            line,
        )
        line = re.sub(r"\b20\d\d-\d\d-\d\d\b", "2026-01-05", line)
        return re.sub(r"\b\d+ (?:second|minute|hour|day|week|month|year)s? ago", "a moment ago", line)


def helped(text: str) -> str:
    """The command of the last `help:` line as it stands there, which may be in several lines, without a remark."""
    found = re.findall(r"^ *help: ((?:.*&&[ \r]*\n)*.*)", text, re.MULTILINE)
    return found[-1].partition("   (")[0].strip()


def _rest(child: pexpect.spawn[str]) -> str:
    """What still comes until the terminal is still."""
    text = ""
    while child.expect([r"(?s).+", pexpect.TIMEOUT], timeout=STILL_S) == 0:
        text += str(child.after)
    return text


def _named(keys: str) -> str:
    parts = re.findall(r"\x1b\[.|\r|^ $|[^\x1b\r]+", keys)
    return " ".join(NAMES.get(part, part) for part in parts)


def tree(folder: Path) -> dict[str, str]:
    """Each file of the work tree with its digest; not what git and DVC keep for themselves."""
    mine = {".git", "cache", "tmp", "stores"}
    paths = (path for path in folder.rglob("*") if path.is_file() and not mine & {*path.relative_to(folder).parts})
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """The folder of `release` and `dvc`, installed from a wheel into an environment of its own."""
    with TemporaryDirectory(prefix="h", dir="/tmp") as folder:
        yield _installed(Path(folder))


def _installed(place: Path) -> Path:

    def uv(*words: str | Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "uv", *map(str, words)],
            check=False,
            env=OUTSIDE,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    uv("build", "--quiet", "--wheel", "--out-dir", place / "dist", ".")
    (wheel,) = (place / "dist").glob("*.whl")
    uv("venv", "--quiet", "--python", sys.executable, place / "venv")
    uv("pip", "install", "--quiet", "--python", place / "venv/bin/python", wheel)
    return place / "venv/bin"


@pytest.fixture
def hour(program):
    """An hour in an empty repository with an origin; its end compares the screens."""
    place = TemporaryDirectory(prefix="h", dir="/tmp")  # as long everywhere: lines break at the same words

    def begin(name: str) -> Hour:
        world = World(Path(place.name).resolve())
        world.furnish()
        world.git(world.root, "init", "--quiet", "--bare", "origin.git")
        folder = world.root / name
        folder.mkdir()
        world.variables["PATH"] = os.pathsep.join([str(program), OUTSIDE.get("PATH", os.defpath)])
        begun = Hour(world, folder, dict.fromkeys([place.name, str(program.parents[1])], HOME))
        begun.project.git("init", "--quiet")
        begun.project.git("remote", "add", "origin", "../origin.git")
        hours[name] = begun
        return begun

    hours: dict[str, Hour] = {}
    with place:
        yield begin
    for name, played in hours.items():
        text = "\n".join(played.seen).strip() + "\n"
        path = GOLDEN / f"{name}.txt"
        if "REWRITE_GOLDEN" in OUTSIDE:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.read_text() == text


WRITE = "[n] cancel"
YES = ("(y/N)", "y" + ENTER)
KIND, MESSAGE = "What kind of release?", "Message (default"


def installs(hour: Hour) -> None:
    hour.seen.append("$ python3 -m venv .venv && .venv/bin/pip install dvc_release-*.whl && . .venv/bin/activate")
    hour.types("release --version -v")


def sets_up(hour: Hour, *answers: tuple[str, str]) -> None:
    """`release init`, and the commands that it ends with."""
    hour.say("set up")
    text = hour.types("release init", *answers, (WRITE, "d" + ENTER), (WRITE, "y" + ENTER))
    hour.pastes(text)
    hour.does("git push -q -u origin main")


def comes_back(hour: Hour, tag: str, first: dict[str, str]) -> None:
    """The first release again: every byte of the work tree."""
    hour.say("back to the first release")
    assert tree(hour.project.folder) != first
    hour.types(f"release checkout {tag}")
    assert tree(hour.project.folder) == first


def test_the_lesson(hour):
    it = hour("lesson")
    project = it.project
    project.write("data/projects.json", '[{"id": 1, "title": "charCNN"}]\n' * 300)
    project.write("data/tags.json", '["mlops", "nlp", "cv", "other"]\n')
    project.write("model/label_encoder.json", '{"mlops": 0, "nlp": 1, "cv": 2, "other": 3}\n')
    project.write("model/tokenizer.json", '{"a": 1, "b": 2}\n')
    project.write("model/model.pt", bytes(range(256)) * 64)
    project.write("model/params.json", as_json({"seed": 1234, "num_filters": 50, "dropout_p": 0.1}))
    project.write("model/performance.json", lesson_performance(f1=0.8402))
    project.write(".gitignore", "stores/\n.venv/\n")  # "which won't be checked into our remote repository"
    it.say("the lesson")
    it.does(
        "dvc init -q",
        "dvc remote add -q -d storage stores/blob",
        "dvc add -q data/projects.json data/tags.json",
        "dvc add -q model/label_encoder.json model/tokenizer.json model/model.pt",
        "dvc push -q",
        "git add . && git commit -q -m 'Version data and model' && git push -q -u origin main",
    )
    it.say("install")
    installs(it)
    it.types("release status")
    sets_up(
        it,
        ("Which metrics does `release list` show?", ENTER),
        ("Block a release if this metric", DOWN + ENTER),
        ("How much may it drop?", ENTER),
        ("Git hooks for forgotten data?", ENTER),
        ("Where should releases run?", ENTER),
    )

    it.say("the first release")
    text = it.types("release bump", (KIND, ENTER), (MESSAGE, "charCNN" + ENTER), YES)
    first = tree(project.folder)

    it.say("the warning: its help, pasted")
    it.pastes(text)
    it.does("git commit -q -a -m 'chore: a store outside the repository'")

    it.say("a better model, and nobody pushed it")
    project.write("model/model.pt", bytes(range(255, -1, -1)) * 72)
    project.write("model/params.json", as_json({"seed": 1234, "num_filters": 100, "dropout_p": 0.1}))
    project.write("model/performance.json", lesson_performance(f1=0.8630))
    it.does("dvc add -q model/model.pt", "git commit -q -a -m 'Train with more filters'")
    text = it.types('release bump minor -m "more filters"', ("Upload", "n" + ENTER), code=4)
    it.pastes(text, YES)

    it.say("second thoughts")
    it.types("release yank", ("Why must v0.2.0 not be used?", "trained on test data" + ENTER), YES)
    it.types("release status")
    text = it.types("release undo", code=3)
    it.types("release yank --restore v0.2.0", YES)
    it.types("release undo", YES)

    it.say("the second release")
    it.types("release bump", (KIND, DOWN + ENTER), (MESSAGE, ENTER), YES)
    it.types("release list")
    comes_back(it, "v0.1.0", first)


def lesson_performance(f1: float) -> str:
    """The lesson's own numbers, with another f1."""
    scores = {"attention": 0.8696, "computer-vision": 0.9434, "mlops": 0.8182, "nlp": 0.9402, "other": 0.9302}
    numbers = {
        "overall": {"precision": 0.8735, "recall": 0.8261, "f1": f1, "num_samples": 144.0},
        "class": {name: {"f1": round(score * f1 / 0.8402, 4), "num_samples": 12.0} for name, score in scores.items()},
        "slices": {"nlp_cnn": {"f1": 1.0, "num_samples": 1.0}, "short_text": {"f1": 0.8, "num_samples": 5.0}},
    }
    return as_json(numbers)


TRAIN = """\
import json, pathlib
rate = float(pathlib.Path("params.yaml").read_text().split("lr:")[1].split()[0])
rows = pathlib.Path("data/rows.csv").read_bytes()
pathlib.Path("model.bin").write_bytes(rows * 20 + str(rate).encode())
pathlib.Path("dvclive").mkdir(exist_ok=True)
pathlib.Path("dvclive/metrics.json").write_text(json.dumps(
    {"step": 4, "train": {"loss": round(rate * 30, 4)}, "val": {"loss": round(rate * 40, 4), "accuracy": 1 - rate * 10}}
))
"""
PIPELINE = """\
stages:
  train:
    cmd: python3 train.py
    deps: [data/rows.csv, train.py]
    params: [lr]
    outs: [model.bin]
metrics: [dvclive/metrics.json]
"""


def test_a_dvclive_pipeline_in_a_subfolder_with_messy_tags(hour):
    it = hour("pipeline")
    project = it.project
    project.write("README.md", "# Rows\n")
    project.write("ml/data/rows.csv", "a,b\n" * 500)
    project.write("ml/params.yaml", "lr: 0.01\n")
    project.write("ml/train.py", TRAIN)
    project.write("ml/dvc.yaml", PIPELINE)
    project.write("ml/.gitignore", "/model.bin\n")
    it.say("a pipeline in a folder of its own, and tags as they came")
    it.does(
        "cd ml && dvc init -q --subdir && dvc remote add -q -d store ../../stores/blob",
        "git add README.md && git commit -q -m 'Start'",
        "git tag v1 && git tag release-2 && git tag 1.0 && git tag -m 'nightly' nightly-0105",
        "cd ml && dvc add -q data/rows.csv && dvc repro -q && dvc push -q",
        "git add . && git commit -q -m 'Train with dvclive'",
        "git push -q -u --tags origin main",
    )
    it.say("install")
    installs(it)
    it.folder = project.folder / "ml"
    it.types("release status")
    it.types("release list")
    sets_up(
        it,
        ("Block a release if this metric", DOWN + ENTER),
        ("How much worse may it get?", ENTER),
        ("Git hooks for forgotten data?", DOWN + ENTER),
        ("Where should releases run?", ENTER),
    )

    it.say("the first release")
    it.types("release bump", (KIND, ENTER), (MESSAGE, ENTER), YES)
    first = tree(project.folder)

    it.say("a change that was forgotten twice: to commit, and to push")
    project.write("ml/params.yaml", "lr: 0.005\n")
    it.does("dvc repro -q")
    it.types("release bump")
    it.does("git commit -q -a -m 'feat: a smaller learning rate'")
    it.types("release bump minor", (MESSAGE, "smaller steps" + ENTER), ("Upload", ENTER), YES)

    it.say("second thoughts")
    it.types("release undo", YES)
    it.types("release bump", (KIND, ENTER))
    it.types("release bump", (KIND, DOWN + ENTER), (MESSAGE, "smaller steps" + ENTER), YES)
    it.types("release yank -m 'learned its test rows'", YES)
    it.types("release list")
    comes_back(it, "latest", first)


def test_plain_git(hour):
    it = hour("plain")
    project = it.project
    project.write("README.md", "# Sentiment\n")
    project.write("pyproject.toml", '[project]\nname = "sentiment"\nversion = "0.3.0"\n')
    project.write("sentiment/__init__.py", "")
    project.write("metrics.json", as_json({"accuracy": 0.8125, "loss": 0.41, "epoch": 12}))
    it.say("plain git: a package, a version, some numbers")
    it.does("git add . && git commit -q -m 'Classify reviews' && git push -q -u origin main")
    it.say("install")
    installs(it)
    it.types("release status")
    sets_up(
        it,
        ("Set DVC up?", DOWN + ENTER),
        ("Block a release if this metric", ENTER),
        ("Where should releases run?", ENTER),
    )

    it.say("the first release")
    text = it.types("release bump minr", code=2)
    it.pastes(text, (MESSAGE, ENTER), ("(y/N)", "n" + ENTER), code=130)
    it.types("release bump", (KIND, UP * 2 + ENTER), (MESSAGE, "first model" + ENTER), YES)
    first = tree(project.folder)

    it.say("second thoughts, and the second release")
    project.write("metrics.json", as_json({"accuracy": 0.85, "loss": 0.37, "epoch": 15}))
    it.does("git commit -q -a -m 'feat: train longer'")
    it.types("release bump", (KIND, DOWN * 4 + ENTER), (MESSAGE, ENTER), YES)
    it.types("release undo", YES)
    it.types("release bump", (KIND, DOWN * 2 + ENTER), (MESSAGE, "longer" + ENTER), YES)
    it.types("release yank v0.3.0", ("Why must v0.3.0 not be used?", "no license" + ENTER), YES)
    it.types("release list")
    it.types("release show v0.3.0")
    comes_back(it, "v0.3.0", first)
