"""What has to be on disk is on disk before the next thing is done, whatever git is told about it: seen by strace."""

import re
import shutil

import pytest
from faults.case import TAG
from faults.injection import CALLS

pytestmark = pytest.mark.system  # strace

# Settings under which git itself would flush nothing, or not wait for the disk.
CARELESS = {"core.fsync": "none", "core.fsyncMethod": "writeout-only", "core.fsyncObjectFiles": "false"}
# In the place of git: one verb loses what it has written, as a disk does that says it has it.
LOSES = """\
#!/bin/sh
case " $* " in *" index-pack "*) ;; *) exec "$REAL_GIT" "$@";; esac
name=$("$REAL_GIT" "$@") || exit
rm -f "{store}"/pack-"${{name#keep?}}".pack "{store}"/pack-"${{name#keep?}}".idx
echo "$name"
"""


def test_the_record_is_on_disk_before_anything_is_kept_and_before_anything_is_sent(new_case):
    said = _traced(new_case)
    for verb, state in (("index-pack", "the first record"), ("push", "the record of the push")):
        before = said[: _place(said, rf"execve\(.*\"{verb}\"(?!.*--dry-run)")]
        written = _place(before, r"fsync\(\d+<.*/release/pending\.new>\)")
        named = _place(before, r"rename\w*\(.*pending\.new.*pending\.json")
        folder = _place(before, r"fsync\(\d+<.*/\.git/release>\)")
        assert written < named < folder, state
        said = said[_place(said, rf"execve\(.*\"{verb}\"(?!.*--dry-run)") :]


def test_the_objects_are_on_disk_before_anything_is_sent(new_case):
    said = _traced(new_case)
    push = _place(said, r"execve\(.*\"push\"(?!.*--dry-run)")
    for kind in ("pack", "idx"):
        assert _place(said[:push], rf"fsync\(\d+<.*/objects/pack/.*{kind}_\w+>\)") >= 0


def test_refs_and_index_are_on_disk_before_the_record_is_dropped(new_case):
    said = _traced(new_case)
    dropped = _place(said, r"unlink\w*\(.*pending\.json")
    for name in (r"refs/heads/main\.lock", rf"{TAG}\.lock", r"index\.lock"):
        assert _place(said[:dropped], rf"fsync\(\d+<.*/{name}>\)") >= 0, name
    after = said[dropped:]
    assert _place(after, r"fsync\(\d+<.*/\.git/release>\)") >= 0


def test_a_record_that_could_not_be_written_whole_leaves_the_one_before_it(new_case):
    """Killed in the write itself: of the second record, whose first says that nothing was sent."""
    for nth, has in ((1, "nothing"), (2, "preparing")):
        case = new_case()
        folder = case.project.folder / ".git" / "release"
        words = _strace(case, f"inject=write:signal=KILL:when={nth}", "-P", folder / "pending.new")
        run = case.bump(under=(*words, "-P", str(folder / "pending.json")))
        assert run.code in (-9, 137), str(run)
        record = folder / "pending.json"
        assert (has == "nothing") == (not record.exists())
        assert has == "nothing" or '"state": "preparing"' in record.read_text()
        case.settled(run, "KILL at write", f"record {nth}")
        assert TAG not in case.before.origin


def test_objects_that_the_disk_lost_at_once_are_missed_before_anything_is_sent(new_case):
    case = new_case()
    folder = case.world.root / "home" / "bin"
    folder.mkdir()
    store = case.project.folder / ".git" / "objects" / "pack"
    (folder / "git").write_text(LOSES.format(store=store))
    (folder / "git").chmod(0o755)
    path = case.world.environment()["PATH"]
    case.world.variables |= {"REAL_GIT": shutil.which("git", path=path), "PATH": f"{folder}:{path}"}
    run = case.bump()
    run.fails_with(3).says("did not reach the repository").helps("git fsck")
    case.world.variables["PATH"] = path
    case.settled(run, "objects lost", "after index-pack", may=(3,))


def _traced(new_case) -> list[str]:
    """The calls of a release and of all its gits, in the order in which they ended."""
    case = new_case()
    for name, value in CARELESS.items():
        case.project.git("config", name, value)
    calls = ",".join((CALLS["fsync"], CALLS["rename"], CALLS["unlink"], "execve"))
    case.bump(under=_strace(case, f"trace={calls}", "-f", "-y", "-s", "4096")).fails_with(0)
    case.whole()
    lines = (case.world.root / "home" / "strace.log").read_text(errors="replace").splitlines()
    return [line for line in lines if "ENOENT" not in line]


def _strace(case, what: str, *more: object) -> tuple[str, ...]:
    program = shutil.which("strace")
    assert program is not None, "strace is not installed"
    return (program, "-qq", "-o", str(case.world.root / "home" / "strace.log"), "-e", what, *map(str, more))


def _place(lines: list[str], pattern: str) -> int:
    """Where the last line stands that the pattern is found in; an execution: the first."""
    found = [number for number, line in enumerate(lines) if re.search(pattern, line)]
    assert found, f"no {pattern} in\n" + "\n".join(lines[-60:])
    return found[0] if pattern.startswith("execve") else found[-1]
