"""JSON of `release next`."""

from __future__ import annotations

from release.ui.json_documents import Document


class NextDocument(Document, frozen=True, kw_only=True):
    """Answer of `next`; `version` null: there is nothing to release."""

    kind: str
    version: str | None
