"""Passwords and tokens appear nowhere: not in what is printed, and not in what is written."""

import sys
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from project import Project, Run

pytestmark = pytest.mark.fast

SECRETS = ("GitPass0rd", "DvcPass1", "DvcPass2", "HookPass3", "ghp_EnvToken4", "EnvSecret5", "glpat-EnvToken6")
DEAD = "127.0.0.1:1"  # refuses at once


@pytest.fixture
def secretive(released: Project) -> Project:
    """Secrets in git's and DVC's remotes and in the environment; everything works."""
    url = "https://ada:GitPass0rd@git.example.invalid/x.git"
    released.git("config", f"url.{released.world.origin.as_uri()}.insteadOf", url)
    released.git("remote", "set-url", "origin", url)
    released.write(
        ".dvc/config.local",
        f"['remote \"spare\"']\n    url = http://ada:DvcPass1@{DEAD}/x\n    user = ada\n    password = DvcPass2\n",
    )
    released.world.variables |= {
        "GITHUB_TOKEN": "ghp_EnvToken4",
        "AWS_SECRET_ACCESS_KEY": "EnvSecret5",
        "GITLAB_TOKEN": "glpat-EnvToken6",
    }
    released.save("More")
    return released


def keeps_quiet(run: Run) -> Run:
    for secret in SECRETS:
        assert secret not in run.out + run.err, f"{secret} was printed: {run}"
    return run


def written(project: Project) -> str:
    """Everything below the world that was not there, or not so, before the last call, and all git objects here."""
    now = project.snapshot()
    changed = [path for path, entry in now.items() if project.before.get(path) != entry and entry.kind == "file"]
    changed += [str(file.relative_to(project.world.root)) for file in _records(project)]
    texts = [(project.world.root / path).read_bytes().decode("latin-1") for path in changed]
    texts.append(project.git("cat-file", "--batch", "--batch-all-objects"))
    return "\n".join([*changed, *texts])


def _records(project: Project) -> list[Path]:
    folder = project.folder / ".git" / "release"
    return [file for file in folder.rglob("*") if file.is_file()]


def test_a_release_prints_and_writes_no_secret(secretive: Project):
    outputs = secretive.world.root / "outputs"
    secretive.world.variables["GITHUB_STEP_SUMMARY"] = str(secretive.world.root / "page.md")
    run = keeps_quiet(secretive.release("bump minor -v --yes --outputs", outputs).succeeds())
    text = written(secretive)
    assert "Release-Id" in text
    assert not [secret for secret in SECRETS if secret in text]
    assert run.out
    for line in ("list", "show v0.2.0", "status -v", "fetch -v", "config", "verify --all -v", "diff v0.1.0"):
        for form in ("", " --json"):
            keeps_quiet(secretive.release(line + form).succeeds())
            assert not [secret for secret in SECRETS if secret in written(secretive)]


LOOKS = ("status", "bump patch --dry-run", "verify", "fetch")


@pytest.mark.parametrize("line", LOOKS)
@pytest.mark.parametrize("form", ["-v", "--json"])
def test_a_git_remote_that_fails_is_named_without_its_password(secretive: Project, line, form):
    secretive.git("remote", "set-url", "origin", f"http://ada:GitPass0rd@{DEAD}/x.git")
    run = keeps_quiet(secretive.release(f"{line} {form}"))
    assert run.code in (0, 6)


@pytest.mark.parametrize("line", LOOKS)
@pytest.mark.parametrize("form", ["-v", "--json"])
def test_a_dvc_remote_that_fails_is_named_without_its_password(secretive: Project, line, form):
    url = f"http://ada:DvcPass1@{DEAD}/x"
    secretive.write(".dvc/config", f"[core]\n    remote = spare\n['remote \"spare\"']\n    url = {url}\n")
    secretive.save("Spare")
    assert keeps_quiet(secretive.release(f"{line} {form}")).code in (0, 6)


BROKEN = {
    "a line that is none": "['remote \"storage\"']\n    password DvcPass2\n",
    "an option that the remote does not have": "['remote \"storage\"']\n    password = DvcPass2\n",
    "a section that is none": "['remot \"storage\"']\n    url = http://ada:DvcPass1@h/x\n",
    "a wrong type": "['remote \"storage\"']\n    url = http://ada:DvcPass1@h/x\n    jobs = DvcPass2\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_dvc_configuration_is_told_without_the_secrets_in_it(secretive: Project, content):
    secretive.write(".dvc/config.local", content)
    for line in LOOKS:
        keeps_quiet(secretive.release(f"{line} -v"))


def test_what_hooks_and_the_remote_say_is_told_without_the_secrets_in_it(secretive: Project):
    hook = secretive.world.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'see https://ada:HookPass3@host/x, token=HookPass3' >&2\nexit 1\n")
    hook.chmod(0o755)
    keeps_quiet(secretive.release("bump minor --yes").fails_with(3).says("see https://***@host/x"))
    assert not [secret for secret in SECRETS if secret in written(secretive)]


def test_the_record_of_an_interrupted_release_holds_no_secret(secretive: Project):
    hook = secretive.world.origin / "hooks" / "post-receive"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    keeps_quiet(secretive.release("bump minor --yes").fails_with(8))
    text = written(secretive)
    assert "pending.json" in text
    assert not [secret for secret in SECRETS if secret in text]
    hook.unlink()
    keeps_quiet(secretive.release("recover --yes").succeeds())


def test_every_temporary_file_and_record_is_private(released: Project):
    released.save("More")
    log = released.world.root / "home" / "modes"
    hook = released.folder / ".git" / "hooks" / "pre-push"
    hook.write_text(f'#!/bin/sh\numask\nfind "$TMPDIR" .git/release -printf "%m %y %p\\n" >"{log}"\n')
    hook.chmod(0o755)
    line = ["sh", "-c", 'umask 000; exec "$0" -m release bump minor --yes', _python()]
    released.world.run(line, folder=released.folder)
    rows = [row.split(" ", 2) for row in log.read_text().splitlines()]
    assert any("pending.json" in path for _, _, path in rows)
    scratch = str(released.world.scratch)
    tops = {path: mode for mode, _, path in rows if str(Path(path).parent) == scratch or path == ".git/release"}
    assert tops
    assert set(tops.values()) <= {"700", "600"}, tops
    assert {mode for mode, kind, path in rows if path.endswith("pending.json") and kind == "f"} == {"600"}


def _python() -> str:
    return sys.executable


def test_what_a_git_server_sends_back_of_the_credentials_is_not_told(secretive: Project):
    pair = b64encode(b"ada:GitPass0rd").decode()
    said = f"you sent Authorization: Basic {pair}, or {pair.rstrip('=')}; GitPass0rd {b'GitPass0rd'.hex()} unknown"
    hook = secretive.world.origin / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    hook.chmod(0o755)
    for form in ("", " --json"):
        run = keeps_quiet(secretive.release(f"bump minor --yes{form}").fails_with(3))
        assert not [each for each in (pair, pair.rstrip("="), b"GitPass0rd".hex()) if each in run.out + run.err]
        run.says("you sent Authorization: ***", "*** unknown")


class Echo(BaseHTTPRequestHandler):
    """Refuses, and sends back what it was sent: in the reason, where plugins look for words, and in the body."""

    def do_GET(self) -> None:
        header = self.headers.get("Authorization", "nothing")
        word = header.split()[-1]
        said = (
            f"you sent {header} or {word} or {quote(word, safe='')} or {b64decode(word + '==').hex()} or {self.headers}"
        )
        self.send_response(403, " ".join(said.split()))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(said.encode())

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


# dvc-http hands its password over in a way that aiohttp will drop.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated")
def test_what_a_store_sends_back_of_the_credentials_is_not_told(secretive: Project):
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/x"
        secretive.write(".dvc/config", f"[core]\n    remote = spare\n['remote \"spare\"']\n    url = {url}\n")
        secretive.write(
            ".dvc/config.local",
            f"['remote \"spare\"']\n    url = {url}\n    auth = basic\n    user = ada\n    password = DvcPass2\n",
        )
        secretive.save("Spare")
        pair = b"ada:DvcPass2"
        forms = (
            b64encode(pair).decode(),
            b64encode(pair).decode().rstrip("="),
            quote(b64encode(pair), safe=""),
            pair.hex(),
        )
        for line in ("verify", "verify --json", "status -v", "bump patch --yes", "bump patch --yes --json"):
            run = keeps_quiet(secretive.release(line)).says("you")
            assert not [form for form in forms if form in run.out + run.err], run
        server.shutdown()
