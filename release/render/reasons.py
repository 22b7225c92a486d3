"""Reasons of `auto` for its choice, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from release.core.release import BumpPlan
from release.core.text import for_markdown
from release.render.look import Style, aligned, plain, short

_MOST_REASONS = 6
_MOST_ON_A_PAGE = 50


def reason_lines(plan: BumpPlan, look: Style, head: str) -> list[str]:
    """Return the head and the strongest reasons; empty if the user chose.

    Changes that require no release are listed only if there are no others.
    """
    if plan.chosen is None:
        return []
    told = [reason.partition(": ") for reason in _as_sentence(plan.reasons)]
    rows = aligned([[plain(word), plain(text)] for word, _, text in told[:_MOST_REASONS]])
    lines = [f"  {head}", *(f"    {short(row, look.room - 4)}" for row in rows)]
    rest = len(plan.reasons) - len(rows)
    return [*lines, f"    ... {rest} more (all with --json)"] if rest else lines


def reason_list(plan: BumpPlan) -> str:
    """Return the reasons as Markdown; empty if the user chose."""
    if plan.chosen is None or not plan.reasons:
        return ""
    rows = [f"- {for_markdown(reason)}" for reason in _as_sentence(plan.reasons)[:_MOST_ON_A_PAGE]]
    rest = len(plan.reasons) - len(rows)
    more = [f"- ... {rest} more (all with `--json`)"] if rest else []
    return "\n".join([f"`auto` chose {plan.chosen}:", "", *rows, *more])


def _as_sentence(reasons: Sequence[str]) -> list[str]:
    return [reason for reason in reasons if not reason.startswith("none: ")] or list(reasons)
