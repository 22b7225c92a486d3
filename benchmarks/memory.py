"""How much memory an audit takes at its peak, measured once: not a race, but a limit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.rows import Bench

MILLION = 1_000_000
MOST_MB = 1_000
_LINKS = 30_000  # names of one file: filesystems allow no more than some tens of thousands

# The peak of the child alone: `getrusage` of this process would count every child before it.
_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True, kw_only=True)
class Peak:
    """One run: its seconds, and the largest resident size in MB (10^6 bytes)."""

    title: str
    seconds: float
    peak_mb: float

    def markdown(self) -> str:
        """The result as a table."""
        head = f"### {self.title}\n\n| time | peak memory | limit |\n| ---: | ---: | ---: |\n"
        return f"{head}| {self.seconds:,.1f} s | {self.peak_mb:,.0f} MB | {MOST_MB:,} MB |\n"


def verify_million(bench: Bench) -> Peak:
    """A directory of a million entries, each on the remote, each asked for."""
    state = _million(bench.states.folder, bench.states.pointers(5))
    words = [str(bench.ours / "python"), "-c", _PEAK, str(bench.ours / "release"), "verify", "--json"]
    started = perf_counter()
    done = subprocess.run(
        words, cwd=state / "project", env=bench.environment, capture_output=True, text=True, check=True
    )
    code, peak = map(int, done.stdout.split())
    assert code == 0, done.stdout + done.stderr
    found = Peak(
        title="A directory of 1,000,000 files, each checked, once",
        seconds=perf_counter() - started,
        peak_mb=peak * 1024 / 1e6,
    )
    assert found.peak_mb < MOST_MB, f"{found.peak_mb:,.0f} MB"
    return found


def _million(folder: Path, base: Path) -> Path:
    """The state `base` with a directory of a million files on its store: a million names, of few files on the disk.

    Each object has its own name and the size that the pointer says; nobody reads them.
    """
    state = folder / "million"
    if state.exists():
        return state
    part = folder / "million.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(base, part)
    store = part / "store" / "files" / "md5"
    for shard in range(256):
        (store / f"{shard:02x}").mkdir(exist_ok=True)
    entries = []
    source = ""
    for number in range(MILLION):
        oid = md5(f"file {number}".encode(), usedforsecurity=False).hexdigest()
        place = f"{store}/{oid[:2]}/{oid[2:]}"
        if number % _LINKS == 0:
            source = place
            Path(place).write_bytes(b"x")
        else:
            os.link(source, place)
        entries.append({"md5": oid, "relpath": f"{number // 1000:04}/{number:07}.png"})
    listing = json.dumps(entries, sort_keys=True).encode()
    oid = f"{md5(listing, usedforsecurity=False).hexdigest()}.dir"
    (store / oid[:2] / oid[2:]).write_bytes(listing)
    pointer = f"outs:\n- md5: {oid}\n  size: {MILLION}\n  nfiles: {MILLION}\n  hash: md5\n  path: many\n"
    (part / "project" / "many.dvc").write_text(pointer)
    subprocess.run(["git", "add", "many.dvc"], cwd=part / "project", check=True)
    who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"]
    subprocess.run(["git", *who, "commit", "-q", "-m", "A million"], cwd=part / "project", check=True)
    part.rename(state)
    return state
