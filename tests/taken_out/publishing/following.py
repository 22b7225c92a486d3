"""Afterwards: refs and files here follow, whatever was done already, and nothing of the user's is touched."""

from taken_out.rule import Change, Rule

_FINISH = "release/flows/running/finish.py"
_REFS = "release/adapters/git/local_refs.py"
_WORKTREE = "release/adapters/git/worktree.py"

_FILE = "tests/crash/test_following.py"
_STEPS = "tests/crash/test_killed_at_steps.py"
_OTHERS = "tests/crash/test_left_to_others.py"
_INSIDE = "tests/crash/test_inside.py"
_DISK = "tests/crash/test_on_disk.py"
_BRANCH_MOVES = "        if here == record.base or (here is None and record.attached):"

REFS: tuple[Rule, ...] = (
    Rule(
        says="branch and tag here move in one transaction",
        changes=(
            Change(
                _REFS,
                "    if updates:\n        git",
                "    for update in updates[1:]:\n        update_refs(git, [update], reason=reason)\n"
                "    updates = updates[:1]\n    if updates:\n        git",
            ),
        ),
        tests=(f"{_FILE}::test_refs_here_move_together_or_not_at_all",),
    ),
    Rule(
        says="each from the value that was seen: a commit made in that moment is not lost",
        changes=(
            Change(
                _REFS,
                r'f"update {update.ref}\0{update.new}\0{update.old}" if update.old',
                r'f"update {update.ref}\0{update.new}\0" if update.old',
            ),
        ),
        tests=(f"{_FILE}::test_a_commit_made_in_the_moment_of_the_update_is_not_lost",),
    ),
    Rule(
        says="a tag that appears in that moment is not replaced",
        changes=(
            Change(_REFS, r'else f"create {update.ref}\0{update.new}"', r'else f"update {update.ref}\0{update.new}\0"'),
        ),
        tests=(f"{_FILE}::test_a_tag_made_in_the_moment_of_the_update_is_not_lost",),
    ),
    Rule(
        says="refs are flushed to disk, whatever `core.fsync` says",
        changes=(Change(_REFS, "git.having(*DURABLE).run(", "git.run("),),
        tests=(f"{_DISK}::test_refs_and_index_are_on_disk_before_the_record_is_dropped",),
    ),
    Rule(
        says="their logs say `release: T`",
        changes=(Change(_REFS, '"update-ref", "-m", reason, ', '"update-ref", '),),
        tests=(f"{_FILE}::test_the_logs_of_the_refs_say_who_moved_them",),
    ),
    Rule(
        says="a log is kept of the tag, too",
        changes=(Change(_REFS, '"--create-reflog", ', ""),),
        tests=(f"{_FILE}::test_the_logs_of_the_refs_say_who_moved_them",),
    ),
    Rule(
        says="a tag that is here already is done: a refspec for tags lets the push make it",
        changes=(
            Change(_FINISH, "    if record.tag_ref not in found:\n        updates", "    if True:\n        updates"),
        ),
        tests=("tests/crash/test_hostile_settings.py::test_a_refspec_for_tags_lets_the_push_itself_make_the_tag_here",),
    ),
    Rule(
        says="another tag of that name here is left as it is, and told",
        changes=(Change(_FINISH, "    elif found[record.tag_ref] != record.tag_object:", "    elif False:"),),
        tests=(f"{_FILE}::test_another_tag_here_is_left_as_it_is",),
    ),
    Rule(
        says="a branch that is still where it was follows",
        changes=(Change(_FINISH, _BRANCH_MOVES, "        if False:"),),
        tests=(_STEPS, "-k", "publish and SIGKILL and file"),
    ),
    Rule(
        says="a branch that the user has moved meanwhile is left, with `git pull --rebase`",
        changes=(Change(_FINISH, _BRANCH_MOVES, "        if here != record.commit:"),),
        tests=(f"{_FILE}::test_a_branch_with_a_commit_of_the_user_s_is_left",),
    ),
    Rule(
        says="one that holds the release already is done",
        changes=(
            Change(
                _FINISH,
                "        elif here is not None and is_ancestor(git, record.commit, here) is not True:",
                "        elif here is not None:",
            ),
        ),
        tests=(f"{_FILE}::test_a_branch_that_was_pulled_meanwhile_is_done",),
    ),
    Rule(
        says="with a detached HEAD a branch moves only if it is there, at the released commit",
        changes=(Change(_FINISH, "(here is None and record.attached)", "here is None"),),
        tests=(f"{_FILE}::test_a_detached_head_makes_no_branch",),
    ),
    Rule(
        says="with a detached HEAD index and files are left alone",
        changes=(
            Change(
                _FINISH,
                '    if not record.attached:\n        return (), (f"HEAD',
                '    if False:\n        return (), (f"HEAD',
            ),
            Change(
                _FINISH,
                "    if head_ref(tree) != branch_ref or read_refs(tree.git, [branch_ref]).get(branch_ref) != record.commit:\n        return (), ()\n",
                "",
            ),
        ),
        tests=(f"{_OTHERS}::test_a_detached_head_moves_a_branch_only_if_it_was_there",),
    ),
    Rule(
        says="the remote's branch is known here after a lost answer, too",
        changes=(
            Change(
                _FINISH,
                "    if published and record.remote_branch and record.tip and found.get(tracking) == record.tip:",
                "    if False:",
            ),
        ),
        tests=(f"{_FILE}::test_after_a_lost_answer_the_remote_s_branch_is_known_here",),
    ),
    Rule(
        says="a work tree that is on another branch by now is left alone",
        changes=(
            Change(_FINISH, "    if head_ref(tree) != branch_ref or read_refs(tree.git", "    if read_refs(tree.git"),
        ),
        tests=(f"{_FILE}::test_a_work_tree_that_is_on_another_branch_by_now_is_left_alone",),
    ),
    Rule(
        says="a work tree that lies elsewhere by now follows, too: the one that has the branch",
        changes=(
            Change(
                _FINISH,
                '    return repository if record.branch and head_ref(repository) == f"refs/heads/{record.branch}" else None',
                "    return None",
            ),
        ),
        tests=(f"{_FILE}::test_a_clone_that_lies_elsewhere_by_now_follows_there",),
    ),
    Rule(
        says="it is the work tree that was released from that follows, whichever one `recover` is called in",
        changes=(
            Change(
                _FINISH,
                '    tree = work_tree_of(repository, record)\n    if tree is None:\n        return (), (f"the work',
                '    tree = repository\n    if tree is None:\n        return (), (f"the work',
            ),
        ),
        tests=(f"{_FILE}::test_the_work_tree_that_was_released_from_follows_wherever_recover_is_called",),
    ),
)

FILES: tuple[Rule, ...] = (
    Rule(
        says="files that were half written, or an index without them, are completed after a kill",
        changes=(
            Change(
                _WORKTREE,
                "    if files_of_the_user(repository, base, new, paths):\n        return words",
                "    return words",
            ),
        ),
        tests=(f"{_OTHERS}::test_a_file_that_git_had_written_only_the_beginning_of_is_completed",),
    ),
    Rule(
        says="what is neither the old file nor on the way to the new one is the user's, and stays",
        changes=(
            Change(
                _WORKTREE,
                "        if index.get(path) not in (olds.get(path), news.get(path))\n        or _sight(",
                "        if index.get(path) not in (olds.get(path), news.get(path))\n        and _sight(",
            ),
        ),
        tests=(f"{_OTHERS}::test_an_edit_made_after_the_kill_is_never_lost",),
    ),
    Rule(
        says="what is staged meanwhile is the user's, too",
        changes=(
            Change(
                _WORKTREE,
                "        if index.get(path) not in (olds.get(path), news.get(path))\n        or _sight(",
                "        if _sight(",
            ),
        ),
        tests=(f"{_FILE}::test_what_was_staged_after_the_kill_stays_staged",),
    ),
    Rule(
        says="an index that is up to date already is not updated again, which git would refuse for ever",
        changes=(
            Change(
                _WORKTREE,
                '    git.run("read-tree", "-i", "-m", base, new)',
                '    git.run("read-tree", "-m", "-u", base, new)',
            ),
        ),
        tests=(_INSIDE, "-k", "killed_at_any_call and read-tree and rename"),
    ),
    Rule(
        says="and is refreshed: `git status` is clean at once",
        changes=(Change(_WORKTREE, '    git.run("update-index", "-q", "--refresh", ok=(0, 1))\n', ""),),
        tests=(f"{_FILE}::test_after_a_kill_in_the_files_the_index_is_fresh",),
    ),
    Rule(
        says="the index is flushed to disk, whatever `core.fsync` says",
        changes=(Change(_WORKTREE, "having(*DURABLE, GIT_OPTIONAL_LOCKS", "having(GIT_OPTIONAL_LOCKS"),),
        tests=(f"{_DISK}::test_refs_and_index_are_on_disk_before_the_record_is_dropped",),
    ),
)

MANY: tuple[Rule, ...] = (
    Rule(
        says="more paths than a command line holds are asked for in portions",
        changes=(
            Change(
                "release/adapters/git/process.py", "            if room < 0 and portions[-1]:", "            if False:"
            ),
        ),
        tests=("tests/crash/test_many_files.py", "-k", "goes or rollback"),
    ),
)
