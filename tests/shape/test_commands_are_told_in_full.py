"""The command table, each command's help and the reference say the same."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
from pathlib import Path

import click
import pytest

from release.app import COMMANDS, GROUPS, main

REFERENCE = Path(__file__).parents[2] / "docs/reference/commands"
NAMES = sorted(COMMANDS)


def command(name):
    return importlib.import_module(COMMANDS[name].module).command


def section(name):
    return (REFERENCE / f"{name}.md").read_text()


def options(name):
    return [parameter for parameter in command(name).params if isinstance(parameter, click.Option)]


@pytest.mark.parametrize("name", NAMES)
def test_the_one_line_help_of_the_table_is_the_commands_own(name):
    assert command(name).help.split("\n", 1)[0] == COMMANDS[name].help


@pytest.mark.parametrize("name", NAMES)
def test_the_command_has_the_name_of_its_table_row_and_module(name):
    assert command(name).name == name
    assert COMMANDS[name].module.removesuffix(".cli") == f"release.commands.{name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_what_every_command_takes(name):
    taken = {word for option in options(name) for word in option.opts}
    assert taken >= {"-C", "--json", "-y", "--yes", "--dry-run", "-q", "--quiet", "-v", "--verbose"}


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_help_text(name):
    assert [option.opts for option in options(name) if not option.help] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_command_takes_what_its_options_give_and_nothing_else(name):
    given = {parameter.name for parameter in command(name).params if parameter.expose_value}
    given -= {"inner", "as_json", "quiet", "verbose"}  # they make the Call
    inspect.signature(inspect.unwrap(command(name).callback)).bind("call", **dict.fromkeys(given))


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_names_the_command_and_each_of_its_options(name):
    told = section(name) + section("index")
    words = [word for option in options(name) for word in (*option.opts, *option.secondary_opts)]
    assert [word for word in words if not re.search(rf"`{word}[ `]", told)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_names_no_option_that_the_command_lacks(name):
    named = set(re.findall(r"^(?:\| .*?\||- `-.*?:)", section(name), flags=re.MULTILINE))
    told = {word for row in named for word in re.findall(r"`(--?[a-z][a-z-]*)", row)}
    assert told <= {word for option in options(name) for word in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("name", NAMES)
def test_help_has_two_examples_that_parse(name, capsys):
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out.split("Examples:", 1)[1]
    examples = [re.split(r" {2,}", line.strip())[0] for line in shown.splitlines() if line.strip()]
    assert len(examples) >= 2
    for example in examples:
        program, first, *rest = shlex.split(example)
        assert (program, first) == ("release", name)
        command(name).make_context(name, rest, resilient_parsing=False)


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_eighty_columns(name, capsys):
    main([name, "--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_every_command_stands_in_a_group_of_the_help(capsys):
    assert {entry.group for entry in COMMANDS.values()} <= {group for group, _ in GROUPS}
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [
        name
        for name, entry in COMMANDS.items()
        if not re.search(rf"^  {name} +{re.escape(entry.help)}", shown, re.MULTILINE)
    ] == []
    assert [line for line in shown.splitlines() if len(line) > 80] == []
