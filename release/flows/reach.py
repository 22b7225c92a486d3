"""Network access of a command: the remotes that it may contact."""

from __future__ import annotations

from enum import Enum


class Access(Enum):
    """The remotes that a plan or a reader may contact."""

    EVERYWHERE = "everywhere"
    NUMBERS = "numbers"  # as HERE, plus DVC remotes for the metric files that DVC tracks
    HERE = "here"  # `--offline`: contact no git or DVC remote
