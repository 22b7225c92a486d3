"""A release over ssh, with a real server: every connection costs half a second, so three must do."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from project import Project

pytestmark = pytest.mark.system  # openssh-server

MOST_CONNECTIONS = 3
PATIENCE_S = 20
CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/hostkey
PidFile {folder}/pid
AuthorizedKeysFile {folder}/userkey.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv LANG GIT_PROTOCOL
SetEnv GIT_CONFIG_GLOBAL={gitconfig}
LogLevel VERBOSE
"""


@pytest.fixture
def over_ssh(released: Project) -> Iterator[Project]:
    folder = released.world.root / "home" / "ssh"
    folder.mkdir()
    for key in ("hostkey", "userkey"):
        released.world.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], folder=folder)
    Path("/run/sshd").mkdir(exist_ok=True)  # privilege separation
    port = _free_port()
    gitconfig = released.world.root / "home" / "gitconfig"
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder, gitconfig=gitconfig))
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [server, "-D", "-e", "-f", str(folder / "config")], stderr=log, start_new_session=True
        )
    try:
        _wait_for(port)
        released.world.variables["GIT_SSH_COMMAND"] = (
            f"ssh -i {folder}/userkey -p {port} -F /dev/null -o IdentitiesOnly=yes"
            f" -o UserKnownHostsFile={folder}/known -o StrictHostKeyChecking=accept-new"
        )
        user = released.world.run(["id", "-un"], folder=folder).stdout.decode().strip()
        released.git("remote", "set-url", "origin", f"ssh://{user}@127.0.0.1:{port}{released.world.origin}")
        yield released
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_S)


def test_a_release_over_ssh_needs_three_connections_at_most(over_ssh: Project):
    over_ssh.save("More")
    before = _connections(over_ssh)
    over_ssh.release("bump minor --yes").succeeds()
    used = _connections(over_ssh) - before
    assert over_ssh.published("v0.2.0")
    assert 1 <= used <= MOST_CONNECTIONS


def test_looking_back_needs_no_connection(over_ssh: Project):
    before = _connections(over_ssh)
    over_ssh.release("list").succeeds()
    over_ssh.release("show v0.1.0").succeeds()
    assert _connections(over_ssh) == before


def test_a_key_that_is_not_accepted_is_no_answer_and_nobody_is_asked(over_ssh: Project):
    over_ssh.commit("More")
    userkey = over_ssh.world.root / "home" / "ssh" / "userkey.pub"
    userkey.write_text("")
    over_ssh.release("bump minor --yes").fails_with(6).says("Permission denied").helps()
    assert over_ssh.unchanged()


def _connections(over_ssh: Project) -> int:
    log = (over_ssh.world.root / "home" / "ssh" / "log").read_text()
    return len(re.findall("^Accepted publickey", log, re.MULTILINE))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not answer on port {port}")
