"""Comparison of a changelog entry's numbers, parameters and data with the true ones, however formatted; pure."""

from __future__ import annotations

from collections.abc import Iterator

_LISTS = {"Parameters": "parameters", "Data and models": "data"}


def untrue_claims(there: str, true: str) -> tuple[str, ...]:
    """Return the parts that differ from the true entry: of `numbers`, `parameters` and `data`."""
    numbers = ("numbers",) if _claimed_performance(there) != _claimed_performance(true) else ()
    return (*numbers, *(word for title, word in _LISTS.items() if _items(there, title) != _items(true, title)))


def _claimed_performance(entry: str) -> tuple[str, ...]:
    lines = (line for section in _titled_sections(entry, "Performance") for line in section.splitlines())
    cells = ("|".join(cell.strip() for cell in line.split("|")) for line in lines if line.lstrip().startswith("|"))
    return tuple(row for row in cells if row.strip("|-: "))


def _items(entry: str, title: str) -> frozenset[str]:
    items: list[str] = []
    for line in (line for section in _titled_sections(entry, title) for line in section.splitlines()):
        if line[:2] in ("- ", "* ", "+ "):
            items.append(line[2:])
        elif line.startswith(" ") and items:  # a wrapped line
            items[-1] += f" {line}"
    told = (" ".join(item.replace("\\", "").split()) for item in items)
    return frozenset(item for item in told if _is_ours(item))


def _is_ours(item: str) -> bool:
    """Return True if we wrote the line; other lines under the same heading are hand-written and ignored."""
    _, colon, said = item.partition(": ")
    if colon and (" -> " in said or said.endswith(("(added)", "(removed)"))):
        return True
    return item.startswith("... ") and item.endswith(" more")


def _titled_sections(entry: str, title: str) -> Iterator[str]:
    for section in f"\n{entry}".split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        if heading.strip() == title:
            yield text
