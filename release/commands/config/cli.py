"""Command `release config`, its text and its JSON documents."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from release.core.config import Setting, config_schema
from release.core.remotes import Pair, parse_pair
from release.errors import Cancelled, UsageError
from release.ui import ask
from release.ui.json_documents import Document, document
from release.ui.options import Call, common, examples
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


@click.command(
    name="config",
    epilog=examples(
        "release config            every key, its value, where it comes from",
        "release config --schema   for editors that complete and check TOML",
        "release config --trust    trust settings of a clone that run programs",
    ),
)
@click.option("--schema", "wants_schema", is_flag=True, help="Print the JSON Schema of [tool.release] instead.")
@click.option(
    "--trust",
    "trusts",
    is_flag=True,
    help="Trust settings of this clone that run programs or send your credentials: those given, or all that HEAD sets.",
)
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("-y", "--yes", is_flag=True, help="Trust without asking.")
@click.option("--dry-run", is_flag=True, help="Show what would be trusted; store nothing.")
@common
def command(call: Call, *, wants_schema: bool, trusts: bool, pairs: tuple[str, ...], yes: bool, dry_run: bool) -> int:
    """Show the effective configuration and the source of each value.

    The configuration is [tool.release] in pyproject.toml, or .release.toml with the same keys: the nearest one from the
    current folder up to the git root. Lists of files that are not configured are filled from HEAD and marked `found`.

    With --trust, settings of the commit's .dvc/config that run a program, read a file of the work tree or say where
    your credentials go are used from now on: in this repository, and only with these values. Trust is stored outside
    the repository.
    """
    if pairs and not trusts:
        raise UsageError(f"unexpected argument {pairs[0]}", help="release config --help")
    if wants_schema:
        call.console.answer(document(config_schema()))
        return 0
    if trusts:
        return _trust(call, tuple(map(_pair, pairs)), yes=yes, dry_run=dry_run)
    from release.commands.config.work import read_settings

    project = call.project()
    rows, config = read_settings(project, call.folder), project.config
    if call.as_json:
        found = SettingsDocument(command="config", file=config.source, folder=config.folder, settings=rows)
        call.console.answer(document(found))
    else:
        call.console.answer_lines(_settings_lines(rows, config.source, call.console.style))
    return 0


def _pair(text: str) -> Pair:
    pair = parse_pair(text)
    if pair is None:
        raise UsageError(f"{text!r} is not KEY=VALUE", help="release config --trust")
    return pair


def _trust(call: Call, pairs: tuple[Pair, ...], *, yes: bool, dry_run: bool) -> int:
    """Trust the given pairs, or those of HEAD after a prompt."""
    from release.commands.config.work import trust, untrusted_at_head

    project = call.project()
    found = pairs or untrusted_at_head(project)
    if found and not pairs and not (yes or dry_run):
        if not call.can_ask:
            raise UsageError("no terminal to confirm on; pass --yes", help="release config --trust --dry-run")

        call.console.say_lines(_trust_lines(found, None, call.console.error_style))
        if not ask.confirm("Trust them in this repository?", call.console):
            raise Cancelled("nothing was trusted")
    file = str(trust(project, found)) if found and not dry_run else None
    if call.as_json:
        call.console.answer(document(TrustDocument(command="config", trusted=found, stored_in=file)))
    else:
        call.console.answer_lines(_trust_lines(found, file, call.console.style))
    return 0


def _settings_lines(settings: Sequence[Setting], source: str | None, style: Style) -> list[str]:
    """Return one line for each key; values as TOML, or the rule that decides the value."""
    head = f"from {plain(source)}" if source else "no configuration; defaults apply"
    rows = aligned([[f"  {plain(each.key)}", _shown(each), plain(each.source)] for each in settings])
    dim = (None if each.source == source else Shade.FAINT for each in settings)
    return [head, "", *(style.paint(row, shade) for row, shade in zip(rows, dim, strict=True))]


def _trust_lines(pairs: Sequence[Pair], file: str | None, style: Style) -> list[str]:
    """List settings to trust, a line each; `file` is where they were stored, None if they were not."""
    if not pairs:
        return ["no setting of HEAD needs your trust"]
    rows = aligned([[f"  {plain(pair.key)}", plain(pair.value)] for pair in pairs])
    note = f"trusted in this repository; stored in {plain(file)} (to undo, remove the line there)" if file else None
    head = "settings of this clone that run programs or send your credentials:"
    return [head, *rows, *([style.paint(note, Shade.FAINT)] if note else [])]


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
