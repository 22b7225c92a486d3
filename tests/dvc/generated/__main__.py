"""Judge seeds: `python -m generated FIRST LAST [FILE]`, which prints, and appends to the file, each that differs."""

import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from project import Templates

from generated.judge import Agreement, Judged, judge
from generated.pulls import Puller
from generated.recipes import Recipe, recipes


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
            shutil.rmtree(place)

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


def main(first: int, last: int, report: Path | None) -> None:
    """Judge these seeds, and count how they compare."""
    base = Path(tempfile.mkdtemp(prefix="generated-"))
    bench = Bench(base)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    for recipe in recipes(2000)[first:last]:
        judged = bench.judged(recipe)
        counts[judged.agreement.value] += 1
        counts["restored"] += judged.truth.restored
        if judged.agreement is not Agreement.AGREE:
            small = bench.smaller(recipe, judged.agreement)
            told = _told(recipe, small, bench.judged(small))
            print(told, flush=True)
            if report is not None:
                with report.open("a") as file:
                    file.write(told + "\n")
    print(f"{last - first} seeds, {time.monotonic() - started:.0f} s: {dict(counts)}")
    bench.puller.close()
    shutil.rmtree(base)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None)
