"""What an entry claims of numbers, parameters and data, however a formatter has set it; pure."""

from __future__ import annotations

from collections.abc import Iterator

_LISTS = {"Parameters": "parameters", "Data and models": "data"}


def untrue_claims(there: str, true: str) -> tuple[str, ...]:
    """In which parts an entry tells of another commit than one that is true: of `numbers`, `parameters`, `data`."""
    numbers = ("numbers",) if _performance(there) != _performance(true) else ()
    return (*numbers, *(word for title, word in _LISTS.items() if _items(there, title) != _items(true, title)))


def _performance(entry: str) -> tuple[str, ...]:
    lines = (line for section in _sections(entry, "Performance") for line in section.splitlines())
    cells = ("|".join(cell.strip() for cell in line.split("|")) for line in lines if line.lstrip().startswith("|"))
    return tuple(row for row in cells if row.strip("|-: "))


def _items(entry: str, title: str) -> frozenset[str]:
    items: list[str] = []
    for line in (line for section in _sections(entry, title) for line in section.splitlines()):
        if line[:2] in ("- ", "* ", "+ "):
            items.append(line[2:])
        elif line.startswith(" ") and items:  # wrapped
            items[-1] += f" {line}"
    told = (" ".join(item.replace("\\", "").split()) for item in items)
    return frozenset(item for item in told if _is_ours(item))


def _is_ours(item: str) -> bool:
    """A line as we write it; what people write under the same heading is their own affair."""
    _, colon, said = item.partition(": ")
    if colon and (" -> " in said or said.endswith(("(added)", "(removed)"))):
        return True
    return item.startswith("... ") and item.endswith(" more")


def _sections(entry: str, title: str) -> Iterator[str]:
    for section in f"\n{entry}".split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        if heading.strip() == title:
            yield text
