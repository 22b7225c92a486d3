"""`show` compares a tag's data digest with the pointers alone; where these do not suffice, it names `release verify`."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from project import Project, Templates

from release.core.check import CheckName


def forge(project: Project, tag: str, commit: str, *, like: str) -> str:
    """Make a tag of a commit with the trailers of another tag; return its object."""
    text = project.git("cat-file", "tag", like).split("\n", 1)[1].replace(f"tag {like}", f"tag {tag}")
    forged = project.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=f"object {commit}\n{text}\n".encode())
    project.git("update-ref", f"refs/tags/{tag}", forged)
    return forged


def data_of(project: Project, tag: str) -> str:
    """Return the verdict of `show`, which changed nothing and warns of nothing."""
    found = project.release(f"show {tag} --json").succeeds().json
    assert project.unchanged()
    check = found["data_digest"]
    assert check["name"] == CheckName.DATA_DIGEST
    assert check["help"] == (f"release verify {tag}" if check["verdict"] == "unknown" else None)
    assert check["message"] not in found["warnings"]
    return check["verdict"]


def new_model(project: Project) -> str:
    project.write("model/model.pt", b"another model" * 99)
    project.dvc("add", "--quiet", "model/model.pt")
    project.dvc("push", "--quiet")
    return project.save("Another model")


@pytest.mark.parametrize(
    ("template", "verdict"),
    [
        ("plain", "ok"),
        ("directory", "unknown"),
        ("two remotes", "ok"),
        ("without dvc", "ok"),
    ],
)
def test_pointers_of_files_suffice_and_those_of_directories_do_not(
    template: str, verdict: str, templates: Templates, tmp_path: Path
):
    project = templates.copy(template, tmp_path / "world")
    project.release("bump minor -m Honest --yes").succeeds()
    (tag,) = project.git("tag", "--list", "--sort=-creatordate").split("\n")[:1]
    project.release(f"show {tag}").succeeds().never_says("warning: ")
    assert data_of(project, tag) == verdict
    shutil.rmtree(project.world.store, ignore_errors=True)  # neither a DVC remote nor the cache is asked
    project.empty_cache()
    assert data_of(project, tag) == verdict


def test_other_data_than_the_tag_attests_is_left_to_verify(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    forge(released, "v0.3.0", new_model(released), like="v0.2.0")
    assert data_of(released, "v0.3.0") == "unknown"
    words = "the pointers alone cannot prove that the data is what v0.3.0 attests: run release verify v0.3.0"
    released.release("show v0.3.0").succeeds().says(words).never_says("warning: ")
    released.release("verify v0.3.0").fails_with(4).says("v0.3.0 promised 5 objects with digest")


def test_one_other_file_of_a_directory_fails_verify(directory: Project):
    directory.release("bump minor -m One --yes").succeeds()
    directory.write("data/images/cat/0001.png", b"another cat")
    directory.dvc("add", "--quiet", "data/images")
    directory.dvc("push", "--quiet")
    forge(directory, "v0.2.0", directory.save("Another cat"), like="v0.1.0")
    assert data_of(directory, "v0.2.0") == "unknown"
    directory.release("verify v0.1.0").succeeds()
    directory.release("verify v0.2.0").fails_with(4).says("v0.2.0 promised 7 objects", "its commit has 7 with")


def test_fetch_names_verify_for_the_first_tag_that_comes(released: Project):
    clone = released.clone()
    clone.release("fetch").succeeds().never_says("release verify")  # v0.1.0 is of another tool
    released.release("bump minor --yes --allow-empty").succeeds()
    forge(released, "v0.3.0", new_model(released), like="v0.2.0")
    released.git("push", "--quiet", "origin", "main", "v0.3.0")
    clone.release("fetch").succeeds().helps("release verify v0.2.0   (proves its data)").never_says(
        "warning", "v0.3.0 p"
    )
    clone.release("fetch").succeeds().never_says("release verify")


def test_a_size_that_was_edited_by_hand_is_no_accusation(released: Project):
    pointer = released.read("model/model.pt.dvc").decode()
    released.commit("By hand", **{"model/model.pt.dvc": pointer.replace("size: 16384", "size: 16385")})
    released.git("push", "--quiet", "origin", "main")
    machine = released.clone("ci")  # without data in the work tree, which would not fit the pointer
    by_hand = "correct model/model.pt.dvc by hand, and commit it"
    machine.release("bump minor --yes").succeeds().says("the content is right").helps(by_hand)
    assert data_of(machine, "v0.2.0") == "unknown"
    machine.release("verify v0.2.0").succeeds()


def test_exclusions_that_are_others_today_are_no_accusation(released: Project):
    released.commit("Leave out", **{".release.toml": '[audit]\nexclude = ["data/**"]\n'})
    released.git("push", "--quiet", "origin", "main")
    released.release("bump minor --yes").succeeds()
    assert data_of(released, "v0.2.0") == "ok"
    released.commit("Leave out others", **{".release.toml": '[audit]\nexclude = ["model/model.pt"]\n'})
    assert data_of(released, "v0.2.0") == "unknown"
    released.release("verify v0.2.0").succeeds().says("v0.2.0 was made with")


def test_as_many_exclusions_that_are_others_are_no_alarm_of_verify_either(released: Project):
    released.commit("Leave out", **{".release.toml": '[audit]\nexclude = ["data/**"]\n'})
    released.git("push", "--quiet", "origin", "main")
    released.release("bump minor --yes").succeeds()
    others = '[audit]\nexclude = ["model/model.pt", "model/tokenizer.json"]\n'
    released.commit("Leave out others", **{".release.toml": others})
    released.release("verify v0.2.0").succeeds().says("v0.2.0 was made with other paths excluded than now")
    # its own configuration leaves out what today's does
    forge(released, "v0.3.0", new_model(released), like="v0.2.0")
    released.release("verify v0.3.0").fails_with(4).says("v0.3.0 promised 3 objects")


def test_a_tag_of_another_tool_attests_nothing(released: Project):
    assert data_of(released, "v0.1.0") == "skipped"


def test_a_shallow_clone_has_all_that_is_needed(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    assert data_of(released.clone("shallow", "--depth=1"), "v0.2.0") == "ok"


def test_nothing_of_dvc_is_loaded_for_it(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    program = "import sys; from release.__main__ import main; main(); print('dvc' in sys.modules, file=sys.stderr)"
    run = released.world.run([sys.executable, "-c", program, "show", "v0.2.0", "--json"], folder=released.folder)
    assert json.loads(run.stdout)["data_digest"]["verdict"] == "ok"
    assert run.stderr.decode().split() == ["False"]


def test_a_pointer_that_nobody_can_read_is_no_accusation(released: Project):
    """How many objects it names is not known; `verify` says what is wrong with it."""
    released.release("bump minor --yes --allow-empty").succeeds()
    released.write("model/model.pt.dvc", "outs: [")
    forge(released, "v0.3.0", released.save("Broken"), like="v0.2.0")
    assert data_of(released, "v0.3.0") == "unknown"
    released.release("verify v0.3.0").fails_with(4).says("model/model.pt.dvc cannot be read")
