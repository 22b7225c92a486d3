"""Callback for the completed steps of a release, for screens and for tests that kill it at a step."""

from __future__ import annotations

from collections.abc import Callable

from release.core.release import StepKind

OnStep = Callable[[StepKind], None]


def ignore(step: StepKind) -> None:
    """Do nothing."""
