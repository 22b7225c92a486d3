"""Every block of the pages is run, or compared: by the test that `RUN_BY` names, or by one in this file.

The pages of `docs/reference/commands` share their tests.
"""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from project import Project, World
from project.templates import performance
from test_pages_about_ci import blocks, commands

from release.commands.verify.view import verified_lines
from release.core.documents import load_toml
from release.core.shards import Coverage, ReadingReport
from release.core.verification import VerifyReport
from release.ui.style import Style

ROOT = Path(__file__).parents[2]
HERE = "tests/docs/test_every_block.py"
GUIDES = "tests/docs/test_guides.py"
PYTHON = "tests/docs/test_python_page.py"
TOML = "tests/story/test_config.py"
RUN_BY = {
    ("README.md", "console"): "noxfile.py",
    ("README.md", "sh"): HERE,
    ("docs/index.md", "console"): "tests/docs/test_picture.py",
    ("docs/index.md", "sh"): HERE,
    ("docs/explanation/benchmarks.md", "console"): HERE,
    ("docs/explanation/why-not-dvc-status.md", "console"): HERE,
    ("docs/explanation/scale.md", "sh"): HERE,
    ("docs/explanation/comparison.md", "sh"): "tests/docs/test_comparison.py",
    ("docs/how-to/ci-recipes.md", "json"): "tests/docs/test_what_pages_name.py",
    ("docs/how-to/ci-recipes.md", "yaml"): "tests/docs/test_ci_recipes.py",
    ("docs/how-to/ci.md", "sh"): "tests/docs/test_pages_about_ci.py",
    ("docs/how-to/ci.md", "yaml"): HERE,
    ("docs/how-to/hooks.md", "console"): HERE,
    ("docs/how-to/hooks.md", "sh"): HERE,
    ("docs/how-to/hooks.md", "yaml"): HERE,
    ("docs/how-to/keep-released-bytes.md", "console"): "tests/remotes/test_kept_bytes_on_s3.py",
    ("docs/how-to/keep-released-bytes.md", "sh"): HERE,
    ("docs/how-to/models.md", "sh"): "tests/story/test_models.py",
    ("docs/how-to/models.md", "toml"): "tests/story/test_models.py",
    ("docs/how-to/models.md", "yaml"): "tests/story/test_models.py",
    ("docs/how-to/monorepo.md", "yaml"): "tests/docs/test_ci_recipes.py",
    ("docs/how-to/protected-main.md", "console"): "tests/docs/test_pages_about_ci.py",
    ("docs/how-to/protected-main.md", "yaml"): "tests/docs/test_ci_recipes.py",
    ("docs/how-to/retraining.md", "yaml"): "tests/docs/test_ci_recipes.py",
    ("docs/how-to/prereleases-and-hotfixes.md", "console"): GUIDES,
    ("docs/how-to/read-every-byte.md", "sh"): HERE,
    ("docs/how-to/read-every-byte.md", "text"): HERE,
    ("docs/how-to/read-every-byte.md", "yaml"): HERE,
    ("docs/how-to/release-pages.md", "console"): GUIDES,
    ("docs/how-to/release-pages.md", "toml"): GUIDES,
    ("docs/how-to/set-gates.md", "console"): GUIDES,
    ("docs/how-to/set-gates.md", "toml"): GUIDES,
    ("docs/how-to/sign-releases.md", "console"): HERE,
    ("docs/how-to/stages.md", "console"): HERE,
    ("docs/how-to/stages.md", "toml"): HERE,
    ("docs/how-to/stages.md", "yaml"): HERE,
    ("docs/how-to/storage.md", "console"): "tests/docs/test_what_pages_name.py",
    ("docs/how-to/yank-or-undo.md", "console"): GUIDES,
    ("docs/reference/action.md", "yaml"): "tests/docs/test_pages_of_reference.py",
    ("docs/reference/auto.md", "toml"): TOML,
    ("docs/reference/commands", "json"): "tests/docs/test_pages_of_commands.py",
    ("docs/reference/commands", "sh"): "tests/docs/test_pages_of_commands.py",
    ("docs/reference/commands", "yaml"): "tests/docs/test_names_on_pages.py",
    ("docs/reference/configuration.md", "toml"): TOML,
    ("docs/reference/environment.md", "sh"): "tests/docs/test_names_on_pages.py",
    ("docs/reference/exit-codes.md", "sh"): "tests/docs/test_names_on_pages.py",
    ("docs/reference/gates.md", "toml"): TOML,
    ("docs/reference/python.md", "python"): PYTHON,
    ("docs/reference/python.md", "sh"): PYTHON,
    ("docs/reference/python.md", "text"): PYTHON,
    ("docs/reference/tags.md", "markdown"): HERE,
    ("docs/tutorial/first-release.md", "console"): "tests/docs/test_what_pages_name.py",
    ("docs/tutorial/install.md", "sh"): HERE,
    ("docs/tutorial/release-on-merge.md", "console"): "tests/docs/test_pages_about_ci.py",
    ("docs/tutorial/three-models.md", "console"): GUIDES,
    ("docs/tutorial/three-models.md", "python"): GUIDES,
    ("docs/tutorial/three-models.md", "toml"): GUIDES,
    ("docs/tutorial/three-models.md", "yaml"): GUIDES,
}


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.fast
def test_each_kind_of_block_of_each_page_has_a_test():
    found = {
        (str((page.parent if page.parent.name == "commands" else page).relative_to(ROOT)), language)
        for page in pages()
        for language in re.findall(r"^```(\w*)\n(?:.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    }
    assert found == set(RUN_BY)
    assert all((ROOT / test).exists() for test in RUN_BY.values())


@pytest.mark.fast
@pytest.mark.parametrize("page", ["../README.md", "index.md", "tutorial/install.md"])
def test_what_the_pages_install_is_this_package_with_extras_that_it_has(page):
    project = load_toml((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r'"(dvc-release[^"]*)"', "".join(blocks(page, "sh")))
    assert named
    for each in named:
        wanted = Requirement(each.replace("URL", "git+https://example.org/release"))
        assert wanted.name == project["name"]
        assert wanted.extras <= set(project["optional-dependencies"])


def test_the_two_commands_of_the_readme_show_and_release(released):
    released.train(b"better", performance(f1=0.9))
    _, block = blocks("../README.md", "sh")
    look, bump = (line.split("#")[0].strip() for line in block.splitlines())
    assert "bump auto" in released.sh(look)
    released.sh(f"{bump} --yes")
    assert released.published("v0.2.0")


@pytest.mark.fast
def test_the_commands_of_the_benchmarks_are_understood(released):
    for line in "".join(blocks("explanation/benchmarks.md", "console")).splitlines():
        words = shlex.split(line, comments=True)[1:]
        released.world.run([sys.executable, *words, "--help"], folder=ROOT)


def test_dvc_says_in_sync_and_release_names_the_file(released):
    (block,) = blocks("explanation/why-not-dvc-status.md", "console")
    *lose, status, push, verify, repair = (line.partition("  #")[::2] for line in block.splitlines())
    start = "; ".join(words for words, _ in lose)
    for (line, said), code in ((status, 0), (push, 0), (verify, 4), (repair, 0)):
        begin = start if line == status[0] else "cd demo/project"
        done = released.world.run(["bash", "-c", f"{begin}; {line}"], folder=released.world.root, ok=(code,))
        shown = {verify[0]: "data/heldout/", repair[0]: "Uploaded 1 object"}.get(line, said.strip())
        assert shown in done.stdout.decode()


@pytest.mark.fast
def test_the_hooks_of_the_page_are_those_of_this_repository():
    (block,) = blocks("how-to/hooks.md", "yaml")
    (repo,) = yaml.safe_load(block)["repos"]
    ids = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in repo["hooks"]} <= ids
    assert blocks("how-to/hooks.md", "console") == ["$ pip install pre-commit && pre-commit install\n"]


def test_the_hooks_of_the_page_refuse_without_pre_commit(released):
    for name, text in zip(("pre-commit", "pre-push"), blocks("how-to/hooks.md", "sh"), strict=True):
        released.write(f".git/hooks/{name}", text).chmod(0o755)
    released.write("model/model.pt", b"better")
    released.write("notes.md", b"words")
    released.git("add", "notes.md")
    with pytest.raises(AssertionError, match="dvc add"):
        released.git("commit", "--quiet", "-m", "Words")
    released.dvc("add", "--quiet", "model/model.pt")
    released.git("commit", "--quiet", "--all", "-m", "Better")
    with pytest.raises(AssertionError, match=r"model/model\.pt"):
        released.git("push", "--quiet", "origin", "main")


@pytest.mark.system
def test_a_release_is_signed_and_checked_as_the_page_says(released):
    gpg, ssh, check, trust = blocks("how-to/sign-releases.md", "console")
    home = released.world.root / "home"
    (home / ".ssh").mkdir()
    key = home / ".ssh/id_ed25519"
    released.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], folder=home)
    released.write("ada.pub", key.with_suffix(".pub").read_bytes())
    (released.folder / ".git/info/exclude").write_text("ada.pub\n")
    for block in (gpg, ssh, trust):
        for line, _ in commands(block):
            released.sh(line)
    email = released.git("config", "user.email")
    signers = released.folder / ".git/allowed-signers"
    signers.write_text(signers.read_text().replace("ada@example.org", email))
    released.release("bump patch --yes --allow-empty -m Signed").succeeds()
    for line, _ in commands(check):
        assert "good" in released.sh(line.replace("v1.4.0", "v0.1.1") + " 2>&1").lower()


def test_stages_are_assigned_and_asked_for_as_the_page_says(released):
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.train(b"third", performance(f1=0.9))
    for version in ("1.3.0", "1.4.0"):
        released.release("bump --allow-empty --yes", version).succeeds()
    released.release("promote v1.3.0 prod --yes").succeeds()
    for block in blocks("how-to/stages.md", "console"):
        for line, _ in commands(block):
            words = line.partition("  #")[0].replace("release ", f"{sys.executable} -m release ", 1)
            assert released.sh(f"{words}{' --yes' if ' promote ' in line else ''}")
    assert (released.world.root / "prod" / "model" / "model.pt").read_bytes() == b"third"
    (table,) = blocks("how-to/stages.md", "toml")
    released.write("pyproject.toml", table.replace("days = 2", "days = 36500"))  # the clock of tests stands still
    released.save("build: stages")
    run = released.release("promote v1.4.0 prod --json --yes").fails_with(3)
    verdicts = {check["name"]: check["verdict"] for check in run.json["checks"]}
    assert verdicts == {"stages": "failed", "branch": "ok", "data on remote": "ok"} | verdicts
    assert "v1.4.0 has been in staging for" in str(run.json["checks"])
    (filters,) = blocks("how-to/stages.md", "yaml")
    assert yaml.safe_load(filters.replace("on:", "trigger:"))["trigger"]["push"]["tags"] == ["release#prod#*"]


def test_the_entry_of_the_page_is_one_that_release_writes(tmp_path):
    """A project with just these numbers; the date is that of its clock."""
    world = World(tmp_path / "world")
    world.root.mkdir()
    world.furnish()
    project = Project(world, world.root / "project")
    project.folder.mkdir()
    project.sh("git init -q --bare ../origin.git && git init -q && git remote add origin ../origin.git")
    project.dvc_each("init -q", f"remote add -q -d storage {world.store}")

    def train(f1: float, filters: int, size: int) -> None:
        project.write("model/model.json", b"x" * size)
        project.write("model/performance.json", f'{{"overall": {{"f1": {f1}}}}}')
        project.write("model/params.json", f'{{"num_filters": {filters}}}')
        project.dvc_each("add -q model/model.json", "push -q")
        project.sh("git add .")

    train(0.8092, 40, 3_500)
    project.sh("git commit -qm 'A small model' && git push -qu origin main")
    project.release("bump 1.3.0 -m first --yes").succeeds()
    train(0.9371, 256, 22_000)
    project.sh("git commit -qm 'More filters, longer training'")
    project.release("bump minor -m charCNN --yes").succeeds()
    written = project.release("changelog v1.4.0").succeeds().out
    (shown,) = blocks("reference/tags.md", "markdown")
    assert written.replace("2026-01-05", "2026-11-23").strip() == shown.strip()


@pytest.mark.fast
def test_the_job_that_reads_outputs_is_yaml_and_names_outputs_of_the_action():
    (block,) = blocks("how-to/ci.md", "yaml")
    job = yaml.safe_load(block)["deploy"]
    action = yaml.safe_load((ROOT / "release/templates/github/action.yml").read_text())
    name, value = job["if"].removeprefix("needs.release.outputs.").split(" == ")
    assert (name in action["outputs"], value) == (True, "'true'")


def test_sticky_folders_of_a_store_still_take_uploads(released):
    (block,) = blocks("how-to/keep-released-bytes.md", "sh")
    released.sh(block.replace("/srv/dvc", str(released.world.store)))
    released.train(b"better", performance(f1=0.9))
    released.release("verify").succeeds()
    folders = [path for path in released.world.store.rglob("*") if path.is_dir()]
    assert any(path.stat().st_mode & 0o1000 for path in folders)


def test_commands_that_read_every_byte_work_as_they_stand(released):
    page = ROOT / "docs/how-to/read-every-byte.md"
    line, on_a_cluster = blocks(page, "sh")
    assert re.fullmatch(r"release verify --deep --every 30d --dask tls://[\w.]+:8786\n", on_a_cluster)
    jobs = [step["run"] for block in blocks(page, "yaml") for step in _steps(yaml.safe_load(block)) if "run" in step]
    lines = [line.strip(), *(job.replace("${{ matrix.part }}", "4") for job in jobs if job.startswith("release "))]
    assert len(lines) >= 3
    for each in lines:
        released.release(each.removeprefix("release ")).succeeds().says("Coverage: ")


def _steps(job):
    """The steps of a workflow, or of a part of its job."""
    return job["steps"] if "steps" in job else [step for each in job["jobs"].values() for step in each["steps"]]


def test_the_lines_about_reading_are_those_of_the_command():
    coverage = Coverage(total_bytes=4_200_000_000_000, within_bytes=3_420_000_000_000, never_bytes=0, oldest_days=41)
    report = ReadingReport(
        days=30,
        planned=931,
        planned_bytes=10**12,
        done=214,
        read_bytes=212_400_000_000,
        stopped=True,
        coverage=coverage,
    )
    lines = verified_lines(VerifyReport(revisions=(), reading=report), Style())
    (shown,) = blocks(ROOT / "docs/how-to/read-every-byte.md", "text")
    assert shown.strip() == "\n".join(lines[-2:])


def test_an_inventory_is_compared_with_what_releases_need(released):
    (block,) = blocks("explanation/scale.md", "sh")
    lost, *there = sorted(released.objects_on_store())
    released.write("inventory", "".join(f"PATH/files/md5/{path.parent.name}/{path.name}\n" for path in there))
    lines = released.sh(block.replace("release verify", f"{sys.executable} -m release verify")).split()
    assert lines == [lost.parent.name + lost.name]
