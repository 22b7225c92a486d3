"""The write-ahead record and its states, the lock, and the deleting of tags."""

from taken_out.rule import Change, Rule

_RECORD = "release/adapters/record_file.py"
_LOCK = "release/adapters/lock.py"
_RUN = "release/flows/running/run.py"
_FINISH = "release/flows/running/finish.py"
_RECOVER = "release/flows/recover.py"
_DELETE = "release/flows/delete.py"
_PUBLISH = "release/adapters/git/publish.py"

_FILE = "tests/crash/test_records.py"
_DISK = "tests/crash/test_on_disk.py"
_STEPS = "tests/crash/test_killed_at_steps.py"
_STOPPED = "tests/crash/test_stopped_while_pushing.py"
_BEFORE_ALL = f"{_DISK}::test_the_record_is_on_disk_before_anything_is_kept_and_before_anything_is_sent"
_PRIVATE = "tests/story/test_secrets.py::test_every_temporary_file_and_record_is_private"
_WRITES = "        write_record(repository.common_dir, work.record)\n"
_PUSHES = "        write_record(repository.common_dir, pushing)\n"

RECORD: tuple[Rule, ...] = (
    Rule(
        says="a record is written before anything is kept",
        changes=(
            Change(_RUN, _WRITES, ""),
            Change(_RUN, "        on_step(StepKind.KEEP)\n", f"{_WRITES}        on_step(StepKind.KEEP)\n"),
        ),
        tests=(_BEFORE_ALL,),
    ),
    Rule(
        says="and says that it is pushed before it is pushed",
        changes=(Change(_RUN, _PUSHES, "        pass\n"),),
        tests=(_STOPPED, "-k", "SIGKILL and release and file"),
    ),
    Rule(
        says="it is flushed to disk",
        changes=(Change(_RECORD, "            os.fsync(file.fileno())\n", ""),),
        tests=(_BEFORE_ALL,),
    ),
    Rule(
        says="so is its name",
        changes=(Change(_RECORD, "        raise\n    _sync_folder(path.parent)", "        raise"),),
        tests=(_BEFORE_ALL,),
    ),
    Rule(
        says="it is whole, or it is the one before",
        changes=(Change(_RECORD, '    draft = path.with_suffix(".new")\n    data', "    draft = path\n    data"),),
        tests=(f"{_DISK}::test_a_record_that_could_not_be_written_whole_leaves_the_one_before_it",),
    ),
    Rule(
        says="one that cannot be opened is not written over",
        changes=(Change(_RECORD, "        if not os.access(path.parent, os.X_OK):", "        if True:"),),
        tests=(f"{_FILE}::test_a_record_that_cannot_be_opened_stops_everything_that_changes_and_is_not_written_over",),
    ),
    Rule(
        says="a draft that was never whole goes",
        changes=(Change(_RECOVER, "        drop_drafts(repository.common_dir)\n", ""),),
        tests=("tests/crash/test_inside.py", "-k", "we_are_killed_at_any_call and rename and file"),
    ),
    Rule(
        says="a release that fails before the push drops it",
        changes=(
            Change(
                _RUN,
                "    except BaseException:\n        forget(repository, work.record)\n        raise",
                "    except BaseException:\n        raise",
            ),
        ),
        tests=(f"{_DISK}::test_objects_that_the_disk_lost_at_once_are_missed_before_anything_is_sent",),
    ),
    Rule(
        says="a release that is whole drops it",
        changes=(
            Change(
                _FINISH,
                "            forget(repository, other)\n    forget(repository, record)",
                "            forget(repository, other)",
            ),
        ),
        tests=(_STEPS, "-k", "update and SIGKILL and file"),
    ),
    Rule(
        says="however a release ended: while there is a record, it is told as interrupted (exit 8)",
        changes=(
            Change(
                _RUN,
                "        if isinstance(error, (Interrupted, Cancelled)) or not _is_pending(repository, record):",
                "        if True:",
            ),
        ),
        tests=(_STEPS, "-k", "publish and SIGINT and file"),
    ),
    Rule(
        says="a record that cannot be read is exit 8, too, and is named",
        changes=(
            Change(
                _RECORD,
                "RecursionError, ValidationError) as error:\n        raise",
                "RecursionError, ValidationError) as error:\n        return None\n        raise",
            ),
        ),
        tests=(f"{_FILE}::test_a_record_that_cannot_be_read_stops_everything_that_changes_and_is_named",),
    ),
    Rule(
        says="one that a newer `release` wrote is not guessed at",
        changes=(Change(_RECORD, '    if fields.pop("schema") != _SCHEMA:', '    if not fields.pop("schema"):'),),
        tests=(
            f"{_FILE}::test_a_record_that_cannot_be_read_stops_everything_that_changes_and_is_named[of a newer release]",
        ),
    ),
    Rule(
        says="one of an unpublished release is no interruption",
        changes=(
            Change(
                "release/flows/planning/facts.py",
                "        pending=pending,\n",
                "        pending=pending or next(iter(read_unpublished(repository.common_dir)), None),\n",
            ),
        ),
        tests=(f"{_FILE}::test_an_unpublished_release_is_no_interruption",),
    ),
    Rule(
        says="records are private",
        changes=(Change(_RECORD, "os.O_TRUNC, 0o600)", "os.O_TRUNC, 0o644)"),),
        tests=(_PRIVATE,),
    ),
    Rule(
        says="so is their folder",
        changes=(Change(_LOCK, "folder.mkdir(mode=0o700, ", "folder.mkdir("),),
        tests=(_PRIVATE,),
    ),
    Rule(
        says="so are temporary files",
        changes=(
            Change(
                "release/adapters/git/scratch.py",
                '        (self.folder / "objects").mkdir()',
                '        (self.folder / "objects").mkdir()\n        self.folder.chmod(0o755)',
            ),
        ),
        tests=(_PRIVATE,),
    ),
    Rule(
        says="one `release` at a time in a clone",
        changes=(Change(_LOCK, "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),),
        tests=("tests/crash/test_races.py::test_two_processes_in_one_clone_do_not_meet",),
    ),
    Rule(
        says="a release that another process is making is not told as interrupted",
        changes=(Change("release/core/bump/checks.py", "    if facts.at_work is not None:", "    if False:"),),
        tests=("tests/crash/test_races.py::test_two_processes_in_one_clone_do_not_meet",),
    ),
    Rule(
        says="but one that was killed is: a lock that nobody holds is none",
        changes=(
            Change(
                _LOCK,
                "                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)",
                "                return _owner(owner)",
            ),
        ),
        tests=(f"{_FILE}::test_what_is_pending_is_told_with_its_tag_time_and_folder",),
    ),
    Rule(
        says="and who has the lock, and for how long, is told",
        changes=(Change(_LOCK, "        file.write(json.dumps(owner))", "        del owner"),),
        tests=("tests/crash/test_races.py::test_two_processes_in_one_clone_do_not_meet",),
    ),
)

DELETING: tuple[Rule, ...] = (
    Rule(
        says="a tag is deleted there only if it is what was shown (its lease)",
        changes=(
            Change(
                _PUBLISH,
                '    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates]\n',
                '    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates if update.new]\n',
            ),
        ),
        tests=("tests/crash/test_pushing.py::test_a_tag_that_moved_while_the_question_was_open_is_not_deleted",),
    ),
    Rule(
        says="and here only if it is what was shown",
        changes=(Change(_DELETE, "        elif now != spot.object_id:", "        elif False:"),),
        tests=(f"{_FILE}::test_a_tag_that_moved_here_while_the_question_was_open_is_not_deleted_here",),
    ),
    Rule(
        says="a tag that only a remote has can be deleted, and brought back",
        changes=(Change(_DELETE, "    keep_tag_objects(repository, remote, wanted)\n", ""),),
        tests=(f"{_FILE}::test_a_tag_that_only_a_remote_has_is_deleted_there_and_can_be_brought_back",),
    ),
    Rule(
        says="whatever the push said, a tag that is absent is deleted",
        changes=(
            Change(
                _DELETE,
                "        if now is None:\n            return replace(spot, fate=Fate.DELETED)",
                "        if now is None and pushed.answer is Answer.ACCEPTED:\n            return replace(spot, fate=Fate.DELETED)\n        if now is None:\n            return replace(spot, fate=Fate.UNKNOWN, reason=reason)",
            ),
        ),
        tests=(f"{_FILE}::test_a_tag_that_somebody_deleted_meanwhile_is_deleted",),
    ),
    Rule(
        says="a tag that may still be elsewhere stays here",
        changes=(Change(_DELETE, "    if not stuck:\n", "    if True:\n"),),
        tests=(f"{_FILE}::test_a_tag_that_a_remote_keeps_stays_here",),
    ),
    Rule(
        says="while a release is pending no tag is deleted",
        changes=(Change(_DELETE, "    if read_pending(project.repository.common_dir) is not None:", "    if False:"),),
        tests=(f"{_FILE}::test_a_tag_is_not_deleted_while_a_release_is_pending",),
    ),
    Rule(
        says="the tag of an unpublished release is not deleted without its commit",
        changes=(Change(_DELETE, "        if one.tag in names and one.places == (LOCAL,)", "        if False"),),
        tests=(f"{_FILE}::test_an_unpublished_release_is_more_than_its_tag",),
    ),
)
