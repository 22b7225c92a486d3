"""Data of the demo: generated project texts with tags, as in a portfolio site; one seed gives the same bytes."""

from __future__ import annotations

import json
from random import Random

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
