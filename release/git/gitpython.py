"""GitPython's objects, for reading refs where start-up does not matter; see docs/adr/0002."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from release.git.process import DROPPED

if TYPE_CHECKING:
    from git import Repo


@contextmanager
def opened(folder: Path) -> Iterator[Repo]:
    """Yield the repository in a folder that git has opened before, work tree or bare.

    It reads files and starts no git: what a repository configures is never run. The variables that redirect git
    are not set in the block, for GitPython takes them from the process.
    """
    before = dict(os.environ)
    for name in DROPPED:
        os.environ.pop(name, None)
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"  # mistakes in its variables do not matter: no git is started
    try:
        from git import Repo  # 130 ms
        from git.cmd import Git

        class FilesOnly(Git):
            def execute(self, *words: object, **options: object) -> NoReturn:
                raise AssertionError(f"only git/process.py starts git: {words} {options}")

        class Files(Repo):
            GitCommandWrapperType = FilesOnly  # type: ignore[mutable-override]

        with Files(folder, expand_vars=False) as repo:
            yield repo
    finally:
        os.environ.clear()
        os.environ.update(before)
