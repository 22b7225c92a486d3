"""A release whose data is not what its tag swears to is told by `show` and `fetch`, too, without asking a DVC remote."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from project import Project, Templates

from release.core.check import CheckName
from release.core.config import Config
from release.dvc.dvc_config import DvcSettings
from release.dvc.inventory import Inventory
from release.dvc.pointers import read_pointers
from release.git.objects import Objects
from release.git.process import Git


def swears(project: Project, tag: str, commit: str, *, like: str) -> str:
    """Make a tag of a commit that swears to what another one swears to; its object."""
    text = project.git("cat-file", "tag", like).split("\n", 1)[1].replace(f"tag {like}", f"tag {tag}")
    forged = project.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=f"object {commit}\n{text}\n".encode())
    project.git("update-ref", f"refs/tags/{tag}", forged)
    return forged


def data_of(project: Project, tag: str) -> tuple[str, str]:
    """Verdict and sentence of `show`, which changed nothing."""
    found = project.release(f"show {tag} --json").succeeds().json
    assert project.unchanged()
    check = found["data_digest"]
    assert check["name"] == CheckName.DATA_DIGEST
    assert (check["verdict"] == "failed") == (check["message"] in found["warnings"])
    return check["verdict"], check["message"]


def new_model(project: Project) -> str:
    project.write("model/model.pt", b"another model" * 99)
    project.dvc("add", "--quiet", "model/model.pt")
    project.dvc("push", "--quiet")
    return project.save("Another model")


@pytest.fixture(params=["plain", "directory", "pipeline", "two remotes", "legacy", "without dvc"])
def honest(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Project:
    project = templates.copy(request.param, tmp_path / "world")
    project.release("bump minor -m Honest --yes").succeeds()
    return project


def test_an_honest_release_is_nobody_s_alarm_with_its_cache_and_without(honest: Project):
    (tag,) = honest.git("tag", "--list", "--sort=-creatordate").split("\n")[:1]
    assert data_of(honest, tag)[0] == "ok"
    honest.release(f"show {tag}").succeeds().never_says("held against", "warning: ")
    shutil.rmtree(honest.world.store, ignore_errors=True)  # no DVC remote is asked
    assert data_of(honest, tag)[0] == "ok"
    honest.empty_cache()
    assert data_of(honest, tag)[0] in ("ok", "unknown")


def test_a_tag_that_swears_to_other_data_is_told_in_the_words_of_verify(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    swears(released, "v0.3.0", new_model(released), like="v0.2.0")
    words = "v0.3.0 promised 5 objects with digest"
    released.release("verify v0.3.0").fails_with(4).says(words)
    verdict, message = data_of(released, "v0.3.0")
    assert (verdict, message.startswith(words)) == ("failed", True)
    assert message in released.release("verify v0.3.0 --json").json["revisions"][0]["problems"][0]["message"]
    released.release("show v0.3.0").succeeds().says(f"warning: {words}").helps("release verify v0.3.0")


def test_fetch_names_it_when_it_comes_even_where_no_cache_is(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    clone = released.clone()
    clone.release("fetch").succeeds()
    swears(released, "v0.3.0", new_model(released), like="v0.2.0")
    released.git("push", "--quiet", "origin", "main", "v0.3.0")
    clone.release("fetch").succeeds().says("warning", "v0.3.0 promised 5 objects").helps("release verify v0.3.0")
    verdict, message = data_of(clone, "v0.3.0")
    assert (verdict, "it is other data, or several of these sizes are wrong" in message) == ("unknown", True)
    assert clone.release("fetch --json").succeeds().json["warnings"] == []  # told when it came


def test_an_honest_tag_that_comes_is_no_warning(directory: Project):
    directory.release("bump minor -m One --yes").succeeds()
    for clone in (directory.clone("with"), directory.clone("without")):
        clone.git("tag", "-d", "v0.1.0")
        if clone.folder.name == "with":
            shutil.copytree(directory.folder / ".dvc" / "cache", clone.folder / ".dvc" / "cache")
        assert clone.release("fetch --json").succeeds().json["warnings"] == []


def test_one_file_of_a_directory_is_told_where_the_cache_has_the_list(directory: Project):
    directory.release("bump minor -m One --yes").succeeds()
    directory.write("data/images/cat/0001.png", b"another cat")
    directory.dvc("add", "--quiet", "data/images")
    directory.dvc("push", "--quiet")
    swears(directory, "v0.2.0", directory.save("Another cat"), like="v0.1.0")
    verdict, message = data_of(directory, "v0.2.0")
    assert (verdict, "promised 7 objects" in message, "has 7 with" in message) == ("failed", True, True)
    directory.empty_cache()
    verdict, message = data_of(directory, "v0.2.0")
    assert (verdict, "the list of data/images is not on this machine" in message) == ("unknown", True)
    said = (
        "not held against v0.2.0 here: the list of data/images is not on this machine; release verify v0.2.0 asks the"
    )
    directory.world.variables["COLUMNS"] = "200"
    directory.release("show v0.2.0").succeeds().says(said).never_says("warning")


def test_more_objects_than_the_tag_swears_to_are_told_without_any_size(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    released.write("data/more.csv", "1,2\n")
    released.dvc("add", "--quiet", "data/more.csv")
    released.dvc("push", "--quiet")
    swears(released, "v0.3.0", released.save("More data"), like="v0.2.0")
    verdict, message = data_of(released, "v0.3.0")
    assert (verdict, message.endswith("its commit has 6")) == ("failed", True)


def test_a_damaged_cache_is_no_accusation(directory: Project):
    directory.release("bump minor -m One --yes").succeeds()
    objects = [path for path in (directory.folder / ".dvc" / "cache").rglob("*") if path.is_file()]
    file = next(path for path in objects if not path.name.endswith(".dir"))
    file.chmod(0o644)
    file.write_bytes(b"cut")
    assert data_of(directory, "v0.1.0")[0] == "unknown"
    file.unlink()
    verdict, message = data_of(directory, "v0.1.0")
    assert (verdict, "DVC's cache has not all of data/images" in message) == ("unknown", True)
    listing = next(path for path in objects if path.name.endswith(".dir"))
    listing.chmod(0o644)
    listing.write_bytes(b"[]")
    assert "the list of data/images" in data_of(directory, "v0.1.0")[1]


def test_a_cache_that_takes_long_is_given_up(directory: Project):
    """As one on a network may: `show` is quick whatever there is to look at."""
    settings = DvcSettings(git_root=directory.folder, environment=directory.world.environment())
    git = Git.from_environment(directory.folder, directory.world.environment(), on_terminal=False)
    with Objects(git) as objects:
        pointers = read_pointers(objects, directory.head, Config())
        assert Inventory(settings).of(pointers).fault is None
        fault = Inventory(settings, patience_s=-1).of(pointers).fault
    assert fault == "DVC's cache is too slow to tell all sizes in data/images"


def test_a_cut_file_of_a_single_out_is_no_accusation(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    file = max((released.folder / ".dvc" / "cache").rglob("*"), key=lambda path: path.stat().st_size)
    file.chmod(0o644)
    file.write_bytes(b"cut")
    assert data_of(released, "v0.2.0") == (
        "unknown",
        "the data was not held against v0.2.0 here: the remote may have other sizes of model/model.pt",
    )


def test_a_size_that_was_edited_by_hand_before_the_release_is_no_accusation(released: Project):
    pointer = released.read("model/model.pt.dvc").decode()
    released.commit("By hand", **{"model/model.pt.dvc": pointer.replace("size: 16384", "size: 16385")})
    released.git("push", "--quiet", "origin", "main")
    machine = released.clone("ci")  # without data in the work tree, which would not fit the pointer
    machine.release("bump minor --yes").succeeds().says("the content is right")
    verdict, message = data_of(machine, "v0.2.0")
    assert (verdict, "a pointer seems to tell a wrong size" in message) == ("unknown", True)
    assert released.release("fetch --json").succeeds().json["warnings"] == []
    assert data_of(released, "v0.2.0")[0] == "ok"  # the cache has the size that counts


def test_two_sizes_that_were_edited_by_hand_are_no_accusation_where_no_cache_is(released: Project):
    for pointer, right, wrong in (("model/model.pt.dvc", "16384", "16385"), ("data/tags.json.dvc", "17", "18")):
        text = released.read(pointer).decode()
        assert f"size: {right}" in text
        released.commit("By hand", **{pointer: text.replace(f"size: {right}", f"size: {wrong}")})
    released.git("push", "--quiet", "origin", "main")
    machine = released.clone("ci")
    machine.release("bump minor --yes").succeeds()
    machine.release("verify v0.2.0").succeeds()
    assert data_of(machine, "v0.2.0")[0] == "unknown"
    machine.release("show v0.2.0").succeeds().says("several of these sizes are wrong", "release verify v0.2.0 asks")
    assert released.release("fetch --json").succeeds().json["warnings"] == []
    assert data_of(released, "v0.2.0")[0] == "ok"  # the cache has the sizes that count


def test_exclusions_that_are_others_today_are_no_accusation(released: Project):
    released.commit("Leave out", **{".release.toml": '[audit]\nexclude = ["data/**"]\n'})
    released.git("push", "--quiet", "origin", "main")
    released.release("bump minor --yes").succeeds()
    released.commit("Leave out others", **{".release.toml": '[audit]\nexclude = ["model/model.pt"]\n'})
    assert data_of(released, "v0.2.0")[0] == "ok"  # by its own
    released.commit("Broken", **{".release.toml": '[audit]\nexclude = ["data/**"]\nexternal = "allow"\n'})
    assert data_of(released, "v0.2.0")[0] == "ok"
    other = new_model(released)
    released.commit("None", **{".release.toml": "\n"})
    swears(released, "v0.3.0", other, like="v0.2.0")
    assert data_of(released, "v0.3.0")[0] == "failed"
    released.git("rm", "-q", ".release.toml")
    swears(released, "v0.4.0", released.commit("Nothing left out"), like="v0.2.0")
    verdict, message = data_of(released, "v0.4.0")
    assert (verdict, "made with 2 paths excluded, now it is 0" in message) == ("unknown", True)


def test_as_many_exclusions_that_are_others_are_no_alarm_of_verify_either(released: Project):
    released.commit("Leave out", **{".release.toml": '[audit]\nexclude = ["data/**"]\n'})
    released.git("push", "--quiet", "origin", "main")
    released.release("bump minor --yes").succeeds()
    others = '[audit]\nexclude = ["model/model.pt", "model/tokenizer.json"]\n'
    released.commit("Leave out others", **{".release.toml": others})
    released.release("verify v0.2.0").succeeds().says("v0.2.0 was made with other paths excluded than now")
    assert data_of(released, "v0.2.0")[0] == "ok"
    swears(
        released, "v0.3.0", new_model(released), like="v0.2.0"
    )  # whose own configuration leaves out what today's does
    released.release("verify v0.3.0").fails_with(4).says("v0.3.0 promised 3 objects")
    assert data_of(released, "v0.3.0")[0] == "failed"


def test_a_tag_of_another_tool_swears_to_nothing(released: Project):
    assert data_of(released, "v0.1.0") == ("skipped", "v0.1.0 swears to no data")


def test_a_commit_that_is_not_wholly_here_is_not_held_against_anything(released: Project):
    released.release("bump minor --yes --allow-empty").succeeds()
    clone = released.clone("shallow", "--depth=1")
    assert data_of(clone, "v0.2.0")[0] == "ok"


def test_nothing_of_dvc_is_loaded_for_it(directory: Project):
    directory.release("bump minor -m One --yes").succeeds()
    program = "import sys; from release.__main__ import main; main(); print('dvc' in sys.modules, file=sys.stderr)"
    run = directory.world.run([sys.executable, "-c", program, "show", "v0.1.0", "--json"], folder=directory.folder)
    assert json.loads(run.stdout)["data_digest"]["verdict"] == "ok"
    assert run.stderr.decode().split() == ["False"]


def test_a_pointer_that_nobody_can_read_is_no_accusation(released: Project):
    """How many objects it names is not known; `verify` says what is wrong with it."""
    released.release("bump minor --yes --allow-empty").succeeds()
    released.write("model/model.pt.dvc", "outs: [")
    swears(released, "v0.3.0", released.save("Broken"), like="v0.2.0")
    verdict, message = data_of(released, "v0.3.0")
    assert (verdict, "something is wrong with its pointers" in message) == ("unknown", True)
    released.release("verify v0.3.0").fails_with(4).says("model/model.pt.dvc cannot be read")
