"""What is beyond a limit is named, not read; what is just at it is."""

from __future__ import annotations

import os
import subprocess

import pytest

from release.adapters.dvc.git_ignored import GitIgnored, Hidden
from release.adapters.dvc.ignored import Ignored
from release.adapters.dvc.resolve import Resolver, Unresolved
from release.adapters.dvc.scan import Found
from release.adapters.git.objects import Objects
from release.adapters.git.process import Git
from release.core.limits import MAX_IGNORE_BYTES, MAX_IGNORE_LINES, MAX_PATTERN_LENGTH, MAX_STAGES, MAX_VARS_BYTES
from release.core.pointers.dvc_yaml import parse_dvc_yaml

HOSTILE = "*a" * 200 + "*b"
POINTER = "a" * 240 + ".pt.dvc"
IGNORE_FILES = [
    (b"x\n" * MAX_IGNORE_LINES, None),
    (b"x\n" * (MAX_IGNORE_LINES + 1), "have more than 5,000 lines"),
    (b"x" * MAX_PATTERN_LENGTH, None),
    (b"x" * (MAX_PATTERN_LENGTH + 1), "a line has more than 1,000 characters"),
    ((b"#" * 999 + b"\n") * (MAX_IGNORE_BYTES // 1000), None),
    (b"#\n" + (b"#" * 999 + b"\n") * (MAX_IGNORE_BYTES // 1000), "more than 1,000,000 bytes"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "pattern", [HOSTILE, "**/a/" * 50 + "*b", "[a-z]*" * 100 + "b", "a?" * 100 + "*" + "a*" * 100 + "b"]
)
def test_no_pattern_of_an_ignore_file_is_slow(pattern):
    text = f"{pattern}\n\\zz\n{pattern}c/\n".encode()
    for path in (POINTER, "a/" * 15 + POINTER):
        assert not Ignored({"": text}).hides(path, "")
        assert GitIgnored({"": text}).hides(path, "") is None
    hiding = f"{'*a' * 100}*.dvc\n".encode()
    assert Ignored({"": hiding}).hides(POINTER, "")
    assert GitIgnored({"": hiding}).hides(POINTER, "") is Hidden.BY_GIT


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("data", "reason"), IGNORE_FILES, ids=range(len(IGNORE_FILES)))
def test_ignore_files_beyond_a_limit_are_unknown_and_hide_nothing(data, reason):
    for kind, name in ((Ignored, ".dvcignore"), (GitIgnored, ".gitignore")):
        found = kind({"below/": data, "zz/": b"x.dvc\n"})
        beyond = {path: why for path, why in found.unknown.items() if path.startswith("below")}
        assert list(beyond) == ([f"below/{name}"] if reason else [])
        assert all(reason in why for why in beyond.values())
        assert not found.hides("below/x.dvc", "")


@pytest.fixture
def resolve(tmp_path):
    """The stages of a dvc.yaml at a commit that has these files, too."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    git = Git.from_environment(tmp_path, os.environ, on_terminal=False)

    def resolved(text, **files):
        ids = {name: git.run("hash-object", "-w", "--stdin", stdin=data.encode()).text for name, data in files.items()}
        lines = "".join(f"100644 blob {id}\t{name}.yaml\n" for name, id in ids.items())
        tree = git.run("mktree", stdin=lines.encode()).text
        with Objects(git) as objects:
            return Resolver().resolve(
                parse_dvc_yaml(text.encode()).document, Found("dvc.yaml", "100644", "0" * 40), objects, tree
            )

    return resolved


def stage(loop, outs="out${item}", more=""):
    return f"{more}stages:\n  s:\n    {loop}\n    do:\n      cmd: x\n      outs:\n      - {outs}\n"


def matrix(*sizes, out="x"):
    lists = ", ".join(f"d{at}: {list(range(size))}" for at, size in enumerate(sizes))
    return f"stages:\n  s:\n    matrix: {{{lists}}}\n    cmd: x\n    outs:\n    - {out}\n"


LONG = "w" * 90_000
QUOTED = f"'{'${long}' * 4}'"
EXPLODING = [
    (matrix(40, 40, 40, 40, 40), {}, "with stage s there are more than 10,000 stages"),
    (matrix(MAX_STAGES + 1), {}, "with stage s there are more than 10,000 stages"),
    (stage("foreach: ${many}"), {"params": f"many: {list(range(MAX_STAGES + 1))}\n"}, "more than 10,000 stages"),
    (f"vars:\n- long: {LONG}\nstages:\n  s:\n    cmd: {'${long}' * 12_000}\n", {}, "more than 1,000,000,000 characters"),
    (f"stages:\n  s:\n    cmd: {'${' * 40_000}\n", {}, "more than 1,000,000,000 characters"),
    (stage("foreach: ${many}", outs="${long}" * 3, more=f"vars:\n- long: {LONG}\n"), {"params": f"many: {list(range(9_000))}\n"}, "with stage s its templates"),
    (stage(f"foreach: [{', '.join([QUOTED] * 3000)}]", more=f"vars:\n- long: {LONG}\n"), {}, "its templates come to more"),
    (matrix(99, 99).replace("cmd: x", "vars: [v.yaml]\n    cmd: x"), {"params": f"a: {list(range(5_000))}\n", "v": "b: 1\n"}, "with stage s its templates"),
    ("stages:\n  s:\n    cmd: ${a}\n", {"params": f"a: {'x' * MAX_VARS_BYTES}\n"}, "more than 1,000,000 bytes of values"),
]  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("text", "files", "reason"), EXPLODING, ids=range(len(EXPLODING)))
def test_what_a_dvc_yaml_comes_to_is_counted_before_it_is_made(text, files, reason, resolve):
    with pytest.raises(Unresolved, match=reason):
        resolve(text, **files)


def test_what_is_within_the_limits_is_made(resolve):
    assert len(resolve(matrix(100, 100, out="${item.d0}-${item.d1}"))) == 10000
    assert [out.path for made in resolve(stage("foreach: ${many}"), params="many: [1, 2]\n") for out in made.outs] == [
        "out1",
        "out2",
    ]
