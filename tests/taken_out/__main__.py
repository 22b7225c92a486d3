"""Takes rules out of the code of this tree, one at a time, and looks whether a test turns red."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path

from taken_out.lists import LISTS
from taken_out.rule import ROOT, Rule

_FAILED = re.compile(r"^(?:FAILED|ERROR) (?:\S*/)?(\S+\.py::.+?)(?: - .*)?$", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="taken_out", description=__doc__)
    parser.add_argument("list", choices=sorted(LISTS))
    parser.add_argument("words", nargs="*", help="only rules whose sentence holds one of these")
    parser.add_argument("--table", type=Path, help="write the outcome there, as a Markdown table")
    wanted = parser.parse_args()
    rules = [rule for rule in LISTS[wanted.list] if not wanted.words or any(word in rule.says for word in wanted.words)]
    outcomes = []
    templates = tempfile.TemporaryDirectory()  # what the real dvc made, once for all
    for number, rule in enumerate(rules, start=1):
        red = _what_turns_red(rule, templates.name)
        outcomes.append((rule, red))
        print(f"{number}/{len(rules)}  {'red' if red else 'NOBODY NOTICED'}  {rule.says}", flush=True)
        for test in red[:3]:
            print(f"        {test}")
    templates.cleanup()
    if wanted.table:
        wanted.table.write_text(_table(outcomes))
    missed = sum(not red for _, red in outcomes)
    print(f"{len(outcomes)} rules taken out; {len(outcomes) - missed} turned a test red, {missed} did not")
    return 1 if missed else 0


def _what_turns_red(rule: Rule, templates: str) -> list[str]:
    """The tests that fail without the rule. That they pass with it is what the suite says."""
    with _without(rule):
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "", "-p", "no:cacheprovider", *rule.tests]
        environment = {**os.environ, "PYTEST_TEMPLATES": templates}
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if ended.returncode not in (0, 1):  # neither passed nor failed: nothing was tested
        raise SystemExit(f"pytest ended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    return _FAILED.findall(ended.stdout) if ended.returncode else []


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


def _table(outcomes: list[tuple[Rule, list[str]]]) -> str:
    lines: list[str] = []
    for part, rows in groupby(outcomes, key=lambda outcome: outcome[0].part):
        lines += [*([f"### {part}", ""] if part else []), "| rule | without it this turned red |", "| --- | --- |"]
        lines += [*(f"| {rule.says} | {_shown(red)} |" for rule, red in rows), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _shown(red: list[str]) -> str:
    if not red:
        return "**nothing**"
    name = red[0].split("::", 1)[1].replace("|", "\\|")
    return f"`{name}`" + (f" and {len(red) - 1} more" if len(red) > 1 else "")


if __name__ == "__main__":
    sys.exit(main())
