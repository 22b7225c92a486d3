"""Before the push: what would fail, or overwrite something, after it is refused."""

from taken_out.rule import Change, Rule

_CHECKS = "release/core/bump/checks.py"
_STATE = "release/adapters/git/state.py"
_WORKTREE = "release/adapters/git/worktree.py"
_CONTENTS = "release/flows/reading/contents.py"
_FACTS = "release/flows/planning/facts.py"
_REHEARSAL = "release/flows/planning/rehearsal.py"
_PUBLISH = "release/adapters/git/publish.py"
_REFS = "release/adapters/git/local_refs.py"
_RUN = "release/flows/running/run.py"

_FILE = "tests/crash/test_obstacles.py"
_FOUND = f"{_FILE}::test_what_would_fail_afterwards_is_found_before_and_by_a_dry_run"
_OTHERS = "tests/crash/test_left_to_others.py"
_MEANWHILE = f"{_OTHERS}::test_what_happens_while_the_question_is_open_is_seen"


def _operation(file: str, word: str, obstacle: str) -> Rule:
    return Rule(
        says=f"{obstacle} under way (`{file}`) is refused, `git status` may show nothing of it",
        changes=(Change(_STATE, f'    "{file}": "{word}",\n', ""),),
        tests=(f"{_FOUND}[{obstacle}]",),
    )


FILES: tuple[Rule, ...] = (
    Rule(
        says="a path that the release adds must not exist on disk, ignored or not",
        changes=(Change(_CONTENTS, "paths_in_the_way(repository.work_tree, absent) if on_disk else ()", "()"),),
        tests=(f"{_FOUND}[an ignored file]", f"{_FOUND}[an untracked file]", f"{_FOUND}[an ignored folder]"),
    ),
    Rule(
        says="nor be a link, even to nowhere",
        changes=(
            Change(
                _WORKTREE,
                "        here /= part\n    return os.path.lexists(here)",
                "        here /= part\n    return here.exists()",
            ),
        ),
        tests=(f"{_FOUND}[a link to nowhere]",),
    ),
    Rule(
        says="nor stand below what is no folder, or is a link to one",
        changes=(
            Change(
                _WORKTREE,
                "        if here != work_tree and (here.is_symlink() or (os.path.lexists(here) and not here.is_dir())):",
                "        if False:",
            ),
        ),
        tests=(f"{_FOUND}[a file in the place of its folder]", f"{_FOUND}[a link in the place of its folder]"),
    ),
    Rule(
        says="the update of files and index is rehearsed (`read-tree -m -u -n`)",
        changes=(
            Change(
                _REHEARSAL,
                "        words = rehearse_files(git, inquiry.index_copy, record.base, record.commit)\n        if words is not None:",
                "        words = rehearse_files(git, inquiry.index_copy, record.base, record.commit)\n        if False:",
            ),
        ),
        tests=(f"{_FILE}::test_a_file_that_may_be_dirty_and_would_be_written_is_found_by_the_rehearsal",),
    ),
    Rule(
        says="a file marked skip-worktree is not written",
        changes=(Change(_STATE, ' or item[0] == "S"', ""),),
        tests=(f"{_FOUND}[skip-worktree]",),
    ),
    Rule(
        says="a file marked assume-unchanged is not written",
        changes=(Change(_STATE, '(item[0].islower() or item[0] == "S")', 'item[0] == "S"'),),
        tests=(f"{_FOUND}[assume-unchanged]",),
    ),
    Rule(
        says="changed tracked files are refused",
        changes=(Change(_CHECKS, "    if bad:\n        few", "    if False:\n        few"),),
        tests=(f"{_FOUND}[a changed file]",),
    ),
    Rule(
        says="staged ones are, even where `dirty-ok` allows changes",
        changes=(
            Change(_CHECKS, "    if change.staged or change.path in protected", "    if change.path in protected"),
        ),
        tests=(f"{_FOUND}[a staged file]",),
    ),
    Rule(
        says="files that the release writes are, even where `dirty-ok` allows changes",
        changes=(Change(_CHECKS, "change.staged or change.path in protected or", "change.staged or"),),
        tests=(f"{_FILE}::test_a_file_of_the_release_may_not_be_dirty_whatever_is_configured",),
    ),
    Rule(
        says="an intent to add counts as a change",
        changes=(
            Change(_STATE, '        elif item[:2] == "1 ":', '        elif item[:2] == "1 " and item[3] != "A":'),
        ),
        tests=(f"{_FOUND}[an intent to add]",),
    ),
    Rule(
        says="a conflict counts as a change",
        changes=(Change(_STATE, '        elif item[:2] == "u ":', '        elif item[:2] == "? ":'),),
        tests=(f"{_FOUND}[a conflict]",),
    ),
)

STATE: tuple[Rule, ...] = (
    Rule(
        says="an index that another git has locked is refused",
        changes=(
            Change(_STATE, 'index_locked=os.path.lexists(repository.git_dir / "index.lock")', "index_locked=False"),
        ),
        tests=(f"{_FOUND}[the lock of the index]",),
    ),
    Rule(
        says="a branch that another worktree has is refused, with `-C` and its folder",
        changes=(Change(_CHECKS, "    if facts.branch_elsewhere is not None:", "    if False:"),),
        tests=(f"{_FOUND}[the branch in another worktree]",),
    ),
    _operation("MERGE_HEAD", "merge", "a merge"),
    _operation("CHERRY_PICK_HEAD", "cherry-pick", "a cherry-pick"),
    _operation("REVERT_HEAD", "revert", "a revert"),
    _operation("rebase-merge", "rebase", "a rebase"),
    _operation("rebase-apply", "rebase", "a rebase by patches"),
    _operation("rebase-apply/applying", "am", "patches"),
    _operation("BISECT_LOG", "bisect", "a bisect"),
    _operation("sequencer", "cherry-pick", "a cherry-pick of several"),
    # design.md rehearses the transaction with `prepare` and `abort`. The code looks for locks and for names instead:
    # a rehearsal that takes locks leaves them behind when it is killed, even one of a command that only looks.
    Rule(
        says="the locks of the refs are looked for",
        changes=(Change(_REFS, '    locks = [common / f"{update.ref}.lock" for update in updates]', "    locks = []"),),
        tests=(f"{_FOUND}[the lock of the branch]", f"{_FOUND}[the lock of the tag]"),
    ),
    Rule(
        says="so is HEAD's, which git takes for the branch's log",
        changes=(Change(_REFS, '        locks.append(repository.git_dir / "HEAD.lock")', "        pass"),),
        tests=(f"{_FOUND}[the lock of HEAD]",),
    ),
    Rule(
        says="a tag `v0.2.0/x` forbids `v0.2.0`",
        changes=(Change("release/core/versions/checks.py", 'name.startswith(f"{tag}/") or ', ""),),
        tests=(f"{_FOUND}[a tag below the tag]",),
    ),
    Rule(
        says="the push is rehearsed: a remote that can be read may not take pushes",
        changes=(
            Change(_REHEARSAL, "    if running is not None:\n        yield from", "    if False:\n        yield from"),
        ),
        tests=(f"{_FOUND}[nobody to push to]",),
    ),
    Rule(
        says="a rehearsal runs no hook (`--no-verify`, `core.hooksPath=/dev/null`): `push --dry-run` runs `pre-push`",
        changes=(
            Change(_PUBLISH, 'having(*_settings(remote), "core.hooksPath=/dev/null")', "having(*_settings(remote))"),
            Change(
                _PUBLISH,
                '        "push", "--dry-run", "--no-verify", *_words(remote, updates, atomic=atomic, submodules',
                '        "push", "--dry-run", *_words(remote, updates, atomic=atomic, submodules',
            ),
        ),
        tests=(f"{_FILE}::test_a_rehearsal_runs_no_hook",),
    ),
    Rule(
        says="a clone without its history is refused: nobody knows what came before",
        changes=(Change(_CHECKS, "    if facts.shallow:", "    if False:"),),
        tests=("tests/story/test_elsewhere.py::test_a_shallow_clone_is_told_how_to_get_its_history",),
    ),
    Rule(
        says="an interrupted release is settled first: exit 8",
        changes=(Change(_CHECKS, "    if facts.pending is not None:", "    if False:"),),
        tests=("tests/crash/test_killed_between_steps.py", "-k", "pending and keep"),
    ),
)

WHILE_ASKED: tuple[Rule, ...] = (
    Rule(
        says="after the question it is looked again: whether the branch has moved here",
        changes=(Change(_RUN, "found.get(branch_ref) != record.base\n", "False\n"),),
        tests=(f"{_MEANWHILE}[the branch was changed_meanwhile-Raced]",),
    ),
    Rule(
        says="after the question: whether the tag has appeared here",
        changes=(
            Change(
                _RUN,
                "    if moved or found.get(record.tag_ref, record.tag_object) != record.tag_object:",
                "    if moved:",
            ),
        ),
        tests=(f"{_MEANWHILE}[the tag appeared_meanwhile-Raced]",),
    ),
    Rule(
        says="after the question: whether the index is locked",
        changes=(Change(_RUN, '    if os.path.lexists(repository.git_dir / "index.lock"):', "    if False:"),),
        tests=(f"{_MEANWHILE}[the index was locked, changed_meanwhile-Refused]",),
    ),
    Rule(
        says="after the question: whether files have changed",
        changes=(
            Change(
                _RUN,
                '    if words is not None:\n        raise Refused(f"files',
                '    if False:\n        raise Refused(f"files',
            ),
        ),
        tests=(f"{_MEANWHILE}[a file was changed_meanwhile-Refused]",),
    ),
    Rule(
        says="after the question: whether a file has appeared that the release would overwrite",
        changes=(
            Change(
                _RUN,
                "    if in_the_way := paths_in_the_way(repository.work_tree, new):",
                "    if in_the_way := paths_in_the_way(repository.work_tree, ()):",
            ),
        ),
        tests=(f"{_MEANWHILE}[an ignored file appeared_meanwhile-Refused]",),
    ),
    Rule(
        says="after the question: whether another release was interrupted here meanwhile",
        changes=(
            Change(
                _RUN,
                '        if read_pending(repository.common_dir) is not None:\n            raise Interrupted("a release was interrupted in',
                '        if False:\n            raise Interrupted("a release was interrupted in',
            ),
        ),
        tests=(f"{_OTHERS}::test_a_release_that_is_interrupted_while_the_question_is_open_comes_first",),
    ),
)
