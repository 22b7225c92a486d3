"""Outcome of the `pre-push` hook of a push, from git's own trace of child processes (`GIT_TRACE2_EVENT`).

A push whose hook refused ends like one whose connection broke, and a hook may upload data for hours;
only the trace shows the difference. It goes to a file without a name, as it contains remote URLs.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import AbstractContextManager, suppress
from math import inf
from types import TracebackType
from typing import Any

from release.adapters.git.process import Git


class PushHook(AbstractContextManager["PushHook"]):
    """The hook of a push that the git from `watched` starts."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def watched(self, git: Git) -> Git:
        """Return a git to push with."""
        number = self._file.fileno()
        return git.having(GIT_TRACE2_EVENT=f"/dev/fd/{number}", GIT_TRACE2_EVENT_NESTING="1").inheriting(number)

    @property
    def refused(self) -> bool:
        """Return whether the hook ran and refused: then git sent nothing at all."""
        return any(end is not None and end.get("code") != 0 for end in self._ends())

    @property
    def runs(self) -> bool:
        """Return whether the hook has begun and not ended: git has sent nothing so far."""
        return None in self._ends()

    def seconds(self) -> float:
        """Return the hook's time in seconds; infinite while it runs, 0 if there is none (or none yet)."""
        return sum(inf if end is None else float(end.get("t_rel", 0.0)) for end in self._ends())

    def _ends(self) -> list[dict[str, Any] | None]:
        """Return the exit event of each hook (git can have several); None for one that has not ended."""
        begun = [each.get("child_id") for each in self._events("child_start") if each.get("hook_name") == "pre-push"]
        ended = {each.get("child_id"): each for each in self._events("child_exit")}
        return [ended.get(child) for child in begun]

    def _events(self, kind: str) -> list[dict[str, Any]]:
        self._file.seek(0)
        found = []
        for line in self._file.read().splitlines():
            with suppress(ValueError):
                event = json.loads(line)
                # Gits that git starts write here, too: their session ids contain a "/".
                if isinstance(event, dict) and event.get("event") == kind and "/" not in str(event.get("sid")):
                    found.append(event)
        return found
