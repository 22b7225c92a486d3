"""Fit a small character CNN that tags projects, and measure it on held-out rows.

Each filter is a sequence of characters; its output is 1 if the text contains it (a convolution with a one-hot
kernel, max-pooled). A softmax layer is trained on these outputs. Plain Python, seeded. This file is the demo
project's `train.py`; it has no dependencies.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, Any]
Weights = list[list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The training parameters; `max_width` is the longest filter, in characters."""

    seed: int
    num_filters: int
    min_width: int
    max_width: int
    num_epochs: int
    learning_rate: float
    l2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The fitted model. `tags` are its outputs and `filters` its inputs, in order; weights[filter][tag]."""

    tags: list[str]
    filters: list[str]
    weights: Weights
    bias: list[float]

    def tag_of(self, row: Row) -> str:
        """Return the most likely tag of a project; the first one on a tie."""
        scores = _scores(_active(_text(row), self.filters), self.weights, self.bias)
        return self.tags[scores.index(max(scores))]


def fit(rows: Sequence[Row], tags: list[str], params: Params) -> Model:
    """Pick the filters that separate the tags best, then train by stochastic gradient descent."""
    filters = _best_filters(rows, params)
    active = [_active(_text(row), filters) for row in rows]
    wanted = [tags.index(row["tag"]) for row in rows]
    weights = [[0.0] * len(tags) for _ in filters]
    bias = [0.0] * len(tags)
    order = list(range(len(rows)))
    random = Random(params.seed)
    for epoch in range(params.num_epochs):
        random.shuffle(order)
        rate = params.learning_rate / (1 + epoch)
        for number in order:
            _learn(active[number], wanted[number], weights, bias, rate, params.l2)
    return Model(tags=tags, filters=filters, weights=weights, bias=bias)


def performance(rows: Sequence[Row], predicted: Sequence[str], tags: Iterable[str]) -> dict[str, Any]:
    """Return precision, recall and F1: overall (weighted by tag), of each tag, and of two slices (micro)."""
    true = [str(row["tag"]) for row in rows]
    by_tag = {tag: _scores_of_tag(true, predicted, tag) for tag in sorted(tags)}
    names = ("precision", "recall", "f1")
    total = len(rows)
    overall = {name: sum(one[name] * one["num_samples"] for one in by_tag.values()) / total for name in names}
    slices = {
        "nlp_cnn": [row["tag"] == "natural-language-processing" and "cnn" in _text(row) for row in rows],
        "short_text": [len(_text(row).split()) < 8 for row in rows],
    }
    report: dict[str, Any] = {
        "overall": {**overall, "num_samples": float(total)},
        "class": by_tag,
        "slices": {name: _scores_of_slice(true, predicted, inside) for name, inside in slices.items()},
    }
    return {part: _rounded(scores) for part, scores in report.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train in the current folder: read data/, write model/."""
    parser = argparse.ArgumentParser(description="Fit the tagger.")
    parser.add_argument("--num-filters", type=int, default=40)
    parser.add_argument("--num-epochs", type=int, default=2)
    given = parser.parse_args(arguments)
    params = Params(
        seed=1234,
        num_filters=given.num_filters,
        min_width=3,
        max_width=5,
        num_epochs=given.num_epochs,
        learning_rate=0.5,
        l2=0.001,
    )
    model = fit(_read("data/projects.json"), sorted(_read("data/tags.json")), params)
    unseen = [row for path in sorted(Path("data/heldout").glob("*.json")) for row in _read(str(path))]
    report = performance(unseen, [model.tag_of(row) for row in unseen], model.tags)
    _write("model/params.json", asdict(params))
    _write("model/label_encoder.json", {"class_to_index": {tag: index for index, tag in enumerate(model.tags)}})
    _write("model/tokenizer.json", {"char_level": True, "filters": model.filters})
    _write("model/model.json", _rounded({"weights": model.weights, "bias": model.bias}))
    _write("model/performance.json", report)
    score = report["overall"]["f1"]
    sys.stdout.write(f"{len(model.filters)} filters, f1 {score:.4f} on {len(unseen)} projects never seen in training\n")


def _best_filters(rows: Sequence[Row], params: Params) -> list[str]:
    """Return the character sequences with the most mutual information (bits) with the tag, best first."""
    tags = Counter(row["tag"] for row in rows)
    seen: dict[str, Counter[str]] = {}
    for row in rows:
        for run in _runs(_text(row), params):
            seen.setdefault(run, Counter())[row["tag"]] += 1
    often = {run: counts for run, counts in seen.items() if sum(counts.values()) >= 4}
    ranked = sorted(often, key=lambda run: (-_bits(often[run], tags), run))
    return ranked[: params.num_filters]


def _runs(text: str, params: Params) -> set[str]:
    widths = range(params.min_width, params.max_width + 1)
    return {text[start : start + width] for width in widths for start in range(len(text) - width + 1)}


def _bits(inside: Counter[str], tags: Counter[str]) -> float:
    total = sum(tags.values())
    bits = 0.0
    for part in (inside, tags - inside):
        size = sum(part.values())
        bits += sum(n / total * math.log2(n * total / (size * tags[tag])) for tag, n in part.items())
    return round(bits, 9)


def _text(row: Row) -> str:
    return f" {row['title']} {row['description']} "


def _active(text: str, filters: Sequence[str]) -> list[int]:
    return [index for index, run in enumerate(filters) if run in text]


def _scores(active: Iterable[int], weights: Weights, bias: list[float]) -> list[float]:
    scores = list(bias)
    for index in active:
        for tag, weight in enumerate(weights[index]):
            scores[tag] += weight
    return scores


def _learn(active: list[int], wanted: int, weights: Weights, bias: list[float], rate: float, l2: float) -> None:
    scores = _scores(active, weights, bias)
    top = max(scores)
    odds = [math.exp(score - top) for score in scores]
    total = sum(odds)
    error = [odd / total - (tag == wanted) for tag, odd in enumerate(odds)]
    for tag, wrong in enumerate(error):
        bias[tag] -= rate * wrong
    for index in active:
        weights[index] = [w - rate * (e + l2 * w) for w, e in zip(weights[index], error, strict=True)]


def _scores_of_tag(true: Sequence[str], predicted: Sequence[str], tag: str) -> dict[str, float]:
    hits = sum(a == b == tag for a, b in zip(true, predicted, strict=True))
    return _three(hits, sum(tag == b for b in predicted), sum(tag == a for a in true))


def _scores_of_slice(true: Sequence[str], predicted: Sequence[str], inside: Sequence[bool]) -> dict[str, float]:
    hits = sum(here and a == b for a, b, here in zip(true, predicted, inside, strict=True))
    return _three(hits, sum(inside), sum(inside))


def _three(hits: int, claimed: int, real: int) -> dict[str, float]:
    precision = hits / claimed if claimed else 0.0
    recall = hits / real if real else 0.0
    f1 = 2 * hits / (claimed + real) if claimed + real else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "num_samples": float(real)}


def _rounded(value: Any) -> Any:
    match value:
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
        case float():
            return round(value, 4)
        case _:
            return value


def _read(path: str) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _write(path: str, value: object) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
