"""`-h --help`, written through the Console; a separate module, because every call needs it at start-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from release.cli.console import Console

F = TypeVar("F", bound=Callable[..., object])


def helped(function: F) -> F:
    """Add `-h --help`: click's own bypasses the Console, and fails when the reader closes the pipe."""
    return click.option(
        "-h",
        "--help",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_help,
        help="Show this message and exit.",
    )(function)


def _help(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if asked and not context.resilient_parsing:
        context.ensure_object(Console).answer(context.get_help() + "\n")
        context.exit()
