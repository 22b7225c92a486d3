"""Takes rules out of the code of this tree, one at a time, and checks that a test fails without each of them."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from taken_out.audit import AUDIT
from taken_out.publishing import PUBLISHING
from taken_out.rule import ROOT, Rule

RULES = (*PUBLISHING, *AUDIT)

_FAILED = re.compile(r"^(?:FAILED|ERROR) (?:\S*/)?(\S+\.py::.+?)(?: - .*)?$", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="taken_out", description=__doc__)
    parser.add_argument("words", nargs="*", help="only rules whose sentence contains one of these")
    parser.add_argument("--table", type=Path, help="write the outcome to this file, as a Markdown table")
    wanted = parser.parse_args()
    rules = [rule for rule in RULES if not wanted.words or any(word in rule.says for word in wanted.words)]
    outcomes = []
    templates = tempfile.TemporaryDirectory()  # what the real dvc made, once for all
    for number, rule in enumerate(rules, start=1):
        red = _first_failure(rule, templates.name)
        outcomes.append((rule, red))
        print(f"{number}/{len(rules)}  {red or 'NO TEST FAILED'}  ({rule.says})", flush=True)
    templates.cleanup()
    if wanted.table:
        wanted.table.write_text(_table(outcomes))
    missed = sum(not red for _, red in outcomes)
    print(f"{len(outcomes)} rules taken out; a test failed without {len(outcomes) - missed}, none without {missed}")
    return 1 if missed else 0


def _first_failure(rule: Rule, templates: str) -> str:
    """Name the first test that fails without the rule ("": none does). That it passes with it is the suite's word."""
    with _without(rule):
        options = ["-q", "-x", "-n", "0", "-m", "", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *options, *rule.tests]
        environment = {**os.environ, "PYTEST_TEMPLATES": templates}
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if ended.returncode not in (0, 1):  # neither passed nor failed: nothing was tested
        raise SystemExit(f"pytest ended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    failed = _FAILED.search(ended.stdout)
    return "" if ended.returncode == 0 else failed[1] if failed else rule.tests[0]


@contextmanager
def _without(rule: Rule) -> Iterator[None]:
    """The tree without the rule. Each text gets a time of its own, or Python would run the bytecode of another."""
    kept = {ROOT / change.file: (ROOT / change.file).read_text() for change in rule.changes}
    texts = dict(kept)
    for change in rule.changes:
        texts[ROOT / change.file] = change.applied(texts[ROOT / change.file])
    try:
        for path, text in texts.items():
            _write(path, text)
        yield
    finally:
        for path, text in kept.items():
            _write(path, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    moment = next(_moments)
    os.utime(path, (moment, moment))


_moments = count(int(time.time()))


def _table(outcomes: list[tuple[Rule, str]]) -> str:
    failed = [f"`{red.partition('::')[2] or red}`".replace("|", "\\|") if red else "**none**" for _, red in outcomes]
    lines = [f"| {rule.says} | {test} |" for (rule, _), test in zip(outcomes, failed, strict=True)]
    return "\n".join(["| rule | without it this test failed |", "| --- | --- |", *lines]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
