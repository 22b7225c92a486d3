"""Configuration in force: as a table of `key = value   source`, and as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence

from release.core.config import Setting
from release.core.remotes import Pair
from release.ui.json_documents import Document
from release.ui.style import Shade, Style, aligned, plain


class SettingsDocument(Document, frozen=True, kw_only=True):
    """Answer of `config`."""

    file: str | None
    folder: str
    settings: Sequence[Setting]


class TrustDocument(Document, frozen=True, kw_only=True):
    """Answer of `config --trust`: what was trusted, or would be."""

    trusted: Sequence[Pair]
    stored_in: str | None


def settings_lines(settings: Sequence[Setting], source: str | None, style: Style) -> list[str]:
    """Return one line for each key; values as TOML, or the rule that decides the value."""
    head = f"from {plain(source)}" if source else "no configuration; defaults apply"
    rows = aligned([[f"  {plain(each.key)}", _shown(each), plain(each.source)] for each in settings])
    dim = (None if each.source == source else Shade.FAINT for each in settings)
    return [head, "", *(style.paint(row, shade) for row, shade in zip(rows, dim, strict=True))]


def settings_document(settings: Sequence[Setting], source: str | None, folder: str) -> SettingsDocument:
    """Return the document of `release config --json`."""
    return SettingsDocument(command="config", file=source, folder=folder, settings=settings)


def trust_lines(pairs: Sequence[Pair], file: str | None, style: Style) -> list[str]:
    """List settings to trust, a line each; `file` is where they were stored, None if they were not."""
    if not pairs:
        return ["no setting of HEAD needs your trust"]
    rows = aligned([[f"  {plain(pair.key)}", plain(pair.value)] for pair in pairs])
    note = f"trusted in this repository; stored in {plain(file)} (to undo, remove the line there)" if file else None
    head = "settings of this clone that run programs or send your credentials:"
    return [head, *rows, *([style.paint(note, Shade.FAINT)] if note else [])]


def trust_document(pairs: Sequence[Pair], file: str | None) -> TrustDocument:
    """Return the document of `release config --trust --json`."""
    return TrustDocument(command="config", trusted=pairs, stored_in=file)


def _shown(setting: Setting) -> str:
    if setting.value is None:
        return f"({setting.rule or 'not set'})"
    return plain(_toml(setting.value))


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
