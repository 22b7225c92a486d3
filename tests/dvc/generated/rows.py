"""What ever differed: repositories of which `release` once said something else than a clone found, and does today."""

from collections.abc import Mapping
from dataclasses import dataclass

from generated.judge import Agreement
from generated.recipes import Recipe


@dataclass(frozen=True, slots=True)
class Row:
    """A repository, made as small as it still differed, how it did, and what was wrong."""

    name: str
    recipe: Recipe
    was: Agreement
    why: str

    def __str__(self) -> str:
        return self.name


ROWS: tuple[Row, ...] = ()
WRONG_TODAY: Mapping[str, str] = {}
