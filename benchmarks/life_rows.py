"""The rows about life after the release: many tags listed, the changelog made whole, a large release checked out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.race import Contender, Result

if TYPE_CHECKING:
    from benchmarks.rows import Bench

COMMITS, TAGS, FILES = 10_000, 1_000, 20_000
OURS, GTO = "v0.{}.0", "model@v0.{}.0"

# What nobody who wants the tags and their numbers can do without: two git calls, the same blobs, decoded.
PLUMBING = """
import json, subprocess
git = lambda *words, **how: subprocess.run(["git", *words], check=True, capture_output=True, **how).stdout
fields = "%(refname:lstrip=2)%00%(*objectname)%00%(creatordate:raw)%00%(contents:subject)"
tags = [line.split("\\0") for line in git("for-each-ref", "--format=" + fields, "refs/tags").decode().splitlines()]
asked = "".join(f"{tag[1]}:model/performance.json\\n" for tag in tags)
out, at, found = git("cat-file", "--batch", input=asked.encode()), 0, []
for name, _, when, subject in tags:
    end = out.index(b"\\n", at)
    size = int(out[at:end].split()[2])
    found.append({"tag": name, "date": when, "message": subject, "metrics": json.loads(out[end + 1 : end + 1 + size])})
    at = end + 2 + size
print(json.dumps({"releases": found}, indent=2))
"""
BY_HAND = "git checkout -q v0.1.0 && dvc pull -q"


def listing(bench: Bench) -> Result:
    """`release list --json` of 1,000 tags, each with its numbers."""
    state = bench.states.measured(OURS)
    words = [str(bench.ours / "release"), "list", "--json"]
    gto = [bench.peer("gto", "gto"), "history", "--json"]
    dvc = [str(bench.ours / "dvc"), "metrics", "show", "-T", "--json"]
    bare = [str(bench.ours / "python"), "-c", PLUMBING]
    return bench.race(
        "`list --json`, 1,000 tags with their numbers in 10,000 commits",
        Contender(name="`release list --json`", words=words, state=state, check=_listed, fresh=False),
        (
            Contender(
                name="`gto history --json` (no numbers)",
                words=gto,
                state=bench.states.measured(GTO),
                check=_gto_listed,
                fresh=False,
            ),
            0.05,
        ),
        (
            Contender(name="`dvc metrics show -T --json`", words=dvc, state=state, check=_dvc_listed, fresh=False),
            0.02,
        ),
        (
            Contender(
                name="`git for-each-ref` and `cat-file --batch` in Python",
                words=bare,
                state=state,
                check=_bare_listed,
                fresh=False,
            ),
            4.0,
        ),
    )


def rebuild(bench: Bench) -> Result:
    """`release changelog --rebuild` where no release has an entry yet."""
    state = bench.states.measured(OURS)
    words = [str(bench.ours / "release"), "changelog", "--rebuild", "--yes"]
    cliff = [bench.peer("git-cliff", "git-cliff"), "--output", "CHANGELOG.md"]
    return bench.race(
        "The changelog of 1,000 tags and 10,000 commits, made whole",
        Contender(name="`release changelog --rebuild --yes`", words=words, state=state, check=_rebuilt),
        (Contender(name="`git-cliff --output CHANGELOG.md`", words=cliff, state=state, check=_rebuilt), 0.1),
    )


def checkout(bench: Bench) -> Result:
    """A tag with 20,000 files, none of which is here yet."""
    state = bench.states.two_releases(FILES)
    words = [str(bench.ours / "release"), "checkout", "v0.1.0", "--detach"]
    hand = ["env", f"PATH={bench.ours}:{bench.environment['PATH']}", "sh", "-c", BY_HAND]
    return bench.race(
        "A release with 20,000 files, fetched and checked out",
        Contender(name="`release checkout v0.1.0 --detach`", words=words, state=state, check=_arrived),
        (Contender(name=f"`{BY_HAND}`", words=hand, state=state, check=_arrived), 1.0),
    )


def _listed(project: Path, said: str) -> None:
    found = {row["tag"]: row["metrics"] for row in json.loads(said)["releases"]}
    _right({tag: numbers.get("model/performance.json:overall.f1") for tag, numbers in found.items()}, project)


def _dvc_listed(project: Path, said: str) -> None:
    found = {
        tag: revision["data"]["model/performance.json"]["data"]["overall"]["f1"]
        for tag, revision in json.loads(said).items()
        if tag != "workspace"
    }
    assert len(found) >= TAGS, f"{len(found)} revisions"
    del project


def _bare_listed(project: Path, said: str) -> None:
    _right({row["tag"]: row["metrics"]["overall"]["f1"] for row in json.loads(said)["releases"]}, project)


def _gto_listed(project: Path, said: str) -> None:
    del project
    rows = [row for row in json.loads(said) if row["event"] == "registration"]
    assert len(rows) == TAGS, f"{len(rows)} registrations"


def _right(found: dict[str, float | None], project: Path) -> None:
    assert len(found) == TAGS, f"{len(found)} releases"
    for tag in ("v0.1.0", "v0.500.0", f"v0.{TAGS}.0"):
        blob = subprocess.run(
            ["git", "show", f"{tag}:model/performance.json"], cwd=project, capture_output=True, check=True
        ).stdout
        assert found[tag] == json.loads(blob)["overall"]["f1"], tag


def _rebuilt(project: Path, said: str) -> None:
    del said
    text = (project / "CHANGELOG.md").read_text()
    for number in (1, TAGS // 2, TAGS):
        assert f"[0.{number}.0]" in text, f"0.{number}.0 has no entry"
    missing = [number for number in range(1, COMMITS, 3_000) if f"hange {number}\n" not in text]
    assert not missing, f"changes {missing} are not told"


def _arrived(project: Path, said: str) -> None:
    del said
    files = sorted(path for path in (project / "data" / "images").rglob("*.txt"))
    assert len(files) == FILES, f"{len(files)} files"
    for number, path in enumerate(sorted(files, key=lambda path: path.name)):
        assert path.read_text() == f"{number}\n" * (1 + number % 7), path
