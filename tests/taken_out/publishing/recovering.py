"""After the push: what `recover` decides from what the remote has, and when it may forget; and races."""

from taken_out.rule import Change, Rule

_DECIDE = "release/core/bump/recovery.py"
_RECOVER = "release/flows/recover.py"
_CATCH_UP = "release/flows/running/catch_up.py"
_BUMP = "release/flows/bump.py"
_SIDE = "release/flows/running/remote_side.py"
_SCRATCH = "release/adapters/git/scratch.py"

_FILE = "tests/crash/test_settling.py"
_MEANWHILE = "tests/crash/test_meanwhile.py"
_STOPPED = "tests/crash/test_stopped_while_pushing.py"
_STEPS = "tests/crash/test_killed_at_steps.py"
_RACES = "tests/crash/test_races.py"

DECIDING: tuple[Rule, ...] = (
    Rule(
        says="a release that had not been pushed is forgotten without asking anybody",
        changes=(Change(_DECIDE, "    if record.state is not RecordState.PUSHING:\n", "    if False:\n"),),
        tests=(_STEPS, "-k", "keep and SIGKILL and file"),
    ),
    Rule(
        says="a remote that shows nothing of it may still be at work: the same ids are pushed again",
        changes=(Change(_DECIDE, "        return Decision.PUSH_AGAIN\n", "        return Decision.FORGET\n"),),
        tests=(_STOPPED, "-k", "long_after_the_client_was_killed and file"),
    ),
    Rule(
        says="a remote that is not configured any more is not asked: git would take its name for a path",
        changes=(Change(_SIDE, "    if record.remote not in repository.settings.remotes:", "    if False:"),),
        tests=(f"{_FILE}::test_a_remote_that_has_another_name_now_is_told_with_the_way_on",),
    ),
    Rule(
        says="a remote that does not answer decides nothing: exit 8",
        changes=(Change(_DECIDE, "Decision.FINISH if record.accepted else Decision.WAIT", "Decision.FORGET"),),
        tests=(_MEANWHILE, "-k", "gone_for_a_while and keep and file"),
    ),
    Rule(
        says="unless it had said that it has it all: then this clone follows without it",
        changes=(Change(_DECIDE, "Decision.FINISH if record.accepted else Decision.WAIT", "Decision.WAIT"),),
        tests=(f"{_FILE}::test_a_release_that_the_remote_had_accepted_is_finished_without_it",),
    ),
    Rule(
        says="the tag there is ours: it is finished",
        changes=(
            Change(
                _DECIDE,
                "return Decision.FINISH if sight.tag == record.tag_object else",
                "return Decision.TAKEN if sight.tag == record.tag_object else",
            ),
        ),
        tests=(_STEPS, "-k", "publish and SIGKILL and file"),
    ),
    Rule(
        says="the tag there is another one: ours can never arrive, and is forgotten",
        changes=(Change(_DECIDE, "record.tag_object else Decision.TAKEN", "record.tag_object else Decision.FINISH"),),
        tests=(_MEANWHILE, "-k", "deleted_by_somebody and replaced and file"),
    ),
    Rule(
        says="the branch there went elsewhere: ours can never arrive, and is forgotten",
        changes=(Change(_DECIDE, "is not None else Decision.MOVED", "is not None else Decision.PUSH_AGAIN"),),
        tests=(f"{_FILE}::test_a_branch_that_went_elsewhere_ends_the_wait",),
    ),
    Rule(
        says="the branch there has our commit and the tag is absent: somebody deleted it, and it stays so (exit 9)",
        changes=(
            Change(_DECIDE, "return Decision.DELETED if record.atomic else Decision.ASK", "return Decision.PUSH_AGAIN"),
        ),
        tests=(_MEANWHILE, "-k", "before_its_reply_was_seen and file"),
    ),
    Rule(
        says="a branch that has moved on from our commit has it, too",
        changes=(
            Change(_DECIDE, "sight.branch == record.commit or sight.holds_commit\n", "sight.branch == record.commit\n"),
        ),
        tests=(f"{_FILE}::test_a_tag_that_was_deleted_after_others_built_on_it_stays_deleted",),
    ),
    Rule(
        says="its history is fetched to tell that",
        changes=(Change(_SIDE, "    if known is None:\n", "    if False:\n"),),
        tests=(f"{_FILE}::test_a_tag_that_was_deleted_after_others_built_on_it_stays_deleted",),
    ),
    Rule(
        says="what the remote said it has, and has not, was deleted: it is not brought back",
        changes=(Change(_DECIDE, "return Decision.DELETED if record.accepted else _by_branch", "return _by_branch"),),
        tests=(_MEANWHILE, "-k", "deleted_by_somebody and reset and file"),
    ),
    Rule(
        says="of a tag alone nobody can tell whether it was deleted: it is asked",
        changes=(
            Change(
                _DECIDE, "        return Decision.ASK  # a commit", "        return Decision.PUSH_AGAIN  # a commit"
            ),
        ),
        tests=(f"{_FILE}::test_of_a_tag_alone_it_is_asked_before_it_is_published_again",),
    ),
    Rule(
        says="after it has pushed again it looks again, whatever the push said",
        changes=(
            Change(
                _RECOVER,
                "        if decision not in OPEN:\n            return decision\n",
                "",
            ),
        ),
        tests=(f"{_FILE}::test_a_second_push_without_an_answer_is_looked_for",),
    ),
    Rule(
        says="a refusal now does not answer the push before: it is kept pending",
        changes=(
            Change(
                _RECOVER,
                "        if pushed.answer in (Answer.REFUSED, Answer.HOOK):",
                "        if pushed.answer in (Answer.REFUSED, Answer.HOOK):\n            return Decision.MOVED\n        if False:",
            ),
        ),
        tests=(f"{_FILE}::test_a_refusal_does_not_answer_the_push_before_it",),
    ),
    Rule(
        says="ours is told from an equal object by `Release-Id`",
        changes=(Change("release/flows/planning/plan.py", "release_id=token_hex(16)", 'release_id="0" * 32'),),
        tests=("tests/crash/test_pushing.py::test_an_equal_release_of_somebody_else_is_not_ours",),
    ),
    Rule(
        says="objects that a power cut took are fetched from the remote before refs name them",
        changes=(Change(_RECOVER, "            self._require_objects()\n", ""),),
        tests=(_MEANWHILE, "-k", "power_cut and publish and pack"),
    ),
    Rule(
        says="`--undo` gives an unanswered push up, after a question",
        changes=(Change(_RECOVER, "        if decision in OPEN and undo:", "        if False:"),),
        tests=(f"{_FILE}::test_a_refusal_does_not_answer_the_push_before_it",),
    ),
)

RACES: tuple[Rule, ...] = (
    Rule(
        says="a clone without own commits follows by itself, and plans anew",
        changes=(
            Change(
                _BUMP,
                "        followed = catch_up(project, attempt.record)\n",
                "        catch_up(project, attempt.record)\n        followed = None\n",
            ),
        ),
        tests=(_RACES, "-k", "computed_anew"),
    ),
    Rule(
        says="with own commits nothing is rebased: exit 7",
        changes=(
            Change(_CATCH_UP, " or record.tip != record.base:", ":"),
            Change(
                _CATCH_UP,
                "tip == record.base or not refs.is_ancestor(repository.git, record.base, tip)",
                "tip == record.base",
            ),
        ),
        tests=(_RACES, "-k", "own_commits"),
    ),
    Rule(
        says="it does not follow for ever",
        changes=(Change(_BUMP, "_ATTEMPTS = 4", "_ATTEMPTS = 6"),),
        tests=(_RACES, "-k", "for_ever"),
    ),
    Rule(
        says="a tip that somebody has released is named, and not released again",
        changes=(Change(_CATCH_UP, "        _require_unreleased(project, record, tip)\n", ""),),
        tests=(_RACES, "-k", "somebody_has_released"),
    ),
    Rule(
        says="a tip with other pointers is left to `git pull` and `dvc pull`",
        changes=(Change(_CATCH_UP, "    if any(path.endswith(_POINTERS) for path in changed):", "    if False:"),),
        tests=(_RACES, "-k", "cannot_be_taken_in_safely and dvc"),
    ),
    Rule(
        says="a tip whose files are in the way of the user's is left to them",
        changes=(
            Change(
                _CATCH_UP,
                '    if paths_in_the_way(repository.work_tree, _changed(git, record.base, tip, "--diff-filter=A")):',
                "    if False:",
            ),
        ),
        tests=(_RACES, "-k", "cannot_be_taken_in_safely"),
    ),
    Rule(
        says="to follow moves the branch from its old value alone",
        changes=(Change(_CATCH_UP, "or read_refs(git, [branch_ref]).get(branch_ref) != record.base:", ":"),),
        tests=(f"{_FILE}::test_a_commit_made_meanwhile_is_not_followed_over",),
    ),
)
