"""What others do to the remote, and what `git gc` and power cuts do here, between two steps of a release."""

import shutil
import time

import pytest
from faults.case import MAIN, TAG
from faults.hooks import while_the_server_thinks

TRANSPORTS = ["file", "git", "http", pytest.param("ssh", marks=pytest.mark.system)]
KILL = "; kill -KILL $RELEASE"
# Done to the origin between reading and pushing.
BEFORE = {
    "tag taken": "git tag -a v0.2.0 -m theirs main",
    "main reset": "git update-ref refs/heads/main main~1",
    "main deleted": "git update-ref -d refs/heads/main",
}
# Done to the origin after it has accepted the push, with ours killed.
AFTER = {
    "tag deleted": "git update-ref -d refs/tags/v0.2.0",
    "tag deleted and main reset": "git update-ref -d refs/tags/v0.2.0; git update-ref refs/heads/main main~1",
    "tag deleted and main deleted": "git update-ref -d refs/tags/v0.2.0; git update-ref -d refs/heads/main",
    "tag replaced": "git update-ref -d refs/tags/v0.2.0; git -c user.name=b -c user.email=b@c tag -a v0.2.0 -m theirs main",
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("what", BEFORE)
def test_a_remote_that_changed_before_the_push_refuses_it(new_case, transport, what):
    case = new_case(transport)
    run = case.bump(at="keep", line=f"cd {case.world.origin}; {BEFORE[what]}")
    assert run.code == 7, str(run)
    now = case.project.origin
    assert now != case.before.origin
    if what != "tag taken":
        assert TAG not in now
        assert now.get(MAIN) != case.before.head
    assert case.project.refs.get(TAG) is None
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note(what, transport, "between reading and pushing", "nothing, exit 7")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("what", AFTER)
def test_what_was_published_and_deleted_by_somebody_is_not_published_again(new_case, transport, what):
    case = new_case(transport)
    run = case.bump(at="publish", line=f"cd {case.world.origin}; {AFTER[what]}{KILL}")
    assert run.code == -9, str(run)
    origin = case.project.origin
    recovered = case.recover()
    assert recovered.code in (0, 9), str(recovered)
    assert case.project.origin == origin
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    assert case.recover().code == 0
    case.note(what, transport, "after the push, release killed", f"killed, forgotten, exit {recovered.code}")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_tag_that_was_deleted_before_its_reply_was_seen_is_not_brought_back_either(new_case, transport):
    case = new_case(transport)
    armed = while_the_server_thinks(case, "kill -KILL $P")
    run = case.bump(at="keep", line=f"echo $RELEASE > {armed}")
    assert run.code == -9, str(run)
    end = time.monotonic() + 60
    while TAG not in case.project.origin:  # git push outlives us, and it arrives
        assert time.monotonic() < end
        time.sleep(0.05)
    case.world.git(case.world.origin, "update-ref", "-d", TAG)
    origin = case.project.origin
    case.recover().fails_with(9).says("v0.2.0 was published, and then deleted on origin")
    assert case.project.origin == origin
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("tag deleted", transport, "after the push, reply never seen", "killed, forgotten, exit 9")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("step", ["keep", "publish"])
def test_a_remote_that_is_gone_for_a_while_keeps_the_release_pending(new_case, transport, step):
    case = new_case(transport)
    away = case.world.root / "away.git"
    run = case.bump(at=step, line=f"mv {case.world.origin} {away}" + (KILL if step == "publish" else ""))
    assert run.code == (8 if step == "keep" else -9), str(run)
    if step == "keep":
        assert case.recover().code == 8
    shutil.move(away, case.world.origin)
    case.settled(run, "remote gone and back", f"after {step}")


@pytest.mark.parametrize("ends", ["", KILL], ids=["goes on", "killed"])
@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
def test_a_gc_that_prunes_everything_between_the_steps_takes_nothing_of_ours(new_case, step, ends):
    case = new_case()
    fired = case.world.root / "home" / "fired"
    run = case.bump(at=step, line=f"git gc --prune=now --quiet && touch {fired}{ends}")
    assert fired.exists()
    case.settled(run, "gc --prune=now", f"after {step}{', then killed' if ends else ''}", may=(-9,) if ends else (0,))


@pytest.mark.parametrize("step", ["keep", "publish", "move refs"])
@pytest.mark.parametrize("kind", ["commit", "tag", "tree", "pack"])
def test_objects_that_a_power_cut_emptied_are_brought_back_or_not_needed(new_case, kind, step):
    case = new_case()
    run = case.bump(at=step, line="kill -KILL $RELEASE")
    store = case.project.folder / ".git" / "objects"
    pack = next(path for path in (store / "pack").glob("*.pack") if path.with_suffix(".keep").exists())
    ids = {line.split()[1]: line.split()[0] for line in _packed(case, pack)}
    # As a file system leaves it that had written names but no bytes: loose objects, the first of a kind empty.
    for path in store.glob(f"pack/{pack.stem}.*"):
        if path.suffix not in (".keep", ".pack"):
            path.unlink()
    kept = pack.read_bytes()
    pack.unlink()
    if kind != "pack":
        case.world.run(["git", "unpack-objects", "-q"], folder=case.project.folder, stdin=kept)
        empty = store / ids[kind][:2] / ids[kind][2:]
        empty.chmod(0o644)
        empty.write_bytes(b"")
    case.settled(run, f"power cut: empty {kind}", f"after {step}", may=(-9,))


def _packed(case, pack):
    listing = case.project.git("verify-pack", "-v", pack)
    return [
        line for line in listing.splitlines() if len(line.split()) >= 4 and line.split()[1] in ("commit", "tag", "tree")
    ]
