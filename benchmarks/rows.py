"""The rows: which work, who does it, how it is checked, which ratio is aimed at."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from benchmarks import life_rows
from benchmarks.environments import ROOT, programs_of
from benchmarks.growth import SIZES, Growth, growth
from benchmarks.race import Check, Contender, Result, race
from benchmarks.reading import reading
from benchmarks.s3 import directory_on_s3
from benchmarks.states import Maker

PLUMBING = """
set -e
sed -i.old 's/version = "0.2.0"/version = "0.3.0"/' pyproject.toml && rm pyproject.toml.old
printf '## [0.3.0]\\n\\nx\\n' > CHANGELOG.new && cat CHANGELOG.md >> CHANGELOG.new && mv CHANGELOG.new CHANGELOG.md
git commit -q -a -m 'Release 0.3.0'
git tag -a v0.3.0 -m x
git push -q --atomic origin main v0.3.0
"""
BUMP = ["bump", "minor", "-m", "x", "--yes"]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a row needs: a folder to work in, the environment, how many rounds count."""

    work: Path
    environment: Mapping[str, str]
    rounds: int

    @property
    def ours(self) -> Path:
        return self.work / "environments" / "release" / "bin"

    @property
    def states(self) -> Maker:
        # States are kept from run to run, but not beyond the code that makes them.
        makers = [ROOT / "benchmarks" / "states.py", *sorted((ROOT / "release" / "commands" / "demo").glob("*.py"))]
        made_by = sha256(b"".join(maker.read_bytes() for maker in makers)).hexdigest()[:8]
        return Maker(folder=self.work / "states" / made_by, programs=self.ours, environment=self.environment)

    def peer(self, name: str, program: str) -> str:
        return str(programs_of(name, self.work) / program)

    def race(self, title: str, ours: Contender, *others: tuple[Contender, float | None]) -> Result:
        return race(
            title, ours, others, rounds=self.rounds, environment=self.environment, scratch=self.work / "scratch"
        )

    def has(self, command: str) -> bool:
        """Whether `release` has that command yet."""
        asked = [str(self.ours / "release"), command, "--help"]
        return subprocess.run(asked, env=self.environment, capture_output=True, check=False).returncode == 0


def bump(bench: Bench) -> Result:
    state = bench.states.demo()
    ours = Contender(
        name="`release bump minor -m x --yes`", words=[str(bench.ours / "release"), *BUMP], state=state, check=_released
    )
    cz = [bench.peer("commitizen", "cz"), "bump", "--yes", "--increment", "MINOR"]
    tbump = [bench.peer("tbump", "tbump"), "0.3.0", "--non-interactive"]
    return bench.race(
        "A minor release of the demo project: 6 pointers audited, pushed to a bare repository",
        ours,
        (Contender(name="`cz bump` (no push, no data)", words=cz, state=state, check=_tagged), 0.7),
        (Contender(name="`tbump` (no changelog, no data)", words=tbump, state=state, check=_pushed), 2.0),
        (
            Contender(name="bare git: commit, tag, push", words=["sh", "-c", PLUMBING], state=state, check=_released),
            None,
        ),
    )


def history(bench: Bench) -> Result:
    words = [str(bench.ours / "release"), *BUMP]
    big, small = bench.states.long_history(), bench.states.demo()
    return bench.race(
        "The same release with 1,000 tags and 10,000 commits",
        Contender(name="1,000 tags, 10,000 commits", words=words, state=big, check=_released),
        (Contender(name="2 tags, 4 commits", words=words, state=small, check=_released), 1.3),
    )


def startup(bench: Bench) -> Result:
    return _start(bench, "--version")


def help(bench: Bench) -> Result:
    return _start(bench, "--help")


def verify(bench: Bench) -> Result:
    state = bench.states.pointers(5)
    return _verified(bench, "5 pointers", state, 5, [("dvc status -c", 0.4)])


def verify_directory(bench: Bench) -> Result:
    state = bench.states.directory(20_000)
    words = "dvc data status --not-in-remote --granular"
    return _verified(bench, "A directory of 20,000 files, each checked", state, 20_001, [(words, 0.06)])


def verify_pointers(bench: Bench) -> Result:
    state = bench.states.pointers(1_000)
    peers = [("dvc data status --not-in-remote", 0.06), ("dvc status -c", 0.15)]
    return _verified(bench, "1,000 pointers", state, 1_000, peers)


def verify_all(bench: Bench) -> Result:
    words = [str(bench.ours / "release"), "verify", "--all"]
    peer = ["dvc", "status", "-c", "-T"]
    state = bench.states.tags(100)
    return bench.race(
        "--all, 100 tags",
        _reader("`release verify --all`", words, state, _says("100 revisions: 100 ok")),
        (_reader(f"`{' '.join(peer)}`", [str(bench.ours / "dvc"), *peer[1:]], state, _says("in sync")), 0.12),
    )


def verify_all_1000(bench: Bench) -> Result:
    words = [str(bench.ours / "release"), "verify", "--all"]
    many = _reader("1,000 tags", words, bench.states.tags(1_000), _nothing)
    few = _reader("100 tags", words, bench.states.tags(100), _nothing)
    return bench.race("--all: ten times the tags", many, (few, 10.0))


def verify_foreign(bench: Bench) -> Result:
    words = [str(bench.ours / "release"), "verify"]
    crowded = _reader("with 200,000 foreign objects", words, bench.states.foreign(200_000), _nothing)
    alone = _reader("without", words, bench.states.pointers(5), _nothing)
    return bench.race("5 pointers in a remote that others fill", crowded, (alone, 1.2))


def verify_s3(bench: Bench) -> Result:
    programs = programs_of("release-s3", bench.work)
    with directory_on_s3(programs, bench.environment, bench.work / "s3", 3_000) as state:
        ours = [str(programs / "release"), "verify"]
        peer = [str(programs / "dvc"), "status", "-c"]
        return bench.race(
            "S3 on loopback: a directory of 3,000 files, each checked",
            _reader("`release verify`", ours, state, _says("3,001 objects")),
            (_reader("`dvc status -c` (asks for the directory object alone)", peer, state, _says("in sync")), 0.4),
        )


ROWS: Mapping[str, Callable[[Bench], Result | Growth]] = {
    "bump": bump,
    "history": history,
    "version": startup,
    "help": help,
    "verify": verify,
    "verify-directory": verify_directory,
    "verify-pointers": verify_pointers,
    "verify-all": verify_all,
    "verify-all-1000": verify_all_1000,
    "verify-foreign": verify_foreign,
    "verify-s3": verify_s3,
    "reading": reading,
    "list": life_rows.listing,
    "rebuild": life_rows.rebuild,
    "checkout": life_rows.checkout,
    **{f"growth-{dimension}": partial(growth, dimension=dimension) for dimension in SIZES},
}


def _start(bench: Bench, option: str) -> Result:
    here = bench.work
    ours = [str(bench.ours / "release"), option]
    click = [str(bench.ours / "python"), "-c", "import click"]
    return bench.race(
        f"`release {option}`",
        Contender(name=f"`release {option}`", words=ours, state=here, folder=".", fresh=False, check=_says("release")),
        (
            Contender(
                name='`python -c "import click"`', words=click, state=here, folder=".", fresh=False, check=_nothing
            ),
            1.3,
        ),
    )


def _verified(
    bench: Bench, title: str, state: Path, objects: int, peers: list[tuple[str, float]], *options: str
) -> Result:
    ours = [str(bench.ours / "release"), "verify", *options]
    others = []
    for words, aim in peers:
        program, *rest = words.split()
        # What DVC prints where nothing is missing: "in sync", or nothing at all.
        check = _says("in sync") if rest[0] == "status" else _does_not_say("not in remote")
        others.append((_reader(f"`{words}`", [str(bench.ours / program), *rest], state, check), aim))
    return bench.race(title, _reader("`release verify`", ours, state, _says(f"{objects:,} object")), *others)


def _reader(name: str, words: list[str], state: Path, check: Check) -> Contender:
    return Contender(name=name, words=words, state=state, check=check, fresh=False)


def _released(project: Path, said: str) -> None:
    _pushed(project, said)
    assert "## [0.3.0]" in (project / "CHANGELOG.md").read_text(), "no changelog entry"


def _pushed(project: Path, said: str) -> None:
    _tagged(project, said)
    listed = (line.split() for line in _git(project, "ls-remote", "origin").splitlines())
    there = {name: oid for oid, name in listed}
    assert there["refs/tags/v0.3.0"] == _git(project, "rev-parse", "refs/tags/v0.3.0"), "the tag is not on origin"
    assert there["refs/heads/main"] == _git(project, "rev-parse", "HEAD"), "the branch is not on origin"


def _tagged(project: Path, said: str) -> None:
    del said
    assert _git(project, "cat-file", "-t", "refs/tags/v0.3.0") == "tag", "no annotated tag"
    assert _git(project, "rev-parse", "v0.3.0^{commit}") == _git(project, "rev-parse", "HEAD")
    assert _git(project, "status", "--porcelain", "--untracked-files=no") == "", "changes are left"
    assert 'version = "0.3.0"' in _git(project, "show", "HEAD:pyproject.toml"), "the version was not written"


def _git(project: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, check=True).stdout.strip()


def _says(words: str) -> Check:
    def check(folder: Path, said: str) -> None:
        del folder
        assert words in said, f"{words!r} is not in:\n{said}"

    return check


def _does_not_say(words: str) -> Check:
    def check(folder: Path, said: str) -> None:
        del folder
        assert words not in said.lower(), f"{words!r} is in:\n{said}"

    return check


def _nothing(folder: Path, said: str) -> None:
    del folder, said
