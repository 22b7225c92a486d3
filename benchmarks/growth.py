"""How processor time and peak memory grow, one dimension at a time: not a race, but a limit.

Time is that of the command and of the git processes that it starts, so that other programs hardly count. Each command runs once in each state, since states of a million objects take long; the exponent between the two largest
sizes is what counts. A command that needs less than `NOISE` at the largest size starts rather than works.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.rows import Bench

SIZES: dict[str, tuple[int, ...]] = {
    "tags": (10, 100, 1_000, 10_000),
    "objects": (10, 1_000, 100_000, 1_000_000),
    "stages": (10, 100, 1_000, 4_000),  # of a dvc.lock; 13 lines each
    "metrics": (10, 1_000, 10_000, 100_000),  # in one file, other values in each release
    "entries": (10, 100, 1_000, 5_000),  # of CHANGELOG.md
    "files": (10, 1_000, 10_000, 100_000),  # in git
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list", "--json"),
    "status": ("status",),
    "verify": ("verify",),
    "verify --all": ("verify", "--all"),
    "show": ("show", "latest"),
    "rebuild": ("changelog", "--rebuild", "--dry-run"),
    "bump": ("bump", "minor", "-m", "x", "--yes"),  # the last: it changes the state
}
MOST, NOISE, MOST_MB = 1.3, 1.0, 1_500

# Of the child alone: `getrusage` of this process would count every child before it.
_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@dataclass(kw_only=True)
class Growth:
    """One dimension: processor seconds and peak resident size in MB (10^6 bytes) of each command, by size."""

    dimension: str
    sizes: Sequence[int]
    measured: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def exponent(self, command: str) -> float:
        """How time grows from the second largest size to the largest: 1 is linear."""
        (before, _), (after, _) = self.measured[command][-2:]
        return log(after / before) / log(self.sizes[-1] / self.sizes[-2])

    def markdown(self) -> str:
        """The result as a table."""
        head = [f"{size:,}" for size in self.sizes]
        lines = [
            f"### Growth with the number of {self.dimension}",
            "",
            "| | " + " | ".join(head) + " | exponent | peak |",
            "| --- |" + " ---: |" * (len(head) + 2),
        ]
        for command, runs in self.measured.items():
            cells = [f"{seconds:.2f} s" for seconds, _ in runs]
            lines.append(
                f"| {command} | {' | '.join(cells)} | {self.exponent(command):.2f} | {max(mb for _, mb in runs):,.0f} MB |"
            )
        return "\n".join(lines) + "\n"


def growth(bench: Bench, dimension: str) -> Growth:
    """Measure every command in every state of a dimension, and hold its limits."""
    found = Growth(dimension=dimension, sizes=SIZES[dimension])
    for size in found.sizes:
        with bench.states.grown(dimension, size) as state:
            for command, words in COMMANDS.items():
                found.measured.setdefault(command, []).append(_once(bench, state / "project", words))
    for command, runs in found.measured.items():
        seconds, mb = runs[-1]
        assert seconds < NOISE or found.exponent(command) <= MOST, f"{command}: {found.markdown()}"
        assert mb < MOST_MB, f"{command} needs {mb:,.0f} MB"
    return found


def _once(bench: Bench, project: Path, words: Sequence[str]) -> tuple[float, float]:
    command = [str(bench.ours / "python"), "-c", _PEAK, str(bench.ours / "release"), *words]
    done = subprocess.run(command, cwd=project, env=bench.environment, capture_output=True, text=True, check=True)
    code, seconds, peak = done.stdout.split()
    assert code == "0", f"{' '.join(words)} in {project} ended with {code}:\n{done.stderr[-2000:]}"
    return float(seconds), int(peak) * 1024 / 1e6


def plot(found: Sequence[Growth]) -> str:
    """Return one chart for each dimension as SVG: time over size, both logarithmic; parallel to the frame is linear."""
    import vl_convert  # noqa: PLC0415 - an extra: `report --svg` draws with it, too

    rows = [
        {"dimension": f"number of {each.dimension}", "size": size, "command": command, "seconds": seconds}
        for each in found
        for command, runs in each.measured.items()
        for size, (seconds, _) in zip(each.sizes, runs, strict=True)
    ]
    scale = {"type": "log"}
    spec = {
        "data": {"values": rows},
        "columns": 2,
        "facet": {"field": "dimension", "title": None, "sort": [row["dimension"] for row in rows]},
        "resolve": {"scale": {"x": "independent"}},
        "spec": {
            "width": 300,
            "height": 200,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "size", "type": "quantitative", "scale": scale, "title": None},
                "y": {"field": "seconds", "type": "quantitative", "scale": scale, "title": "processor seconds"},
                "color": {"field": "command", "type": "nominal", "title": None, "sort": list(COMMANDS)},
            },
        },
        "config": {"background": "white", "font": "sans-serif", "legend": {"labelLimit": 200}},
    }
    return str(vl_convert.vegalite_to_svg(spec))
