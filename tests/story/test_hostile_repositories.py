"""A repository that is made to take for ever gets an answer, and releases once it is repaired."""

import os

import pytest


@pytest.mark.timeout(120)
def test_what_would_take_for_ever_is_named_and_the_repaired_repository_releases(project):
    stars = "*a" * 16 + "*b"
    project.write(f"{'a' * 120}.json", "{}")
    project.save()  # before git itself would match the pattern with it
    project.write(".gitignore", f"\\zz\n{stars}\n")
    project.write(".dvcignore", f"{stars}\n")
    project.write(".release.toml", f'[audit]\nexclude = ["{stars}"]\n')
    lists = ", ".join(f"{name}: {list(range(40))}" for name in "abcde")
    project.write("dvc.yaml", f"stages:\n  t:\n    matrix: {{{lists}}}\n    cmd: x\n    outs: [o]\n")
    project.save()
    run = project.release("verify").fails_with(6)
    run.says("dvc.yaml", "DVC gave no answer about it within the limits of time and memory")
    run.helps("dvc.yaml").helps("dvc status")
    project.release("bump minor --yes").fails_with(6)
    (project.folder / "dvc.yaml").unlink()
    project.save()
    project.release("bump minor --yes").succeeds()
    assert project.published("v0.1.0")


@pytest.mark.timeout(120)
def test_a_pipe_in_a_store_is_no_object(released):
    place = released.objects_on_store()[0]
    content = place.read_bytes()
    released.lose(place)
    os.mkfifo(place)
    try:
        released.release("verify").fails_with(4).says("is not on")
        released.release("verify --deep").fails_with(4)
    finally:
        place.unlink()
    place.write_bytes(content)
    released.release("verify").succeeds()
