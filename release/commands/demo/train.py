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
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, Any]
Scores = dict[str, float]
PARAMS = {
    "seed": 1234,
    "num_filters": 40,
    "min_width": 3,
    "max_width": 5,  # of a filter, in characters
    "num_epochs": 2,
    "learning_rate": 0.5,
    "l2": 0.001,
}


class Model:
    """A model. `tags` are its outputs and `filters` its inputs, in order; weights[filter][tag]."""

    def __init__(self, rows: Sequence[Row], tags: list[str], params: dict[str, Any]) -> None:
        """Pick the filters that separate the tags best, then train by stochastic gradient descent."""
        self.tags = tags
        self.filters = best_filters(rows, params)
        self.weights = [[0.0] * len(tags) for _ in self.filters]
        self.bias = [0.0] * len(tags)
        active = [self._active(row) for row in rows]
        order = list(range(len(rows)))
        random = Random(params["seed"])
        for epoch in range(params["num_epochs"]):
            random.shuffle(order)
            for at in order:
                rate = params["learning_rate"] / (1 + epoch)
                self._learn(active[at], tags.index(rows[at]["tag"]), rate, params["l2"])

    def tag_of(self, row: Row) -> str:
        """Return the most likely tag of a project; the first one on a tie."""
        scores = self._scores(self._active(row))
        return self.tags[scores.index(max(scores))]

    def _active(self, row: Row) -> list[int]:
        text = text_of(row)
        return [at for at, run in enumerate(self.filters) if run in text]

    def _scores(self, active: list[int]) -> list[float]:
        scores = list(self.bias)
        for index in active:
            for tag, weight in enumerate(self.weights[index]):
                scores[tag] += weight
        return scores

    def _learn(self, active: list[int], wanted: int, rate: float, l2: float) -> None:
        scores = self._scores(active)
        odds = [math.exp(score - max(scores)) for score in scores]
        error = [odd / sum(odds) - (tag == wanted) for tag, odd in enumerate(odds)]
        self.bias = [b - rate * e for b, e in zip(self.bias, error, strict=True)]
        for index in active:
            self.weights[index] = [w - rate * (e + l2 * w) for w, e in zip(self.weights[index], error, strict=True)]


def text_of(row: Row) -> str:
    """Return the text that the filters see."""
    return f" {row['title']} {row['description']} "


def best_filters(rows: Sequence[Row], params: dict[str, Any]) -> list[str]:
    """Return the character sequences with the most mutual information (bits) with the tag, best first."""
    tags = Counter(row["tag"] for row in rows)
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        text = text_of(row)
        widths = range(params["min_width"], params["max_width"] + 1)
        for run in {text[at : at + width] for width in widths for at in range(len(text) - width + 1)}:
            seen[run][row["tag"]] += 1

    def bits(run: str) -> float:
        parts = [(part, sum(part.values())) for part in (seen[run], tags - seen[run])]
        each = [n / len(rows) * math.log2(n * len(rows) / (size * tags[t])) for p, size in parts for t, n in p.items()]
        return round(sum(each), 9)

    often = [run for run, counts in seen.items() if sum(counts.values()) >= 4]
    return sorted(often, key=lambda run: (-bits(run), run))[: params["num_filters"]]


def performance(rows: Sequence[Row], predicted: Sequence[str], tags: Sequence[str]) -> dict[str, Any]:
    """Return precision, recall and F1: overall (weighted by tag), of each tag, and of two slices (micro)."""
    true = [str(row["tag"]) for row in rows]
    pairs = list(zip(true, predicted, strict=True))
    by_tag = {tag: three(pairs.count((tag, tag)), list(predicted).count(tag), true.count(tag)) for tag in sorted(tags)}
    overall = {
        name: sum(one[name] * one["num_samples"] for one in by_tag.values()) / len(rows)
        for name in ("precision", "recall", "f1")
    }
    slices = {
        "nlp_cnn": [row["tag"] == "natural-language-processing" and "cnn" in text_of(row) for row in rows],
        "short_text": [len(text_of(row).split()) < 8 for row in rows],
    }
    return {
        "overall": {**overall, "num_samples": float(len(rows))},
        "class": by_tag,
        "slices": {
            name: three(
                sum(here and a == b for here, (a, b) in zip(inside, pairs, strict=True)), sum(inside), sum(inside)
            )
            for name, inside in slices.items()
        },
    }


def three(hits: int, claimed: int, real: int) -> Scores:
    """Return precision, recall and F1 of counts."""
    return {
        "precision": hits / claimed if claimed else 0.0,
        "recall": hits / real if real else 0.0,
        "f1": 2 * hits / (claimed + real) if claimed + real else 0.0,
        "num_samples": float(real),
    }


def rounded(value: Any) -> Any:
    """Round all numbers of a document to four places."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def main() -> None:
    """Train in the current folder: read data/, write model/."""
    parser = argparse.ArgumentParser(description="Fit the tagger.")
    parser.add_argument("--num-filters", type=int, default=PARAMS["num_filters"])
    parser.add_argument("--num-epochs", type=int, default=PARAMS["num_epochs"])
    params = PARAMS | vars(parser.parse_args())

    def read(path: str | Path) -> Any:
        return json.loads(Path(path).read_text(encoding="utf-8"))

    model = Model(read("data/projects.json"), sorted(read("data/tags.json")), params)
    unseen = [row for path in sorted(Path("data/heldout").glob("*.json")) for row in read(path)]
    report = performance(unseen, [model.tag_of(row) for row in unseen], model.tags)
    Path("model").mkdir(exist_ok=True)
    for name, value in {
        "params": params,
        "label_encoder": {"class_to_index": {tag: index for index, tag in enumerate(model.tags)}},
        "tokenizer": {"char_level": True, "filters": model.filters},
        "model": rounded({"weights": model.weights, "bias": model.bias}),
        "performance": rounded(report),
    }.items():
        Path(f"model/{name}.json").write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    score = report["overall"]["f1"]
    sys.stdout.write(f"{len(model.filters)} filters, f1 {score:.4f} on {len(unseen)} projects never seen in training\n")


if __name__ == "__main__":
    main()
