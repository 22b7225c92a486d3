"""A release over ssh, with a real server: every connection costs half a second, so three must do."""

import re
from collections.abc import Iterator

import pytest
from project import Project
from project.git_servers import sshd

pytestmark = pytest.mark.system  # openssh-server

MOST_CONNECTIONS = 3


@pytest.fixture
def over_ssh(released: Project) -> Iterator[Project]:
    folder = released.world.root / "home" / "ssh"
    folder.mkdir()
    with sshd(folder) as server:
        released.world.variables |= server.variables
        released.git("remote", "set-url", "origin", server.url(released.world.origin))
        yield released


def test_a_release_over_ssh_needs_three_connections_at_most(over_ssh: Project):
    over_ssh.save("More")
    before = _connections(over_ssh)
    over_ssh.release("bump minor --yes").succeeds()
    used = _connections(over_ssh) - before
    assert over_ssh.published("v0.2.0")
    assert 1 <= used <= MOST_CONNECTIONS


def test_looking_back_needs_no_connection_but_for_the_tags_of_list(over_ssh: Project):
    before = _connections(over_ssh)
    over_ssh.release("show v0.1.0").succeeds()
    over_ssh.release("list --offline").succeeds()
    assert _connections(over_ssh) == before
    over_ssh.release("list").succeeds()
    assert _connections(over_ssh) == before + 1


def test_a_key_that_is_not_accepted_is_no_answer_and_nobody_is_asked(over_ssh: Project):
    over_ssh.commit("More")
    userkey = over_ssh.world.root / "home" / "ssh" / "userkey.pub"
    userkey.write_text("")
    over_ssh.release("bump minor --yes").fails_with(6).says("Permission denied").helps()
    assert over_ssh.unchanged()


def _connections(over_ssh: Project) -> int:
    log = (over_ssh.world.root / "home" / "ssh" / "log").read_text()
    return len(re.findall("^Accepted publickey", log, re.MULTILINE))
