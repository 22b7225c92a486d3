"""A plugin: with `--paste-help FILE`, each kind of `help:` line that a story meets is pasted into a shell, and judged.

When the test has ended, the line is run in a copy of the world as the call left it, then the call is made again. A line of the same shape
(names of files, numbers and ids left out) is tried for two calls at most. FILE gets the table; the run fails if a line
neither mends the problem nor shows the next one, unless EXCEPTIONS has its reason.
"""

from __future__ import annotations  # pytest 8.0 does not name its TerminalReporter

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from project.help_lines import FINE, FOLDER, paste_help

_MOST_EXCEPTIONS = 0.1  # of all outcomes
_WHOLE = 200  # outcomes: fewer are of a part of the stories

# A part of a line, or the test where it does not help -> why that is right.
EXCEPTIONS: Mapping[str, str] = {
    "who committed": "another clone has the data: its owner runs the command",
    "whoever has the data runs": "another clone has the data: its owner runs the command",
    "give the address without it, then": "two steps: the first is the call itself, without the password",
    "test_words_are_no_commands": "names made of shell words, of files and tags that are not there: they only must not run",
    "test_a_stage_that_is_defined_otherwise_now": "the check that fails beside it leads on; this warns of what it goes back to",
    "release delete --local -- --local": "the story has no tag of that name",
    "check the permissions and credentials": "filled with what is no user's password",
    "test_each_command_refuses_and_writes_nothing": "a tag stays as it is: the help mends the branch, for the next release",
    "test_a_link_in_the_folder_of_dvc_is_refused": "a tag stays as it is: the help mends the branch",
    "test_a_store_in_the_work_tree_cannot_be_restored": "a tag stays as it is: the help mends the branch",
    "test_an_out_of_a_stage_that_git_should_hold_must_be_in_git": "the help of the failed check beside it mends this, too",
    "test_a_pointer_without_a_hash_is_named": "the story's pointer never had data",
    "test_ctrl_c_at_a_question_is_130_and_changes_nothing": "the story's remote never answers",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--paste-help", metavar="FILE", help="run each kind of help line that is met; FILE gets the table")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    try:
        yield
    finally:
        paste_help()  # while the servers of its fixtures run, and after all that it counts


def pytest_configure(config: pytest.Config) -> None:
    if config.option.paste_help and "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="help-lines-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.option.paste_help and "PYTEST_XDIST_WORKER" not in os.environ and _faults(_outcomes()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.option.paste_help:
        return
    outcomes = _outcomes()
    counts = Counter(row["outcome"] for row in outcomes)
    terminalreporter.section(f"help lines, pasted: {', '.join(f'{n} {name}' for name, n in sorted(counts.items()))}")
    for fault in _faults(outcomes):
        terminalreporter.write_line(fault)
    rows = [f"| `{row['shape']}` | {_reason(row) or row['outcome']} | {row['test']} |" for row in outcomes]
    Path(config.option.paste_help).write_text(
        "\n".join(["| help | outcome | test |", "| --- | --- | --- |", *rows, ""])
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.option.paste_help and "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ.pop(FOLDER))


def _outcomes() -> list[dict[str, str]]:
    texts = [path.read_text() for path in Path(os.environ[FOLDER]).iterdir()]
    return sorted((json.loads(text) for text in texts if text), key=lambda row: row["shape"])


def _reason(row: Mapping[str, str]) -> str | None:
    return next((reason for part, reason in EXCEPTIONS.items() if part in row["shape"] or part in row["test"]), None)


def _faults(outcomes: list[dict[str, str]]) -> list[str]:
    """Each line that did not mend, as one reads it; and the exceptions, if they are too many."""
    rows = [row for row in outcomes if row["outcome"] not in FINE]
    excepted = [row for row in rows if _reason(row)]
    faults = [
        f"--- {row['outcome']}: {row['command']}\n{row['test']}\n{row['call']}\n"
        f"--- pasted, exit code {row.get('code')}\n{row.get('said')}\n--- again\n{row.get('again')}"
        for row in rows
        if row not in excepted
    ]
    if len(excepted) > _MOST_EXCEPTIONS * len(outcomes) and len(outcomes) > _WHOLE:
        faults.append(f"{len(excepted)} exceptions of {len(outcomes)} help lines are too many")
    return faults
