"""One call of `release` and what it said, to be read as a sentence."""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """Exit code, stdout and stderr of a finished call. Exit code 1 is a bug wherever it appears."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert self.code != 1, f"a bug: {self}"
        assert "Traceback (most recent call last)" not in self.out + self.err, str(self)

    def __str__(self) -> str:
        text = f"release {shlex.join(self.words)}: exit code {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"
        return text.encode("utf-8", "backslashreplace").decode()  # words may hold bytes that are not UTF-8

    def succeeds(self) -> "Run":
        """Exit code 0."""
        return self.fails_with(0)

    def fails_with(self, code: int) -> "Run":
        """Exactly this exit code; every failure has words."""
        assert self.code == code, f"expected exit code {code}: {self}"
        assert code == 0 or (self.out + self.err).strip(), f"failed without a word: {self}"
        return self

    def says(self, *texts: str) -> "Run":
        """Each text stands somewhere in stdout or stderr; where lines are broken does not matter."""
        said = _joined(self.out + "\n" + self.err)
        for text in texts:
            assert _joined(text) in said, f"does not say {text!r}: {self}"
        return self

    def never_says(self, *texts: str) -> "Run":
        """None of the texts stands anywhere."""
        said = _joined(self.out + "\n" + self.err)
        for text in texts:
            assert _joined(text) not in said, f"says {text!r}: {self}"
        return self

    def helps(self, text: str = "") -> "Run":
        """There is a `help:` line, and `text` follows it."""
        said = _joined(self.out + "\n" + self.err)
        at = said.find("help: ")
        assert at >= 0, f"has no help line: {self}"
        assert _joined(text) in said[at:], f"does not help with {text!r}: {self}"
        return self

    @property
    def json(self) -> Any:
        """Stdout as the one JSON document that it must be, whose `exit_code` is the process's."""
        document = json.loads(self.out, parse_constant=_refuse)
        assert document["schema"] == 1, str(self)
        assert document["exit_code"] == self.code, str(self)
        return document

    def check(self, name: str) -> Mapping[str, Any]:
        """The check of that name, from the JSON document."""
        checks = self.json["checks"]
        found = [check for check in checks if check["name"] == name]
        assert len(found) == 1, f"{name!r} is not one of {[check['name'] for check in checks]}"
        return found[0]


def words_of(line: str, more: Sequence[str | Path]) -> tuple[str, ...]:
    """The words of a call: a line as one would type it, then words that are taken as they are."""
    return (*shlex.split(line), *map(str, more))


def call(words: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Run:
    """Call the command in this process, as the console script would: without a terminal, in `folder`."""
    from release.app import main  # noqa: PLC0415 - the harness loads where the command is not yet needed

    with _in_place_of_a_process(folder, environment) as (out, err):
        try:
            code = int(main(list(words)))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        out.flush()
        err.flush()
        said = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]
    return Run(tuple(words), code, *said)


@contextmanager
def _in_place_of_a_process(
    folder: Path, environment: Mapping[str, str]
) -> Iterator[tuple["TextIOWrapper[BytesIO]", "TextIOWrapper[BytesIO]"]]:
    out, err, nothing = (TextIOWrapper(BytesIO(), encoding="utf-8", errors="backslashreplace") for _ in range(3))
    before = sys.stdin, sys.stdout, sys.stderr, dict(os.environ), Path.cwd()
    sys.stdin, sys.stdout, sys.stderr = nothing, out, err
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield out, err
        assert os.environ == environment, "the command changed the environment of its process"
    finally:
        sys.stdin, sys.stdout, sys.stderr = before[:3]
        os.environ.clear()
        os.environ.update(before[3])
        os.chdir(before[4])


def _joined(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
