"""Which kinds a repository has: recipes in which every pair of kinds occurs, then random ones."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import cycle
from random import Random

from generated import imports, mutations, pipelines, places, pointers, settings, spellings, stores
from generated.draft import Draft, Repository
from generated.kinds import Kind

_MODULES = (pointers, pipelines, spellings, stores, places, settings, imports, mutations)
KINDS: Mapping[str, Kind] = {kind.name: kind for module in _MODULES for kind in module.KINDS}
_MOST_WELL, _MOST_BROKEN = 8, 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """A repository as values: the variant of each kind, the seed of what is random in them, and files put in at last.

    `files` are what mutations left, so that a kept recipe needs none of them; None takes a file away.
    """

    seed: int
    kinds: tuple[tuple[str, str], ...]
    files: Mapping[str, bytes | None] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ", ".join(f"{kind}: {variant}" for kind, variant in self.kinds)
        return f"{said} and {len(self.files)} files" if self.files else said

    def repository(self) -> Repository:
        """Return the repository that comes of it."""
        made = Repository()
        for name, variant in sorted(self.kinds, key=lambda each: list(KINDS).index(each[0])):
            draft = Draft(made, re.sub(r"\W+", "-", name), Random(f"{self.seed} {name}"))
            KINDS[name].variants[variant](draft)
        for path, content in self.files.items():
            made.change(path, content)
        return made

    def settled(self) -> "Recipe":
        """Return the same without mutations: their files instead."""
        plain = replace(self, kinds=tuple(each for each in self.kinds if not KINDS[each[0]].mutates))
        before, after = plain.repository().files, self.repository().files
        changed = {
            path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        }
        return replace(plain, files={**self.files, **changed})


@cache
def recipes(count: int) -> Sequence[Recipe]:
    """Return the first recipes; all pairs of kinds are in the first 1,000, and each variant in the first 2,000."""
    random = Random(0)
    rows = _pairs(random)
    random.shuffle(rows)
    rows += [_drawn(random) for _ in range(count - len(rows))]
    turns = {name: cycle(random.sample(list(kind.variants), len(kind.variants))) for name, kind in KINDS.items()}
    return [Recipe(seed, tuple((name, next(turns[name])) for name in row)) for seed, row in enumerate(rows[:count])]


def _drawn(random: Random) -> tuple[str, ...]:
    """Return a few kinds, of which at most one breaks or mutates: otherwise one fault would hide another."""
    well = [kind.name for kind in KINDS.values() if not kind.breaks and not kind.mutates]
    odd = [kind.name for kind in KINDS.values() if kind.breaks]
    mutating = [kind.name for kind in KINDS.values() if kind.mutates]
    extra = random.choices(([], odd, mutating), (5, 4, 3))[0]
    chosen = random.choices(extra, [len(KINDS[name].variants) for name in extra]) if extra else []
    for name in random.sample(well, random.randint(1, 3)):
        if _fits(name, chosen):
            chosen.append(name)
    return tuple(chosen)


def _fits(name: str, others: Iterable[str]) -> bool:
    slots = {KINDS[other].slot for other in others} - {""}
    return name not in others and KINDS[name].slot not in slots


def _pairs(random: Random) -> list[tuple[str, ...]]:
    """Return rows in which every two kinds meet that can; those that can be pulled are not all beside some that cannot."""
    names = list(KINDS)
    left = {name: {other for other in names if _fits(name, [other])} for name in names}
    well = [name for name in names if not KINDS[name].breaks and not KINDS[name].mutates]
    odd = [name for name in names if name not in well]
    rows = []
    for first, second, sizes in (
        (well, well, (_MOST_WELL, 0)),
        (odd, well, (_MOST_BROKEN, _MOST_WELL)),
        (odd, odd, (6, 0)),
    ):
        while start := [name for name in first if left[name] & set(second)]:
            row = [random.choice(start)]
            for pool, most in ((second, 1), (first, sizes[0] - 1), (second, sizes[1] - 1)):
                for _ in range(most):
                    _add(row, pool, left)
            for name in row:
                left[name] -= set(row)
            rows.append(tuple(row))
    return rows


def _add(row: list[str], pool: Iterable[str], left: Mapping[str, set[str]]) -> None:
    """Add the kind that most pairs come of that have not occurred yet, if there is one."""
    members = set(row)
    found = max((name for name in pool if _fits(name, row)), key=lambda name: len(left[name] & members), default=None)
    if found is not None and left[found] & members:
        row.append(found)
