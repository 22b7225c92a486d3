"""Help lines as a shell reads them, and what becomes of a call if they are pasted.

Nothing of it happens without `--paste-help`, see `help_table.py`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
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
_ORDER = [
    MENDS,
    INSTEAD,
    SHOWS,
    _AGAIN,
    PROSE,
]  # one way of several is enough, but no way may fail itself: that comes first

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
_FILLED = {
    "TAG": "v0.1.0",
    "VERSION": "9.0.0",
    "A": "v0.1.0",
    "B": "HEAD",
    "URL": "../origin.git",
    "FOLDER": "../filled",
    "NEW-FOLDER": "../filled",
    "ANOTHER_FOLDER": "../filled",
    "NAME": "filled",
    "BRANCH": "main",
    "FILES": ".",
    "KEY": "filled",
    "REMOTE": "origin",
    "USER": "ada",
    "PASSWORD": "secret",
    "VALUE": "filled",
    "REASON": "'as agreed'",
}


def pasted(run: Run, world: World, folder: Path) -> Run:
    """Try the help lines of a call that are new, in a copy of its world; return the call."""
    if FOLDER in os.environ:
        for line in sorted(helps(run)):
            shape = shape_of(line, world)
            if place := _claimed(shape, run):
                ways = [_outcome(command, line, run, world, folder) for command in commands(line)]
                test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
                worst = min(ways, key=lambda way: _ORDER.index(way["outcome"]) if way["outcome"] in _ORDER else -1)
                place.write_text(json.dumps({"shape": shape, "call": str(run), "test": test} | worst))
    return run


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
    return [_command(part) for part in _ALTERNATIVES.split(re.sub(r" +\([^()]*\)$", "", line))]


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


def _outcome(command: str, line: str, run: Run, world: World, folder: Path) -> dict[str, str]:
    """Paste the command, make the call again, and leave the world as it was."""
    if not command:
        return {"outcome": PROSE}
    aside = world.root.with_name(f"{world.root.name}.aside")
    world.root.rename(aside)
    try:
        subprocess.run(["cp", "-a", aside, world.root], check=True)
        here = World(world.root, world.seconds, dict(world.variables) | {"GIT_EDITOR": "echo Mended >"})
        return _tried(command, line, run, here, folder)
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", world.root], check=False)
        shutil.rmtree(world.root)
        aside.rename(world.root)


def _tried(command: str, line: str, run: Run, world: World, folder: Path) -> dict[str, str]:
    code, said = _in_bash(command, world, folder)
    if agreed := _agreed(command, said):
        code, said = _in_bash(agreed, world, folder)
    told = {"command": command, "code": str(code), "said": said[-3000:]}
    kind = next((word for word in run.words if word.isalpha()), None)
    calls = re.search(r"(?:^|&& )release (\w+)[^&;]*$", command)  # then its exit code is that of `release`
    refused = code in (1, 127, 129) or (code == 2 and calls is not None and "filled" not in command)  # called wrongly
    if _LOOKS.match(command):
        return told | {"outcome": "shows nothing" if refused or not said.strip() else SHOWS}
    if (calls and calls[1] == kind) or run.code in (0, 9):  # the call as it should be, or the next one
        new = _problem_of(said) != _problem_of(run.out + run.err) and not refused
        return told | {"outcome": MENDS if code == 0 or new else "fails itself"}
    if refused or (code and not calls):
        return told | {"outcome": "fails itself"}
    try:
        again = call(run.words, folder=folder, environment=world.environment())
    except AssertionError as bug:
        return told | {"outcome": "a bug", "again": str(bug)}
    same = line in helps(again) or _problem_of(again.out + again.err) == _problem_of(run.out + run.err)
    unmended = INSTEAD if run.code == 2 else _AGAIN  # a wrong call stays wrong
    return told | {"outcome": unmended if again.code and same else MENDS, "again": str(again)[-3000:]}


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
    return re.sub(r"^ *help: .*$|\b[0-9a-f]{7,64}\b|\s+", " ", text, flags=re.MULTILINE)
