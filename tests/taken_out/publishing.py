"""Rules of publishing (docs/explanation/how-a-release-is-made.md)."""

from taken_out.rule import Change, Rule

_PUBLISH = "release/git/push.py"
_PROCESS = "release/git/process.py"
_RUN = "release/engine/publish.py"
_REFS = "release/git/refs.py"
_RECORD = "release/git/record.py"
_LEASES = '    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates]\n'
_RECORD_FIRST = (
    "tests/crash/test_on_disk.py::test_the_record_is_on_disk_before_anything_is_kept_and_before_anything_is_sent"
)
_HOOKS = "tests/crash/test_surroundings.py::test_no_hook_of_commits_and_checkouts_runs_but_those_of_refs_and_pushes_do"

PUBLISHING: tuple[Rule, ...] = (
    Rule(
        says="git reads through no replace ref (`GIT_NO_REPLACE_OBJECTS=1`)",
        changes=(Change(_PROCESS, '"GIT_NO_REPLACE_OBJECTS": "1", ', ""),),
        tests=("tests/story/test_bad_input.py::test_what_is_only_strange_is_released_whole[replace refs]",),
    ),
    Rule(
        says="git reads through no graft (`GIT_GRAFT_FILE` names no file)",
        changes=(Change(_PROCESS, ', "GIT_GRAFT_FILE": _NO_FILE}', "}"),),
        tests=("tests/crash/test_looking.py::test_a_graft_that_cuts_history_off_hides_no_release",),
    ),
    Rule(
        says="git takes no optional lock (`GIT_OPTIONAL_LOCKS=0`): a command that only reads never rewrites the index",
        changes=(Change(_PROCESS, '"GIT_OPTIONAL_LOCKS": "0", ', ""),),
        tests=("tests/crash/test_looking.py::test_a_hook_that_asks_for_the_status_leaves_the_index_alone",),
    ),
    Rule(
        says="no file system monitor is used (`-c core.fsmonitor=false`): a wrong one would hide changes",
        changes=(Change(_PROCESS, '    "core.fsmonitor=false",\n', ""),),
        tests=("tests/crash/test_looking.py::test_a_monitor_that_sees_no_change_hides_none",),
    ),
    Rule(
        says="`git status` refreshes a private copy of the index, never the user's",
        changes=(
            Change(
                "release/git/repository.py",
                'git = repository.git.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")',
                'git = repository.git.having(GIT_OPTIONAL_LOCKS="1")',
            ),
        ),
        tests=("tests/crash/test_left_to_others.py::test_looking_leaves_the_index_alone_to_the_byte",),
    ),
    Rule(
        says="objects are prepared in a private folder, not in the user's store",
        changes=(
            Change(
                "release/git/scratch.py",
                '            GIT_OBJECT_DIRECTORY=str(self.folder / "objects"),\n',
                "",
            ),
        ),
        tests=("tests/story/test_modes.py::test_a_dry_run_changes_nothing_and_shows_what_the_run_then_does",),
    ),
    Rule(
        says="blobs are written unfiltered (`hash-object --no-filters`)",
        changes=(Change("release/git/scratch.py", '"-w", "--no-filters", ', '"-w", '),),
        tests=("tests/crash/test_left_to_others.py::test_line_ends_of_a_file_stay_what_they_are_in_git",),
    ),
    Rule(
        says="new objects are protected by a `.keep`: `gc --prune=now` would delete them before a ref names them",
        changes=(Change("release/git/worktree.py", '"--stdin", f"--keep={mark}", ', '"--stdin", '),),
        tests=("tests/crash/test_meanwhile.py", "-k", "gc and keep"),
    ),
    Rule(
        says="new objects are flushed to disk before the push, whatever `core.fsync` says",
        changes=(Change("release/git/worktree.py", "git = repository.git.having(*DURABLE)", "git = repository.git"),),
        tests=("tests/crash/test_on_disk.py::test_the_objects_are_on_disk_before_anything_is_sent",),
    ),
    Rule(
        says="new objects are really flushed, whatever `core.fsyncMethod` says",
        changes=(Change("release/git/worktree.py", ', "core.fsyncMethod=fsync")', ",)"),),
        tests=("tests/crash/test_on_disk.py::test_the_objects_are_on_disk_before_anything_is_sent",),
    ),
    Rule(
        says="nothing is stored before the question is answered",
        changes=(
            Change(
                "release/commands/bump/work.py",
                "        if not confirm(planned.plan):",
                "        run(project.repository, scratch, planned.work, on_step)\n        if not confirm(planned.plan):",
            ),
        ),
        tests=("tests/story/test_ctrl_c_on_a_terminal.py",),
    ),
    Rule(
        says="the rehearsal of the push runs no hook (`--no-verify`, `core.hooksPath=/dev/null`)",
        changes=(
            Change(
                _PUBLISH,
                'having(*_settings(remote), "core.hooksPath=/dev/null")',
                "having(*_settings(remote))",
            ),
            Change(
                _PUBLISH,
                '        "push", "--dry-run", "--no-verify", *_words(remote, updates, atomic=atomic, submodules',
                '        "push", "--dry-run", *_words(remote, updates, atomic=atomic, submodules',
            ),
        ),
        tests=("tests/crash/test_obstacles.py::test_a_rehearsal_runs_no_hook",),
    ),
    Rule(
        says="the branch is leased on the tip that was read: a branch that was reset meanwhile is not pushed over",
        changes=(
            Change(
                _PUBLISH,
                _LEASES,
                _LEASES.replace("updates]", 'updates if "/tags/" in update.ref]'),
            ),
        ),
        tests=("tests/crash/test_meanwhile.py", "-k", "changed_before and file"),
    ),
    Rule(
        says="the tag's lease says that the tag must not exist: a tag that exists is never moved",
        # Without the lease git still says `already exists`: only a `+` before the refspec moves the tag.
        changes=(
            Change(
                _PUBLISH,
                _LEASES,
                _LEASES.replace("updates]", 'updates if "/heads/" in update.ref]'),
            ),
            Change(
                _PUBLISH,
                'specs = [f"{update.new}:{update.ref}" for update in updates]',
                "specs = [f\"{'+'[: '/tags/' in update.ref]}{update.new}:{update.ref}\" for update in updates]",
            ),
        ),
        tests=("tests/crash/test_meanwhile.py", "-k", "changed_before and file"),
    ),
    Rule(
        says="nothing is forced (added: `--force`)",
        changes=(
            Change(
                _PUBLISH,
                '        "--no-follow-tags",\n',
                '        "--no-follow-tags",\n        "--force",\n',
            ),
        ),
        tests=("tests/crash/test_meanwhile.py", "-k", "changed_before and file"),
    ),
    Rule(
        says="branch and tag arrive together or not at all (`--atomic`)",
        changes=(Change(_PUBLISH, '    how = ["--atomic"] if atomic else []', "    how: list[str] = []"),),
        tests=("tests/crash/test_refused.py", "-k", "update and tag and file"),
    ),
    Rule(
        says="the user's other tags are not pushed along (`--no-follow-tags`, `push.followTags=false`)",
        changes=(
            Change(_PUBLISH, '        "--no-follow-tags",\n', ""),
            Change(_PUBLISH, '"push.followTags=false", ', ""),
        ),
        tests=("tests/crash/test_pushing.py::test_tags_of_ones_own_do_not_go_along",),
    ),
    Rule(
        says="a query of the push side runs no `pre-push` hook (`--no-verify`): with `dvc install` it would upload",
        changes=(
            Change(
                _PUBLISH,
                'start("push", "--dry-run", "--no-verify", *words)',
                'start("push", "--dry-run", *words)',
            ),
        ),
        tests=("tests/crash/test_pushing.py::test_the_hook_of_pushes_runs_for_pushes_alone",),
    ),
    Rule(
        says="with `atomic-push = false` the branch is pushed before the tag",
        changes=(Change(_RUN, "    for update in updates:\n", "    for update in updates[::-1]:\n"),),
        tests=("tests/crash/test_refused.py", "-k", "without_atomic_the_branch"),
    ),
    Rule(
        says="every release has a `Release-Id` of its own, which tells it from an equal object of someone else",
        changes=(Change("release/engine/plan.py", "release_id=token_hex(16)", 'release_id="0" * 32'),),
        tests=("tests/crash/test_pushing.py::test_an_equal_release_of_somebody_else_is_not_ours",),
    ),
    Rule(
        says="local branch and tag move in one transaction",
        changes=(
            Change(
                _REFS,
                "    if updates:\n        git",
                "    for update in updates[1:]:\n        update_refs(git, [update], reason=reason)\n    updates = updates[:1]\n    if updates:\n        git",
            ),
        ),
        tests=("tests/crash/test_following.py::test_refs_here_move_together_or_not_at_all",),
    ),
    Rule(
        says="a local ref moves only from the value that was read: a commit made in that moment is not lost",
        changes=(
            Change(
                _REFS,
                'f"update {update.ref}\\0{update.new}\\0{update.old}" if update.old',
                'f"update {update.ref}\\0{update.new}\\0" if update.old',
            ),
        ),
        tests=("tests/crash/test_following.py::test_a_commit_made_in_the_moment_of_the_update_is_not_lost",),
    ),
    Rule(
        says="a local tag is created, never updated: a tag made in that moment is not lost",
        changes=(
            Change(
                _REFS,
                'else f"create {update.ref}\\0{update.new}"',
                'else f"update {update.ref}\\0{update.new}\\0"',
            ),
        ),
        tests=("tests/crash/test_following.py::test_a_tag_made_in_the_moment_of_the_update_is_not_lost",),
    ),
    Rule(
        says="local refs are flushed to disk, whatever `core.fsync` says",
        changes=(Change(_REFS, "git.having(*DURABLE).run(", "git.run("),),
        tests=("tests/crash/test_on_disk.py::test_refs_and_index_are_on_disk_before_the_record_is_dropped",),
    ),
    Rule(
        says="the index is flushed to disk, whatever `core.fsync` says",
        changes=(
            Change("release/git/worktree.py", "having(*DURABLE, GIT_OPTIONAL_LOCKS", "having(GIT_OPTIONAL_LOCKS"),
        ),
        tests=("tests/crash/test_on_disk.py::test_refs_and_index_are_on_disk_before_the_record_is_dropped",),
    ),
    Rule(
        says="every git that we start inherits the lock: one that outlives us still holds it",
        changes=(Change(_PROCESS, "                pass_fds=self.holding,\n", ""),),
        tests=("tests/crash/test_races.py", "-k", "outlives_us"),
    ),
    Rule(
        says="variables that tie git to another repository are dropped",
        changes=(Change("release/git/process.py", "DROPPED = LOCAL_VARIABLES | {", "DROPPED = {"),),
        tests=("tests/crash/test_surroundings.py::test_a_variable_that_leads_elsewhere_misleads_nobody",),
    ),
    Rule(
        says="without a terminal git asks nothing (`GIT_TERMINAL_PROMPT=0`)",
        changes=(Change(_PROCESS, '            kept["GIT_TERMINAL_PROMPT"] = "0"\n', ""),),
        tests=("tests/crash/test_surroundings.py::test_git_and_ssh_may_not_ask_when_nobody_is_there",),
    ),
    Rule(
        says="the push does not hear Ctrl-C: half a push would leave its state unknown",
        changes=(Change(_PUBLISH, ", ignore_interrupt=True)", ")"),),
        tests=("tests/crash/test_surroundings.py::test_ctrl_c_at_the_terminal_while_the_server_has_the_push[1]",),
    ),
    Rule(
        says="no commit hook runs (added: `git hook run pre-commit`)",
        changes=(
            Change(
                "release/git/scratch.py",
                '        words, text = ("commit-tree", tree',
                '        self.git.run("hook", "run", "--ignore-missing", "pre-commit")\n        words, text = ("commit-tree", tree',
            ),
        ),
        tests=(_HOOKS,),
    ),
    Rule(
        says="the `pre-push` hook runs (added: `--no-verify`)",
        changes=(
            Change(
                _PUBLISH,
                'watched.start("push", *_words(remote',
                'watched.start("push", "--no-verify", *_words(remote',
            ),
        ),
        tests=(_HOOKS,),
    ),
    Rule(
        says="the record is written before anything is stored",
        changes=(
            Change(_RUN, "    write_record(repository.common_dir, record)\n", ""),
            Change(
                _RUN,
                "base=record.base, mark=record.mark)\n",
                "base=record.base, mark=record.mark)\n    write_record(repository.common_dir, record)\n",
            ),
        ),
        tests=(_RECORD_FIRST,),
    ),
    Rule(
        says="the record says `pushing` before the push starts",
        changes=(
            Change(
                _RUN,
                "        write_record(repository.common_dir, pushing)\n",
                "        pass\n",
            ),
        ),
        tests=("tests/crash/test_stopped_while_pushing.py", "-k", "SIGKILL and release and file"),
    ),
    Rule(
        says="the record is flushed to disk",
        changes=(Change(_RECORD, "            os.fsync(file.fileno())\n", ""),),
        tests=(_RECORD_FIRST,),
    ),
    Rule(
        says="the record's name is flushed to disk (fsync of its folder)",
        changes=(Change(_RECORD, "        raise\n    _sync_folder(path.parent)", "        raise"),),
        tests=(_RECORD_FIRST,),
    ),
    Rule(
        says="a record is replaced as a whole: a failed write leaves the one before",
        changes=(
            Change(
                _RECORD,
                '    draft = path.with_suffix(".new")\n    plain',
                "    draft = path\n    plain",
            ),
        ),
        tests=("tests/crash/test_on_disk.py::test_a_record_that_could_not_be_written_whole_leaves_the_one_before_it",),
    ),
    Rule(
        says="a tag is deleted on the remote only if it is still the one that was shown (its lease)",
        changes=(
            Change(
                _PUBLISH,
                _LEASES,
                _LEASES.replace("updates]", "updates if update.new]"),
            ),
        ),
        tests=("tests/crash/test_pushing.py::test_a_tag_that_moved_while_the_question_was_open_is_not_deleted",),
    ),
    Rule(
        says="a remote whose name looks like an option is not taken for one (`--`)",
        changes=(Change("release/git/refs.py", '"--symref", "--", remote', '"--symref", remote'),),
        tests=("tests/story/test_names_are_no_options.py",),
    ),
)
