"""How far a command may look for what it tells."""

from __future__ import annotations

from enum import Enum


class Reach(Enum):
    """How far a plan or a reader may look."""

    EVERYWHERE = "everywhere"
    NUMBERS = "numbers"  # as HERE, but for metric files that DVC keeps elsewhere
    HERE = "here"  # `--offline`: no remote is asked, neither git's nor DVC's
