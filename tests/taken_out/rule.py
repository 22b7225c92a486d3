"""One rule: where the code has it, what the code is without it, and which tests notice."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Change:
    """`old` is in `file` (relative to the repository) exactly once; without the rule it is `new`."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} has {text.count(self.old)} times, not once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is the rule in a sentence; `tests` are arguments of pytest: node ids, or a file and a `-k`."""

    says: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
