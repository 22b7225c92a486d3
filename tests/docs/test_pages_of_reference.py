"""The tables of exit codes, environment variables and the action have all that the code has, and nothing else."""

import re

import pytest
import yaml
from page_blocks import REFERENCE, ROOT, compare

from release.core import forge
from release.core.check import PRECEDENCE
from release.errors import ExitCode
from release.system.files import package_text

pytestmark = pytest.mark.fast

# Names in the code that are quoted as variables are, and are none: refs and states of git, words of gpg, of
# stores and of rlimit; parts of names.
NO_VARIABLES = """MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG NO_PUBKEY INTELLIGENT_TIERING DEEP_ARCHIVE RLIMIT_AS RLIMIT_CORE
    RLIMIT_CPU RLIMIT_FSIZE RLIMIT_NOFILE GIT_AUTHOR_IDENT GIT_COMMITTER_IDENT GIT_TRACE SERVER_URL RUN_ID
    GLOBAL_CONFIG_DIR SYSTEM_CONFIG_DIR SITE_CACHE_DIR RELEASE_GUARD"""
# Variables that `release` only sets, for the programs that it starts.
ONLY_SET = """GIT_PYTHON_REFRESH GIT_OPTIONAL_LOCKS GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME
    GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE DVC_NO_ANALYTICS SSH_ASKPASS_REQUIRE LC_ALL FORCE_COLOR CLICOLOR_FORCE
    GIT_EXEC_PATH GIT_ATTR_NOSYSTEM GIT_CONFIG_COUNT XDG_DATA_HOME"""
CODE = "\n".join(path.read_text() for path in sorted((ROOT / "release").rglob("*.py")))


def names_of(page):
    """Names of variables in the first columns of the tables, and in the sentence about stores."""
    rows = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(_?[A-Z][A-Z0-9_]+)`", row)}


def test_every_variable_that_the_code_reads_is_on_the_page():
    page = (REFERENCE / "environment.md").read_text()
    quoted = set(re.findall(r"\"(_?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"", CODE))
    quoted |= set(re.findall(r"environ(?:ment)?(?:\.get\(|\[)\"([A-Z]+)\"", CODE))
    assert len(quoted) > 70
    assert (
        quoted - {*NO_VARIABLES.split(), *ONLY_SET.split()} - set(re.findall(r"`(_?[A-Z][A-Z0-9_]+)`", page)) == set()
    )


def test_every_variable_of_the_page_is_in_the_code():
    found = names_of((REFERENCE / "environment.md").read_text())
    assert len(found) > 50
    made = {f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE")}
    made |= {"GITHUB_REPOSITORY", "GITHUB_RUN_ID"}  # the code joins these from their parts
    assert {
        name for name in found - made if f'"{name}"' not in CODE and f'"{name.removeprefix("DVC_")}"' not in CODE
    } == set()


def test_every_token_is_on_the_page_with_its_server():
    rows = [
        f"| `{name}` | {kind.value} | that of `{server}`{f', else {host}' if host else ''} |\n"
        for name, kind, host, server in forge._TOKENS
    ]
    compare(
        REFERENCE / "environment.md", "tokens", "| variable | forge | server |\n| --- | --- | --- |\n" + "".join(rows)
    )


def test_every_exit_code_is_on_the_page():
    page = (REFERENCE / "exit-codes.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `([A-Z]+)` \|", page, re.MULTILINE)
    assert rows == [(str(code.value), code.name) for code in ExitCode]
    assert f"the first of {', '.join(str(code.value) for code in PRECEDENCE)} that applies" in page


def test_every_input_and_output_of_the_action_is_on_the_page():
    action = yaml.safe_load(package_text("templates/github/action.yml"))
    rows = [
        f"| `{name}` | {'`' + each['default'] + '`' if each['default'] else ''} | {each['description']} |\n"
        for name, each in action["inputs"].items()
    ]
    compare(REFERENCE / "action.md", "inputs", "| input | default | value |\n| --- | --- | --- |\n" + "".join(rows))
    rows = [f"| `{name}` | {each['description']} |\n" for name, each in action["outputs"].items()]
    compare(REFERENCE / "action.md", "outputs", "| output | value |\n| --- | --- |\n" + "".join(rows))


def test_the_step_on_the_page_has_inputs_and_outputs_of_the_action():
    action = yaml.safe_load(package_text("templates/github/action.yml"))
    page = (REFERENCE / "action.md").read_text()
    step, following = yaml.safe_load(re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0])
    assert step["with"].keys() <= action["inputs"].keys()
    assert set(re.findall(r"outputs\.(\w+)", following["if"])) <= action["outputs"].keys()


def test_every_variable_of_the_gitlab_jobs_is_on_the_page():
    jobs = "".join(package_text(f"templates/gitlab/{name}.yml") for name in ("gitlab-ci", "pull-request", "guard"))
    read = set(re.findall(r"\$\{?(RELEASE_\w+)", jobs)) | {"RELEASE_TRUST"}  # `release` itself reads the last one
    assert {name for name in names_of((REFERENCE / "action.md").read_text()) if name.startswith("RELEASE_")} == read
