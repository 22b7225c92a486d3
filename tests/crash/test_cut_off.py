"""The connection is cut at eighths of what is sent and of what is answered; swallowed; refused."""

import pytest
from faults.proxy import Cut, proxy

TRANSPORTS = ["git", "http", pytest.param("ssh", marks=pytest.mark.system)]
PARTS = 8


@pytest.fixture(scope="session")
def length_of_a_push():
    """Bytes that an undisturbed push sends and gets, by transport: counted once, in a dry pass."""
    return {}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("cut", [Cut.UP, Cut.DOWN], ids=lambda cut: cut.value)
def test_a_connection_that_is_cut_leaves_all_or_nothing(new_case, request, length_of_a_push, transport, cut, part):
    server = request.getfixturevalue(f"{transport}_server")
    if transport not in length_of_a_push:
        length_of_a_push[transport] = _count(new_case, server, transport)
    after = length_of_a_push[transport][cut] * part // PARTS
    case = new_case(transport)
    with proxy(server.port, cut, case.armed, after) as cutting:
        case.project.git("remote", "set-url", "origin", server.url(case.world.origin, cutting.port))
        run = case.bump(at="keep", line=f"touch {case.armed}")
        case.armed.unlink()
        assert cutting.fired, f"not cut after {after} bytes: {run}"
        case.settled(run, cut.value, f"after {part} eighths", may=(8, 0, 7) if cut is Cut.DOWN else (8,))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("cut", [Cut.SWALLOW, Cut.REFUSE], ids=lambda cut: cut.value)
def test_a_remote_that_cannot_be_reached_any_more_keeps_the_release_pending(new_case, request, transport, cut):
    server = request.getfixturevalue(f"{transport}_server")
    case = new_case(transport)
    limit_s = "8" if transport == "ssh" else "3"  # to connect takes its time on a busy machine
    case.world.variables |= {"RELEASE_PUSH_LIMIT": limit_s, "RELEASE_ASK_LIMIT": limit_s}
    with proxy(server.port, cut, case.armed) as cutting:
        case.project.git("remote", "set-url", "origin", server.url(case.world.origin, cutting.port))
        run = case.bump(at="keep", line=f"touch {case.armed}")
        assert case.recover().code == 8  # it is still so
        case.armed.unlink()
        assert cutting.fired
        case.world.variables |= {"RELEASE_PUSH_LIMIT": "60", "RELEASE_ASK_LIMIT": "60"}
        case.settled(run, cut.value, "the push", may=(8,))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_remote_that_cannot_be_asked_at_all_changes_nothing(new_case, request, transport):
    server = request.getfixturevalue(f"{transport}_server")
    case = new_case(transport)
    case.armed.touch()
    with proxy(server.port, Cut.SWALLOW, case.armed) as cutting:
        case.project.git("remote", "set-url", "origin", server.url(case.world.origin, cutting.port))
        case.world.variables["RELEASE_ASK_LIMIT"] = "1"
        run = case.bump()
        assert cutting.fired
        case.armed.unlink()
        del case.world.variables["RELEASE_ASK_LIMIT"]
        case.settled(run, cutting.cut.value, "the first question", may=(6,))


def _count(new_case, server, transport):
    case = new_case(transport)
    with proxy(server.port, Cut.NOTHING, case.armed) as counting:
        case.project.git("remote", "set-url", "origin", server.url(case.world.origin, counting.port))
        run = case.bump(at="keep", line=f"touch {case.armed}")
        assert run.code == 0, str(run)
        return counting.passed
