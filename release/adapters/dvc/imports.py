"""Data of `dvc import` and `dvc import-url`, fetched by DVC itself: only DVC can query their sources."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from release.core.secrets import without_secrets


def fetch_imports(root: Path, pointers: Collection[str], commit: str) -> dict[str, str]:
    """Fetch what these pointer files (relative to the DVC root) name at a commit into DVC's cache.

    Returns the reason for each that DVC could not fetch. No reason is no proof of success: the caller
    checks the content. The work tree is not touched.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    failed: dict[str, str] = {}
    with _silent():
        try:
            repo = Repo(str(root))
        except (DvcException, OSError) as error:
            return dict.fromkeys(pointers, _words(error))
        with repo:
            for pointer in pointers:
                try:
                    repo.fetch(targets=[pointer], revs=[commit], workspace=False)
                except Exception as error:  # noqa: BLE001, PERF203 - plugins and git raise what they like
                    failed[pointer] = _words(error)
    return failed


def _words(error: Exception) -> str:
    return without_secrets(" ".join(str(error).split()))[:300] or type(error).__name__


@contextmanager
def _silent() -> Iterator[None]:
    """Silence DVC's progress bars and logs; the caller reports what matters."""
    logger = logging.getLogger("dvc")
    before = logger.disabled
    logger.disabled = True
    try:
        with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere), redirect_stdout(nowhere):
            yield
    finally:
        logger.disabled = before
