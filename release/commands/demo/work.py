"""`release demo`: a small ML project with its data, released twice with real commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from release.core.text import command_line, quote
from release.errors import Cancelled
from release.git import gitpython
from release.system.demo_shell import Shell, Step, check_folder, training_script

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
    """Return every data file of the demo project: path -> text."""
    tags = {tag: {"aliases": stems.split("|")[:3]} for tag, stems in _STEMS.items()}
    months = {f"data/heldout/{month}.json": _json(rows) for month, rows in held_out().items()}
    return {"data/projects.json": _json(projects()), "data/tags.json": _json(tags), **months}


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

OnText = Callable[[str], None]

_DATA = "data/projects.json data/tags.json data/heldout"
_MODEL = "model/label_encoder.json model/tokenizer.json model/model.json"
_LOST_FILE = "2026-04.json"
_STORE = "../stores/blob/files/md5"
_BUMP = "release bump minor -m {} --yes"


class Listener(Struct, frozen=True, kw_only=True):
    """Receivers of the demo's output: headings, sentences, commands, and the output of commands."""

    on_heading: OnText
    on_text: OnText
    on_command: OnText
    on_output: OnText


class DemoReport(Struct, frozen=True, kw_only=True):
    """The demo's folder, each command in order, and the releases that it published, oldest first."""

    folder: Path
    steps: tuple[Step, ...]
    releases: tuple[str, ...]


def preview_demo(folder: Path) -> DemoReport:
    """Return the demo that `demo` would build. Raises UsageError or Refused as it would; writes nothing."""
    return DemoReport(folder=check_folder(folder), steps=(), releases=())


def demo(folder: Path, environment: Mapping[str, str], listener: Listener) -> DemoReport:
    """Build the demo in `folder` (new or empty) and run `release bump` in it; `environment` is the caller's.

    Raises UsageError before anything is written, PartlyDone if a command ends with an unexpected code, and
    Cancelled if the user stops it; files already built stay in `folder`.
    """
    steps: list[Step] = []
    shell = Shell.in_new_folder(folder, environment, listener.on_command, listener.on_output)
    stage = _Stage(shell=shell, listener=listener, steps=steps)
    try:
        stage = _build(stage)
        _release_first(stage)
        _train_better(stage)
        _lose_and_heal(stage)
        _release_better(stage)
    except KeyboardInterrupt as interrupt:
        again = f"rm -r {quote(str(shell.top))} && release demo {quote(str(shell.top))}"
        raise Cancelled(f"the demo was interrupted; what it built so far is in {shell.top}", help=again) from interrupt
    with gitpython.opened(shell.top / "origin.git") as origin:
        return DemoReport(folder=shell.top, steps=tuple(steps), releases=tuple(tag.name for tag in origin.tags))


class _Stage(Struct, frozen=True, kw_only=True):
    """The state of a running demo: its shell, its listener and the commands so far."""

    shell: Shell
    listener: Listener
    steps: list[Step]

    def say(self, text: str) -> None:
        self.listener.on_text(text)

    def act(self, heading: str) -> None:
        self.listener.on_heading(heading)

    def enter(self, folder: str) -> _Stage:
        self.listener.on_command(f"cd {quote(folder)}")
        return replace(self, shell=self.shell.at(folder))

    def run(self, command: str, *, expect: int = 0) -> None:
        self.steps.append(self.shell.run(command, expect=expect))


def _build(stage: _Stage) -> _Stage:
    stage.act("A project: code and numbers in git, data and model in a blob store")
    stage = stage.enter(str(stage.shell.top))
    stage.run("git init -q --bare origin.git")
    stage.run("git init -q project")
    stage.run("mkdir -p stores/blob")
    stage = stage.enter("project")
    stage.run("git remote add origin ../origin.git")
    if stage.shell.is_a_stranger_to_git():  # so that the user can commit in the project after the demo
        stage.run("git config user.name Demo")
        stage.run("git config user.email demo@example.org")
    stage.run("dvc init -q")
    store = str(stage.shell.top / "stores" / "blob")
    # DVC cannot write other characters into its configuration
    stage.run(command_line("dvc", "remote", "add", "-d", "storage", store if store.isascii() else "../stores/blob"))
    for path, text in (demo_files() | {"train.py": training_script()}).items():
        stage.shell.write(path, text)
    stage.say(
        f"Written: train.py, data/tags.json, data/projects.json ({TRAINING_ROWS} labelled projects to\n"
        f"learn from) and data/heldout/ (a file a month, {HELD_OUT_ROWS} projects to evaluate on)."
    )
    stage.run("python train.py")
    stage.run(f"dvc add -q {_DATA} {_MODEL}")
    stage.run("git add .")
    stage.run("git commit -q -m 'Tag projects with a small model'")
    stage.run("git push -q -u origin main")
    stage.run("dvc push")
    return stage


def _release_first(stage: _Stage) -> None:
    stage.act("The first release")
    stage.run(_BUMP.format(quote("first model")))


def _train_better(stage: _Stage) -> None:
    stage.act("A better model, and a forgotten `dvc push`")
    stage.run("python train.py --num-filters 256 --num-epochs 8")
    stage.run(f"dvc add -q {_MODEL}")
    stage.run("git commit -q -a -m 'More filters, longer training'")
    stage.run(_BUMP.format("charCNN"), expect=4)
    stage.say("Refused: that model could not have been restored.")
    stage.run("dvc push")


def _lose_and_heal(stage: _Stage) -> None:
    stage.act("One file of a pushed directory is lost in the store; DVC does not see it")
    directory, lost = _objects_of(stage.shell, "data/heldout", _LOST_FILE)
    stage.run(f"rm -f {_STORE}/{lost}")
    stage.run("dvc status -c")
    stage.run("dvc push")
    stage.run(_BUMP.format("charCNN"), expect=4)
    stage.say(
        "Refused, with the file's name. `dvc push` checks the files of a directory only if\nthe directory's own object is gone, so:"
    )
    stage.run(f"rm -f {_STORE}/{directory}")
    stage.run("dvc push")


def _release_better(stage: _Stage) -> None:
    stage.act("The second release")
    stage.run(_BUMP.format("charCNN"))
    stage.run("release list --metric overall.f1")
    stage.say("Its changelog entry, written from the files of the two versions:")
    stage.run("sed -n '/^## .0.2.0/,/^## .0.1.0/{/^## .0.1.0/!p;}' CHANGELOG.md")


def _objects_of(project: Shell, directory: str, name: str) -> tuple[str, str]:
    """Return two paths below files/md5: of a tracked directory's `.dir` object, and of the object of one file in it."""
    pointer = re.search(r"md5: ([0-9a-f]{32}\.dir)", project.read(f"{directory}.dvc"))
    assert pointer is not None, f"{directory}.dvc names no directory object"
    entries = json.loads(project.read(f".dvc/cache/files/md5/{_place(pointer[1])}"))
    return _place(pointer[1]), _place(next(entry["md5"] for entry in entries if entry["relpath"] == name))


def _place(oid: str) -> str:
    return f"{oid[:2]}/{oid[2:]}"
