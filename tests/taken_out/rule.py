"""One rule of ours: where it stands in the code, what the code is without it, and who notices."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Change:
    """`old` stands exactly once in `file` (relative to the repository); without the rule `new` stands there."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} holds {text.count(self.old)} times, not once:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is the rule in a sentence; `tests` are what pytest is called with: node ids, or a file and a `-k`.

    `part` is the heading under which a table tells it ("": none).
    """

    says: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
    part: str = ""
