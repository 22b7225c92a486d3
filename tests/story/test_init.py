"""`release init`: what is there decides what is proposed; each file is shown, none is overwritten, twice is once."""

import json
import re
import sys
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from project import Project

import release
from release.core.setup import extras_of, requirements, with_extras

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]

pytestmark = pytest.mark.fast

GITHUB = [
    ".github/actions/release/action.yml",
    ".github/workflows/release.yml",
    ".github/workflows/pull-request.yml",
]

LOCK, WRITTEN = ".github/actions/release/requirements.txt", ".github/actions/release/written.json"


def valid(run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/init.json").read_text()))
    return run.json


def paths(document):
    return [file["path"] for file in document["files"]]


def test_a_repository_with_dvc_gets_config_changelog_hooks_and_workflows(released):
    found = valid(released.release("init --yes --ci github --package dvc-release==0.1.0 --json").succeeds())
    assert found["written"]
    assert paths(found) == [".release.toml", "CHANGELOG.md", ".pre-commit-config.yaml", *GITHUB, LOCK, WRITTEN]
    assert all((released.folder / path).is_file() for path in paths(found))
    assert "v0.1.0 is the latest release; tags are v{version}" in found["seen"]


def test_a_second_run_changes_nothing(released):
    released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    again = (
        released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds().says("nothing was changed")
    )
    assert released.unchanged()
    again.never_says("CHANGELOG.md   new")
    released.save("Set up")
    assert (
        valid(released.release("init --yes --ci github --package dvc-release==0.1.0 --json").succeeds())["files"] == []
    )
    assert released.unchanged()


def test_a_dry_run_shows_each_file_as_a_difference_and_writes_none(released):
    run = released.release("init --dry-run --ci github --package dvc-release==0.1.0").succeeds()
    run.says("CHANGELOG.md   new:", "+## [Unreleased]", "+First", "Would write 8 files. Nothing was changed.")
    assert released.unchanged()


def test_without_a_terminal_it_needs_yes_and_writes_nothing(released):
    released.release("init").fails_with(2).helps("release init --yes")
    assert released.unchanged()


def test_a_release_can_be_made_of_what_init_has_written(released):
    released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    released.save("Set up releases")
    released.release("bump minor -m charCNN --yes").succeeds()
    assert released.published("v0.2.0")
    log = released.read("CHANGELOG.md").decode()
    assert log.index("## [Unreleased]") < log.index("## [0.2.0]") < log.index("## [0.1.0] - 2026-01-05\n\nFirst")


ARTIFACTS = """\
artifacts:
  charCNN: {path: ./model/model.pt, type: model}
  rows: {path: data/rows.csv, type: dataset}
  odd name: {path: model/other.pt, type: model}
  outside: {path: ../other.pt, type: model}
"""


def test_a_model_in_dvc_yaml_gets_versions_of_its_own(released):
    released.write("dvc.yaml", ARTIFACTS)
    released.save("An artifact")
    run = released.release("init --yes --no-hooks --ci none").succeeds()
    run.says("model charCNN in dvc.yaml, at ./model/model.pt", "name the metric files of each model")
    config = tomllib.loads(released.read(".release.toml").decode())["tool"]["release"]
    assert config["models"] == {"charCNN": {"path": "./model/model.pt"}}
    released.save("Set up")
    released.release("bump --model charCNN minor --yes").succeeds().never_says("DVC cannot find")
    assert released.published("charCNN@v0.1.0")
    released.release("init --yes --no-hooks --ci none").succeeds().never_says("name the metric files")


@pytest.mark.parametrize(
    ("outs", "names"),
    [
        ({"train": "models/charCNN.pt", "rank": "models/ranker.pkl"}, ["charCNN", "ranker"]),
        ({"train_charCNN": "charCNN/model.pt", "train-ranker": "ranker/model.pt"}, ["charCNN", "ranker"]),
        ({"train": "models/charCNN.pt", "clean": "data/clean.csv"}, []),
        ({"train": "charCNN/model.pt", "fit_train": "ranker/model.pt"}, []),
    ],
)
def test_outs_of_stages_that_look_like_models_are_named_and_not_written(released, outs, names):
    released.write_pipeline(outs)
    run = released.release("init --yes --no-hooks --ci none").succeeds()
    assert "models" not in tomllib.loads(released.read(".release.toml").decode())["tool"]["release"]
    if not names:
        run.never_says("look like models")
        return
    run.says(f"outs that look like models: {', '.join(outs.values())}", f"[tool.release.models.{names[0]}] with path")


def test_files_that_are_there_stay_byte_for_byte(released):
    own = {
        "CHANGELOG.md": "# Our changes\r\n",
        ".release.toml": 'headline = ["overall.f1"]\n',
        ".pre-commit-config.yaml": "default_stages: [pre-push]\nrepos: []\nexclude: x\n",
        ".github/workflows/release.yml": "on: push\njobs: {}\n",
    }
    for path, text in own.items():
        released.write(path, text)
    found = valid(released.release("init --yes --package dvc-release==0.1.0 --json").succeeds())
    assert {path: released.read(path).decode() for path in own} == own
    assert paths(found) == [GITHUB[0], GITHUB[2], LOCK, WRITTEN]
    assert any(".pre-commit-config.yaml is yours" in line for line in found["advice"])
    assert any(".github/workflows/release.yml is yours" in line for line in found["advice"])


def test_a_pyproject_gets_the_table_and_keeps_every_other_byte(released):
    text = '# ours\n[project]\nname="x"   # odd\nversion = "0.1.0"\n[tool.ruff]\nline-length=100\n'
    released.write("pyproject.toml", text)
    released.save("Package")
    released.release("init --yes --ci none").succeeds()
    now = released.read("pyproject.toml").decode()
    assert now.startswith(text)
    assert now.removeprefix(text).split() == ["[tool.release]", "metrics", "=", '["model/performance.json"]']
    assert not (released.folder / ".release.toml").exists()


def test_without_dvc_it_is_set_up_as_dvc_init_does_with_a_remote_outside_the_work_tree(without_dvc, tmp_path):
    without_dvc.release("init --yes --ci none --no-hooks").succeeds().says("other machines do not see the store")
    mine = {path: without_dvc.read(path) for path in (".dvc/.gitignore", ".dvc/config", ".dvcignore")}
    real = Project(without_dvc.world, without_dvc.world.root / "real")
    real.folder.mkdir()
    real.git("init", "--quiet")
    real.dvc("init", "--quiet")
    real.dvc("remote", "add", "-d", "storage", str(real.world.root / "project-dvc-storage"))
    assert {path: real.read(path) for path in mine} == mine
    without_dvc.write("model/model.pt", b"x" * 100)
    without_dvc.dvc("add", "--quiet", "model/model.pt")
    without_dvc.dvc("push", "--quiet")
    without_dvc.save("Model")
    assert (without_dvc.world.root / "project-dvc-storage" / "files" / "md5").is_dir()
    without_dvc.release("verify").succeeds()
    without_dvc.release("bump minor --yes").succeeds()


def test_a_remote_that_is_there_becomes_the_default(two_remotes):
    config = two_remotes.read(".dvc/config").decode()
    two_remotes.write(".dvc/config", config.replace("[core]\n    remote = storage\n", ""))
    two_remotes.release("init --yes --ci none --no-hooks").succeeds()
    assert two_remotes.read(".dvc/config").decode() == config


def test_storage_can_be_given_and_decides_extra_and_secrets(without_dvc):
    without_dvc.release("init --yes --ci github --package dvc-release==0.1.0 --storage s3://bucket/x").succeeds().says(
        "AWS_SECRET_ACCESS_KEY"
    )
    assert "url = s3://bucket/x" in without_dvc.read(".dvc/config").decode()
    text = without_dvc.read(GITHUB[1]).decode()
    assert "package: dvc-release[s3]" in text
    assert "AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}" in text


@pytest.mark.parametrize(
    ("given", "urls", "wanted"),
    [
        ("dvc-release==1.0", ["webhdfs://h/x"], "dvc-release[webhdfs]==1.0"),
        ("dvc-release==1.0", ["https://h/x", "/x"], "dvc-release==1.0"),
        ("dvc-release[s3]==1.0", ["ssh://h/x", "s3://b"], "dvc-release[s3,ssh]==1.0"),
        ("dvc_release @ git+https://h/r@v1", ["s3://b"], "dvc-release[s3] @ git+https://h/r@v1"),
        ("dvc-release @ git+https://h/r@v1", [], "dvc-release @ git+https://h/r@v1"),
        ("dvc-release-of-ours==1.0", ["s3://b"], "dvc-release-of-ours==1.0"),
    ],
)
def test_a_requirement_has_the_extras_of_every_remote_and_keeps_its_own(given, urls, wanted):
    assert with_extras(given, extras_of(urls)) == wanted


COMMIT = "a" * 40


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, "dvc-release==1.2.3"),
        (
            {"url": "https://example.org/release", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"dvc-release @ git+https://example.org/release@{COMMIT}",
        ),
        (
            {"url": "ssh://git@example.org/o/r", "vcs_info": {"vcs": "git", "commit_id": COMMIT}, "subdirectory": "x"},
            f"dvc-release @ git+https://example.org/o/r@{COMMIT}#subdirectory=x",
        ),
        (
            {"url": "https://example.org/r-1.2.3-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "0f"}}},
            "dvc-release @ https://example.org/r-1.2.3-py3-none-any.whl#sha256=0f",
        ),
    ],
)
def test_ci_installs_the_version_that_is_installed_here(released, installed, origin, wanted):
    installed(released, origin)
    found = valid(released.release_process("init --dry-run --ci github --no-hooks --json").succeeds())
    diffs = {file["path"]: file["diff"] for file in found["files"]}
    assert f"+          package: {wanted}\n" in f"{diffs[GITHUB[1]]}\n"
    assert ("\n+hatchling==" in diffs[LOCK]) == ("git+" in wanted)


@pytest.mark.parametrize(
    "origin",
    [
        {"url": "https://me:s3cret@example.org/r", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
        {"url": "file:///home/me/release.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
        {"url": "file:///nowhere/release", "dir_info": {"editable": True}},
        {"url": "file:///nowhere/dvc_release-1.2.3-py3-none-any.whl", "archive_info": {}},
    ],
)
def test_what_only_this_machine_can_install_is_refused_and_without_a_word_of_the_user_left_out(
    released, installed, origin
):
    installed(released, origin)
    run = released.release_process("init --yes --ci github").fails_with(2).never_says("s3cret")
    run.helps("--package FILE.whl")
    assert released.unchanged()
    released.git("remote", "set-url", "origin", "https://github.com/o/r.git")
    run = released.release_process("init --yes --no-hooks").succeeds().never_says("s3cret")
    run.says("no CI files", "--package FILE.whl")
    assert not (released.folder / ".github").exists()


def test_a_local_folder_is_installed_from_its_git_remote(released, installed):
    """The commit must be there: of one that was never pushed a job would find nothing."""
    clone = released.clone("source")
    installed(released, {"url": clone.folder.as_uri(), "dir_info": {"editable": True}})
    clone.git("remote", "set-url", "origin", "git@github.com:o/release.git")
    run = released.release_process("init --dry-run --ci gitlab").succeeds()
    run.says(f"dvc-release @ git+https://github.com/o/release.git@{clone.head}")
    clone.git("commit", "--quiet", "--allow-empty", "-m", "Mine alone")
    run = released.release_process("init --dry-run --ci github").fails_with(2)
    run.says("whose commit is on no git remote that others can clone")


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_wheel_is_copied_beside_the_lock_file_with_its_hash(released, service):
    wheel = released.world.root / "dvc_release-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK\0\1")
    released.release(f"init --yes --ci {service} --no-hooks --package ../{wheel.name}").succeeds()
    folder = {"github": ".github/actions/release", "gitlab": ".gitlab/release"}[service]
    assert released.read(f"{folder}/{wheel.name}") == b"PK\0\1"
    lock = released.read(f"{folder}/requirements.txt").decode()
    assert lock.endswith(f"./{folder}/{wheel.name} \\\n    --hash=sha256:{sha256(b'PK' + bytes([0, 1])).hexdigest()}\n")
    assert "://" not in lock
    if service == "github":
        assert 'package: ""\n' in released.read(GITHUB[1]).decode()
    released.before = released.snapshot()
    released.release(f"init --yes --ci {service} --no-hooks --package ../{wheel.name}").succeeds().says("nothing was")
    assert released.unchanged()


@pytest.mark.parametrize("name", ["other-1.0-py3-none-any.whl", "dvc_release.whl", "dvc_release-1.0-py3-none-any.whl"])
def test_a_wheel_that_is_another_project_s_or_not_there_is_refused(released, name):
    if name.startswith("other"):
        (released.world.root / name).write_bytes(b"x")
    released.release(f"init --yes --ci github --package ../{name}").fails_with(2).says(name).helps()
    assert released.unchanged()


def test_the_lock_file_has_what_the_package_needs_and_no_more():
    lock = files("release").joinpath("templates/requirements.txt").read_text()

    def names(requirement, *, builds=False):
        return {
            canonicalize_name(each)
            for each in re.findall(r"(?m)^([\w.-]+)==", requirements(lock, requirement, builds=builds))
        }

    assert "://" not in lock
    tables = tomllib.loads((Path(release.__file__).parents[1] / "pyproject.toml").read_text())["project"]
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", lock):
        locked.setdefault(canonicalize_name(name), []).append(version)
    for line in tables["dependencies"]:
        needed = Requirement(line)
        assert all(needed.specifier.contains(version) for version in locked[canonicalize_name(needed.name)]), line
        assert canonicalize_name(needed.name) in names("dvc-release")
    plugins = {extra: f"dvc-{extra}" for extra in ("s3", "gs", "azure", "ssh", "webdav", "webhdfs")}
    assert not names("dvc-release==1") & {*plugins.values(), "hatchling", "boto3", "botocore", "asyncssh"} - {
        "asyncssh"
    }
    for extra, plugin in plugins.items():
        assert names(f"dvc-release[{extra}]") & set(plugins.values()) == {plugin}
    assert {"hatchling", "trove-classifiers"} <= names("dvc-release @ git+https://h/r@v1", builds=True)


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_what_ci_installs_can_be_said(released, service):
    wanted = "dvc-release[s3] @ git+https://example.org/r@v1#subdirectory=x"
    released.release(f"init --yes --ci {service} --no-hooks --package", wanted).succeeds()
    if service == "gitlab":
        (text,) = yaml.safe_load(released.read(".gitlab-ci.yml"))[".release"]["before_script"]
        assert f'add $alone "{wanted}"' in text
        return
    for path, job in zip(GITHUB[1:], ("release", "preview"), strict=True):
        step = yaml.safe_load(released.read(path))["jobs"][job]["steps"][-1]
        assert step["with"]["package"] == wanted


@pytest.mark.parametrize(
    "text", ["", "-r x", 'a"; rm', "$(x)", "a\nb", "a: b", "a #b", "git+https://me:s3cret@example.org/r", "@x", "`x`"]
)
def test_what_no_workflow_could_hold_is_refused(released, text):
    released.release("init --yes --ci github --package dvc-release==0.1.0", f"--package={text}").fails_with(
        2
    ).never_says("s3cret")
    assert released.unchanged()


def test_every_file_says_what_it_is_for(released):
    found = valid(released.release("init --dry-run --ci github --package dvc-release==0.1.0 --json").succeeds())
    assert {file["path"]: file["why"] for file in found["files"] if file["path"] in GITHUB} == {
        GITHUB[0]: "what both workflows do",
        GITHUB[1]: "a merge makes the release",
        GITHUB[2]: "previews of pull requests",
    }


@pytest.mark.parametrize("url", ["https://me:s3cret@example.org/x", "a\nb", "-x", " "])
def test_an_address_that_does_not_belong_into_a_committed_file_is_refused(without_dvc, url):
    without_dvc.release("init --yes", f"--storage={url}").fails_with(2).never_says("s3cret")
    assert without_dvc.unchanged()


def test_an_odd_address_is_read_back_by_dvc(without_dvc):
    without_dvc.release("init --yes --ci none --no-hooks --storage", "../odd, #1").succeeds()
    assert without_dvc.dvc("config", "remote.storage.url").strip() == str(without_dvc.world.root / "odd, #1")


def test_a_folder_is_told_as_seen_from_where_one_stands(without_dvc):
    without_dvc.release("init --yes --ci none --storage", "../../store", folder=without_dvc.folder / "model").succeeds()
    assert f"url = {without_dvc.world.root / 'store'}\n" in without_dvc.read(".dvc/config").decode()


@pytest.mark.parametrize("inside", ["store", "model/../store", "."])
def test_a_folder_inside_the_repository_is_refused(without_dvc, inside):
    without_dvc.release("init --yes --storage", inside).fails_with(2).says("no clone could pull").helps("--storage ../")
    assert without_dvc.unchanged()


@pytest.mark.parametrize("branch", ['a"b', "{secrets}", "{package}"])
def test_a_branch_with_an_odd_name_stays_one_word_in_the_workflow(released, branch):
    released.git("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")
    released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    assert yaml.safe_load(released.read(GITHUB[1]))[True]["push"]["branches"] == [branch]


@pytest.mark.parametrize(
    ("words", "branch"),
    [
        (["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"], "main"),
        (["update-ref", "--no-deref", "refs/remotes/origin/HEAD", "HEAD"], "main"),
        (["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev/next"], "dev/next"),
    ],
    ids=["unknown", "no link", "a branch"],
)
def test_the_remotes_default_branch_is_released(released, words, branch):
    released.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    released.git(*words)
    released.git("checkout", "--quiet", "--detach")
    released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    assert yaml.safe_load(released.read(GITHUB[1]))[True]["push"]["branches"] == [branch]


def test_what_gitpython_s_variables_say_stops_nothing(released):
    """They name a git that is not there and a mode that GitPython does not know: its import would fail."""
    released.world.variables |= {"GIT_PYTHON_GIT_EXECUTABLE": "/nowhere/git", "GIT_PYTHON_REFRESH": "nonsense"}
    released.release_process("init --yes").succeeds()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://github.com/o/r.git", GITHUB),
        ("git@gitlab.com:o/r.git", [".gitlab-ci.yml"]),
        ("https://me:s3cret@example.org/r.git", []),
    ],
)
def test_the_remotes_address_tells_the_service(released, url, wanted):
    released.git("remote", "set-url", "origin", url)
    run = released.release("init --yes --package dvc-release==0.1.0 --json").succeeds().never_says("s3cret")
    assert [
        path
        for path in paths(valid(run))
        if path.startswith((".github", ".gitlab")) and not path.endswith((".txt", ".json"))
    ] == wanted


@pytest.mark.parametrize(
    ("tags", "pattern"),
    [
        (["1.0.0", "1.1.0"], 'tag-format = "{version}"'),
        (["release-1.0", "release-1.1"], 'tag-format = "release-{version}"'),
        (["v1.0", "1.1", "old-1.2"], None),
        (["2-track-data", "10-bigrams-experiment", "charCNN@v1.3.0", "charCNN#prod#2"], None),
    ],
)
def test_hand_made_tags_decide_the_format_that_goes_on(project, tags, pattern):
    for tag in tags:
        project.commit(tag)
        project.git("tag", "-a", tag, "-m", tag)
    project.release("init --yes --ci none").succeeds()
    text = project.read(".release.toml").decode()
    assert [line for line in text.splitlines() if line.startswith("tag-format")] == ([pattern] if pattern else [])


def test_of_two_tags_of_one_version_the_fuller_one_counts(project):
    project.git("tag", "-a", "v1.0", "-m", "x")
    project.save("More")
    project.git("tag", "-a", "v1.0.0", "-m", "y")
    project.git("push", "--quiet", "--tags")
    project.release("init --yes --ci none").succeeds()
    assert 'ignore-tags = ["v1.0"]' in project.read(".release.toml").decode()
    project.save("Set up")
    project.release("bump minor --yes").succeeds()


@pytest.mark.parametrize("store", ["inside the work tree, as in the lesson", "on a disk that is not mounted"])
@pytest.mark.parametrize("configured", [False, True])
def test_a_store_that_cannot_be_seen_never_turns_the_audit_off(released, store, configured):
    clone = released.clone()
    if store.startswith("inside"):
        clone.dvc("remote", "modify", "storage", "url", str(clone.folder / "blob"))
    else:
        released.world.store.rename(released.world.store.with_name("unmounted"))
    if configured:
        clone.write(".release.toml", "[gate]\n")
    clone.save("Storage")
    run = clone.release("init --yes --ci none --json").succeeds()
    assert any("release verify" in line for line in valid(run)["advice"])
    assert "exclude" not in run.out
    clone.save("Set up")
    clone.release("bump minor --yes").fails_with(4)


def test_a_dvc_project_in_a_subfolder_stays_the_only_one(without_dvc):
    (without_dvc.folder / "ml").mkdir()
    in_folder = Project(without_dvc.world, without_dvc.folder / "ml")
    in_folder.dvc("init", "--quiet", "--subdir")
    without_dvc.save("DVC")
    found = valid(without_dvc.release("init --yes --ci none --no-hooks --storage s3://b/x --json").succeeds())
    assert any(line.startswith("DVC in ml") for line in found["seen"])
    assert not (without_dvc.folder / ".dvc").exists()
    assert in_folder.dvc("config", "remote.storage.url").strip() == "s3://b/x"
    assert in_folder.dvc("config", "core.remote").strip() == "storage"


def test_of_several_dvc_projects_none_is_changed(without_dvc):
    for name in ("a", "b"):
        (without_dvc.folder / name).mkdir()
        Project(without_dvc.world, without_dvc.folder / name).dvc("init", "--quiet", "--subdir")
    without_dvc.save("DVC")
    found = valid(without_dvc.release("init --yes --ci none --no-hooks --json").succeeds())
    assert not any(".dvc" in path for path in paths(found))
    assert any("several DVC projects" in line for line in found["advice"])


@pytest.mark.parametrize("path", ["HISTORY.md", "docs/CHANGELOG.md", "changes.markdown"])
def test_a_changelog_under_another_name_goes_on(released, path):
    released.write(path, "# History\n\n## [Unreleased]\n\n- by hand\n")
    found = valid(released.release("init --yes --ci none --no-hooks --json").succeeds())
    assert f"the changelog {path}" in found["seen"]
    assert paths(found) == [".release.toml"]
    released.save("Set up")
    released.release("bump minor -m x --yes").succeeds()
    assert "## [0.2.0]" in released.read(path).decode()


def test_a_changelog_that_is_no_markdown_is_named_and_stays(released):
    released.write("HISTORY.rst", "History\n=======\n")
    found = valid(released.release("init --yes --ci none --no-hooks --json").succeeds())
    assert any("HISTORY.rst is no Markdown" in line for line in found["warnings"])
    assert released.read("HISTORY.rst") == b"History\n=======\n"
    assert "CHANGELOG.md" in paths(found)


@pytest.mark.parametrize("ignored", [True, False])
def test_a_store_inside_the_repository_is_warned_of_and_more_if_git_does_not_ignore_it(released, ignored):
    released.dvc("remote", "modify", "storage", "url", str(released.folder / "blob"))
    if ignored:
        released.write(".gitignore", "/blob/\n")
    warnings = valid(released.release("init --dry-run --ci none --json").succeeds())["warnings"]
    assert "the store blob is inside the repository: no clone can pull from it" in warnings
    assert ("git does not ignore the store blob: add /blob/ to .gitignore" in warnings) != ignored


@pytest.mark.parametrize(
    ("url", "warning"),
    [
        ("s3://b/x", "CI needs the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (read access is enough)"),
        ("azure://b/x", "CI needs the secrets AZURE_STORAGE_CONNECTION_STRING (read access is enough)"),
        ("gs://b/x", "CI needs a login for gs:// that may read: a secret with the key file of a service account"),
        ("ssh://h/x", "CI needs a login for ssh:// that may read: a secret with a private key"),
        ("/somewhere", "CI does not see the store /somewhere, a folder of this machine"),
    ],
)
def test_what_ci_needs_to_reach_the_store_is_said(released, url, warning):
    released.dvc("remote", "modify", "storage", "url", url)
    run = released.release("init --dry-run --ci github --package dvc-release==0.1.0 --json").succeeds()
    (said,) = valid(run)["warnings"]
    assert said.startswith(warning)


def test_no_dvc_sets_none_up(without_dvc):
    without_dvc.release("init --yes --ci none --no-dvc").succeeds()
    assert not (without_dvc.folder / ".dvc").exists()


def test_quietly_it_says_what_is_wrong_and_what_it_wrote(released):
    run = released.release("init --yes --ci none -q").succeeds()
    assert run.out.splitlines()[-1] == "Wrote 3 files."
    run.never_says("missing:", "git add", "hooks run after")


def test_a_screen_has_findings_then_files_then_warnings_and_fits(without_dvc):
    run = without_dvc.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    lines = run.out.split("help: ")[0].splitlines()
    assert len(lines) < 24
    assert all(len(line) <= 80 or " " not in line.strip() for line in lines), "a pipe cuts no path"
    order = [run.out.index(text) for text in ("missing: DVC", "CHANGELOG.md   ", "warning  CI does not see", "Wrote ")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("path", "text", "tool"),
    [
        (".bumpversion.toml", '[tool.bumpversion]\ntag_name = "rel-{new_version}"\n', "bump-my-version"),
        (".bumpversion.cfg", "[bumpversion:file:VERSION]\n", "bump-my-version"),
        ("setup.cfg", "[bumpversion]\ncurrent_version = 1.0.0\n", "bump-my-version"),
        (".cz.toml", '[tool.commitizen]\ntag_format = "c$version"\n', "commitizen"),
        ("pyproject.toml", "[tool.semantic_release.branches.main]\n", "python-semantic-release"),
        ("towncrier.toml", "[[tool.towncrier.type]]\n", "towncrier"),
        (".cz.toml", "# [tool.commitizen]\n[tool.commitizen_of_ours]\n", None),
    ],
)
def test_other_release_tools_are_named_and_their_settings_left_to_the_user(project, path, text, tool):
    project.write(path, text)
    found = valid(project.release("init --yes --ci none --json").succeeds())
    named = [line for line in (*found["seen"], *found["advice"]) if "configured" in line or "moving-in.md" in line]
    work = "would do the same work twice: take its job out of CI; docs/how-to/moving-in.md translates its settings"
    assert named == ([f"{tool} is configured here", f"{tool} and release {work}"] if tool else [])
    written = "".join(file["diff"] for file in found["files"])
    assert "tag-format" not in written
    assert "version-files" not in written


@pytest.mark.parametrize("path", ["CHANGELOG.md", ".github/workflows/release.yml", ".dvc/config"])
def test_a_link_out_of_the_repository_is_refused(released, path):
    (released.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (released.folder / path).unlink(missing_ok=True)
    (released.folder / path).symlink_to(released.world.root / "outside")
    (released.world.root / "outside").write_text("x")
    released.release("init --yes --ci github --package dvc-release==0.1.0").fails_with(3).says(path)
    assert released.unchanged()


def test_a_folder_that_links_out_of_the_repository_is_refused(released):
    (released.world.root / "outside").mkdir()
    (released.folder / ".github").symlink_to(released.world.root / "outside")
    released.release("init --yes --ci github --package dvc-release==0.1.0").fails_with(9).says(".github")
    assert list((released.world.root / "outside").iterdir()) == []


def test_a_broken_dvc_config_is_said(project):
    project.write(".dvc/config", "[core\n")
    project.release("init --yes").fails_with(2).says(".dvc/config")
    assert project.unchanged()


def test_outside_a_repository_it_says_how_to_start_one(empty_world):
    here = Project(empty_world, empty_world.root)
    here.release("init --yes").fails_with(2).helps("git init")


def test_a_repository_without_a_commit_or_remote_can_be_set_up(empty_world):
    here = Project(empty_world, empty_world.root / "new")
    here.folder.mkdir()
    here.git("init", "--quiet")
    found = valid(here.release("init --yes --ci github --package dvc-release==0.1.0 --json").succeeds())
    assert ".dvc/config" in paths(found)
    here.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    assert here.unchanged()


def test_workflows_have_the_least_rights_and_run_no_words_of_others(released):
    released.release("init --yes --ci github --package dvc-release==0.1.0").succeeds()
    action, release_, preview = (yaml.safe_load(released.read(path)) for path in GITHUB)
    assert release_[True]["push"] == {"branches": ["main"]}  # YAML reads `on` as true
    assert set(preview[True]) == {"pull_request"}  # never pull_request_target
    assert (release_["permissions"], preview["permissions"]) == ({}, {})
    assert release_["jobs"]["release"]["permissions"] == {"contents": "write"}
    assert preview["jobs"]["preview"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert release_["concurrency"] == {"group": "release-${{ github.ref }}", "cancel-in-progress": False}
    steps = [step for found in (release_, preview) for job in found["jobs"].values() for step in job["steps"]] + action[
        "runs"
    ]["steps"]
    for step in steps:
        assert "${{" not in step.get("run", ""), step["run"]
        used = step.get("uses", "./")
        assert used.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used
        if used.startswith("actions/checkout@"):
            assert step["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert set(action["outputs"]) == {
        "released",
        "version",
        "tag",
        "previous_tag",
        "commit",
        "error",
        "prepared",
        "pull_request",
    }


GUARD = ".github/workflows/release-guard.yml"
DEEP = "--deep --every 30d --time-limit 1h"


def test_a_guard_of_github_may_read_and_write_one_issue(released):
    found = valid(released.release("init --yes --ci github --guard --package dvc-release==0.1.0 --json").succeeds())
    assert GUARD in paths(found)
    guard = yaml.safe_load(released.read(GUARD))
    assert (guard["permissions"], guard["jobs"]["guard"]["permissions"]) == (
        {},
        {"contents": "read", "issues": "write"},
    )
    checkout, release_ = guard["jobs"]["guard"]["steps"]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    daily, nightly = (each["cron"] for each in guard[True]["schedule"])
    assert release_["with"]["verify"] == (
        f"--all --issue ${{{{ github.event.schedule == '{nightly}' && '{DEEP}' || '' }}}}"
    )
    assert daily != nightly
    released.release("init --yes --ci github --guard --package dvc-release==0.1.0").succeeds()
    assert released.unchanged()


@pytest.mark.parametrize("words", ["--guard", "--pull-request", "--ci none --guard"])
def test_an_option_for_ci_files_needs_a_ci_service(released, words):
    option = words.split()[-1]
    released.release(f"init --yes {words}").fails_with(2).says(
        f"{option} is for a CI service", f"release init --yes {words} --ci github"
    )
    assert released.unchanged()


def test_a_guard_of_gitlab_runs_in_pipelines_of_its_schedules_alone(released):
    released.release("init --yes --ci gitlab --guard --package dvc-release==0.1.0").succeeds()
    jobs = yaml.safe_load(released.read(".gitlab-ci.yml"))
    assert jobs["release guard"]["rules"] == [{"if": '$RELEASE_GUARD && $CI_PIPELINE_SOURCE == "schedule"'}]
    assert jobs["release"]["rules"][0] == {"if": "$RELEASE_GUARD", "when": "never"}
    (script,) = jobs["release guard"]["script"]
    assert f"set -- {DEEP}" in script
    assert 'release verify --all --issue "$@"' in script


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_guard_is_added_to_ci_files_that_are_here_and_stays(released, service):
    line = f"--yes --ci {service} --package dvc-release==0.1.0"
    released.release(f"init {line} --pull-request").succeeds()
    released.save("ci: releases")
    if service == "gitlab":
        released.release(f"init {line} --guard").succeeds().says("release init --update --guard")
        released.release(f"init --update {line} --guard").succeeds()
    else:
        released.release(f"init {line} --guard").succeeds().says(GUARD)
    path = ".gitlab-ci.yml" if service == "gitlab" else GUARD
    assert b"release guard" in released.read(path).lower()
    released.save("ci: guard")
    released.release(f"init --update {line.replace('0.1.0', '0.2.0')}").succeeds()
    assert b"release guard" in released.read(path).lower()
    assert b"<<<<" not in released.read(path)
