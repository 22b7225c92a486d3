"""`release demo`: a small ML project with its data, released twice with real commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from random import Random

from msgspec import Struct

from release.core.text import command_line, quote
from release.errors import Cancelled, PartlyDone
from release.git import gitpython
from release.system import demo_shell
from release.system.files import package_text

SEED = 42
TRAINING_ROWS = 320
MONTHS = tuple(f"2026-{month:02d}" for month in range(1, 9))
ROWS_A_MONTH = 18
HELD_OUT_ROWS = len(MONTHS) * ROWS_A_MONTH

Row = dict[str, "int | str"]

# Stems, not words: each gets one of several endings, so a model trained on "segmenting" meets "segmentation".
_STEMS = {
    "attention": "attend|transformer|self-attention|query key|multi-head|positional|softmax score|cross-attention",
    "computer-vision": "image|pixel|detect|segment|convolution|camera|bounding box|augment|classif|video frame|pose",
    "mlops": "deploy|pipeline|monitor|registry|docker|experiment track|feature store|drift|rollback|schedul",
    "natural-language-processing": "token|text|sentiment|translat|summar|embed|corpus|named entit|languag|question",
    "other": "reward|agent|graph|forecast|recommend|audio|tabular|simulat|robot|policy gradient",
}
_WEIGHTS = {
    "attention": 2,
    "computer-vision": 6,
    "mlops": 2,
    "natural-language-processing": 6,
    "other": 3,
}
_ENDINGS = ("", "s", "ing", "ed", "er", "ation", "-based", "-aware")
_COMMON = (
    "a|an|the|with|from|our|simple|fast|paper|code|tutorial|project|using|learn|deep|neural|network|model|training|"
    "open|source|library|small|large|benchmark|guide|notebook|step|by|cnn|python|data|results|for|in|and|of|to"
)
_STRAY = 0.12  # share of words from another tag: projects have more than one subject
_SHORT = 0.06  # share of projects with a title only


def projects() -> list[Row]:
    """Return the labelled projects that the model is trained on."""
    return [_row(Random(f"{SEED}-train-{number}"), number) for number in range(TRAINING_ROWS)]


def held_out() -> dict[str, list[Row]]:
    """Return by month the projects that are not used in training; performance.json is computed on them."""
    rows = (_row(Random(f"{SEED}-test-{number}"), TRAINING_ROWS + number) for number in range(HELD_OUT_ROWS))
    return {month: [next(rows) for _ in range(ROWS_A_MONTH)] for month in MONTHS}


def demo_files() -> dict[str, str]:
    """Return every file of the demo project that is written, not made by a command: path -> text."""
    tags = {tag: {"aliases": stems.split("|")[:3]} for tag, stems in _STEMS.items()}
    months = {f"data/heldout/{month}.json": _json(rows) for month, rows in held_out().items()}
    script = package_text("commands/demo/train.py")
    return {"data/projects.json": _json(projects()), "data/tags.json": _json(tags), **months, "train.py": script}


def _row(random: Random, number: int) -> Row:
    tag = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    short = random.random() < _SHORT
    title = [_word(random, tag), *random.sample(_COMMON.split("|"), 2), *([] if short else [_word(random, tag)])]
    description = [] if short else [_word(random, tag) for _ in range(3)] + random.choices(_COMMON.split("|"), k=9)
    random.shuffle(title)
    random.shuffle(description)
    return {"id": number, "title": " ".join(title), "description": " ".join(description), "tag": tag}


def _word(random: Random, tag: str) -> str:
    about = random.choice(list(_STEMS)) if random.random() < _STRAY else tag
    return random.choice(_STEMS[about].split("|")) + random.choice(_ENDINGS)


def _json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


# Demo of the main command on a small real project: build it, release it, lose data, release a better model

_DATA = "data/projects.json data/tags.json data/heldout"
_MODEL = "model/label_encoder.json model/tokenizer.json model/model.json"
_LOST_FILE = "2026-04.json"
_STORE = "../stores/blob/files/md5"
_BUMP = "release bump minor -m {} -q --yes"
_SHOWN_LINES = 11  # of the changelog entry: up to the first table


class Shown(Enum):
    """Kinds of text that the demo shows."""

    HEADING = "heading"
    TEXT = "text"
    COMMAND = "command"
    OUTPUT = "output"


Show = Callable[[Shown, str], None]


class DemoStep(Struct, frozen=True, kw_only=True):
    """A finished command: as typed, its folder (relative to the demo's), exit code and output."""

    command: str
    folder: str
    exit_code: int
    output: str


class DemoReport(Struct, frozen=True, kw_only=True):
    """The demo's folder, each command in order, and the releases that it published, oldest first."""

    folder: Path
    steps: tuple[DemoStep, ...]
    releases: tuple[str, ...]


def preview_demo(folder: Path) -> DemoReport:
    """Return the demo that `demo` would build. Raises UsageError or Refused as it would; writes nothing."""
    return DemoReport(folder=demo_shell.check_demo_folder(folder), steps=(), releases=())


def demo(folder: Path, environment: Mapping[str, str], show: Show) -> DemoReport:
    """Build the demo in `folder` (new or empty) and run `release bump` in it; `environment` is the caller's.

    Raises UsageError before anything is written, PartlyDone if a command ends with an unexpected code, and
    Cancelled if the user stops it; files already built stay in `folder`.
    """
    top = demo_shell.check_demo_folder(folder)
    stage = _Stage(top, demo_shell.make_folder(top, environment), show)
    try:
        _build(stage)
        _release_twice(stage)
    except KeyboardInterrupt as interrupt:
        again = f"rm -r {quote(str(top))} && release demo {quote(str(top))}"
        raise Cancelled(f"the demo was interrupted; what it built so far is in {top}", help=again) from interrupt
    with gitpython.opened(top / "origin.git") as origin:
        return DemoReport(folder=top, steps=tuple(stage.steps), releases=tuple(tag.name for tag in origin.tags))


class _Stage:
    """A running demo: its folder, the folder that commands run in, and the commands so far."""

    def __init__(self, top: Path, environment: Mapping[str, str], show: Show) -> None:
        self.top = self.folder = top
        self.environment = environment
        self.show = show
        self.steps: list[DemoStep] = []

    def enter(self, folder: str) -> None:
        self.show(Shown.COMMAND, f"cd {quote(folder)}")
        self.folder = self.top / folder

    def run(self, *commands: str, expect: int = 0, most: int | None = None) -> None:
        """Run the commands, and show at most `most` lines of each. Raises PartlyDone if an exit code is not `expect`."""
        for command in commands:
            self.show(Shown.COMMAND, command)
            code, output = demo_shell.run_typed(command, self.folder, self.environment)
            place = str(self.folder.relative_to(self.top))
            self.steps.append(DemoStep(command=command, folder=place, exit_code=code, output=output))
            lines = output.split("\n")[:most]
            left_out = output.count("\n") + 1 - len(lines)
            if output:
                self.show(Shown.OUTPUT, "\n".join([*lines, *([f"... {left_out} more lines"] if left_out else [])]))
            if code != expect:
                raise PartlyDone(
                    f"the demo stopped: `{command}` ended with exit code {code}, expected {expect}; "
                    f"what was built so far is in {self.top}",
                    help=f"cd {quote(str(self.folder))} && {command}",
                )


def _build(stage: _Stage) -> None:
    stage.show(Shown.HEADING, "A project with its code in git and its data in a blob store, and a first release")
    stage.enter(str(stage.top))
    stage.run("git init -q --bare origin.git && git init -q project && mkdir -p stores/blob")
    stage.enter("project")
    stage.run("git remote add origin ../origin.git && dvc init -q")
    name, email = demo_shell.STRANGER
    if stage.environment["GIT_AUTHOR_NAME"] == name:  # so that the user can commit in the project after the demo
        stage.run(f"git config user.name {name} && git config user.email {email}")
    store = str(stage.top / "stores" / "blob")
    # DVC cannot write other characters into its configuration
    stage.run(
        command_line("dvc", "remote", "add", "-q", "-d", "storage", store if store.isascii() else "../stores/blob")
    )
    for path, text in demo_files().items():
        demo_shell.write(stage.folder / path, text)
    stage.show(
        Shown.TEXT,
        f"written: train.py, data/ with {TRAINING_ROWS} projects to learn from, {HELD_OUT_ROWS} to evaluate on",
    )
    stage.run(
        "python train.py",
        f"dvc add -q {_DATA} {_MODEL}",
        "git add . && git commit -q -m 'Tag projects with a small model'",
        "git push -q -u origin main && dvc push",
    )


def _release_twice(stage: _Stage) -> None:
    stage.run(_BUMP.format(quote("first model")))

    stage.show(Shown.HEADING, "A better model, and a forgotten `dvc push`")
    stage.run(
        "python train.py --num-filters 256 --num-epochs 8",
        f"dvc add -q {_MODEL} && git commit -q -a -m 'More filters, longer training'",
    )
    stage.run(_BUMP.format("charCNN"), expect=4)
    stage.show(Shown.TEXT, "refused: that model could not have been restored; the help line says how")
    stage.run("release bump minor -m charCNN --push-data -q --yes")
    stage.run("release changelog latest", most=_SHOWN_LINES)

    stage.show(Shown.HEADING, "One file of a pushed folder is lost in the store; DVC does not see it")
    stage.run(f"rm -f {_STORE}/{_object_of(stage.folder, 'data/heldout', _LOST_FILE)}", "dvc status -c")
    stage.run("release verify latest", expect=4)
    stage.run("release verify latest --push")

    stage.show(Shown.HEADING, "The model is gone here, and comes back from the release")
    stage.run(f"rm -r {_MODEL.rsplit(maxsplit=1)[-1]} .dvc/cache", "release checkout latest && git checkout -q main")


def _object_of(project: Path, directory: str, name: str) -> str:
    """Return the path below files/md5 of the object of one file in a tracked directory."""
    pointer = re.search(r"md5: ([0-9a-f]{32}\.dir)", (project / f"{directory}.dvc").read_text())
    assert pointer is not None, f"{directory}.dvc names no directory object"
    entries = json.loads((project / ".dvc/cache/files/md5" / _place(pointer[1])).read_text())
    return _place(next(entry["md5"] for entry in entries if entry["relpath"] == name))


def _place(oid: str) -> str:
    return f"{oid[:2]}/{oid[2:]}"
