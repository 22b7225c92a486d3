"""A race: contenders take turns, each on a fresh copy of the same state, and each is checked to have done its work."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

Check = Callable[[Path, str], None]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A command and how to tell that it did the work.

    `state` is copied for each turn, or used as it is where `fresh` is False (work that only reads: a copy would
    cost DVC what it remembers). The command runs in `state`/`folder`. `check` gets that folder and the output, and
    raises AssertionError.
    """

    name: str
    words: Sequence[str]
    state: Path
    check: Check
    folder: str = "project"
    fresh: bool = True


@dataclass(kw_only=True)
class Times:
    """The seconds of one contender's turns."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A race that was run: `ours` against each of `others`, with the aimed-at ratio to the first of them."""

    title: str
    ours: Times
    others: list[Times]
    aims: Sequence[float | None]

    def markdown(self) -> str:
        """The result as a table."""
        lines = [
            f"### {self.title}",
            "",
            "| | median | min | max | ours / this | aim |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for times, aim in zip([self.ours, *self.others], [None, *self.aims], strict=True):
            figures = (times.median, min(times.seconds), max(times.seconds))
            ratio = "" if times is self.ours else f"{self.ours.median / times.median:.2f}"
            cells = [times.name, *(f"{second * 1000:,.0f} ms" for second in figures), ratio, f"{aim}" if aim else ""]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"


def race(
    title: str,
    ours: Contender,
    others: Sequence[tuple[Contender, float | None]],
    *,
    rounds: int,
    environment: Mapping[str, str],
    scratch: Path,
) -> Result:
    """Run A B C A B C ... `rounds` times after one warm-up round that does not count."""
    contenders = [ours, *(other for other, _ in others)]
    times = [Times(name=contender.name) for contender in contenders]
    for turn in range(rounds + 1):
        for contender, kept in zip(contenders, times, strict=True):
            seconds = _turn(contender, environment, scratch)
            if turn > 0:
                kept.seconds.append(seconds)
    return Result(title=title, ours=times[0], others=times[1:], aims=[aim for _, aim in others])


def _turn(contender: Contender, environment: Mapping[str, str], scratch: Path) -> float:
    state = contender.state
    if contender.fresh:
        state = scratch / "turn"
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(contender.state, state, symlinks=True)
        # A copy has new inodes, so git's index does not trust its files: nobody is to pay for that.
        subprocess.run(["git", "status", "-s"], cwd=state / contender.folder, env=environment, check=True)
    where = state / contender.folder
    started = perf_counter()
    done = subprocess.run(
        contender.words,
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = perf_counter() - started
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{contender.name} ended with exit code {done.returncode}:\n{said}"
    contender.check(where, said)
    return seconds
