"""The script of the GitHub action, run as a runner runs it."""

import sys

import yaml

from release.system.files import package_text


def obeyed(log: str) -> list[str]:
    """The workflow commands that a runner obeys: none between `stop-commands` and its token."""
    found, stopped = [], ""
    for line in map(str.strip, log.splitlines()):
        if stopped and line == f"::{stopped}::":
            stopped = ""
        elif line.startswith("::") and not stopped:
            name, _, value = line[2:].partition("::")
            stopped = value if name == "stop-commands" else ""
            found.append(name)
    assert not stopped, "the next step's commands would be ignored"
    return found


def test_what_other_programs_print_in_the_step_is_no_workflow_command(released):
    world = released.world
    released.save("fix: x")
    hook = world.root / "home" / "hooks" / "post-checkout"
    hook.parent.mkdir()
    seen = world.root / "seen"
    hook.write_text(
        f"""#!/bin/sh
for url in https://forge.example https://forge.example.evil https://evil.example http://forge.example; do
    echo "$url $(git config --get-urlmatch http.extraheader $url/a/b.git)" >>{seen}
done
printf '::set-env name=PATH::/tmp\\n::error::no newline'
"""
    )
    hook.chmod(0o755)
    released.git("config", "core.hooksPath", hook.parent)
    page, summary = world.root / "page.md", world.root / "summary.md"
    (step,) = [
        step
        for step in yaml.safe_load(package_text("templates/github/action.yml"))["runs"]["steps"]
        if step.get("id") == "release"
    ]
    world.variables |= {
        "RUNNER_TEMP": str(world.root),
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_BASE_REF": "main",
        **dict.fromkeys(step["env"], ""),
        "PREVIEW": "true",
        "KIND": "minor",
        "GITHUB_TOKEN": "t0ken",
        "PAGE": str(page),
    }
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", f"exec 2>&1\n{step['run']}"]
    done = world.run(words, folder=released.folder)
    log = done.stdout.decode()
    assert "::error::no newline" in log
    assert obeyed(log) == ["add-mask", "stop-commands"]
    assert "v0.2.0" in summary.read_text()
    own, *others = seen.read_text().splitlines()
    assert own.startswith("https://forge.example AUTHORIZATION: basic ")
    assert [line.split()[1:] for line in others] == [[], [], []], "the token is for one server"


def test_the_guard_verifies_and_shows_what_is_wrong(released):
    world = released.world
    (step,) = [
        step
        for step in yaml.safe_load(package_text("templates/github/action.yml"))["runs"]["steps"]
        if step.get("id") == "release"
    ]
    program = world.root / "release" / "bin" / "release"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m release "$@"\n')
    program.chmod(0o755)
    summary = world.root / "summary.md"
    world.variables |= {
        "RUNNER_TEMP": str(world.root),
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_STEP_SUMMARY": str(summary),
        **dict.fromkeys(step["env"], ""),
        "VERIFY": "--all --include-foreign ",
        "PAGE": str(world.root / "page.md"),
    }
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    assert world.run(words, folder=released.folder).returncode == 0
    released.lose(released.objects_on_store()[0])
    summary.unlink()
    assert world.run(words, folder=released.folder, ok=(4,)).returncode == 4
    assert "## release verify" in summary.read_text()
    assert "v0.1.0   failed" in summary.read_text()
