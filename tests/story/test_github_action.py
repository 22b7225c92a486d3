"""The script of the GitHub action, run as a runner runs it."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from project import World

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


def step_of_the_action(name: str) -> dict[str, Any]:
    """The step with that id or name."""
    steps = yaml.safe_load(package_text("templates/github/action.yml"))["runs"]["steps"]
    (step,) = [step for step in steps if name in (step.get("id"), step.get("name"))]
    return step


def install_program(world: World, script: str) -> None:
    """Put a `release` where the action installs its own."""
    program = world.root / "release" / "bin" / "release"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)


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
    step = step_of_the_action("release")
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
    step = step_of_the_action("release")
    install_program(world, f'exec {sys.executable} -m release "$@"\n')
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


@pytest.mark.parametrize("pull_request", ["", "true"])
def test_a_program_that_says_nothing_fails_the_job(released, pull_request):
    world = released.world
    step = step_of_the_action("release")
    install_program(world, "")
    output = world.root / "output"
    output.touch()
    world.variables |= {
        "RUNNER_TEMP": str(world.root),
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(world.root / "summary.md"),
        **dict.fromkeys(step["env"], ""),
        "KIND": "auto",
        "PULL_REQUEST": pull_request,
        "PAGE": str(world.root / "page.md"),
    }
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    world.run(words, folder=released.folder, ok=(1,))
    assert output.read_text() == "error=release ended without saying if it has released\n"


def test_the_token_of_the_comment_does_not_follow_a_redirect(released):
    seen: list[tuple[str, str | None]] = []

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Authorization"]))
            self.send_response(200 if self.path == "/elsewhere" else 302)
            self.send_header("Location", f"http://localhost:{server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    world = released.world
    step = step_of_the_action("Comment")
    (world.root / "page.md").write_text("## Would release v0.2.0\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever).start()
        world.variables |= {
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
            "GITHUB_REPOSITORY": "ada/charcnn",
            "NUMBER": "5",
            "TOKEN": "t0ken",
            "PAGE": str(world.root / "page.md"),
            "LOOKED_AT": "1" * 40,
        }
        done = world.run(["bash", "-eo", "pipefail", "-c", step["run"]], folder=released.folder)
        server.shutdown()
    assert b"::warning::The preview could not be written as a comment: " in done.stdout  # there is no JSON elsewhere
    assert [given for _, given in seen] == ["Bearer t0ken", None]
