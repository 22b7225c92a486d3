"""The configuration: each key read, each mistake named with its file and key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.config import (
    KEYS,
    AuditConfig,
    AutoConfig,
    BadConfig,
    Config,
    Gate,
    ModelConfig,
    Tolerance,
    VersionFile,
    for_model,
    parse_config,
)
from release.core.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS
from release.core.metrics import Direction
from release.core.version import TagFormat
from release.errors import UsageError
from release.system.config_file import find_config

REFERENCE = Path(__file__).parents[2] / "docs/reference/configuration.md"


def parsed(**table):
    return parse_config({key.replace("_", "-"): value for key, value in table.items()}, source="x.toml", folder="")


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_every_key_is_read():
    config = parsed(
        tag_format="data/{version}",
        ignore_tags=["v9*"],
        branches=["main", "release/*"],
        git_remote="upstream",
        changelog="./docs//CHANGELOG.md",
        version_files=["pyproject.toml", {"path": "VERSION", "pattern": "{version}"}],
        metrics=["m.json"],
        params=[],
        headline=["overall.f1"],
        commit=False,
        push_data=True,
        publish=True,
        atomic_push=False,
        dirty_ok=["notebooks/**"],
        lineage="off",
        audit={"exclude": ["archive/**"], "external": "allow", "in-tree-remote": "fail", "lfs": "fail"},
        gate={
            "overall.f1": {"direction": "up", "max-regression": "2%", "min": 0.8, "max": 1},
            "loss": {"direction": "down", "max-regression": 0.01},
            "bare": {},
            "class.*.f1": {
                "max-regression": "2.3%",
                "baseline": "v1.2.0",
                "std-key": "class.*.std",
                "std-factor": 2,
            },
        },
        auto={"interface": ["schema/**"], "removed": "minor", "types": {"Docs": "patch"}, "breaking-below-1": "major"},
    )
    assert config == Config(
        source="x.toml",
        tag_format=TagFormat("data/{version}"),
        ignore_tags=("v9*",),
        branches=("main", "release/*"),
        git_remote="upstream",
        changelog="docs/CHANGELOG.md",
        version_files=(VersionFile(path="pyproject.toml"), VersionFile(path="VERSION", pattern="{version}")),
        metrics=("m.json",),
        params=(),
        headline=("overall.f1",),
        commit=False,
        push_data=True,
        publish=True,
        atomic_push=False,
        dirty_ok=("notebooks/**",),
        lineage="off",
        audit=AuditConfig(exclude=("archive/**",), external="allow", in_tree_remote="fail", lfs="fail"),
        gates={
            "overall.f1": Gate(
                key="overall.f1",
                direction=Direction.UP,
                max_regression=Tolerance(amount=0.02, relative=True),
                minimum=0.8,
                maximum=1.0,
            ),
            "loss": Gate(key="loss", direction=Direction.DOWN, max_regression=Tolerance(amount=0.01, relative=False)),
            "bare": Gate(key="bare"),
            "class.*.f1": Gate(
                key="class.*.f1",
                max_regression=Tolerance(amount=0.023, relative=True),
                baseline="v1.2.0",
                std_key="class.*.std",
                std_factor=2.0,
            ),
        },
        auto=AutoConfig(interface=("schema/**",), removed="minor", types={"docs": "patch"}, breaking_below_1="major"),
    )


def test_lists_may_be_as_long_as_the_limit():
    longest = "a" * MAX_PATTERN_LENGTH
    assert parsed(audit={"exclude": [longest] * MAX_PATTERNS}).audit.exclude[-1] == longest


def test_an_empty_table_is_the_default():
    assert parsed() == Config(source="x.toml")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"tag_formt": "v{version}"}, "unknown key tag-formt; did you mean tag-format?"),
        ({"audit": {"exlude": []}}, "unknown key audit.exlude; did you mean exclude?"),
        ({"gate": {"f1": {"mim": 1}}}, "unknown key gate.f1.mim; did you mean min?"),
        ({"version_files": [{"path": "a", "patern": "{version}"}]}, "unknown key version-files.patern"),
        ({"x" * 100_000: 1}, "unknown key xxx"),
        ({"audit": {"exclude": ["a"] * (MAX_PATTERNS + 1)}}, "audit.exclude: expected a list of length <= 1000"),
        ({"branches": ["a" * (MAX_PATTERN_LENGTH + 1)]}, "branches[0]: expected text of length <="),
        ({"gate": {f"g{n}": {"min": 1} for n in range(MAX_PATTERNS + 1)}}, "gate has more than 1,000 patterns"),
        ({"models": {"charCNN": {}}}, "models.charCNN"),
        (
            {"models": {"charCNN": {"path": "m", "metric": []}}},
            "unknown key models.charCNN.metric; did you mean metrics?",
        ),
        ({"models": {"charCNN": {"path": "m", "version-files": []}}}, "unknown key models.charCNN.version-files"),
        ({"models": {"charCNN": {"path": "../m"}}}, "models.charCNN.path must be a path inside the project"),
        ({"models": {"charCNN": {"path": "m", "gate": {"f1": {"mim": 1}}}}}, "unknown key models.charCNN.gate.f1.mim"),
        (
            {"models": {"charCNN": {"path": "m", "changelog": "CHANGELOG.md"}}},
            "is the changelog of the repository, too",
        ),
        (
            {"models": {"a/b": {"path": "m"}, "a-b": {"path": "n"}}},
            "CHANGELOG.a-b.md is the changelog of model a/b, too",
        ),
        ({"models": {"a": {"path": "m"}, "A": {"path": "n"}}}, "changelog of model a, too"),
        ({"models": {"a": {"path": "m", "changelog": "NEWS.rst"}}}, "models.a.changelog: NEWS.rst is no Markdown"),
        ({"models": {"char.CNN": {"path": "m"}}}, "a model's name has ASCII letters"),
        ({"models": {"modèle": {"path": "m"}}}, "a model's name has ASCII letters"),
        ({"models": {"charCNN_": {"path": "m"}}}, "a model's name has ASCII letters"),
        ({"models": {"": {"path": "m"}}}, "a model's name has ASCII letters"),
        ({"models": {"a@v1": {"path": "m"}}}, "a model's name has ASCII letters"),
        ({"models": {"a//b": {"path": "m"}}}, "git does not allow a tag"),
        ({"models": ["charCNN"]}, "models: expected"),
        ({"tag_format": "v"}, "tag-format"),
        ({"tag_format": "v{version}.lock"}, "tag-format"),
        ({"tag_format": "charCNN@v{version}"}, "model's versions"),
        ({"tag_format": 3}, "tag-format"),
        ({"ignore_tags": "v1"}, "ignore-tags: expected a list, got text"),
        ({"branches": [1]}, "branches"),
        ({"branches": [""]}, "branches"),
        ({"git_remote": "-x"}, "git-remote"),
        ({"git_remote": ""}, "git-remote"),
        ({"changelog": "/etc/passwd"}, "changelog"),
        ({"changelog": "../CHANGELOG.md"}, "changelog"),
        ({"changelog": "a/../../b"}, "changelog"),
        ({"changelog": ".git/hooks/pre-commit"}, "changelog"),
        ({"changelog": "sub/.Git./hooks/pre-commit"}, "changelog"),
        ({"changelog": "a/.GIT/config"}, "changelog"),
        ({"changelog": "docs/"}, "changelog"),
        ({"changelog": "."}, "changelog"),
        ({"changelog": "a\nb"}, "changelog"),
        ({"changelog": "a\\b"}, "changelog"),
        ({"changelog": False}, "changelog"),
        ({"metrics": "m.json"}, "metrics"),
        ({"metrics": ["../m.json"]}, "metrics"),
        ({"params": ["~/p.json"]}, "params"),
        ({"dirty_ok": ["/**"]}, "dirty-ok"),
        ({"audit": {"exclude": ["../**"]}}, "audit.exclude"),
        ({"audit": {"external": "ignore"}}, "audit.external: must be one of fail, allow, not 'ignore'"),
        ({"audit": {"in-tree-remote": True}}, "audit.in-tree-remote"),
        ({"audit": {"lfs": "ignore"}}, "audit.lfs: must be one of warn, fail, not 'ignore'"),
        ({"audit": []}, "audit: expected a table, got a list"),
        ({"commit": 1}, "commit: expected true or false, got a whole number"),
        ({"push_data": "yes"}, "push-data"),
        ({"lineage": "maybe"}, "lineage"),
        ({"lineage": []}, "lineage"),
        ({"headline": [["f1"]]}, "headline"),
        ({"version_files": "pyproject.toml"}, "version-files"),
        ({"changelog": "docs/HISTORY.rst"}, "changelog: docs/HISTORY.rst is no Markdown"),
        ({"changelog": "NEWS.ADOC"}, "is no Markdown"),
        ({"version_files": [{"path": "V", "pattern": "{version} {date} {date}"}]}, "{date} at most once"),
        ({"version_files": [{"path": "V", "pattern": "\x1b{version}"}]}, "version-files"),
        ({"version_files": ["VERSION"]}, "version-files"),
        ({"version_files": ["Cargo.toml"]}, "version-files"),
        ({"version_files": [3]}, "version-files"),
        ({"version_files": [{"path": "VERSION"}]}, "version-files"),
        ({"version_files": [{"pattern": "{version}"}]}, "version-files: Object missing required field `path`"),
        ({"version_files": [{"path": "V", "pattern": "v"}]}, "version-files: pattern must"),
        ({"version_files": [{"path": "V", "pattern": "{version}{version}"}]}, "version-files: pattern must"),
        ({"version_files": ["pyproject.toml", "./pyproject.toml"]}, "must name each file once"),
        ({"gate": {"f1": 0.8}}, "gate.f1: expected a table, got a number"),
        ({"gate": {"f1": {"direction": "sideways"}}}, "gate.f1.direction"),
        ({"gate": {"f1": {"min": "0.8"}}}, "gate.f1.min"),
        ({"gate": {"f1": {"min": True}}}, "gate.f1.min"),
        ({"gate": {"f1": {"min": float("nan")}}}, "gate.f1.min"),
        ({"gate": {"f1": {"max": 10**400}}}, "gate.f1.max"),
        ({"gate": {"f1": {"min": 2, "max": 1}}}, "gate.f1.min"),
        ({"gate": {"f1": {"baseline": "v1.0.0"}}}, "gate.f1.baseline must be set together with max-regression"),
        ({"gate": {"f1": {"baseline": "-d", "max-regression": 1}}}, "gate.f1.baseline"),
        ({"gate": {"f1": {"std-key": "f1_std"}}}, "gate.f1.std-key must be set together with max-regression"),
        ({"gate": {"f1": {"std-factor": 2, "max-regression": 1}}}, "gate.f1.std-factor"),
        ({"gate": {"f1": {"std-key": "s", "std-factor": -1, "max-regression": 1}}}, "gate.f1.std-factor"),
        ({"auto": {"data": "huge"}}, "auto.data: must be one of major, minor, patch, none, not 'huge'"),
        ({"auto": {"types": {"feat": 1}}}, "auto.types"),
        ({"auto": {"types": {"feat!": "major"}}}, "auto.types.feat! has no effect: no commit has this type"),
        ({"auto": {"types": {"fix(api)": "minor"}}}, "auto.types.fix(api) has no effect"),
        ({"auto": {"types": {"docs": "patch", "Docs": "none"}}}, "auto.types.Docs has no effect: it is there twice"),
        ({"auto": {"interface": ["../labels.json"]}}, "auto.interface"),
        ({"auto": {"intrface": []}}, "unknown key auto.intrface; did you mean interface?"),
        ({"gate": {"f1": {"max-regression": -1}}}, "gate.f1.max-regression"),
        ({"gate": {"f1": {"max-regression": "2"}}}, "gate.f1.max-regression"),
        ({"gate": {"f1": {"max-regression": "9" * 400 + "%"}}}, "gate.f1.max-regression"),
        ({"gate": {"f1": {"max-regression": 10**400}}}, "gate.f1.max-regression"),
        ({"gate": {"f1": {"max-regression": float("inf")}}}, "gate.f1.max-regression"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(table, says):
    with pytest.raises(BadConfig) as caught:
        parsed(**table)
    assert caught.value.message.startswith("x.toml: ")
    assert says in caught.value.message
    assert len(caught.value.message) < 400
    assert caught.value.help


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=3))
def test_no_value_is_a_bug(table):
    try:
        parse_config(table, source="x.toml", folder="")
    except BadConfig as error:
        assert error.help  # noqa: PT017 - whether it is raised depends on the table


def test_without_configuration_there_are_the_defaults(tmp_path):
    put(tmp_path / "pyproject.toml", '[project]\nname = "x"\ndescription = "a tool for release"\n[tool.ruff]\n')
    assert find_config(tmp_path, tmp_path) == Config()


def test_the_nearest_configuration_is_in_force(tmp_path):
    put(tmp_path / "pyproject.toml", '[tool.release]\ntag-format = "top-{version}"\n')
    put(tmp_path / "a/.release.toml", 'tag-format = "a-{version}"\n')
    put(tmp_path / "a/b/pyproject.toml", '[project]\nname = "b"\n[tool.releases]\nx = 1\n')
    (tmp_path / "a/b/c").mkdir()
    found = find_config(tmp_path / "a/b/c", tmp_path)
    assert (found.tag_format.pattern, found.folder, found.source) == ("a-{version}", "a", "a/.release.toml")
    found = find_config(tmp_path, tmp_path)
    assert (found.tag_format.pattern, found.folder, found.source) == ("top-{version}", "", "pyproject.toml")


def test_nothing_above_the_git_root_counts(tmp_path):
    put(tmp_path / ".release.toml", "commit = false\n")
    (tmp_path / "repository/a").mkdir(parents=True)
    assert find_config(tmp_path / "repository/a", tmp_path / "repository") == Config()


@pytest.mark.parametrize(
    "text",
    [
        "[tool.release]\ncommit = false\n",
        '[tool."release"]\ncommit = false\n',
        "[ tool . 'release' ]\ncommit = false\n",
        "['tool'.release]\ncommit = false\n",
        "tool.release.commit = false\n",
        "[tool]\nrelease.commit = false\n",
        "[tool]\nrelease = {commit = false}\n",
        "tool = {release = {commit = false}}\n",
        "[tool]\n[tool.release]\r\ncommit = false\r\n",
        "\ufeff[tool.release]\ncommit = false\n",
    ],
)
def test_every_spelling_of_the_table_is_found(text, tmp_path):
    put(tmp_path / "pyproject.toml", text)
    assert find_config(tmp_path, tmp_path).commit is False


def test_the_block_of_a_pyproject_may_stand_in_the_own_file(tmp_path):
    put(tmp_path / ".release.toml", "[tool.release]\ncommit = false\n")
    assert find_config(tmp_path, tmp_path).commit is False


def test_an_empty_own_file_configures_the_folder(tmp_path):
    put(tmp_path / ".release.toml", "[tool.release]\ncommit = false\n")
    put(tmp_path / "a/.release.toml", "")
    found = find_config(tmp_path / "a", tmp_path)
    assert (found.commit, found.folder) == (True, "a")


def test_two_in_one_folder_are_refused(tmp_path):
    put(tmp_path / "pyproject.toml", "[tool.release]\n")
    put(tmp_path / ".release.toml", "")
    with pytest.raises(BadConfig, match=r"both \.release\.toml and pyproject\.toml"):
        find_config(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[tool.release]\ncommit = \n", "line 2"),
        (b"[tool.release]\ncommit = true\ncommit = false\n", "line 3"),
        (b"[tool.release]\nx = '\xff'\n", "line 2, column 6: byte 0xff is not UTF-8"),
        (b"[tool.release]\nx = " + b"[" * 100_000, "nested"),
        (b"[tool.release]\n" + b"a." * 100_000 + b"a = 1\n", "nested"),
        (b"[tool.release]\nx = " + b"9" * 10_000 + b"\n", ""),
        (b"[tool]\nrelease = 3\n", "must be a table"),
        (b"[tool.release]\n#" + b"x" * 1_100_000, "larger than 1 MB"),
    ],
)
def test_a_broken_file_is_named_with_the_place(data, says, tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(BadConfig, match=r"pyproject\.toml") as caught:
        find_config(tmp_path, tmp_path)
    assert says in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("name", [".release.toml", "pyproject.toml"])
def test_what_is_no_file_of_the_repository_is_refused(name, tmp_path):
    root = tmp_path / "repository"
    root.mkdir()
    outside = put(tmp_path / "outside.toml", "[tool.release]\n")
    for make, says in [
        (lambda path: path.symlink_to(outside), "link out of the repository"),
        (lambda path: path.symlink_to(path.name), ""),
        (lambda path: path.symlink_to("nowhere"), "not a file"),
        (os.mkfifo, "not a file"),
    ]:
        make(root / name)
        with pytest.raises(BadConfig, match=re.escape(name)) as caught:
            find_config(root, root)
        assert says in caught.value.message
        (root / name).unlink()
    (root / name).mkdir()
    with pytest.raises(BadConfig, match="not a file"):
        find_config(root, root)


def test_a_link_inside_the_repository_is_followed(tmp_path):
    put(tmp_path / "shared/release.toml", "commit = false\n")
    (tmp_path / ".release.toml").symlink_to("shared/release.toml")
    assert find_config(tmp_path, tmp_path).commit is False


def test_a_project_that_does_not_configure_release_parses_nothing(tmp_path):
    put(tmp_path / "pyproject.toml", '[project]\nname = "x"\n[tool.ruff]\nline-length = 100\n')
    code = f"import sys, pathlib; from release.system.config_file import find_config; root = pathlib.Path({str(tmp_path)!r}); find_config(root, root); sys.exit('tomllib' in sys.modules or 'tomli' in sys.modules)"
    measuring = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")  # which reads a TOML file itself
    environment = {name: value for name, value in os.environ.items() if name not in measuring}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0


MODELS = {
    "charCNN": {"path": "models/charCNN/", "metrics": ["charCNN.json"], "gate": {"f1": {"min": 0.5}}},
    "text/ner": {"path": "models/ner.pt", "changelog": "models/NER.md"},
}


def test_a_model_has_tags_changelog_numbers_and_gates_of_its_own_and_the_rest_is_the_repositorys():
    around = parsed(models=MODELS, params=["all.yaml"], gate={"f1": {"min": 0.1}}, branches=["main"])
    one, other = for_model(around, "charCNN"), for_model(around, "text/ner")
    assert (one.tag_format.pattern, one.changelog) == ("charCNN@v{version}", "CHANGELOG.charCNN.md")
    assert (one.metrics, one.params, one.gates["f1"].minimum) == (("charCNN.json",), ("all.yaml",), 0.5)
    assert (one.model, one.only) == ("charCNN", ("models/charCNN", "charCNN.json"))
    assert (other.tag_format.pattern, other.changelog) == ("text/ner@v{version}", "models/NER.md")
    assert (other.metrics, other.gates, other.branches) == ((), {}, ("main",))
    assert (other.version_files, for_model(other, "charCNN").tag_format) == ((), one.tag_format)


def test_the_tag_of_a_model_in_a_folder_begins_with_the_folder_as_gto_writes_it():
    folder = parse_config({"models": {"charCNN": {"path": "m"}}}, source="sub/.release.toml", folder="sub")
    assert for_model(folder, "charCNN").tag_format.pattern == "sub=charCNN@v{version}"
    with pytest.raises(BadConfig, match="GTO knows no models in a folder"):
        parse_config({"models": {"charCNN": {"path": "m"}}}, source="a b/.release.toml", folder="a b")


@pytest.mark.parametrize(
    ("models", "name", "says"),
    [
        (MODELS, "charCnn", "no model 'charCnn' is configured; did you mean charCNN?"),
        (MODELS, "resnet", "no model 'resnet' is configured; there are charCNN, text/ner"),
        ({}, "charCNN", "no model 'charCNN' is configured; there are none"),
    ],
)
def test_an_unknown_model_is_told_with_those_that_there_are(models, name, says):
    with pytest.raises(UsageError) as error:
        for_model(parsed(models=models), name)
    assert error.value.message == says
    meant = "--model charCNN" if "did you mean" in says else f'[tool.release.models."{name}"]'
    assert meant in (error.value.help or "")


def test_the_reference_names_every_key():
    text = REFERENCE.read_text(encoding="utf-8")
    keys = [
        *KEYS,
        "exclude",
        "external",
        "in-tree-remote",
        "lfs",
        "direction",
        "max-regression",
        "min",
        "max",
        "path",
        "pattern",
        *ModelConfig.__struct_encode_fields__,
    ]
    assert [key for key in keys if f"`{key}`" not in text] == []


def test_the_examples_of_the_reference_are_valid(tmp_path):
    blocks = re.findall(r"^```toml\n(.*?)^```", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        put(tmp_path / "pyproject.toml", block)
        assert find_config(tmp_path, tmp_path).source == "pyproject.toml"
