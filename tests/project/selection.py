"""A plugin: which tests a call runs, and in which order.

A folder, file or test that is named runs as a whole, and so does everything with `--deep`. Without either, the fast
tests run: what is in the folders of FAST, less what is marked `deep`; and of all other folders what is marked `fast`,
which may name rows: `@pytest.mark.fast("plain", "legacy")`. All others get the mark `deep`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from random import Random

import pytest

FAST = {"project", "rules", "shape"}
LOST_ROWS: list[str] = []  # what marks name and is not there: a test fails by it, where all tests were collected
_TESTS = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="run everything, not only the fast tests")
    parser.addoption("--shuffle", metavar="SEED", help="run files, and the tests of each, in an order made from SEED")


def pytest_configure(config: pytest.Config) -> None:
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        config.option.deep = True


def pytest_report_header(config: pytest.Config) -> str:
    return "tests: all that are named" if config.option.deep else "tests: the fast ones; everything with --deep"


@pytest.hookimpl(tryfirst=True)  # before `-m` looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    fast = [item for item in items if _is_fast(item)]
    deep = [item for item in items if not _is_fast(item)]
    for item in deep:
        item.add_marker("deep")
    if not config.option.deep:
        LOST_ROWS.extend(_lost_rows(items))
        config.hook.pytest_deselected(items=deep)
        items[:] = fast
    if config.option.shuffle:
        random = Random(config.option.shuffle)
        files = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
        random.shuffle(files)
        for tests in files:
            random.shuffle(tests)
        items[:] = [item for tests in files for item in tests]


def _is_fast(item: pytest.Item) -> bool:
    if item.path.relative_to(_TESTS).parts[0] in FAST:
        return item.get_closest_marker("deep") is None
    fast = item.get_closest_marker("fast")
    return fast is not None and (not fast.args or _row(item) in fast.args)


def _row(item: pytest.Item) -> str:
    return item.name.partition("[")[2].removesuffix("]")


def _lost_rows(items: list[pytest.Item]) -> Iterator[str]:
    """Rows that a mark names and that are not there."""
    there = {(item.path, item.name) for item in items}
    for item in items:
        fast = item.get_closest_marker("fast")
        for row in fast.args if fast is not None else ():
            name = f"{item.name.partition('[')[0]}[{row}]"
            if (item.path, name) not in there:
                yield f"{item.path}: {name}"
