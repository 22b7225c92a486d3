"""The promise: whoever may read the repository and its DVC remote gets back the same bytes at the tag."""

import pytest
from project import Project
from project.templates import performance

TRACKED = {
    "plain": [
        "data/projects.json",
        "data/tags.json",
        "model/label_encoder.json",
        "model/tokenizer.json",
        "model/model.pt",
    ],
    "directory": ["data/images/cat/0000.png", "data/images/dog/0002.png"],
    "pipeline": ["data/rows.csv", "out/model.bin", "out/plots/a.txt", "out/plots/b.txt"],
    "legacy": ["model/model.pt", "data/images/cat/0001.png"],
    "two remotes": ["data/tags.json", "model/model.pt"],
}


@pytest.mark.fast("plain", "directory")
@pytest.mark.parametrize("kind", TRACKED)
def test_a_release_can_be_pulled_at_its_tag_by_a_fresh_clone(kind, templates, tmp_path):
    project: Project = templates.copy(kind, tmp_path / "world")
    bytes_then = {path: project.read(path) for path in TRACKED[kind]}

    project.release('bump minor -m "charCNN" --yes').succeeds().says("v0.1.0")

    assert project.published("v0.1.0")
    assert project.status == ""
    clone = project.clone()
    clone.git("checkout", "--quiet", "v0.1.0")
    clone.dvc("pull", "--quiet")
    assert {path: clone.read(path) for path in TRACKED[kind]} == bytes_then


def test_both_of_two_releases_can_be_pulled(project):
    first = project.read("model/model.pt")
    project.release('bump minor -m "small" --yes').succeeds()
    project.train(b"better" * 999, performance(f1=0.8630, loss=0.2801))
    run = project.release('bump minor -m "charCNN" --yes --json').succeeds().json

    assert (run["released"], run["pushed"], run["tag"], run["previous_tag"]) == (True, True, "v0.2.0", "v0.1.0")
    f1 = next(metric for metric in run["metrics"] if metric["key"] == "overall.f1")
    assert (f1["before"], f1["after"], f1["verdict"]) == (0.8412, 0.8630, "better")
    assert f1["delta"] == pytest.approx(0.0218)
    assert project.published("v0.1.0", "v0.2.0")
    clone = project.clone()
    for tag, content in {"v0.1.0": first, "v0.2.0": b"better" * 999}.items():
        clone.git("checkout", "--quiet", tag)
        clone.dvc("pull", "--quiet")
        assert clone.read("model/model.pt") == content


def test_the_commit_the_tag_and_the_work_tree_say_the_same(released):
    base = released.head
    released.train(b"better", performance(f1=0.9))
    trained = released.head
    run = released.release('bump patch -m "charCNN" --yes --json').succeeds().json

    assert released.head == run["commit"] == released.origin["refs/heads/main"]
    assert released.git("rev-parse", "HEAD^") == trained != base
    assert released.git("rev-parse", "v0.1.1^{commit}") == run["commit"]
    assert released.refs["refs/tags/v0.1.1"] == run["tag_object"]
    assert released.git("diff", "--name-only", "HEAD^", "HEAD").splitlines() == ["CHANGELOG.md"]
    assert released.file_at("HEAD", "CHANGELOG.md") == released.read("CHANGELOG.md")
    assert released.status == ""


@pytest.mark.fast
def test_the_tag_says_what_the_contract_promises(released):
    released.train(b"better", performance(f1=0.9))
    released.release('bump minor -m "charCNN" --yes').succeeds()
    message = released.message_of("v0.2.0")
    assert message.splitlines()[0] == "charCNN"
    assert "overall.f1" in message
    trailers = dict(
        line.split(": ", 1)
        for line in released.git("interpret-trailers", "--parse", stdin=message.encode()).splitlines()
    )
    assert trailers["Release-Schema"] == "1"
    assert len(trailers["Release-Id"]) >= 16
    assert trailers["Release-Previous"] == f"v0.1.0 {released.refs['refs/tags/v0.1.0']}"
    assert trailers["Release-Objects"].split()[0] == "5"
    assert len(trailers["Release-Digest"]) == len(trailers["Release-Metrics"]) == 64


def test_the_first_release_has_no_previous_one(project):
    run = project.release('bump minor -m "first" --yes --json').succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("v0.1.0", None)
    assert "Release-Previous: none" in project.message_of("v0.1.0")


def test_a_repository_without_dvc_can_be_released(without_dvc):
    without_dvc.release('bump minor -m "numbers only" --yes').succeeds()
    assert without_dvc.published("v0.1.0")


@pytest.mark.fast
def test_the_call_as_a_process_without_a_terminal_does_the_same(project):
    project.release_process('bump minor -m "charCNN"').fails_with(2).helps("--yes")
    assert project.unchanged()
    project.release_process('bump minor -m "charCNN" --yes').succeeds()
    assert project.published("v0.1.0")


@pytest.mark.fast
def test_releases_are_listed_and_shown(released):
    released.train(b"better", performance(f1=0.9))
    released.release('bump minor -m "charCNN" --yes').succeeds()
    run = released.release("list").succeeds()
    assert run.out.index("v0.2.0") < run.out.index("v0.1.0")
    assert released.unchanged()
    tags = [row["tag"] for row in released.release("list --json").succeeds().json["releases"]]
    assert tags == ["v0.2.0", "v0.1.0"]
    released.release("show v0.2.0").succeeds().says("charCNN", "Ada Tester", "model/model.pt", "0.9")
    released.release("status").succeeds().says("v0.2.0")
    assert released.unchanged()


@pytest.mark.fast
def test_status_with_check_gives_the_code_of_bump(released):
    released.release("status --check").succeeds()
    released.commit("More")
    released.write("model/model.pt", b"not added")
    released.release("status").succeeds()
    released.release("status --check").fails_with(3).says("model/model.pt")
    assert released.unchanged()
