"""The pages of the commands: what the code can write of them is generated (`REWRITE_GOLDEN=1` writes it again)."""

from __future__ import annotations

import importlib
import json
import re
from hashlib import sha1
from pathlib import Path
from typing import Any

import click
import pytest
from forge_server import forge_server, settle
from page_blocks import REFERENCE, ROOT, compare
from project import Project
from project.templates import performance

from release.app import COMMANDS, GROUPS

FOLDER = REFERENCE / "commands"
EVERYWHERE = {"-C", "--json", "--quiet", "--verbose", "--help"}

# A line for each command, typed in this order into one project; `bump` and `prepare` come with a new model.
LINES = (
    "init --dry-run",
    "status",
    "next minor",
    "bump minor -m charCNN --yes",
    "list --metric overall.f1",
    "show v0.2.0",
    "verify v0.2.0",
    "diff v0.1.0 v0.2.0",
    "changelog v0.2.0",
    "report",
    "publish v0.2.0",
    "fetch",
    "recover",
    "config",
    "completion bash",
    "demo --dry-run",
    "checkout v0.1.0 --dry-run",
    "rollback v0.1.0 --dry-run",
    "yank v0.2.0 -m leak --dry-run",
    "undo v0.2.0 --dry-run",
    "delete v0.2.0 --local --dry-run",
    "prepare minor --dry-run",
    "stages",
    "promote v0.2.0 staging --dry-run",
    "drill v0.2.0",
)


def page(name: str) -> Path:
    return FOLDER / f"{name}.md"


def command(name: str) -> click.Command:
    found = importlib.import_module(COMMANDS[name].module).command
    assert isinstance(found, click.Command)
    return found


def options(name: str) -> list[click.Option]:
    return [each for each in command(name).params if isinstance(each, click.Option)]


def usage(name: str) -> str:
    words = [each.metavar or "" for each in command(name).params if isinstance(each, click.Argument)]
    line = " ".join(["release", name, *words, "[OPTIONS]"])
    return f"{COMMANDS[name].help}\n\n```sh\n{line}\n```\n"


def examples(name: str) -> str:
    lines = (command(name).epilog or "").split("Examples:\n")[1].splitlines()
    rows = [re.split(r" {2,}", line.strip(), maxsplit=1) for line in lines]
    widest = max(len(row[0]) for row in rows)
    shown = [f"{row[0]:<{widest}}  # {row[1]}" if len(row) > 1 else row[0] for row in rows]
    return "```sh\n" + "\n".join(shown) + "\n```\n"


def table_of_options(name: str) -> str:
    rows = [row(each) for each in options(name) if not each.hidden and not EVERYWHERE & {*each.opts}]
    head = "| option | does |\n| --- | --- |\n" + "".join(rows) if rows else "This command has no options of its own.\n"
    return head + "\n[Options of every command](index.md#options-of-every-command): `-C`, `--json`, `-q`, `-v`, `-h`.\n"


def row(option: click.Option) -> str:
    is_choice = isinstance(option.type, click.Choice)
    value = "" if option.is_flag else f" {option.metavar or 'WORD'}"
    words = ", ".join(f"`{word}{value}`" for word in (*option.opts, *option.secondary_opts))
    choices = "".join(f"`{word}`, " for word in getattr(option.type, "choices", ()))
    help = (option.help or "") + (f" One of {choices[:-2]}." if is_choice else "")
    parts = help.split("`")  # what has an odd index is code already
    parts[::2] = [re.sub(r"(?<![\w-])(--[a-z][a-z-]*)", r"`\1`", part) for part in parts[::2]]
    return f"| {words} | {'`'.join(parts)} |\n"


def cut(value: Any) -> Any:
    """A document as a page shows it: two items of a list or a map of numbers, the beginning of a long text."""
    if isinstance(value, list):
        more = [f"... {len(value) - 2} more"] if len(value) > 2 else []
        return [*map(cut, value[:2]), *more]
    if isinstance(value, dict):
        is_long = len(value) > 2 and all(isinstance(each, int | float) for each in value.values())
        kept = dict(list(value.items())[:2]) | {"...": f"{len(value) - 2} more"} if is_long else value
        return {key: cut(each) for key, each in kept.items()}
    if isinstance(value, str) and len(value) > 100:
        return value[:80] + "..."
    return value


def steady(text: str, project: Project, seen: dict[str, str]) -> str:
    """A document without what depends on the machine: its folders and ports, and ids of objects (of DVC's version)."""
    text = text.replace(str(project.world.root), "/home/ada")
    text = re.sub(r'"id": "[0-9a-f]{32}"', '"id": "019d2a3c183d8fec7a3d084907384ad6"', text)  # of the time, and random
    text = re.sub(r"http://127\.0\.0\.1:\d+", "https://github.example", text)
    text = re.sub(r'("(?:clone|restore|compare)": )[\d.]+', r"\g<1>1.5", text)  # seconds
    for oid in re.findall(r"\b[0-9a-f]{40}\b", text):
        seen.setdefault(oid, sha1(str(len(seen)).encode(), usedforsecurity=False).hexdigest())
    for oid, shown in seen.items():
        text = text.replace(oid, shown)
        text = re.sub(rf"\b{oid[:7]}\b", shown[:7], text)
    return text


def laid_out(value: Any, depth: int = 0) -> str:
    """As JSON: on one line what fits there."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + depth <= 100 or not isinstance(value, dict | list):
        return line
    ends, rows = "[]", [laid_out(each, depth + 2) for each in value]
    if isinstance(value, dict):
        ends, rows = "{}", [f"{json.dumps(key)}: {laid_out(each, depth + 2)}" for key, each in value.items()]
    margin = " " * (depth + 2)
    return f"{ends[0]}\n{margin}" + f",\n{margin}".join(rows) + f"\n{' ' * depth}{ends[1]}"


def group_table() -> str:
    rows = [
        f"| {title} | [`release {name}`]({name}.md) | {entry.help} |\n"
        for group, title in GROUPS
        for name, entry in COMMANDS.items()
        if entry.group == group
    ]
    return "| | command | does |\n| --- | --- | --- |\n" + "".join(rows)


@pytest.mark.fast
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("block", [usage, examples, table_of_options], ids=["usage", "examples", "options"])
def test_a_page_is_what_the_command_has(block, name):
    compare(FOLDER / f"{name}.md", block.__name__.removeprefix("table_of_"), block(name))


@pytest.mark.fast
def test_the_index_has_every_command_and_there_is_no_other_page():
    compare(FOLDER / "index.md", "commands", group_table())
    assert {path.stem for path in FOLDER.glob("*.md")} == {*COMMANDS, "index"}


def test_the_json_of_a_page_is_what_the_command_answers(released):
    assert {line.split()[0] for line in LINES} == COMMANDS.keys()
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.train(bytes(range(256)) * 80, performance(f1=0.9))
    seen: dict[str, str] = {}
    with forge_server("github") as server:
        settle(released, server)
        for line in ("bump minor", *LINES):
            name = line.split()[0] if line != "bump minor" else "index"  # which shows a failure
            if name == "stages":
                for tag in ("charCNN@v1.0.0", "charCNN#prod#1"):
                    released.git("tag", "-a", "-m", f"{tag} by hand", tag, "v0.2.0^{commit}")
            if name == "prepare":
                released.train(bytes(range(256)) * 96, performance(f1=0.95))
            said = steady(released.release(f"{line} --json").out, released, seen)
            shown = laid_out(cut(json.loads(said)))
            compare(FOLDER / f"{name}.md", "json", f"`release {line} --json`:\n\n```json\n{shown}\n```\n")


# Exit codes: a page has those with which a story of that command ends. 0, 1, 2 and 130 are those of every command.
EVERY_CODE = {0, 1, 2, 130}


def codes_of_stories() -> dict[str, set[int]]:
    """The codes with which calls of each command end in the tests, as far as one line says both."""
    found: dict[str, set[int]] = {name: set() for name in COMMANDS}
    call = r"(?:release(?:_process)?\((?:\w+, )?(?:f?[\"'](?P<word>\w+)|(?P<name>[A-Z]+)\b)|\.(?P<verb>recover)\().*\.fails_with\((?P<code>\d+)\)"
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text()
        named = dict(re.findall(r"^([A-Z]+) = \"(\w+)", text, re.MULTILINE))
        for match in re.finditer(call, text):
            name = match["word"] or match["verb"] or named.get(match["name"] or "", "")
            found.get(name, set()).add(int(match["code"]))
        for word, code in re.findall(r"^ *\(\"(\w+)[^\"]*\", (\d+),", text, re.MULTILINE):
            found.get(word, set()).add(int(code))
    return found


@pytest.mark.fast
def test_a_page_has_the_exit_codes_of_its_command():
    assert {name: codes_of_page(name) - EVERY_CODE for name in COMMANDS} == {
        name: codes - EVERY_CODE for name, codes in codes_of_stories().items()
    }


def codes_of_page(name: str) -> set[int]:
    table = (FOLDER / f"{name}.md").read_text().partition("## Exit codes\n")[2].partition("\n## ")[0]
    return {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
