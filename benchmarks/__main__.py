"""`python -m benchmarks`: run the races and print a Markdown table for each."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.environments import ROOT, programs_of, versions, world
from benchmarks.rows import ROWS, Bench


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--row", action="append", choices=list(ROWS), help="only this row (may be repeated)")
    parser.add_argument("--rounds", type=int, default=11, help="turns of each contender that count (default 11)")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "benchmarks", help="environments and states")
    given = parser.parse_args()
    work = given.work.resolve()
    programs_of("release", work)
    bench = Bench(work=work, environment=world(work / "home"), rounds=given.rounds)
    (work / "scratch").mkdir(exist_ok=True)
    can_verify = bench.has("verify")
    wanted = given.row or [name for name in ROWS if can_verify or not name.startswith("verify")]
    print(f"{datetime.now(timezone.utc):%Y-%m-%d}; medians of {given.rounds} turns each, taken in turn\n")
    for name in wanted:
        print(ROWS[name](bench).markdown(), flush=True)
    print("; ".join(versions(work)))


if __name__ == "__main__":
    main()
