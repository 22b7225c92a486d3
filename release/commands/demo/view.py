"""JSON of `release demo`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from release.ui.json_documents import Document, filled


class JsonDemoStep(Struct, frozen=True, kw_only=True):
    """A command that was run, in a folder of the demo."""

    command: str
    folder: str
    exit_code: int
    output: str


class DemoDocument(Document, frozen=True, kw_only=True):
    """Answer of `demo`."""

    folder: str
    releases: Sequence[str]
    steps: Sequence[JsonDemoStep]


def demonstrated(folder: str, releases: Sequence[str], steps: Sequence[Struct]) -> DemoDocument:
    """Return what `release demo` answers."""
    rows = [filled(JsonDemoStep, step) for step in steps]
    return DemoDocument(command="demo", folder=folder, releases=releases, steps=rows)
