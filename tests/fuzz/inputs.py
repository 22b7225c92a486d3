"""The classes of inputs: where nonsense goes, what it is made of, and the exit codes that each command may end with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from hypothesis import strategies as st
from nonsense import TOKENS, as_json, as_toml, as_yaml, odd, spoiled
from project.templates import PARAMS, PERFORMANCE

CONFIG = b"""\
tag-format = "v{version}"
branches = ["main", "release/*"]
git-remote = "origin"
changelog = "CHANGELOG.md"
version-files = [{path = "VERSION", pattern = "{version}"}]
metrics = ["model/performance.json"]
params = ["model/params.json"]
headline = ["overall.f1"]
commit = true
push-data = false
dirty-ok = ["notebooks/**"]
lineage = "warn"
ignore-tags = ["old*"]

[audit]
exclude = ["archive/**"]
external = "fail"
in-tree-remote = "warn"

[gate."overall.f1"]
direction = "up"
max-regression = "2%"
min = 0.80
"""
PYPROJECT = b"""\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "title-classifier"
version = "0.1.0"  # of the last release
dependencies = ["torch"]

[project.optional-dependencies]
test = ["pytest"]

[tool.setuptools]
packages = ["x"]

[tool.ruff]
line-length = 100
"""
# With the tool's own table, as people have it who want no file more.
CONFIGURED = (
    PYPROJECT
    + b"\n[tool.release]\n"
    + CONFIG.replace(b"[audit]", b"[tool.release.audit]")
    .replace(b"[gate.", b"[tool.release.gate.")
    .replace(b'version-files = [{path = "VERSION", pattern = "{version}"}]', b'version-files = ["pyproject.toml"]')
)
POINTER = {"outs": [{"md5": "3df67097cee5e4cea36e0f941c134ffc", "size": 16384, "hash": "md5", "path": "model.pt"}]}
PIPELINE: Mapping[str, Any] = {
    "vars": [{"epochs": 3}],
    "stages": {
        "train": {
            "cmd": "sh train.sh ${epochs}",
            "deps": ["data/rows.csv", "train.sh"],
            "params": ["train", {"other.yaml": ["a.b"]}],
            "outs": ["out/model.bin", {"out/plots": {"persist": True}}],
            "metrics": [{"scores.json": {"cache": False}}],
        },
        "each": {"foreach": ["a", "b"], "do": {"cmd": "true ${item}", "outs": ["x/${item}"], "frozen": True}},
    },
    "metrics": ["scores.json"],
}
NESTED = {"a": 1, "b": {"c": [0.5, 2], "d": {"f1": 0.5}}}
LOCK = {
    "schema": "2.0",
    "stages": {
        "train": {
            "cmd": "sh train.sh",
            "deps": [{"path": "data/rows.csv", "hash": "md5", "md5": "d41d8cd98f00b204e9800998ecf8427e", "size": 12}],
            "params": {"params.yaml": {"train": {"seed": 1234, "epochs": 3}}},
            "outs": [{"path": "out/plots", "hash": "md5", "md5": "d41d8cd98f00b204e9800998ecf8427e.dir", "size": 4}],
        }
    },
}
DVC_LINES = (
    *("[core]", "[cache]", "[remote]", "[[x]]", "['remote \"storage\"']", "['remote \"STORAGE\"']", "['remote \"b\"']"),
    *(
        "remote = storage",
        "remote = b",
        "url = ../../stores/blob",
        "url = remote://storage/x",
        "url = s3://[x/y",
        "url =",
    ),
    *(
        "url = remote://[x",
        "url = \x00",
        "url = ssh://a:b@[::1]:x/y",
        "url = ../\N{BYTE ORDER MARK}",
        "dir = /nowhere/x",
    ),
    *(
        "version_aware = true",
        "verify = maybe",
        "port = x",
        "url = %(x)s",
        "url = a, b",
        "url = 'a",
        "type = symlink,x",
    ),
    *("= x", "x", "[", "]", "", "# x", "['machine \"m\"']", "autostage = 7", "site_cache_dir = \x00", "jobs = -1"),
)
CHANGELOG_LINES = (
    *(
        "# Changelog",
        "## [Unreleased]",
        "## [0.1.0] - 2026-01-05",
        "## [0.2.0] - x",
        "## [0.1.0]",
        "## Unreleased",
        "##",
    ),
    *(
        "### Added",
        "- x",
        "```",
        "~~~",
        "<!--",
        "-->",
        "<details>",
        "[0.1.0]: https://example.org",
        "===",
        "\tcode",
        "> #",
    ),
    *(
        "\x1b[31mred",
        "\x00",
        "## [999999999999999999999.0.0]",
        "[Unreleased]: x",
        "## [Unreleased]\r",
        "\N{LINE SEPARATOR}",
    ),
)
TRAILERS = (
    *(
        "Release-Schema: 1",
        "Release-Schema: 99",
        "Release-Id: x",
        "Release-Previous: none",
        "Release-Previous: v0.1.0 x",
    ),
    *(
        "Release-Objects: x y",
        "Release-Objects: -1 -1",
        "Release-Digest: " + "0" * 64,
        "Release-Metrics:",
        "Release-Excluded: 9",
    ),
    *(
        "Release-Regression: \x1b[2J",
        "Release-Objects: " + "9" * 5000 + " 1",
        "",
        "x",
        "## Performance",
        "  x  0.1  0.2",
    ),
    *(
        "-----BEGIN PGP SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----",
        "-----END PGP SIGNATURE-----",
        "\x00",
        "Release-Previous: v0.2.0 x",
    ),
)


def lines(choices: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    """Any lines in any order."""
    return st.lists(st.sampled_from(choices), max_size=12).map(lambda found: "\n".join(found).encode())


def one_of_bytes() -> st.SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=40), st.sampled_from(TOKENS))


LOOK = (
    "list --json",
    "show v0.2.0",
    "diff v0.1.0 v0.2.0",
    "changelog v0.2.0",
    "list --signatures",
    "show v0.2.0 --json",
)
JUDGE = ("verify", "bump patch --dry-run --yes", "bump auto --dry-run --json")
READ = {"status": {0}, "changelog": {0}, "diff v0.1.0": {0}} | {line: {0} for line in LOOK}


def codes(verify: set[int], bump: set[int], look: set[int] | None = None) -> Mapping[str, set[int]]:
    """What commands may end with: `verify`, a rehearsed `bump`, and those that only look."""
    table = READ if look is None else dict.fromkeys(READ, look)
    return table | dict(zip(JUDGE, (verify, bump, bump), strict=True))


# A tag that only this clone has waits to be published: another KIND than its own is refused.
TAG_CODES: Mapping[str, set[int]] = {
    line: {0, 3} if line == JUDGE[1] else {0}
    for line in (*READ, "verify v0.2.0", "verify --all", JUDGE[1], "recover --yes")
}


@dataclass(frozen=True, slots=True)
class Input:
    """A class of inputs: where the bytes go, what they are, and the exit codes that each command may end with.

    `instead_of` is a file that is not there then.
    """

    name: str
    template: str
    path: str
    data: st.SearchStrategy[bytes]
    may: Mapping[str, set[int]] = field(repr=False)
    instead_of: str | None = None


FINE, NUMBERS, DATA = codes({0}, {0}), codes({0}, {0, 3}), codes({0, 4, 6}, {0, 3, 4, 6})
BROKEN_DATA = codes({4}, {3, 4})
BAD_CONFIG = codes({2}, {2}, {2})
ANY_CONFIG = codes({0, 2}, {0, 2, 3, 5}, {0, 2})
OTHERS_CONFIG = codes({0, 2}, {0, 2, 3}, {0, 2})  # only what is no TOML is wrong there
BAD_TABLES = (
    *(b"[tool.release", b"\xff\n[tool.release]\n", b"[tool]\nrelease = 1\n", b"[tool.release]\nx = 1\n"),
    *(
        b"[tool.release]\n[tool.release]\n",
        b"[[tool.release]]\n",
        b"[tool.release]\ncommit = 7\n",
        b"tool.release = []\n",
    ),
)
valid_metrics = json.dumps(PERFORMANCE, indent=2).encode()
INPUTS = (
    Input("metrics, spoiled", "plain", "model/performance.json", spoiled(valid_metrics), NUMBERS),
    Input("metrics, odd", "plain", "model/performance.json", odd(PERFORMANCE).map(as_json), NUMBERS),
    Input("metrics, no JSON", "plain", "model/performance.json", st.just(b"{"), codes({0}, {3})),
    Input("params, odd", "plain", "model/params.json", odd(PARAMS).map(as_json), NUMBERS),
    Input("metrics in YAML, odd", "plain", "m.yaml", odd(NESTED).map(as_yaml), NUMBERS),
    Input("metrics in TOML, odd", "plain", "m.toml", odd(NESTED).map(as_toml), NUMBERS),
    Input("metrics in YAML, spoiled", "plain", "m.yaml", spoiled(as_yaml(NESTED)), NUMBERS),
    Input("pointer, spoiled", "plain", "model/model.pt.dvc", spoiled(as_yaml(POINTER)), DATA),
    Input("pointer, odd", "plain", "model/model.pt.dvc", odd(POINTER).map(as_yaml), DATA),
    Input("pointer, no YAML", "plain", "model/model.pt.dvc", st.sampled_from((b"\xff", b"[", b"a: b: c")), BROKEN_DATA),
    Input("pointer of a folder, odd", "directory", "data/images.dvc", odd(POINTER).map(as_yaml), DATA),
    Input("dvc.yaml, odd", "pipeline", "dvc.yaml", odd(PIPELINE).map(as_yaml), DATA),
    Input("dvc.yaml, spoiled", "pipeline", "dvc.yaml", spoiled(as_yaml(PIPELINE)), DATA),
    Input("dvc.lock, odd", "pipeline", "dvc.lock", odd(LOCK).map(as_yaml), DATA),
    Input("dvc.lock, spoiled", "pipeline", "dvc.lock", spoiled(as_yaml(LOCK)), DATA),
    Input(".dvc/config", "plain", ".dvc/config", lines(DVC_LINES), DATA),
    Input(".dvcignore", "plain", ".dvcignore", one_of_bytes(), DATA),
    Input("configuration, spoiled", "plain", ".release.toml", spoiled(CONFIG), ANY_CONFIG),
    Input(
        "configuration, odd",
        "plain",
        ".release.toml",
        odd(tomlkit.parse(CONFIG.decode()).unwrap()).map(as_toml),
        ANY_CONFIG,
    ),
    Input("configuration, no TOML", "plain", ".release.toml", st.sampled_from((b"\xff", b"=", b"a = ")), BAD_CONFIG),
    Input(
        "configuration, unknown", "plain", ".release.toml", st.sampled_from((b"x = 1", b"[audit]\ny = 1")), BAD_CONFIG
    ),
    Input("pyproject.toml, spoiled", "plain", "pyproject.toml", spoiled(CONFIGURED), ANY_CONFIG, ".release.toml"),
    Input(
        "pyproject.toml, odd",
        "plain",
        "pyproject.toml",
        odd(tomlkit.parse(CONFIGURED.decode()).unwrap()).map(as_toml),
        ANY_CONFIG,
        ".release.toml",
    ),
    Input(
        "pyproject.toml, a bad table of ours",
        "plain",
        "pyproject.toml",
        st.sampled_from(BAD_TABLES),
        BAD_CONFIG,
        ".release.toml",
    ),
    Input(
        "pyproject.toml, no TOML and nothing of ours",
        "plain",
        "pyproject.toml",
        st.sampled_from((b"\xff", b"=", b"[tool.ruff", b"\x00", b"[project]\nversion = \xff\n")),
        OTHERS_CONFIG,
        ".release.toml",
    ),
    Input("pyproject.toml, configured twice", "plain", "pyproject.toml", st.just(CONFIGURED), BAD_CONFIG),
    Input("pyproject.toml of other tools, spoiled", "plain", "pyproject.toml", spoiled(PYPROJECT), OTHERS_CONFIG),
    Input(
        "pyproject.toml of other tools, odd",
        "plain",
        "pyproject.toml",
        odd(tomlkit.parse(PYPROJECT.decode()).unwrap()).map(as_toml),
        OTHERS_CONFIG,
        ".release.toml",
    ),
    Input("changelog, lines", "plain", "CHANGELOG.md", lines(CHANGELOG_LINES), NUMBERS),
    Input("changelog, bytes", "plain", "CHANGELOG.md", one_of_bytes(), codes({0}, {0, 3}, {0, 3})),
)
