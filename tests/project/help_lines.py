"""Help lines as a shell reads them, and what becomes of a call if they are pasted.

Nothing of it happens without `--paste-help`, see `help_table.py`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project.run import Run, call
from project.world import World

FOLDER = "PYTEST_PASTE_HELP"  # the variable that names the folder of outcomes, one file each, for all workers
_STATES = 2  # calls in which a shape is tried
_PATIENCE_S = 60
MENDS, INSTEAD, SHOWS, PROSE = "mends", "is what to call instead", "shows", "prose"
FINE = {MENDS, INSTEAD, SHOWS, PROSE}
_AGAIN = "the same again"
# One way of several is enough, but no way may fail itself: that comes before these.
_ORDER = [MENDS, INSTEAD, SHOWS, _AGAIN, PROSE]

_PROGRAMS = "git|dvc|release|cd|rm|mv|ls|chmod|mkdir|unset|export"
_BEGINS = re.compile(rf"(?:^|(?<=[:;,] )|(?<=then )|(?<=to run: ))(?:{_PROGRAMS}) ")
_ALTERNATIVES = re.compile(rf"[,;] (?:or(?:, to [a-z ]+)?|to [a-z ]+):? |(?<![,;]) or (?=(?:{_PROGRAMS}) )")
# What only reads: it has to say something, for the problem is the reader's to solve.
_LOOKS = re.compile(
    r"git (?:-C \S+ )?(?:status|log|show|ls-remote|ls-tree|ls-files|lfs|fsck|check-ignore|cat-file|worktree list|tag --list"
    r"|push --dry-run|\S+ -h|fetch \S+ \S+ && git show)\b|dvc (?:status|remote list)|ls "
    r"|release (?:list|show|status|diff|verify(?!.*--push)|stages|.*--(?:help|dry-run|schema))\b"
)
# What people do where the line has words, and what they write in the place of a word in capitals.
_DONE_BY_HAND = (
    (r",? then commit and dvc push(?=$|;)", " && git commit -qam Mended && dvc push"),
    (r",? (?:and|then) commit(?: it| the pointers)?(?=$|;)", " && git commit -qam Mended"),
    (r",? (?:and|then) commit ('[^']*'|\S+)(?=$|;)", r" && git add -- \1 && git commit -qm Mended"),
    (r"(?:[,;] then|,? and) (?:run (?:it )?again|run it there|check \S.*|resolve them)$| if it is new$", ""),
    (r", then:? (?=\S+ )", " && "),
)
_FILLED = {"TAG": "v0.1.0", "VERSION": "9.0.0", "A": "v0.1.0", "B": "HEAD", "BRANCH": "main", "REMOTE": "origin"}
_FILLED |= {"URL": "../origin.git", "FILES": "."}
_FILLED |= dict.fromkeys(
    ("ANOTHER_FOLDER", "FOLDER", "KEY", "NAME", "NEW-FOLDER", "PASSWORD", "USER", "VALUE"), "filled"
)


@dataclass(frozen=True, slots=True)
class _Met:
    """Help lines that a call gave, to be tried in `kept`, the copy of its world; each with the file for the outcome."""

    run: Run
    world: World
    folder: Path
    kept: Path
    lines: tuple[tuple[str, Path], ...]


_MET: list[_Met] = []  # by the test that runs


def keep_help(run: Run, world: World, folder: Path) -> Run:
    """Keep the world of a call whose help lines are new, until the test has ended; return the call."""
    if FOLDER in os.environ:
        claimed = ((line, _claimed(shape_of(line, world), run)) for line in sorted(helps(run)))
        if lines := tuple((line, place) for line, place in claimed if place):
            kept = Path(tempfile.mkdtemp(prefix=f"{world.root.name}-", dir=world.root.parent), "world")
            subprocess.run(["cp", "-a", world.root, kept], check=True)
            here = World(world.root, world.seconds, dict(world.variables) | {"GIT_EDITOR": "echo Mended >"})
            _MET.append(_Met(run, here, folder, kept, lines))
    return run


def paste_help() -> None:
    """Paste what was kept, and write the outcomes."""
    while _MET:
        met = _MET.pop(0)
        for line, place in met.lines:
            ways = [_outcome(command, line, met) for command in commands(line)]
            worst = min(ways, key=lambda way: _ORDER.index(way["outcome"]) if way["outcome"] in _ORDER else -1)
            test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
            told = {"shape": shape_of(line, met.world), "call": str(met.run), "test": test}
            place.write_text(json.dumps(told | worst))
        _remove(met.kept.parent)


def helps(run: Run) -> set[str]:
    """The help lines of a call, in its text and in its JSON document."""
    found = set(re.findall(r"^ *help: (.+)$", run.out + "\n" + run.err, re.MULTILINE))
    if run.out.startswith("{"):
        found.update(_values_of("help", json.loads(run.out)))
    return found


def _values_of(key: str, document: Any) -> Iterator[str]:
    for name, value in document.items() if isinstance(document, dict) else enumerate(document):
        if name == key and isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            yield from _values_of(key, value)


def commands(line: str) -> list[str]:
    """Each way out that a help line offers, as a shell reads it; "" for one in words."""
    other = re.search(r" +\(or (?:[a-z ]+: )?((?:git|dvc|release) [^()]*)\)$", line)
    ways = [_command(part) for part in _ALTERNATIVES.split(re.sub(r" +\([^()]*\)$", "", line))]
    return [*ways, *([_command(re.sub(r",? if .*", "", other[1]))] if other else [])]


def _command(text: str) -> str:
    begin = _BEGINS.search(text)
    if begin is None:
        return ""
    command = text[begin.start() :]
    for pattern, instead in _DONE_BY_HAND:
        command = re.sub(pattern, instead, command)
    return re.sub(r"(?<=[ =])[A-Z][A-Z_-]*(?![\w/.'-])", lambda found: _FILLED.get(found[0], found[0]), command)


def shape_of(line: str, world: World) -> str:
    """A help line without what differs from one story to the next."""
    line = line.replace(str(world.root), "/WORLD")
    line = re.sub(r"\bv?\d+\.\d+\.\d+[\w.+-]*", "VERSION", line)
    line = re.sub(r"\b[0-9a-f]{7,64}\b", "ID", line)
    line = re.sub(r"(?<=[ =])[^\s=]*[/.][^\s;,:]*|(?<=[ =])\$?'[^']*'", "NAME", line)
    return re.sub(r"\d+", "N", line)


def _claimed(shape: str, run: Run) -> Path | None:
    """The file for the outcome, if no other test and worker has tried this shape for this command already."""
    name = hashlib.sha256(shape.encode()).hexdigest()[:16]
    folder = Path(os.environ[FOLDER])
    kind = next((word for word in run.words if word.isalpha()), "release")
    if len(list(folder.glob(f"{name}-*"))) >= _STATES:
        return None
    try:
        (folder / f"{name}-{kind}").open("x").close()
    except FileExistsError:
        return None
    return folder / f"{name}-{kind}"


def _outcome(command: str, line: str, met: _Met) -> dict[str, str]:
    """Paste the command in a copy of its world, at the place of that, and make the call again."""
    if not command:
        return {"outcome": PROSE}
    root, aside = met.world.root, met.kept.with_name("aside")
    if root.exists():  # else it was a template under construction
        root.rename(aside)
    try:
        subprocess.run(["cp", "-a", met.kept, root], check=True)
        return _tried(command, line, met)
    finally:
        _remove(root)
        if aside.exists():
            aside.rename(root)


def _remove(folder: Path) -> None:
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=False)
    shutil.rmtree(folder)


def _tried(command: str, line: str, met: _Met) -> dict[str, str]:
    run, world, folder = met.run, met.world, met.folder
    code, said = _in_bash(command, world, folder)
    if agreed := _agreed(command, said):
        code, said = _in_bash(agreed, world, folder)
    told = {"command": command, "code": str(code), "said": said[-3000:]}
    kind = next((word for word in run.words if word.isalpha()), None)
    calls = re.search(r"(?:^|&& )release (\w+)[^&;]*$", command)  # then its exit code is that of `release`
    refused = code in (1, 127, 129) or (code == 2 and calls is not None and "filled" not in command)  # called wrongly
    if _LOOKS.match(command):
        shows = said.strip() and (code == 1 or not refused)  # what is looked at may be broken
        return told | {"outcome": SHOWS if shows else "shows nothing"}
    warns = re.search(rf"^ +help: {re.escape(line)}$", run.out, re.MULTILINE)  # else it only offers more
    if (calls and calls[1] == kind) or (run.code in (0, 9) and not warns):  # the call as it should be, or the next one
        new = _problem_of(said) != _problem_of(run.out + run.err) and not refused
        return told | {"outcome": MENDS if code == 0 or new else "fails itself"}
    if refused or (code and not calls):
        return told | {"outcome": "fails itself"}
    try:
        again = call(run.words, folder=folder, environment=world.environment())
    except AssertionError as bug:
        return told | {"outcome": "a bug", "again": str(bug)}
    same = line in helps(again) or (again.code and _problem_of(again.out + again.err) == _problem_of(run.out + run.err))
    unmended = INSTEAD if run.code == 2 else _AGAIN  # a wrong call stays wrong
    return told | {"outcome": unmended if same else MENDS, "again": str(again)[-3000:]}


def _agreed(command: str, said: str) -> str | None:
    """The command with the answer yes, if it would ask on a terminal."""
    if "without confirmation. Use `--force`" in said:
        return f"{command} --force"
    found = re.search(r"^help: (release .*--yes\b.*)$", said, re.MULTILINE)
    return re.sub(r"release [^&;]*$", lambda _: found[1], command) if found else None


def _in_bash(command: str, world: World, folder: Path) -> tuple[int, str]:
    """The exit code, and what was said on both streams."""
    words, given = ["timeout", str(_PATIENCE_S), "bash", "-c", command], world.environment()
    done = subprocess.run(words, cwd=folder, env=given, input=b"", capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def _problem_of(text: str) -> str:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("help: "))
    return re.sub(r"\b[0-9a-f]{7,64}\b", "", " ".join(" ".join(lines).split()))
