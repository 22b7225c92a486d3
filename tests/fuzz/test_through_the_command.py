"""Every file that is read from a repository, spoiled, and the command itself called: the exit codes it may end with.

A few examples of each class run always, the same ones; `FUZZ_EXAMPLES=2000 pytest tests/fuzz` runs many, new ones.
Exit code 1 is a bug: `Run` fails on it, and on a traceback.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from inputs import INPUTS, JUDGE, NESTED, READ, TAG_CODES, TRAILERS, Input, lines
from nonsense import as_toml, as_yaml, spoiled
from project import Project
from project.run import call

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
FEW = 6
HOW = settings(
    max_examples=EXAMPLES or FEW,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.fast("metrics, spoiled", "pointer, odd", "configuration, spoiled")
@pytest.mark.parametrize("given_input", INPUTS, ids=lambda each: each.name)
def test_a_spoiled_file_ends_with_a_code_of_its_class(templates, tmp_path, given_input: Input):
    project = prepared(templates.copy(given_input.template, tmp_path / "world"))

    @HOW
    @given(given_input.data, st.sampled_from(sorted(READ)), st.sampled_from(JUDGE))
    def ends_as_told(data: bytes, style: str, judge: str) -> None:
        note(f"{given_input.path}: {data!r}")
        with spoilt(project, given_input.path, data, given_input.instead_of):
            ends(project, judge, given_input.may)
            project.git("tag", "-a", "v0.2.0", "-m", "Spoilt")
            ends(project, style, given_input.may)

    ends_as_told()


def prepared(project: Project) -> Project:
    """With v0.1.0 made by the command itself."""
    project.write("VERSION", "0.1.0\n")
    project.write("m.yaml", as_yaml(NESTED))
    project.write("m.toml", as_toml(NESTED))
    project.write(".release.toml", 'metrics = ["model/performance.json", "m.yaml", "m.toml"]\n')
    project.save("Prepare")
    project.release("bump 0.1.0 -m First --yes").succeeds()
    return project


@contextmanager
def spoilt(project: Project, path: str, data: bytes, instead_of: str | None) -> Iterator[None]:
    """A commit in which a file is that, and another one is not there; gone at the end."""
    base = project.head
    project.write(path, data)
    project.git("add", "--force", "--", path)
    if instead_of is not None:
        project.git("rm", "--quiet", "--", instead_of)
    project.git("commit", "--quiet", "--allow-empty", "-m", "Spoil")
    try:
        yield
    finally:
        project.git("update-ref", "-d", "refs/tags/v0.2.0")
        project.git("reset", "--quiet", "--hard", base)


def ends(project: Project, line: str, may: Mapping[str, set[int]]) -> None:
    """Call it; no snapshot of the world is taken, which would cost more than the call."""
    run = call(line.split(), folder=project.folder, environment=project.world.environment())
    assert run.code in may[line], f"expected one of {may[line]}: {run}"
    if run.code and "--json" in line:
        assert any(error["help"] for error in run.json["errors"]), str(run)
    elif run.code:
        run.helps()


HEADER = "object {commit}\ntype commit\ntag v0.2.0\ntagger Ada Tester <ada@example.org> 1767603600 +0000\n"


@pytest.mark.parametrize("how", ["message, spoiled", "message, lines", "object, spoiled"])
def test_a_tag_of_any_bytes_ends_with_a_code_of_its_class(project: Project, how: str):
    prepared(project)
    valid = project.git("cat-file", "tag", "v0.1.0").encode() + b"\n"
    header = HEADER.format(commit=project.git("rev-parse", "v0.1.0^{commit}")).encode() + b"\n"
    message = valid.split(b"\n\n", 1)[1]
    objects = {
        "message, spoiled": spoiled(message).map(lambda text: header + text),
        "message, lines": lines(TRAILERS).map(lambda text: header + b"x\n\n" + text),
        "object, spoiled": spoiled(header + message),
    }

    # An object that is no tag cannot be read: it is unknown to who asks about it, and no release is made meanwhile.
    may = TAG_CODES if how.startswith("message") else {line: {*codes, 3, 6} for line, codes in TAG_CODES.items()}

    @HOW
    @given(objects[how], st.sampled_from(sorted(TAG_CODES)))
    def ends_as_told(data: bytes, line: str) -> None:
        note(f"{data!r}")
        id = project.git("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=data)
        (project.folder / ".git/refs/tags/v0.2.0").write_text(f"{id}\n")  # update-ref refuses what is no tag
        ends(project, line, may)

    ends_as_told()


def test_aliases_that_explode_in_a_file_of_variables_are_not_followed(project: Project):
    """DVC's own resolver reads params.yaml for `foreach`, and copies whatever its aliases name."""
    rows = [f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(10))}}}" for n in range(1, 9)]
    project.write("params.yaml", "\n".join(["a0: &a0 {x: 1}", *rows]) + "\n")
    project.write("dvc.yaml", "stages:\n  t:\n    foreach: [1]\n    do:\n      cmd: 'true'\n      outs:\n        - x\n")
    project.save("Bomb")
    project.release("verify").fails_with(6).says("params.yaml: line 8: more than 10,000,000 values").helps("params")
