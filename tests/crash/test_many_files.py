"""More paths than a command line holds: git is asked in portions, before the push and after it."""

import pytest
from faults.case import TAG, Case

FILES = 2_500
FOLDER = "/".join(["d" * 240] * 4)  # 2.4 MB of paths; a command line ends at 2 MB


@pytest.mark.parametrize("end", ["", "; kill -KILL $RELEASE"], ids=["goes on", "killed"])
def test_a_merge_of_very_many_files_is_followed(new_case, end):
    case: Case = new_case()
    merge = (
        f"cd {case.world.origin}; export GIT_INDEX_FILE=$PWD/many GIT_WORK_TREE=$PWD; git read-tree main;"
        f" b=$(echo x | git hash-object -w --stdin); for i in $(seq {FILES}); do"
        f" printf '100644 %s\\t%s\\n' $b {FOLDER}/$i.py; done | git update-index --index-info;"
        " git update-ref refs/heads/main"
        " $(git -c user.name=b -c user.email=b@c commit-tree -p main -m Merge $(git write-tree)); rm many"
    )
    once = f"if [ ! -e {case.armed} ]; then touch {case.armed}; ({merge}); else true{end}; fi"
    run = case.bump(at="keep", line=once)
    assert run.code == (-9 if end else 0), str(run)
    if end:
        case.recover().fails_with(0)
        case.bump().fails_with(0)
    assert case.project.git("log", "-1", "--format=%s", "HEAD^") == "Merge"
    assert len(case.project.git("ls-files", FOLDER.partition("/")[0]).splitlines()) == FILES
    assert case.project.origin[TAG] == case.project.refs[TAG]
    case.no_leftovers()


@pytest.mark.parametrize("at", ["", "publish"])
def test_a_rollback_of_very_many_files_is_made_and_recovered(new_case, at):
    case: Case = new_case()
    for number in range(FILES):
        case.project.write(f"{FOLDER}/{number}.py", "x\n")
    case.project.git("checkout", "--quiet", "--", "notebooks")
    case.project.git("add", FOLDER.partition("/")[0])
    case.project.git("commit", "--quiet", "-m", "Many")
    case.project.git("push", "--quiet", "origin", "main")
    case.bump().fails_with(0)
    run = case.command("rollback", "v0.1.0", "--code", "--yes", "-v", at=at, line="kill -KILL $RELEASE")
    assert run.code == (-9 if at else 0), str(run)
    if at:
        case.recover().fails_with(0)
    assert case.project.origin["refs/tags/v0.2.1"] == case.project.refs["refs/tags/v0.2.1"]
    assert case.project.status == "?? notes.txt"
    assert not (case.project.folder / FOLDER).exists()
    case.no_leftovers()
