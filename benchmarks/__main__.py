"""`python -m benchmarks`: run the races and print a Markdown table for each."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.environments import ROOT, programs_of, versions, world
from benchmarks.growth import Growth, plot
from benchmarks.rows import ROWS, Bench


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--row", action="append", choices=list(ROWS), help="only this row (may be repeated)")
    parser.add_argument("--rounds", type=int, default=11, help="turns of each contender that count (default 11)")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "benchmarks", help="environments and states")
    parser.add_argument("--plot", type=Path, help="write the rows of growth as charts to this SVG file, too")
    given = parser.parse_args()
    work = given.work.resolve()
    programs_of("release", work)
    bench = Bench(work=work, environment=world(work / "home"), rounds=given.rounds)
    (work / "scratch").mkdir(exist_ok=True)
    can_verify = bench.has("verify")
    wanted = given.row or [name for name in ROWS if can_verify or not name.startswith("verify")]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}; medians of {given.rounds} turns each, taken in turn\n")
    found = []
    for name in wanted:
        found.append(ROWS[name](bench))
        print(found[-1].markdown(), flush=True)
    if given.plot is not None:
        given.plot.write_text(plot([each for each in found if isinstance(each, Growth)]))
    print("; ".join(versions(work)))


if __name__ == "__main__":
    main()
