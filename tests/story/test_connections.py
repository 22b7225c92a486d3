"""How often a command talks to the git host: each connection costs half a second over ssh."""

import pytest
from project import Project


@pytest.fixture
def counted(released: Project):
    """A project whose git notes every connection to its remote in a file."""
    calls = released.world.root / "connections"
    for service in ("upload-pack", "receive-pack"):
        program = released.world.root / f"counting-{service}"
        program.write_text(f'#!/bin/sh\necho {service} >> "{calls}"\nexec git-{service} "$@"\n')
        program.chmod(0o755)
        released.git("config", f"remote.origin.{service.replace('-', '')}", str(program))
    return released, calls


def connections(calls):
    return calls.read_text().split() if calls.exists() else []


def test_a_release_talks_to_the_host_three_times_to_ask_to_rehearse_and_to_push(counted):
    project, calls = counted
    project.save("More")
    calls.unlink(missing_ok=True)
    project.release("bump minor --yes").succeeds()
    assert project.published("v0.2.0")
    assert sorted(connections(calls)) == ["receive-pack", "receive-pack", "upload-pack"]


@pytest.mark.parametrize("line", ["list --offline", "show v0.1.0", "status --offline", "--version", "bump --help"])
def test_what_only_looks_here_talks_to_nobody(counted, line):
    project, calls = counted
    project.release(line).succeeds()
    assert connections(calls) == []


def test_a_list_asks_once_which_tags_there_are(counted):
    project, calls = counted
    project.release("list").succeeds()
    assert connections(calls) == ["upload-pack"]


def test_a_refusal_for_unpushed_work_of_others_needs_two_at_most(counted):
    project, calls = counted
    other = project.clone("other")
    other.save("Theirs")
    project.commit("Ours")
    calls.unlink(missing_ok=True)
    project.release("bump minor --yes").fails_with(7)
    assert len(connections(calls)) <= 2
