"""Hearing of each step that a release has done, for screens and for tests that kill it right there."""

from __future__ import annotations

from collections.abc import Callable

from release.core.bump.plan import StepKind

OnStep = Callable[[StepKind], None]


def ignore(step: StepKind) -> None:
    """Do nothing."""
