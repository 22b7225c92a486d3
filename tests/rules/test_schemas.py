"""`release/schemas` is what the structs of the documents give (`REWRITE_GOLDEN=1` writes the files anew)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import schema_components

import release
from release.app import COMMANDS
from release.commands.changelog.cli import EntryDocument, RebuildDocument
from release.commands.checkout.cli import CheckoutDocument
from release.commands.completion import CompletionDocument
from release.commands.config.cli import SettingsDocument, TrustDocument
from release.commands.delete.view import DeleteDocument
from release.commands.demo.cli import DemoDocument
from release.commands.diff.cli import DiffDocument
from release.commands.drill.cli import DrillDocument
from release.commands.fetch.cli import FetchDocument
from release.commands.init.view import InitDocument
from release.commands.list.view import ListDocument
from release.commands.next import NextDocument
from release.commands.prepare.view import PrepareDocument
from release.commands.promote import PromoteDocument
from release.commands.publish import PublishDocument
from release.commands.recover.cli import RecoverDocument
from release.commands.report.view import ReportDocument
from release.commands.show.view import ShowDocument, StageDocument
from release.commands.stages.cli import StagesDocument
from release.commands.status import StatusDocument
from release.commands.verify.view import ObjectsDocument, VerifyDocument
from release.ui.json_documents import BumpDocument, ChangeDocument, FailureDocument

REWRITE = bool(os.environ.get("REWRITE_GOLDEN"))
FOLDER = Path(release.__file__).parent / "schemas"
DOCUMENTS = {
    "bump": (BumpDocument,),
    "changelog": (EntryDocument, RebuildDocument),
    "checkout": (CheckoutDocument,),
    "completion": (CompletionDocument,),
    "config": (SettingsDocument, TrustDocument),
    "delete": (DeleteDocument,),
    "demo": (DemoDocument,),
    "drill": (DrillDocument,),
    "diff": (DiffDocument,),
    "fetch": (FetchDocument,),
    "init": (InitDocument,),
    "list": (ListDocument,),
    "next": (NextDocument,),
    "prepare": (PrepareDocument,),
    "publish": (PublishDocument,),
    "recover": (RecoverDocument,),
    "report": (ReportDocument,),
    "rollback": (BumpDocument,),
    "show": (ShowDocument, StageDocument),
    "promote": (PromoteDocument,),
    "stages": (StagesDocument,),
    "status": (StatusDocument,),
    "undo": (ChangeDocument,),
    "verify": (VerifyDocument, ObjectsDocument),
    "yank": (ChangeDocument,),
}


def schema_of(command: str) -> dict[str, Any]:
    """The schema of all that a command answers, or of an error before any command ("error")."""
    kinds = (*DOCUMENTS.get(command, ()), FailureDocument)
    (*answers,), parts = schema_components(kinds, ref_template="#/$defs/{name}")
    parts = {name: exact(part) for name, part in sorted(parts.items())}
    for kind in kinds if command in DOCUMENTS else ():
        parts[kind.__name__]["properties"]["command"] = {"const": command}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The answer of `release {command} --json`" if command in DOCUMENTS else FailureDocument.__doc__,
        "anyOf": answers,
        "$defs": parts,
    }


def exact(part: Any) -> Any:
    """A part as documents have it: what has a default is always written, and no other key is."""
    if isinstance(part, list):
        return [exact(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    part = {key: exact(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}
    if "description" in part and isinstance(part["description"], str):
        part["description"] = " ".join(part["description"].split())
    if isinstance(part.get("anyOf"), list):
        kinds = sorted(part["anyOf"], key=lambda each: each == {"type": "null"})  # not every msgspec has null last
        types = [each["type"] for each in kinds if set(each) == {"type"}]
        part["anyOf"] = kinds
        if len(types) == len(kinds):
            part = {"type": [each for each in types if each != "integer" or "number" not in types], **part}
            del part["anyOf"]
    if "properties" in part:
        given = [name for name, value in part["properties"].items() if value.pop("default", part) is not part]
        names = {*part.get("required", ()), *given}
        part["required"] = [name for name in part["properties"] if name in names]
        part["additionalProperties"] = False
    return part


def laid_out(value: Any, depth: int = 0) -> str:
    """As JSON: on one line what fits there."""
    line = json.dumps(value)
    if len(line) + depth <= 110 or not isinstance(value, dict | list) or "{" not in line:
        return line
    ends, rows = "[]", [laid_out(each, depth + 2) for each in value]
    if isinstance(value, dict):
        ends, rows = "{}", [f"{json.dumps(key)}: {laid_out(each, depth + 2)}" for key, each in value.items()]
    margin = " " * (depth + 2)
    return f"{ends[0]}\n{margin}" + f",\n{margin}".join(rows) + f"\n{' ' * depth}{ends[1]}"


@pytest.mark.parametrize("command", [*DOCUMENTS, "error"])
def test_a_schema_is_what_the_structs_give(command):
    path, text = FOLDER / f"{command}.json", laid_out(schema_of(command)) + "\n"
    if REWRITE:
        path.write_text(text)
    assert path.read_text() == text


def test_every_command_has_a_schema_and_nothing_else_has():
    assert DOCUMENTS.keys() == COMMANDS.keys()
    assert {path.stem for path in FOLDER.glob("*.json")} == {*DOCUMENTS, "error"}
