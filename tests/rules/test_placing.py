"""From pointers to outs: where they lie, what is not followed, what is told."""

import pytest

from release.core.check import Verdict
from release.core.locate import Place, place_dvc_file, place_stages
from release.core.pointer import DeclaredOut, Recorded
from release.core.pointer_file import DeclaredStage, DvcFile, LockedStage
from release.core.problems import ProblemKind

OID = "0123456789abcdef" * 2


def recorded(path: str) -> Recorded:
    return Recorded(path=path, oid=OID, size_bytes=3)


def placed_at(path: str, *, wdir: str = ".", pointer: str = "model/x.dvc", root: str = "") -> str | None:
    """Where an out lies, from the git root; None if it leads out."""
    placed = place_dvc_file(DvcFile(outs=(recorded(path),), wdir=wdir), Place(pointer=pointer, root=root))
    if not placed.outs:
        (problem,) = placed.problems
        assert (problem.kind, problem.path) == (ProblemKind.UNREADABLE_POINTER, pointer)
        return None
    assert placed.problems == ()
    return placed.outs[0].path


@pytest.mark.parametrize(
    ("path", "wdir", "located"),
    [
        ("x", ".", "model/x"),
        ("./x/../y", ".", "model/y"),
        ("../x", ".", "x"),
        ("x", "..", "x"),
        ("x", "../data", "data/x"),
        ("../../x", ".", None),
        ("..", ".", None),
        ("x", "../..", None),
        ("/model/x", ".", None),
        ("x", "/model", None),
        ("s3://bucket/x", ".", None),
    ],
)
def test_an_out_lies_below_the_git_root_or_nowhere(path, wdir, located):
    assert placed_at(path, wdir=wdir) == located


@pytest.mark.parametrize(
    ("path", "located"), [("x", "sub/a/x"), ("../x", "sub/x"), ("../../x", None), ("../../sub2/x", None)]
)
def test_an_out_lies_below_its_own_dvc_repository(path, located):
    assert placed_at(path, pointer="sub/a/x.dvc", root="sub") == located


UNSAFE = [
    ("../.git/hooks/post-checkout", ".", ".git/hooks/post-checkout"),
    ("../data/../.git/config", "data", "model/.git/config"),
    ("hooks/pre-push", "../.git", ".git/hooks/pre-push"),
    ("../.GIT/config", ".", ".GIT/config"),
    ("../.dvc/config.local", ".", ".dvc/config.local"),
    ("sub/.hg/hgrc", ".", "model/sub/.hg/hgrc"),
    ("..\\x", ".", "model/..\\x"),
]


@pytest.mark.parametrize(("path", "wdir", "located"), UNSAFE)
def test_an_out_where_no_data_may_lie_is_none_but_a_fault_that_names_pointer_and_path(path, wdir, located):
    at = Place(pointer="model/x.dvc", root="")
    placed = place_dvc_file(DvcFile(outs=(recorded(path),), wdir=wdir), at)
    assert placed.outs == ()
    (problem,) = placed.problems
    assert (problem.kind, problem.severity) == (ProblemKind.UNSAFE_PATH, Verdict.FAILED)
    assert (problem.pointer, problem.path) == ("model/x.dvc", located)
    assert located in problem.message


@pytest.mark.parametrize("cache", [True, False])
def test_so_is_a_declared_out(cache):
    placed = stages(DeclaredOut(path="../.git/config", cache=cache), lock=None)
    assert placed.outs == ()
    (problem,) = placed.problems
    assert (problem.kind, problem.pointer, problem.path) == (ProblemKind.UNSAFE_PATH, "a/dvc.yaml", ".git/config")


def stages(*declared: DeclaredOut, lock: LockedStage | None, wdir: str = "."):
    stage = DeclaredStage(name="train", outs=declared, wdir=wdir)
    return place_stages([stage], {} if lock is None else {"train": lock}, Place(pointer="a/dvc.lock", root=""))


def test_a_declared_out_that_leads_out_is_told_of_dvc_yaml():
    placed = stages(DeclaredOut(path="../../x"), lock=LockedStage(name="train"))
    (problem,) = placed.problems
    assert placed.outs == ()
    assert (problem.kind, problem.path) == (ProblemKind.UNREADABLE_POINTER, "a/dvc.yaml")


def test_what_the_lock_recorded_is_found_by_the_very_words_of_dvc_yaml():
    lock = LockedStage(name="train", outs=(recorded("out/x"), recorded("./out/y")))
    placed = stages(DeclaredOut(path="./out/x"), DeclaredOut(path="./out/y"), lock=lock, wdir="src")
    assert [(out.path, out.oid) for out in placed.outs] == [("a/src/out/x", None), ("a/src/out/y", OID)]


def test_an_import_keeps_what_it_was_made_from_and_a_plain_pointer_has_nothing_to_keep():
    at = Place(pointer="model/x.dvc", root="")
    plain = place_dvc_file(DvcFile(outs=(recorded("x"),)), at)
    assert plain.stages == ()
    (stage,) = place_dvc_file(DvcFile(outs=(recorded("x"),), deps=(recorded("../source"),)), at).stages
    assert (stage.name, stage.lock, [dep.path for dep in stage.deps]) == ("", "model/x.dvc", ["source"])


def test_a_stage_that_was_run_keeps_what_it_was_made_from():
    stage = DeclaredStage(name="train", outs=(DeclaredOut(path="m"),), wdir="src")
    locked = LockedStage(name="train", outs=(recorded("m"),), deps=(recorded("in"),), params={"p.yaml": {"lr": 1}})
    placed = place_stages((stage,), {"train": locked}, Place(pointer="dvc.lock", root=""))
    (record,) = placed.stages
    assert [dep.path for dep in record.deps] == ["src/in"]
    assert [out.path for out in record.outs] == ["src/m"]
    assert record.params == {"src/p.yaml": {"lr": 1}}
