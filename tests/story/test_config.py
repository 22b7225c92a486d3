"""`release config`: every key, its value, and where it comes from; the schema that editors use."""

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from project import Project

from release.core.config import KEYS, BadConfig, config_schema, parse_config
from release.core.documents import load_toml

pytestmark = pytest.mark.fast

SCHEMA = json.loads(json.dumps(config_schema()))
ROOT = Path(__file__).parents[2]


def rows(run):
    document = run.succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/config.json").read_text()))
    return {row["key"]: (row["value"], row["source"]) for row in document["settings"]}


def test_without_a_configuration_the_defaults_are_told_and_what_is_found_in_head(project):
    found = rows(project.release("config --json"))
    assert found["tag-format"] == ("v{version}", "default")
    assert found["metrics"] == (["model/performance.json"], "found")
    assert found["params"] == (["model/params.json"], "found")
    assert found["headline"] == (None, "default")
    assert project.unchanged()
    project.release("config").succeeds().says("no configuration", "(the remote's default branch, release/*, hotfix/*)")


def test_each_value_names_its_file_even_if_it_is_the_default(project):
    project.write(
        ".release.toml",
        'git-remote = "origin"\n[audit]\nexclude = ["archive/**"]\n'
        '[gate."overall.f1"]\nmax-regression = "2%"\nmin = 0.8\n[auto.types]\ndocs = "patch"\n',
    )
    found = rows(project.release("config --json"))
    assert found["git-remote"] == ("origin", ".release.toml")
    assert found["audit.exclude"] == (["archive/**"], ".release.toml")
    assert found["audit.external"] == ("fail", "default")
    assert found['gate."overall.f1".max-regression'] == ("2%", ".release.toml")
    assert found['gate."overall.f1".min'] == (0.8, ".release.toml")
    assert found["auto.types.docs"] == ("patch", ".release.toml")
    project.release("config").succeeds().says('"archive/**"')


def test_a_project_in_a_folder_is_told_from_there(project):
    project.write("model/.release.toml", 'changelog = "NEWS.md"\n')
    found = rows(project.release("config --json", folder=project.folder / "model"))
    assert found["changelog"] == ("NEWS.md", "model/.release.toml")
    assert found["metrics"] == (["performance.json"], "found")


def test_a_mistake_is_told_by_its_key(project):
    project.write(".release.toml", "tag-formt = 1\n")
    project.release("config").fails_with(2).says("did you mean tag-format?")


def test_the_schema_is_printed_without_a_repository(empty_world):
    run = Project(empty_world, empty_world.root).release("config --schema").succeeds()
    assert json.loads(run.out) == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_keys_of_the_parser():
    config = SCHEMA["$defs"]["Config"]["properties"]
    assert set(config) == set(KEYS)
    assert all(value["description"] for value in config.values())
    assert "\\A" not in json.dumps(SCHEMA)


@pytest.mark.parametrize(
    "block",
    [
        block
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)
    ],
)
def test_schema_and_parser_accept_every_example_of_every_page(block):
    document = load_toml(block)
    table = document.get("tool", {}).get("release", document)
    parse_config(table, source="x", folder="")
    jsonschema.validate(table, SCHEMA)


@pytest.mark.parametrize(
    "table",
    [
        {"tag-formt": "v{version}"},
        {"tag-format": "v"},
        {"branches": "main"},
        {"commit": "yes"},
        {"models": {"charCNN": {}}},
        {"models": {"char.CNN": {"path": "m"}}},
        {"models": {"charCNN": {"path": "m", "commit": False}}},
        {"lineage": "maybe"},
        {"version-files": [{"pattern": "{version}"}]},
        {"gate": {"f1": {"max-regression": "much"}}},
        {"gate": {"f1": {"min": "high"}}},
        {"audit": {"external": "perhaps"}},
        {"auto": {"data": "huge"}},
        {"folder": "x"},
        {"gate": {"f1": {"key": "f2"}}},
        {"gate": {"f1": {"direction": "neither"}}},
        {"version-files": [{"path": "x.py", "pattern": "{version}", "date": 1}]},
        {"changelog": "a\x00.md"},
        {"commit-message": "{message}"},
    ],
)
def test_schema_and_parser_refuse_the_same(table):
    with pytest.raises(BadConfig):
        parse_config(table, source="x", folder="")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, SCHEMA)
