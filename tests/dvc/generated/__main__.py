"""Judge repositories, and print each that differs, made smaller; `python -m generated` takes

FIRST LAST [FILE]     those seeds; what differs is appended to the file, too
alone [FILE]          each variant of each kind alone
"""

import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from project import Templates

from generated.judge import Agreement, Judged, judge
from generated.pulls import Puller
from generated.recipes import KINDS, Recipe, recipes
from generated.rows import alone, without_known_faults


class Bench:
    """A place to judge recipes in, one after the other."""

    def __init__(self, base: Path) -> None:
        (base / "templates").mkdir()
        self._base, self._templates, self.puller = base, Templates(base / "templates"), Puller(base)

    def judged(self, recipe: Recipe) -> Judged:
        """Judge a recipe."""
        place = self._base / "place"
        try:
            return judge(recipe.repository(), self._templates, place, self.puller)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def smaller(self, recipe: Recipe, agreement: Agreement) -> Recipe:
        """Leave out what does not matter for how the two compare."""
        kept = recipe.settled()
        for one in recipe.kinds:
            fewer = replace(kept, kinds=tuple(each for each in kept.kinds if each != one))
            if fewer.kinds != kept.kinds and self.judged(fewer).agreement is agreement:
                kept = fewer
        return kept


def _told(recipe: Recipe, small: Recipe, judged: Judged) -> str:
    files = {path: data for path, data in small.repository().files.items() if not path.startswith(".dvc/.")}
    return "\n".join(
        (
            f"### {judged.agreement.value}: seed {recipe.seed}: {small}",
            repr(small),
            *(f"{path}: {data!r}" for path, data in files.items()),
            str(judged),
            "",
        )
    )


def main(chosen: Sequence[Recipe], report: Path | None) -> None:
    """Judge these recipes, and count how they compare."""
    base = Path(tempfile.mkdtemp(prefix="generated-"))
    bench = Bench(base)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    for number, recipe in enumerate(chosen):
        if number % 50 == 0:
            print(f"{number} of {len(chosen)}: {time.monotonic() - started:.0f} s, {dict(counts)}", flush=True)
        try:
            judged = bench.judged(recipe)
        except Exception:  # noqa: BLE001 - the others are judged all the same
            print(f"### error: {recipe!r}\n{traceback.format_exc()}", flush=True)
            counts["error"] += 1
            continue
        counts[judged.agreement.value] += 1
        counts["restored"] += judged.truth.restored
        if judged.agreement is not Agreement.AGREE:
            small = bench.smaller(recipe, judged.agreement)
            told = _told(recipe, small, bench.judged(small))
            print(told, flush=True)
            if report is not None:
                with report.open("a") as file:
                    file.write(told + "\n")
    print(f"{len(chosen)} repositories, {time.monotonic() - started:.0f} s: {dict(counts)}")
    bench.puller.close()
    shutil.rmtree(base)


def _chosen(words: Sequence[str]) -> tuple[Sequence[Recipe], Sequence[str]]:
    """Return the recipes that the words name, and the words after them."""
    if words[0] == "alone":
        names = [(kind.name, variant) for kind in KINDS.values() if not kind.mutates for variant in kind.variants]
        return [Recipe(1, (name,)) for name in names], words[1:]
    first, last = int(words[0]), int(words[1])
    chosen = recipes(max(last, 2000))[first:last]
    return [without_known_faults(each) for each in chosen], words[2:]


def one(name: str) -> None:
    """Judge a variant alone, and tell all of it."""
    base = Path(tempfile.mkdtemp(prefix="generated-"))
    bench = Bench(base)
    recipe = alone(name)
    print(_told(recipe, recipe, bench.judged(recipe)))
    bench.puller.close()
    shutil.rmtree(base)


if __name__ == "__main__":
    if sys.argv[1] == "one":
        one(sys.argv[2])
        sys.exit()
    RECIPES, REST = _chosen(sys.argv[1:])
    main(RECIPES, Path(REST[0]) if REST else None)
