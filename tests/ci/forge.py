"""A forge on this machine: act runs the workflows, a stand-in is actions/checkout, a bare repository is the origin."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from forge_server import TOKEN, ForgeServer
from project import Project

STAND_INS = {folder.parent.name: folder.parent for folder in Path(__file__).parent.glob("*/action.yml")}
REPOSITORY = "ada/charcnn"


@dataclass(slots=True)
class Job:
    """A finished run of a workflow: exit code, log without decoration, the pages of its steps, outputs by name."""

    code: int
    log: str
    pages: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    def passes(self) -> "Job":
        assert self.code == 0, self.log
        return self

    def fails(self) -> "Job":
        assert self.code == 1, self.log
        return self

    def shows(self, *texts: str) -> "Job":
        """Each text stands on the job's page."""
        for text in texts:
            assert text in self.pages, f"{text!r} is not on the page:\n{self.pages}\n--- log\n{self.log}"
        return self

    @property
    def exit_code(self) -> int:
        """The exit code of the step that failed; 0 if none did."""
        found = re.findall(r"^exit status (\d+)|\bFAIL +(\d+)", self.log, re.MULTILINE)
        return next((int(code) for codes in found for code in codes if code), self.code)


@dataclass(slots=True)
class Forge:
    """The forge of a project's origin, which is a path, or at a URL of that server; `pages` answers its API (None: nothing does)."""

    project: Project
    pages: ForgeServer | None = None
    number: int = 0
    server: str = "https://forge.example"
    url: str = ""
    api: str = ""
    token: str = "t0ken"

    def merge(
        self, *more: str, branch: str = "main", message: str = "", author: str = "Ada Tester", depth: int | None = None
    ) -> Job:
        """What happens when a branch of the origin has moved: the workflows for a push run on its tip; `more` are words for act."""
        return self.finish(self.start(*more, branch=branch, message=message, author=author, depth=depth))

    def start(
        self, *more: str, branch: str = "main", message: str = "", author: str = "Ada Tester", depth: int | None = None
    ) -> subprocess.Popen[bytes]:
        """As `merge`, not waited for."""
        ref = f"refs/heads/{branch}"
        commit = self.project.origin[ref]
        said = message or self.project.world.git(self.project.world.origin, "log", "-1", "--format=%B", commit)
        event = {"ref": ref, "head_commit": {"id": commit, "message": said, "author": {"name": author}}}
        return self._act("push", "release.yml", event, commit, ref, depth, more=more)

    def push(self, workflow: str, *more: str) -> Job:
        """What another workflow does when the origin's main has moved; `more` are words for act, such as a job's name."""
        commit = self.project.origin["refs/heads/main"]
        event = {"ref": "refs/heads/main", "head_commit": {"id": commit}}
        return self.finish(self._act("push", workflow, event, commit, "refs/heads/main", None, more=more))

    def rerun(self, commit: str) -> Job:
        """What happens when a job for an earlier commit of main starts late, or once more."""
        event = {"ref": "refs/heads/main", "head_commit": {"id": commit, "message": "x", "author": {"name": "Ada"}}}
        return self.finish(self._act("push", "release.yml", event, commit, "refs/heads/main", None))

    def schedule(self, workflow: str = "release.yml", cron: str = "") -> Job:
        """What happens every night, if a schedule stands among the events of the workflow."""
        commit = self.project.origin["refs/heads/main"]
        return self.finish(self._act("schedule", workflow, {"schedule": cron}, commit, "refs/heads/main", None))

    def by_hand(self, **inputs: str) -> Job:
        """What happens when somebody starts the workflow for a merge from the page, with these inputs."""
        event = {"ref": "refs/heads/main", "inputs": inputs}
        commit = self.project.origin["refs/heads/main"]
        return self.finish(self._act("workflow_dispatch", "release.yml", event, commit, "refs/heads/main", None))

    def pull_request(
        self, branch: str, *more: str, fork: bool = False, author: str = "ada", api: str = "http://127.0.0.1:9"
    ) -> Job:
        """What happens when a pull request from a branch is opened or updated; `more` are words for act."""
        self.number += 1
        world, ref = self.project.world, "refs/pull/5/merge"
        work = world.root / "home" / f"merge-{self.number}"
        world.git(world.root, "clone", "--quiet", world.origin.as_uri(), str(work))
        world.git(work, "merge", "--quiet", "--no-ff", "-m", "Merge", f"origin/{branch}")
        world.git(work, "push", "--quiet", "--force", "origin", f"HEAD:{ref}")
        commit = world.git(work, "rev-parse", "HEAD")
        tip = world.git(work, "rev-parse", f"origin/{branch}")
        head = {"ref": branch, "sha": tip, "repo": {"fork": fork, "full_name": "eve/fork" if fork else REPOSITORY}}
        event: dict[str, Any] = {"number": 5, "pull_request": {"number": 5, "head": head, "base": {"ref": "main"}}}
        event["pull_request"]["user"] = {"login": author}
        return self.finish(self._act("pull_request", "pull-request.yml", event, commit, ref, None, api=api, more=more))

    def finish(self, running: subprocess.Popen[bytes]) -> Job:
        """Wait for a run and read what it left."""
        out, _ = running.communicate(timeout=900)
        lines, pages, outputs = [], [], {}
        for line in out.decode("utf-8", "replace").splitlines():
            try:
                entry: dict[str, Any] = json.loads(line)
            except ValueError:
                lines.append(line)
                continue
            lines.append(str(entry.get("msg", "")).rstrip())
            if entry.get("command") == "summary":
                pages.append(entry["content"])  # of the step, and again of the action that the step is in
            if entry.get("command") == "set-output":
                outputs[entry["name"]] = entry["arg"]
        return Job(running.returncode, "\n".join(lines), "\n".join(dict.fromkeys(pages)), outputs)

    def _act(
        self,
        event: str,
        workflow: str,
        body: Any,
        commit: str,
        ref: str,
        depth: int | None,
        *,
        api: str = "",
        more: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        self.number += 1
        world = self.project.world
        place = world.root / "home" / f"run-{self.number}"
        world.git(world.root, "clone", "--quiet", "--no-checkout", world.origin.as_uri(), str(place / "seen"))
        world.git(place / "seen", "fetch", "--quiet", "origin", ref)
        world.git(place / "seen", "checkout", "--quiet", "--detach", commit)
        if depth is not None:
            path = place / "seen" / ".github" / "workflows" / workflow
            path.write_text(path.read_text().replace("fetch-depth: 0", f"fetch-depth: {depth}"))
        (place / "event.json").write_text(json.dumps(body))
        environment = world.environment() | {"HOME": str(place / "home"), "XDG_CACHE_HOME": str(place / "cache")}
        (place / "home").mkdir()
        told = {
            "ORIGIN_URL": self.url or world.origin.as_uri(),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": self.server,
            "GITHUB_SHA": commit,
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.split("/", 2)[2],
            **({"GITHUB_API_URL": self.api} if self.api else {}),
            **({"GITHUB_API_URL": api, "GITHUB_BASE_REF": "main"} if api else {}),
        }
        if self.pages is not None:  # git finds the bare repository behind the forge's URL
            url = f"{self.pages.url}/{REPOSITORY}.git"
            told |= {name: self.pages.variables[name] for name in ("GITHUB_SERVER_URL", "GITHUB_API_URL")}
            told |= {"ORIGIN_URL": url, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": url}
            told["GIT_CONFIG_KEY_0"] = f"url.{world.origin.as_uri()}.insteadOf"
        words = [
            shutil.which("act") or "act",
            event,
            "-W",
            f".github/workflows/{workflow}",
            "-e",
            str(place / "event.json"),
            "--json",
        ]
        words += [
            "-P",
            "ubuntu-latest=-self-hosted",
            "--no-cache-server",
            "--no-skip-checkout",
            "-s",
            f"GITHUB_TOKEN={TOKEN if self.pages else self.token}",
        ]
        for pinned, name in set(re.findall(r"([\w-]+/([\w-]+)@[0-9a-f]{40})", _workflows(place / "seen"))):
            words += ["--local-repository", f"{pinned}={STAND_INS[name]}"]
        words += [*more, *(word for pair in told.items() for word in ("--env", "=".join(pair)))]
        return subprocess.Popen(
            words,
            cwd=place / "seen",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )


@dataclass(slots=True)
class GitLab:
    """As `Forge`, on GitLab: gitlab-ci-local reads the pipeline, chooses its jobs and runs them; the log is the page."""

    project: Project
    server: str = ""  # of the push URL; "" is the folder of the origin
    more: Mapping[str, str] = field(default_factory=dict)  # variables of the project
    number: int = 0
    places: dict[int, Path] = field(default_factory=dict)  # the checkout of each pipeline, by the id of its process

    def merge(self, *, depth: int | None = None) -> Job:
        return self.finish(self.start(depth=depth))

    def start(self, *, depth: int | None = None) -> subprocess.Popen[bytes]:
        return self._pipeline("push", self.project.origin["refs/heads/main"], "main", depth=depth)

    def rerun(self, commit: str) -> Job:
        return self.finish(self._pipeline("push", commit, "main"))

    def schedule(self, **variables: str) -> Job:
        """What happens every night, with the variables of a schedule."""
        return self.finish(self._pipeline("schedule", self.project.origin["refs/heads/main"], "main", more=variables))

    def by_hand(self, **inputs: str) -> Job:
        variables = {f"RELEASE_{name.upper().replace('-', '_')}": value for name, value in inputs.items()}
        return self.finish(self._pipeline("web", self.project.origin["refs/heads/main"], "main", more=variables))

    def pull_request(self, branch: str, *, fork: bool = False, author: str = "") -> Job:
        del author  # Dependabot is GitHub's
        told = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
        told["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = "2" if fork else "1"
        commit = self.project.origin[f"refs/heads/{branch}"]
        return self.finish(self._pipeline("merge_request_event", commit, None, more=told))

    def finish(self, running: subprocess.Popen[bytes]) -> Job:
        out, _ = running.communicate(timeout=900)
        log = "\n".join(line.partition(" > ")[2] or line for line in out.decode("utf-8", "replace").splitlines())
        folder = self.places[running.pid]
        written = folder / "release.env"
        lines = written.read_text().splitlines() if written.exists() else []
        return Job(running.returncode, log, log, dict(line.split("=", 1) for line in lines))

    def _pipeline(
        self,
        source: str,
        commit: str,
        branch: str | None,
        *,
        depth: int | None = None,
        more: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Make a runner's checkout: detached, with all that is fetched from the origin. Start what belongs to the event."""
        self.number += 1
        world = self.project.world
        place = world.root / "home" / f"pipeline-{self.number}"
        shallow = [] if depth is None else [f"--depth={depth}"]
        world.git(world.root, "clone", "--quiet", "--no-checkout", *shallow, world.origin.as_uri(), str(place))
        world.git(place, "checkout", "--quiet", "--detach", commit)
        told = {
            "GITLAB_CI": "true",
            "CI_PIPELINE_SOURCE": source,
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_BRANCH": branch or "",
            "CI_SERVER_URL": self.server or world.root.as_uri(),
            "CI_PROJECT_PATH": str(world.root / "origin").lstrip("/") if self.server else "origin",
            "RELEASE_TOKEN": "s3cret",
            **self.more,
            **(more or {}),
        }
        if "CI_API_V4_URL" in told:  # git finds the bare repository behind the forge's URL
            world.git(place, "remote", "set-url", "origin", f"{told['CI_SERVER_URL']}/{told['CI_PROJECT_PATH']}.git")
        words = ["gitlab-ci-local", "--cwd", place.name, "--force-shell-executor"]
        words += [word for name, value in told.items() for word in ("--variable", f"{name}={value}")]
        running = subprocess.Popen(
            words,
            cwd=place.parent,
            env=world.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        self.places[running.pid] = place
        return running


@contextmanager
def comments(*, readonly: bool = False) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """GitHub's comments of issue 5 on loopback: the API's address, and what was posted."""
    posted: list[dict[str, Any]] = []

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

        def answer(self, value: object) -> None:
            assert self.headers["Authorization"] == "Bearer t0ken"
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def body(self) -> dict[str, Any]:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            assert self.path.startswith(f"/repos/{REPOSITORY}/issues/5/comments?")
            self.answer(posted)

        def do_POST(self) -> None:
            if readonly:
                self.body()
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            assert self.path == f"/repos/{REPOSITORY}/issues/5/comments"
            posted.append({"id": len(posted) + 1, "updates": 0, **self.body()})
            self.answer(posted[-1])

        def do_PATCH(self) -> None:
            one = posted[int(self.path.rsplit("/", 1)[1]) - 1]
            one |= self.body() | {"updates": one["updates"] + 1}
            self.answer(one)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _workflows(folder: Path) -> str:
    return "".join(path.read_text() for path in (folder / ".github").rglob("*.yml"))
