"""Words of a repository are no commands: not to a CI service that reads the log, nor to a shell that they are pasted into."""

import json
import re

import pytest

HOSTILE = (
    "::set-output name=tag::v9",
    "fix: ##[add-path]/tmp",
    "##vso[task.setvariable variable=PATH]/tmp",
    "##teamcity[buildStatus text='x']",
)
SUBJECT = "::warning::subject"


def is_ci_command(line):
    return re.match(r"\s*::", line) or re.search(r"##\w*\[", line)


@pytest.fixture
def hostile(released):
    """A project in a CI job, with commands to the service in subjects, a message, names, keys and the changelog."""
    released.world.variables |= {"CI": "true", "GITHUB_ACTIONS": "true"}
    for subject in HOSTILE:
        released.commit(subject)
    released.write("::error::file.txt", "x")
    released.write("model/performance.json", json.dumps({"overall": {"f1": 0.5, "##[group]": 1, "::error::": 2}}))
    released.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n::error::by hand\n  ::debug::x\n\n##[group]\n")
    released.save(SUBJECT)
    released.release("bump minor --yes", "-m", "::stop-commands::x ##[x]").succeeds()
    released.write("::error::file.txt", "y")
    released.write("##[untracked].txt", "y")
    return released


LINES = (
    "status",
    "status --format md",
    "bump minor --dry-run",
    "list --metric overall.f1",
    "show v0.2.0",
    "diff v0.1.0 v0.2.0",
    "diff v0.1.0 v0.2.0 --format md",
    "changelog",
    "changelog v0.2.0",
    "changelog --rebuild --dry-run",
    "checkout v0.1.0",
    "verify ::error::",
    "delete --local '##[x]'",
)


def test_no_line_of_the_log_is_a_command_to_the_ci_service(hostile):
    for line in LINES:
        run = hostile.release(line)
        assert not [each for each in (run.out + run.err).splitlines() if is_ci_command(each)], line
        if "--format" not in line:
            run = hostile.release(f"{line} --json")
            assert not [each for each in run.out.splitlines() if is_ci_command(each)], line
            assert run.json


def test_outside_ci_the_changelog_is_the_text_of_the_file(hostile):
    for name in ("CI", "GITHUB_ACTIONS"):
        del hostile.world.variables[name]
    hostile.release("changelog v0.2.0").succeeds().says("\n::error::by hand\n", "\n##[group]\n")
    data = hostile.release("show v0.2.0 --json").succeeds().json
    assert data["message"].startswith("::stop-commands::x ##[x]")
