"""A size and its pointer disagree: only the bytes tell which of the two is wrong, and who only looks does not read many."""

import pytest
from project import Project
from project.templates import performance

LARGE = 65 << 20


@pytest.fixture
def doubtful(released: Project) -> Project:
    """A model of 65 MB whose pointer says another size, as after a slip of the hand; DVC restores it."""
    released.train(bytes(LARGE), performance(f1=0.9))
    pointer = released.read("model/model.pt.dvc").decode()
    released.write("model/model.pt.dvc", pointer.replace(f"size: {LARGE}", "size: 7"))
    released.save("A slip")
    return released


def test_who_only_looks_is_told_of_the_doubt_and_who_asks_of_the_answer(doubtful):
    seen = doubtful.release("status --json").succeeds().check("data on remote")
    assert seen["verdict"] == "unknown"
    assert "it is unknown which of the two is wrong" in " ".join(seen["details"])
    assert seen["help"] == "release verify --deep"
    doubtful.release("verify").succeeds().says("the content is right, so DVC restores it")


def test_a_hook_does_not_read_for_minutes(doubtful):
    hook = doubtful.folder / ".git" / "hooks" / "pre-push"
    hook.write_text('#!/bin/sh\nexec release-hook verify "$@"\n')
    hook.chmod(0o755)
    doubtful.git("commit", "--quiet", "--allow-empty", "-m", "More")
    doubtful.git("push", "--quiet", "--force", "origin", "HEAD~2:main", "--no-verify")
    said = doubtful.sh("git push origin HEAD:main 2>&1 || true")
    assert "it is unknown which" in " ".join(said.split())


def test_a_cut_object_in_doubt_is_never_sound(doubtful):
    """What would be left unread is told as unknown, whichever of the two is wrong."""
    (model,) = (path for path in doubtful.objects_on_store() if path.stat().st_size == LARGE)
    model.chmod(0o644)
    model.write_bytes(bytes(LARGE - 1))
    model.chmod(0o444)
    assert doubtful.release("status --json").succeeds().check("data on remote")["verdict"] == "unknown"
    doubtful.release("verify").fails_with(4).says("model/model.pt")


def test_little_is_read_by_who_looks_too(released):
    pointer = released.read("model/model.pt.dvc").decode()
    released.write("model/model.pt.dvc", pointer.replace("size: 16384", "size: 7"))
    released.save("A slip")
    check = released.release("status --json").succeeds().check("data on remote")
    assert check["verdict"] == "warning"
