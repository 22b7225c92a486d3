"""What killed gits leave behind, and what a release leaves that is not published yet."""

from taken_out.rule import Change, Rule

_FINISH = "release/flows/running/finish.py"
_STALE = "release/adapters/git/stale.py"
_RECOVER = "release/flows/recover.py"

_FILE = "tests/crash/test_following.py"
_OTHERS = "tests/crash/test_left_to_others.py"
_BACK = "tests/crash/test_taking_back.py"

LEFTOVERS: tuple[Rule, ...] = (
    Rule(
        says="the lock of a ref is ours only if it holds our id",
        changes=(Change(_STALE, "    return data.strip() in ours", "    return True"),),
        tests=(f"{_OTHERS}::test_a_lock_that_is_somebody_elses_stays_and_is_told",),
    ),
    Rule(
        says="our own locks go",
        changes=(
            Change(
                _STALE, "            if not _is_ours(lock, ours,", "            if True or not _is_ours(lock, ours,"
            ),
        ),
        tests=(f"{_OTHERS}::test_an_empty_lock_of_a_git_of_ours_goes",),
    ),
    Rule(
        says="an empty lock is ours only if it is younger than the record",
        changes=(Change(_STALE, "        return written >= record_written\n", "        return True\n"),),
        tests=(f"{_OTHERS}::test_a_lock_that_was_there_before_the_release_is_not_taken_for_ours",),
    ),
    # design.md asks for the recorded child's process id. The code lets every git of ours inherit the lock of the clone:
    # who gets it knows that none of them lives; and it looks into the lock.
    Rule(
        says="the index's lock is ours only if it holds our blobs, or is broken",
        changes=(Change(_STALE, "(not _is_whole(data) or any(id in data for id in ours))", "True"),),
        tests=(f"{_OTHERS}::test_a_lock_that_is_somebody_elses_stays_and_is_told[index.lock]",),
    ),
    Rule(
        says="a broken one is nobody's: our git was killed in it",
        changes=(
            Change(_STALE, "(not _is_whole(data) or any(id in data for id in ours))", "any(id in data for id in ours)"),
        ),
        tests=(f"{_FILE}::test_a_lock_of_the_index_that_was_begun_is_ours",),
    ),
    Rule(
        says="a lock that its owner lets go of in a moment is waited for",
        changes=(Change(_STALE, "_PATIENCE_S = 2.0", "_PATIENCE_S = 0.0"),),
        tests=(f"{_FILE}::test_a_lock_that_goes_in_a_moment_is_waited_for",),
    ),
    Rule(
        says="every git of ours inherits the lock: one that outlives us still holds it",
        changes=(Change("release/adapters/git/process.py", "                pass_fds=self.holding,\n", ""),),
        tests=("tests/crash/test_races.py", "-k", "outlives_us"),
    ),
    Rule(
        says="empty objects that a power cut left go, those of this release alone",
        changes=(
            Change(_STALE, "    for path in (*paths, repository.common_dir / record.tag_ref):", "    for path in ():"),
        ),
        tests=("tests/crash/test_meanwhile.py", "-k", "power_cut and commit and publish"),
    ),
    Rule(
        says="no other empty file is touched",
        changes=(
            Change(
                _STALE,
                "    paths = [repository.object_dir / id[:2] / id[2:] for id in ids]",
                '    paths = [*repository.object_dir.glob("??/*"), *(repository.object_dir / id[:2] / id[2:] for id in ids)]',
            ),
        ),
        tests=(f"{_FILE}::test_an_empty_object_that_is_not_of_the_release_is_left",),
    ),
)

UNPUBLISHED: tuple[Rule, ...] = (
    Rule(
        says="`--no-push` keeps record and objects until it is published: `fetch.pruneTags` deletes its tag",
        changes=(
            Change(_FINISH, "    if not published:\n        write_record", "    if False:\n        write_record"),
        ),
        tests=(f"{_BACK}::test_a_tag_that_fetch_pruned_is_set_again_for_its_objects_were_kept",),
    ),
    Rule(
        says="a tag that was pruned is set again",
        changes=(
            Change(
                _RECOVER,
                "        if record.tag_ref not in found:\n            update = ",
                "        if False:\n            update = ",
            ),
        ),
        tests=(f"{_BACK}::test_a_tag_that_fetch_pruned_is_set_again_for_its_objects_were_kept",),
    ),
    Rule(
        says="one that was taken back by hand is forgotten",
        changes=(Change(_RECOVER, "        if record.tag_ref not in found and not kept:", "        if False:"),),
        tests=(f"{_BACK}::test_one_that_was_taken_back_by_hand_is_forgotten",),
    ),
    Rule(
        says="one that was published by hand is never taken back",
        changes=(
            Change(_RECOVER, "    return sight is not None and sight.tag == record.tag_object\n", "    return False\n"),
        ),
        tests=(f"{_BACK}::test_one_that_was_published_by_hand_cannot_be_taken_back",),
    ),
    Rule(
        says="nor one whose commit is on the remote already, without its tag",
        changes=(
            Change(_RECOVER, "    if half_published is not None:\n        raise", "    if False:\n        raise"),
        ),
        tests=(f"{_BACK}::test_one_whose_branch_was_pushed_by_hand_is_not_taken_back_but_finished",),
    ),
    Rule(
        says="taking back that was interrupted goes on the next time",
        changes=(
            Change(_RECOVER, "        if undo or any(record.undoing for record in unpublished):", "        if undo:"),
        ),
        tests=(_BACK, "-k", "goes_on_the_next_time and update-ref and rename"),
    ),
    Rule(
        says="work that came after it is never taken back",
        changes=(
            Change(
                _FINISH, "    if moved and found.get(branch_ref) not in (record.base, record.commit):", "    if False:"
            ),
        ),
        tests=(f"{_BACK}::test_work_that_came_after_it_is_never_taken_back",),
    ),
    Rule(
        says="nor are edits of the files that it wrote",
        changes=(
            Change(_FINISH, "    return f\"{', '.join(mine)} has changed since\" if mine else None", "    return None"),
            Change(
                _FINISH,
                "        words = update_files(tree, record.commit, record.base, record.blobs)\n        if words",
                "        words = None\n        if words",
            ),
        ),
        tests=(f"{_BACK}::test_edits_of_a_file_that_it_wrote_are_never_taken_back",),
    ),
    Rule(
        says="the next release takes unpublished ones along in the same push",
        changes=(
            Change(
                "release/flows/running/remote_side.py",
                "    tags = {**record.also, record.tag: record.tag_object}",
                "    tags = {record.tag: record.tag_object}",
            ),
        ),
        tests=(f"{_BACK}::test_an_unpublished_release_goes_along_with_the_next",),
    ),
)

ALONG: tuple[Rule, ...] = (
    Rule(
        says="where the tag of a release is, those that go along with it are: it comes last",
        changes=(
            Change(
                "release/flows/running/remote_side.py",
                "    tags = {**record.also, record.tag: record.tag_object}",
                "    tags = {record.tag: record.tag_object, **record.also}",
            ),
        ),
        tests=(
            "tests/crash/test_refused.py::test_without_atomic_an_unpublished_release_that_is_refused_is_not_forgotten",
        ),
    ),
    Rule(
        says="the lock ends with the release, whatever a hook of its gits left running",
        changes=(
            Change("release/adapters/lock.py", "            fcntl.flock(file, fcntl.LOCK_UN)", "            pass"),
        ),
        tests=("tests/crash/test_races.py::test_what_a_hook_left_running_does_not_hold_the_lock",),
    ),
)
