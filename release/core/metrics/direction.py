"""Direction of a metric (is more better?), from the words of its name; NEITHER if unsure.

The last word that names a score decides (`f1_loss` is a loss, `recall_time_ms` a time), unless a later word changes the
meaning (`loss_weight`, `f1_threshold`). The words: `metrics.direction_words`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from release.core.metrics.direction_words import (
    CHANGES,
    COUNTED,
    CUTS,
    DOWN,
    FALLS,
    NO_SCORE_AFTER,
    NO_SCORE_ANYWHERE,
    NO_SCORE_PAIRS,
    PAIRS,
    SAMPLE_SCORES,
    SECONDS,
    UP,
)
from release.core.metrics.key import last_name
from release.core.metrics.metric import Direction

_CHUNK = re.compile(r"[^\W_]+|@")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[^\W_]")
_SPLIT_PREFIX = re.compile(r"^(?:train|training|val|valid|validation|test|dev|eval)(?P<rest>[a-z].*)$")
_RANKED = frozenset({"p", "r", "h", "hr", "precision", "pass", "top"})


@lru_cache(maxsize=4096)
def direction(key: str) -> Direction:
    """Return UP, DOWN or NEITHER by the words of the key's last name. Never fails."""
    words = _words(last_name(key)[:200])
    rate = _rate(words)
    if rate is not None:
        return rate
    words = _subject(words)
    if _no_score(words):
        return Direction.NEITHER
    return _judge(words)


def _words(name: str) -> list[str]:
    """Split into lower-case words at signs and camelCase; known abbreviations (`mAP`, `rougeL`) stay whole."""
    words: list[str] = []
    for chunk in _CHUNK.findall(unicodedata.normalize("NFKC", name)):
        if chunk == "@":
            words.append("at")
        elif chunk.isdigit() or _known(chunk.lower()):
            words.append(_base(chunk.lower()))
        else:
            words.extend(_base(part.lower()) for part in _CAMEL.findall(chunk))
    if len(words) < 2:
        return words
    text = " ".join(words)
    for pair, word in PAIRS:
        text = re.sub(rf"\b{pair}\b", word, text)
    return text.split()


def _base(word: str) -> str:
    """Return the word without digits (`bleu4`) or a glued prefix (`valloss`), to look it up in the tables."""
    if word in UP or word in DOWN:
        return word
    if match := _SPLIT_PREFIX.match(word):
        rest = match["rest"].rstrip("0123456789")
        if rest in UP or rest in DOWN:
            return rest
    return word.rstrip("0123456789") or word


def _known(word: str) -> bool:
    base = _base(word)
    return base in UP or base in DOWN


def _rate(words: list[str]) -> Direction | None:
    """Return the direction of `tokens_per_second` and `ms_per_token`; None if the name is no such rate."""
    if "per" not in words[1:-1]:
        return None
    at = words.index("per", 1)
    before = _judge(words[:at])
    if words[at + 1] in SECONDS:
        return Direction.DOWN if before is Direction.DOWN else Direction.UP
    return before


def _subject(words: list[str]) -> list[str]:
    """Return the words before "at", "on", "vs"...: `recall` of `recall_at_fpr_0.01`; `p@5` is a precision."""
    for at, word in enumerate(words):
        if word in CUTS and at:
            return ["precision"] if word == "at" and words[at - 1] in _RANKED else words[:at]
    return words


def _no_score(words: list[str]) -> bool:
    if not words or words[0] in COUNTED or NO_SCORE_ANYWHERE.intersection(words):
        return True
    if "best" in words and words[-1] in {"epoch", "step", "iteration"}:
        return True  # the epoch of the best score, not the score
    return not NO_SCORE_PAIRS.isdisjoint(pairwise(words))


def _judge(words: list[str]) -> Direction:
    scores = [at for at, word in enumerate(words) if word in UP or word in DOWN]
    if not scores:
        return _weak(words)
    after = words[scores[-1] + 1 :]
    if NO_SCORE_AFTER.intersection(after) or (after and after[-1] in {"low", "high", "lower", "upper"}):
        return Direction.NEITHER
    found = Direction.UP if words[scores[-1]] in UP else Direction.DOWN
    if words[-1] in {"coef", "coefficient"} and found is Direction.DOWN:
        return Direction.NEITHER  # kl_loss_coef is a setting, dice_coef a score
    if _negated(words, found):
        return Direction.UP
    return _changed(words, found)


def _negated(words: list[str], found: Direction) -> bool:
    """Return True for scikit-learn's `neg_mean_squared_error` and the like, where more is better."""
    if found is not Direction.DOWN or "neg" not in words:
        return False
    following = words[words.index("neg") + 1 :]
    return bool(following) and following[0] in {"mean", "median", "root", "max", "log", "brier"}


def _changed(words: list[str], found: Direction) -> Direction:
    """Apply words of change: `accuracy_drop` is bad, `error_reduction` good; the sign of a difference is unknown."""
    if CHANGES.intersection(words):
        return Direction.NEITHER
    if FALLS.intersection(words):
        return Direction.DOWN if found is Direction.UP else Direction.UP
    if "improvement" in words or "improvements" in words:
        return Direction.UP
    return found


def _weak(words: list[str]) -> Direction:
    """Return UP for a "score" of unknown kind, NEITHER for that of one sample (`anomaly_score`)."""
    if "score" not in words and "scores" not in words:
        return Direction.NEITHER
    at = max(position for position, word in enumerate(words) if word in {"score", "scores"})
    if SAMPLE_SCORES.intersection(words) or NO_SCORE_AFTER.intersection(words[at + 1 :]):
        return Direction.NEITHER
    return _changed(words, Direction.UP)
