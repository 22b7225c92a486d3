"""The pull request of the next release on each forge: opened, brought up to date, merged in each way, closed."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.resources import files

import jsonschema
import pexpect
import pytest
from forge_server import REPOSITORY, TOKEN, ForgeServer, Request, forge_server, settle
from project import Project

BRANCH = "release-pr/main"
REF = f"refs/heads/{BRANCH}"
AUTO = "prepare auto --pull-request --yes"


@pytest.fixture
def next(charcnn: Project) -> Project:
    """Something to release."""
    charcnn.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.2.0"\n')
    charcnn.train(b"third", '{"f1": 0.9}')
    return charcnn


def asked(project: Project, line: str = AUTO):
    return project.release(line).succeeds()


def pull(forge: ForgeServer) -> Request:
    (found,) = [each for each in forge.pulls if each.state == "open"]
    return found


def changes(forge: ForgeServer) -> list[str]:
    return [each for each in forge.requests if not each.startswith("GET ")]


def on_branch(project: Project, path: str) -> str:
    project.git("fetch", "--quiet", project.world.origin.as_uri(), f"+{REF}:refs/seen")
    return project.file_at("refs/seen", path).decode()


def of_person(project: Project, words: str = "Nicer words\n") -> str:
    """Somebody adds a commit to the branch."""
    other = project.clone("person")
    other.git("switch", "--quiet", BRANCH)
    other.write("CHANGELOG.md", other.read("CHANGELOG.md") + words.encode())
    return other.save("docs: nicer words")


def merge(project: Project, forge: ForgeServer, how: str) -> str:
    """Merge the pull request as the forge's buttons do."""
    other = project.clone(f"merger-{how}")
    if how == "merge":
        other.git("merge", "--quiet", "--no-ff", "-m", f"Merge pull request #1 from {BRANCH}", f"origin/{BRANCH}")
    elif how == "squash":
        other.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
        body = other.git("log", "-1", "--format=%b", f"origin/{BRANCH}")
        other.git("commit", "--quiet", "-m", f"{pull(forge).title} (#1)", "-m", body)
    else:
        other.git("cherry-pick", "--no-commit", f"origin/{BRANCH}")
        other.git("commit", "--quiet", "--reuse-message", f"origin/{BRANCH}")
    other.git("push", "--quiet", "origin", "main")
    forge.merged(pull(forge).number)
    project.git("pull", "--quiet", "--ff-only", "origin", "main")
    return project.head


@pytest.mark.fast("github")
def test_it_is_opened_with_the_entry_and_a_second_run_changes_nothing(next, forge):
    main, refs = next.origin["refs/heads/main"], next.refs
    run = asked(next).says("Opened ", " for v0.3.0: http://127.0.0.1")
    found = pull(forge)
    assert (found.head, found.base, found.title) == (BRANCH, "main", "Prepare v0.3.0")
    for words in ("releases **v0.3.0**, after v0.2.0", " | data on remote |", "### Performance", "| f1", "0.9000"):
        assert words in found.body
    assert "## [0.3.0]" not in found.body
    assert found.title not in run.err
    assert "## [0.3.0] - " in on_branch(next, "CHANGELOG.md")
    assert 'version = "0.3.0"' in on_branch(next, "pyproject.toml")
    next.git("update-ref", "-d", "refs/seen")
    assert next.refs == refs
    assert next.status == ""
    assert next.origin["refs/heads/main"] == main
    assert next.git("log", "-1", "--format=%P", next.origin[REF]) == main
    tip, done, before = next.origin[REF], len(changes(forge)), forge.state()
    asked(next).says("for v0.3.0 is up to date: http")
    assert next.unchanged()
    assert (next.origin[REF], len(changes(forge)), forge.state()) == (tip, done, before)


def test_each_model_has_a_pull_request_of_its_own(next, forge):
    next.write(".release.toml", '[models.charCNN]\npath = "model/model.pt"\nmetrics = ["model/performance.json"]\n')
    next.save("A model")
    next.git("push", "--quiet", "origin", "main")
    asked(next, "prepare minor --model charCNN --pull-request --yes")
    (made,) = forge.pulls
    assert "release bump --model charCNN auto" in made.body
    assert (made.head.startswith("release-pr-charCNN-"), made.head.endswith("/main")) == (True, True)
    asked(next)
    assert {each.head for each in forge.pulls} == {made.head, BRANCH}


def test_the_clone_stays_as_it_is(next, forge):
    next.write("notes.txt", "not in git\n")
    before = next.snapshot()
    asked(next)
    after = next.snapshot()
    here = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert here
    assert all("origin.git" in name for name in here), here


def test_it_is_brought_up_to_date(next, forge):
    asked(next)
    first = next.origin[REF]
    next.train(b"fourth", '{"f1": 0.95}')
    next.write("a.py", "x = 1\n")
    next.save("feat: beam search")
    asked(next).says("Updated ", " for v0.3.0")
    assert len(forge.pulls) == 1
    assert next.origin[REF] != first
    assert next.world.git(next.world.origin, "log", "-1", "--format=%P", REF) == next.head
    assert "0.9500" in pull(forge).body
    assert "beam search" in pull(forge).body
    asked(next, "prepare minor -m 'charCNN, *larger*' --pull-request --yes").says("Updated")
    assert pull(forge).title == "Prepare v0.3.0: charCNN, *larger*"
    asked(next, "prepare major --pull-request --yes").says(" for v1.0.0")
    assert pull(forge).title == "Prepare v1.0.0"
    assert "## [1.0.0]" in on_branch(next, "CHANGELOG.md")


def test_a_text_that_somebody_edited_is_written_anew(next, forge):
    asked(next)
    wanted = pull(forge).body
    pull(forge).body = "Please wait.\r\n"
    asked(next).says("Updated")
    assert pull(forge).body == wanted
    pull(forge).body = wanted.replace("\n", "\r\n")  # as an edit in a browser leaves it
    asked(next).says("up to date")


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_after_the_merge_the_entry_is_tagged_and_the_next_one_begins(next, forge, how):
    asked(next, "prepare minor -m wordCNN --pull-request --yes")
    commit = merge(next, forge, how)
    found = next.release(f"{AUTO} --json").succeeds().json["pull_request"]
    assert (found["outcome"], found["prepared"], found["number"]) == ("none", True, None)
    assert REF not in next.origin
    run = next.release("bump auto --yes --json").succeeds().json
    assert (run["released"], run["tag"], run["commit"]) == (True, "v0.3.0", commit)
    assert next.message_of("v0.3.0").startswith("wordCNN\n")
    assert next.published("v0.3.0")
    asked(next).says("Nothing to release")
    next.write("a.py", "x = 1\n")
    next.save("feat: beam search")
    asked(next).says("Opened")
    assert pull(forge).title == "Prepare v0.4.0"
    assert "Prepare v0.3.0" not in pull(forge).body
    assert [each.state for each in forge.pulls] == ["merged", "open"]


def test_it_is_closed_if_nothing_is_left(next, forge):
    asked(next)
    next.git("revert", "--no-edit", "HEAD")
    next.git("push", "--quiet", "origin", "main")
    next.dvc("checkout", "--quiet")
    run = asked(next)
    run.says("Nothing to release", "Closed ")
    assert [each.state for each in forge.pulls] == ["closed"]
    assert REF not in next.origin
    asked(next).says("Nothing to release")


def test_a_pull_request_that_somebody_closed_is_opened_again_as_another_one(next, forge):
    asked(next)
    pull(forge).state = "closed"
    asked(next).says("Opened")
    assert [each.state for each in forge.pulls] == ["closed", "open"]


@pytest.mark.fast("github")
def test_a_commit_that_somebody_added_is_kept(next, forge):
    asked(next)
    theirs = of_person(next)
    before = forge.state()
    next.train(b"fourth", '{"f1": 0.95}')
    run = next.release(AUTO).fails_with(3).says(f"{BRANCH} has commits that release did not make", "stays as it is")
    run.helps(f"git fetch origin {BRANCH}:kept/{BRANCH} && git push origin :{BRANCH}")
    assert next.origin[REF] == theirs
    assert forge.state() == before
    assert next.unchanged()
    next.release(f"{AUTO} --dry-run").fails_with(3)
    next.sh(f"git fetch --quiet origin {BRANCH}:kept/{BRANCH} && git push --quiet origin :{BRANCH}")
    if forge.kind == "gitlab":
        asked(next).says("Updated")
    else:
        asked(next).says("Opened")
    assert next.refs[f"refs/heads/kept/{BRANCH}"] == theirs


def test_with_nothing_left_a_commit_that_somebody_added_is_kept_too(next, forge):
    asked(next)
    theirs = of_person(next)
    next.git("revert", "--no-edit", "HEAD")
    next.git("push", "--quiet", "origin", "main")
    next.dvc("checkout", "--quiet")
    next.release(AUTO).fails_with(3).says("stays as it is")
    assert (next.origin[REF], pull(forge).state) == (theirs, "open")


@pytest.mark.parametrize("what", ["a file", "the message"])
def test_our_commit_that_somebody_amended_is_kept(next, forge, what):
    asked(next)
    other = next.clone("person")
    other.git("switch", "--quiet", BRANCH)
    said = ["--no-edit"]
    if what == "a file":
        other.write("CHANGELOG.md", other.read("CHANGELOG.md").replace(b"## [0.3.0]", b"Hello\n\n## [0.3.0]"))
    else:
        said = ["-m", other.git("log", "-1", "--format=%B"), "-m", "Why we wait"]
    other.git("commit", "--quiet", "--all", "--amend", *said)
    other.git("push", "--quiet", "--force", "origin", BRANCH)
    next.save("fix: more")
    next.release(AUTO).fails_with(3).says("has commits that release did not make")
    assert next.origin[REF] == other.head


def test_a_branch_of_somebody_without_a_pull_request_is_kept(next, forge):
    next.git("push", "--quiet", "origin", f"HEAD~1:{REF}")
    theirs = next.origin[REF]
    next.release(AUTO).fails_with(3).says("has commits that release did not make").never_says("stays as it is")
    assert (next.origin[REF], forge.pulls) == (theirs, [])


def test_commits_of_somebody_that_were_merged_do_not_stop_the_next_one(next, forge):
    asked(next)
    theirs = of_person(next, "\n")
    merge(next, forge, "squash")
    next.release("bump auto --yes").succeeds()
    assert next.origin[REF] == theirs  # the forge keeps branches
    next.write("a.py", "x = 1\n")
    next.save("feat: beam search")
    asked(next).says("Opened")
    assert next.git("ls-remote", "origin", REF) != theirs


def test_a_push_of_somebody_between_look_and_push_is_not_overwritten(next, forge):
    asked(next)
    first = next.origin[REF]
    theirs = of_person(next)
    origin, real = next.world.origin, shutil.which("git")
    next.world.git(origin, "update-ref", REF, first)
    wrapper = next.world.root / "home" / "bin" / "git"
    wrapper.parent.mkdir()
    bare = "env -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES"
    push = f'case " $* " in *" push "*) {bare} {real} --git-dir={origin} update-ref {REF} {theirs} ;; esac'
    wrapper.write_text(f'#!/bin/sh\n{push}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    next.train(b"fourth", '{"f1": 0.95}')
    path = next.world.environment()["PATH"]
    next.world.variables["PATH"] = f"{wrapper.parent}{os.pathsep}{path}"
    run = next.release_process(AUTO).fails_with(3).says("has moved meanwhile", "has commits that release did not make")
    run.says("trying again")
    assert next.origin[REF] == theirs


def test_a_dry_run_names_each_step_and_changes_nothing(next, forge):
    run = asked(next, "prepare auto --pull-request --dry-run").says("v0.3.0")
    run.says(f"Will push one commit to {BRANCH} and open a ", "Nothing was changed: this was a dry run.")
    assert next.unchanged()
    assert changes(forge) == []
    asked(next)
    asked(next, "prepare auto --pull-request --dry-run").says("This would change nothing.")
    document = next.release("prepare auto --pull-request --dry-run --json").succeeds().json
    assert (document["pull_request"]["outcome"], document["steps"]) == ("dry run", [])


@pytest.mark.parametrize("words", ["", " --dry-run"])
def test_the_document_fits_its_schema(next, forge, words):
    document = next.release(f"{AUTO} --json{words}").succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/prepare.json").read_text()))
    found = document["pull_request"]
    assert (found["branch"], found["base"], found["title"]) == (BRANCH, "main", "Prepare v0.3.0")
    assert (found["number"], found["outcome"]) == ((None, "dry run") if words else (1, "opened"))
    assert document["files"] == ([] if words else ["CHANGELOG.md", "pyproject.toml"])
    assert (document["released"], document["tag"]) == (False, "v0.3.0")


def test_what_the_merge_could_not_release_is_refused_now(next, forge):
    next.write(".release.toml", '[gate."f1"]\nmax-regression = 0.01\n')
    next.train(b"worse", '{"f1": 0.5}')
    next.release(AUTO).fails_with(5).says("gates")
    next.train(b"kept back", '{"f1": 0.95}', push=False)
    next.release(AUTO).fails_with(4).says("model/model.pt").helps("release verify --push")
    assert (forge.pulls, REF in next.origin) == ([], False)


def test_gates_stand_in_the_text(next, forge):
    next.write(".release.toml", '[gate."f1"]\nmax-regression = 0.01\n')
    next.save("Gate")
    asked(next)
    assert "| ok | gates |" in pull(forge).body


def test_without_a_token_nothing_is_pushed_and_the_rights_are_named(next, forge):
    (name,) = [each for each in next.world.variables if each.endswith("TOKEN")]
    del next.world.variables[name]
    run = next.release(AUTO).fails_with(2).says("no token for 127.0.0.1", "nothing was pushed")
    right = {
        "github": "`contents: write` and `pull-requests: write`",
        "gitlab": "the scope `api` and the role Developer",
        "forgejo": "the scope `write:repository`",
    }[forge.kind]
    run.helps(right).helps(name).helps("release prepare auto --pull-request --yes")
    assert (forge.requests, REF in next.origin) == ([], False)
    assert next.unchanged()


def test_the_token_of_a_gitlab_job_is_not_enough(next):
    with forge_server("gitlab") as forge:
        settle(next, forge)
        next.world.variables["CI_JOB_TOKEN"] = next.world.variables.pop("GITLAB_TOKEN")
        next.release(AUTO).fails_with(2).says("CI_JOB_TOKEN").helps("GITLAB_TOKEN")
        assert (forge.requests, REF in next.origin) == ([], False)


def test_a_token_that_may_not_is_told_after_the_push(next, forge):
    said = json.dumps({"message": "GitHub Actions is not permitted to create or approve pull requests."}).encode()
    real = forge.answer
    forge.answer = lambda sent: real(sent) if sent.method == "GET" else (403, {}, said)
    run = next.release(AUTO).fails_with(9).says("not permitted to create", f"done so far: push one commit to {BRANCH}")
    run.never_says(TOKEN)
    if forge.kind == "github":
        run.helps("Allow GitHub Actions to create and approve pull requests")
    forge.answer = real
    asked(next).says("Opened")


def test_a_push_that_the_remote_refuses_is_told(next, forge):
    hook = next.world.origin / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase $1 in refs/heads/release-pr/*) echo "GH013: Repository rule"; exit 1;; esac\n')
    hook.chmod(0o755)
    next.release(AUTO).fails_with(3).says(f"origin refused the push to {BRANCH}", "GH013: Repository rule")
    assert forge.pulls == []


def test_a_branch_that_is_behind_ends_with_7(next, forge):
    other = next.clone("other")
    other.write("b.py", "y = 1\n")
    other.save("feat: another")
    next.release(AUTO).fails_with(7).says("behind origin").helps("git pull")
    assert (forge.pulls, REF in next.origin) == ([], False)


def test_commits_that_are_not_pushed_are_not_brought_along(next, forge):
    next.commit("feat: not pushed")
    next.release(AUTO).fails_with(3).says("main has 1 commit that origin lacks").helps("git push origin main:main")
    assert next.unchanged()


def test_other_branches_than_release_branches_get_none(next, forge):
    next.git("switch", "--quiet", "--create", "topic")
    next.git("push", "--quiet", "origin", "topic")
    next.release(AUTO).fails_with(3).says("final releases come from main")
    next.git("switch", "--quiet", "--create", "release/0.x")
    next.git("push", "--quiet", "origin", "release/0.x")
    asked(next).says("Opened")
    assert (pull(forge).head, pull(forge).base) == ("release-pr/release/0.x", "release/0.x")


def test_two_projects_of_a_repository_have_a_pull_request_each(next, forge):
    next.write("models/b/.release.toml", 'tag-format = "b-{version}"\n')
    next.write("models/b/x.py", "x = 1\n")
    next.save("feat: another project")
    asked(next)
    next.release(AUTO, folder=next.folder / "models/b").succeeds().says("for b-0.1.0")
    heads = [each.head for each in forge.pulls]
    assert heads[0] == BRANCH
    assert heads[1].startswith("release-pr-models-b-")
    assert len({*heads}) == 2


def test_a_fork_with_a_branch_of_the_same_name_is_another(next, forge):
    forge.pulls.append(Request(1, BRANCH, "main", "Evil", "", repository="eve/charcnn", commit="1" * 40))
    asked(next).says("Opened")
    assert forge.pulls[0].title == "Evil"
    assert forge.pulls[0].state == "open"


def test_conventional_titles_follow_those_of_release_commits(next, forge):
    next.write(".release.toml", 'commit-message = "chore(release): {tag}"\n')
    next.save("chore: settings")
    asked(next)
    assert pull(forge).title == "chore(release): prepare v0.3.0"
    merge(next, forge, "squash")
    assert next.release("bump auto --yes --json").succeeds().json["tag"] == "v0.3.0"


def test_a_long_entry_is_cut_to_what_the_forge_takes(next, forge):
    lines = "".join(f"- {'words ' * 20}{number}\n" for number in range(1500))
    next.write("CHANGELOG.md", f"# Changelog\n\n## [Unreleased]\n\n{lines}")
    next.save("docs: many words")
    asked(next)
    assert len(pull(forge).body) > 50_000
    if forge.kind != "gitlab":
        assert pull(forge).body.rstrip().endswith("... the rest is in CHANGELOG.md")
    asked(next).says("up to date")


def test_signed_commits_where_git_is_set_so(next, forge):
    key = next.world.root / "home" / "key"
    next.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], folder=next.folder)
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", f"{key}.pub"), ("commit.gpgSign", "true")):
        next.git("config", name, value)
    asked(next)
    commit = next.world.git(next.world.origin, "cat-file", "commit", next.origin[REF])
    assert "-----BEGIN SSH SIGNATURE-----" in commit
    next.save("fix: more")
    asked(next).says("Updated")


def test_hooks_of_the_user_do_not_run(next, forge):
    hook = next.folder / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    asked(next).says("Opened")


def test_in_actions_the_outputs_and_a_page_are_written(next, forge):
    home = next.world.root / "home"
    next.world.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(home / "out")}
    next.world.variables["GITHUB_STEP_SUMMARY"] = str(home / "page")
    asked(next, f"{AUTO} --outputs {home / 'file'}")
    written = (home / "out").read_text()
    assert "prepared=false\nversion=0.3.0\ntag=v0.3.0\nerror=\n" in written
    assert f"pull_request={forge.url}/{REPOSITORY}/" in written
    assert (home / "file").read_text() == written
    page = (home / "page").read_text()
    assert page.startswith("## Prepare v0.3.0\n")
    assert "### Performance" in page
    merge(next, forge, "squash")
    (home / "out").unlink()
    asked(next)
    assert "prepared=true" in (home / "out").read_text()
    next.git("remote", "set-url", "origin", "https://bitbucket.org/o/k")
    next.release(AUTO).fails_with(2).says("is on no forge that has pull requests")
    assert "ended with exit code 2" in (home / "page").read_text()


@pytest.mark.parametrize(("typed", "code"), [("n", 130), ("y", 0), ("\x03", 130)])
def test_on_a_terminal_the_plan_is_shown_before_the_question(next, forge, typed, code):
    environment = next.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    words = ["-m", "release", "prepare", "--pull-request"]
    child = pexpect.spawn(
        sys.executable, words, cwd=str(next.folder), env=environment, timeout=60, encoding="utf-8", dimensions=(40, 120)
    )
    child.expect_exact("v0.2.0 -> v0.3.0")
    child.expect_exact(f"Push one commit to {BRANCH} and open a ")
    child.send(f"{typed}\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert bool(forge.pulls) is (REF in next.origin) is (typed == "y")


def test_a_call_without_a_terminal_needs_yes(next, forge):
    next.release("prepare --pull-request").fails_with(2).helps("release prepare --pull-request --yes")
    next.release("prepare auto --outputs x --yes").fails_with(2).says("--outputs goes with --pull-request")
    asked(next, "prepare --pull-request --yes").says("for v0.3.0")


@pytest.mark.system
def test_other_programs_read_what_was_written(next, forge):
    import gitlab  # noqa: PLC0415 - of the extra `system`
    import httpx  # noqa: PLC0415
    from pyforgejo import PyforgejoApi  # noqa: PLC0415

    asked(next)
    wanted = pull(forge)
    if forge.kind == "gitlab":
        with gitlab.Gitlab(forge.url, private_token=TOKEN) as client:
            read = client.projects.get(REPOSITORY).mergerequests.get(1)
            assert (read.title, read.description, read.state) == (wanted.title, wanted.body, "opened")
            assert (read.source_branch, read.target_branch) == (BRANCH, "main")
    elif forge.kind == "forgejo":
        with httpx.Client() as client:
            api = PyforgejoApi(api_key=f"token {TOKEN}", base_url=forge.api, httpx_client=client)
            (read,) = api.repository.repo_list_pull_requests(*REPOSITORY.split("/"))
        assert (read.title, read.body, read.state) == (wanted.title, wanted.body, "open")
        assert read.head is not None
        assert read.head.ref == BRANCH
