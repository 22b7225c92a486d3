"""`release init --update`: the CI files of a newer version, with the user's own edits."""

import json

import pytest
from project import Project

ACTION, WORKFLOW, PREVIEW = (
    ".github/actions/release/action.yml",
    ".github/workflows/release.yml",
    ".github/workflows/pull-request.yml",
)
WRITTEN = ".github/actions/release/written.json"
UPDATE = "init --update --yes --package dvc-release==0.2.0"


@pytest.fixture
def older(released: Project) -> Project:
    """A project with the files of an older version: its action had another name, its workflow another time limit."""
    released.release("init --yes --ci github --package dvc-release==0.1.0 --no-hooks").succeeds()
    shipped = {path: "\n".join(lines) for path, lines in json.loads(released.read(WRITTEN)).items()}
    assert sorted(shipped) == sorted([ACTION, WORKFLOW, PREVIEW])
    shipped[ACTION] = shipped[ACTION].replace("name: Release\n", "name: Releases\n", 1)
    shipped[WORKFLOW] = shipped[WORKFLOW].replace("timeout-minutes: 30", "timeout-minutes: 20")
    for path, text in shipped.items():
        released.write(path, text)
    released.write(WRITTEN, json.dumps({path: text.split("\n") for path, text in shipped.items()}))
    released.save("Set up releases")
    return released


def test_what_changed_between_the_versions_arrives_and_edits_stay(older):
    text = older.read(WORKFLOW).decode()
    older.write(WORKFLOW, text.replace("name: Release\n", "name: Our releases\n", 1))
    older.save("ci: our name")
    dry = older.release(UPDATE.replace("--yes", "--dry-run")).succeeds()
    dry.says("-    timeout-minutes: 20", "+    timeout-minutes: 30", "-name: Releases", "Nothing was changed")
    older.release(UPDATE).succeeds().says("help: git add")
    text = older.read(WORKFLOW).decode()
    assert "name: Our releases\n" in text
    assert "timeout-minutes: 30" in text
    assert "dvc-release==0.2.0" in text
    assert older.read(ACTION).decode().startswith("#")
    assert b"\nname: Release\n" in older.read(ACTION)
    older.save("ci: a newer release")
    older.release(UPDATE).succeeds().says("nothing was changed")


def test_lines_that_both_changed_are_marked_and_named(older):
    text = older.read(WORKFLOW).decode()
    older.write(WORKFLOW, text.replace("timeout-minutes: 20", "timeout-minutes: 90"))
    older.save("ci: more time")
    run = older.release(UPDATE).fails_with(9)
    run.says(f"You and the new version changed the same lines of {WORKFLOW}.").helps(f"git diff {WORKFLOW}")
    marked = older.read(WORKFLOW).decode()
    for line in ("<<<<<<< yours", "timeout-minutes: 90", "timeout-minutes: 30", ">>>>>>> new"):
        assert line in marked
    assert b"<<<<<<<" not in older.read(ACTION)
    older.git("checkout", "--quiet", ".")
    document = older.release(f"{UPDATE} --json").fails_with(9).json
    assert (document["exit_code"], document["errors"][0]["code"]) == (9, 9)


def test_a_file_that_was_deleted_stays_away_and_one_without_a_record_counts_from_its_first_commit(older):
    (older.folder / PREVIEW).unlink()
    (older.folder / WRITTEN).unlink()
    older.save("ci: no previews")
    older.release(UPDATE).succeeds()
    assert not (older.folder / PREVIEW).exists()
    assert b"timeout-minutes: 30" in older.read(WORKFLOW)
    assert b"<<<" not in older.read(WORKFLOW) + older.read(ACTION)


def test_what_is_not_committed_is_not_touched(older):
    older.write(WORKFLOW, older.read(WORKFLOW).decode() + "# mine\n")
    older.release(UPDATE).fails_with(3).says(f"{WORKFLOW} is not committed").helps(f"git add {WORKFLOW}")
    assert older.read(WORKFLOW).endswith(b"# mine\n")


def test_without_files_of_init_there_is_nothing_to_update(released):
    released.release(UPDATE).fails_with(2).helps("release init --ci github")


def test_the_package_must_be_one_that_ci_can_install(older, installed):
    installed(older, {"url": "file:///nowhere", "dir_info": {"editable": True}})
    older.release("init --update --yes").fails_with(2).helps("release init --update --ci github --package FILE.whl")


def test_a_workflow_becomes_one_with_a_pull_request_of_each_release_and_stays_one(older):
    run = older.release("init --yes --ci github --pull-request --package dvc-release==0.1.0 --no-hooks").succeeds()
    run.says("release init --update --pull-request")
    older.release(f"{UPDATE} --pull-request").succeeds()
    text = older.read(WORKFLOW).decode()
    for line in ('pull-request: "true"', "pull-requests: write", "steps.request.outputs.prepared == 'true'"):
        assert line in text
    assert "<<<<<<<" not in text
    older.write(WORKFLOW, text.replace("name: Release\n", "name: Our releases\n", 1))
    older.save("ci: a pull request of each release")
    older.release(UPDATE.replace("0.2.0", "0.3.0")).succeeds()
    newer = older.read(WORKFLOW).decode()
    assert newer == text.replace("name: Release\n", "name: Our releases\n", 1).replace("0.2.0", "0.3.0")


def test_the_file_of_gitlab_keeps_edits_and_gets_what_is_new(released):
    path, record = ".gitlab-ci.yml", ".gitlab/release/written.json"
    released.release("init --yes --ci gitlab --package dvc-release==0.1.0 --no-hooks").succeeds()
    newest = released.read(path).decode()
    assert "GIT_DEPTH: " in newest
    old = newest.replace("GIT_DEPTH: ", "GIT_DEPTHS: ")
    released.write(path, f"{old}\nours:\n  script: [make]\n")
    released.write(record, json.dumps({path: old.split("\n")}))
    released.save("Set up releases")
    released.release(UPDATE).succeeds().says("help: git add")
    assert released.read(path).decode() == f"{newest.replace('0.1.0', '0.2.0')}\nours:\n  script: [make]\n"
