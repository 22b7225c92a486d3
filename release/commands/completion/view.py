"""JSON of `release completion`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from release.ui.json_documents import Document


class CompletionDocument(Document, frozen=True, kw_only=True):
    """Answer of `completion`."""

    shell: Annotated[str, Meta(extra_json_schema={"enum": ("bash", "fish", "zsh")})]
    script: str


def completed(shell: str, script: str) -> CompletionDocument:
    """Return what `release completion` answers."""
    return CompletionDocument(command="completion", shell=shell, script=script)
