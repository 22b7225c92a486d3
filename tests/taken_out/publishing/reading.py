"""Reading: what git is told at every call, and that a look leaves no trace."""

from taken_out.rule import Change, Rule

_PROCESS = "release/adapters/git/process.py"
_STATE = "release/adapters/git/state.py"
_WORKTREE = "release/adapters/git/worktree.py"

_LOOKS = "tests/crash/test_looking.py"


def _without_setting(setting: str) -> tuple[Change, ...]:
    """Git without one of the `-c` settings that every call has."""
    return (Change(_PROCESS, f'    "{setting}",\n', ""),)


READING: tuple[Rule, ...] = (
    Rule(
        says="git reads through no replace ref (`GIT_NO_REPLACE_OBJECTS=1`)",
        changes=(Change(_PROCESS, '"GIT_NO_REPLACE_OBJECTS": "1", ', ""),),
        tests=("tests/story/test_bad_input.py::test_what_is_only_strange_is_released_whole[replace refs]",),
    ),
    Rule(
        says="nor through a graft (`GIT_GRAFT_FILE` names no file)",
        changes=(Change(_PROCESS, ', "GIT_GRAFT_FILE": _NO_FILE}', "}"),),
        tests=(f"{_LOOKS}::test_a_graft_that_cuts_history_off_hides_no_release",),
    ),
    Rule(
        says="git takes no optional lock (`GIT_OPTIONAL_LOCKS=0`): nothing that only looks rewrites the index",
        changes=(Change(_PROCESS, '"GIT_OPTIONAL_LOCKS": "0", ', ""),),
        tests=(_LOOKS,),
    ),
    Rule(
        says="no index is split (`-c core.splitIndex=false`)",
        changes=_without_setting("core.splitIndex=false"),
        tests=(_LOOKS,),
    ),
    Rule(
        says="no file system monitor is asked (`-c core.fsmonitor=false`): one that is wrong would hide changes",
        changes=_without_setting("core.fsmonitor=false"),
        tests=(_LOOKS,),
    ),
    Rule(
        says="commits are UTF-8 whatever is configured (`-c i18n.commitEncoding=UTF-8`)",
        changes=_without_setting("i18n.commitEncoding=UTF-8"),
        tests=(_LOOKS,),
    ),
    Rule(
        says="what git and a server say has no colours (`-c color.remote=false`...): they would be shown as `\\x1b[31m`",
        changes=(Change(_PROCESS, '_COLOURS = ("ui", "remote", "push", "transport", "advice")', '_COLOURS = ("ui",)'),),
        tests=(_LOOKS,),
    ),
    Rule(
        says="`git status` refreshes a private copy of the index, never the user's",
        changes=(
            Change(
                _STATE,
                'git = repository.git.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")',
                'git = repository.git.having(GIT_OPTIONAL_LOCKS="1")',
            ),
        ),
        tests=("tests/crash/test_left_to_others.py::test_looking_leaves_the_index_alone_to_the_byte",),
    ),
    Rule(
        says="the update of the files is rehearsed on that copy, which is refreshed",
        changes=(
            Change(
                _WORKTREE,
                'git = scratch.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")',
                'git = scratch.having(GIT_OPTIONAL_LOCKS="1")',
            ),
        ),
        tests=(_LOOKS,),
    ),
    Rule(
        says="the copy keeps the index's time, or git would take changes of that moment for none",
        changes=(Change(_STATE, "        shutil.copystat(index, copy)", "        pass"),),
        tests=(_LOOKS,),
    ),
)
