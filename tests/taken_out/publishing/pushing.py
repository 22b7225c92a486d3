"""Pushing: a plain push as compare-and-swap, of these refs alone, to the side that is pushed to."""

from taken_out.rule import Change, Rule

_PUBLISH = "release/adapters/git/publish.py"
_SIDE = "release/flows/running/remote_side.py"
_RUN = "release/flows/running/run.py"
_REHEARSAL = "release/flows/planning/rehearsal.py"
_REFS = "release/adapters/git/refs.py"
_FACTS = "release/flows/planning/facts.py"
_HOOK = "release/adapters/git/push_hook.py"

_FILE = "tests/crash/test_pushing.py"
_SETTINGS = "tests/crash/test_hostile_settings.py"
_MEANWHILE = "tests/crash/test_meanwhile.py"
_REFUSED = "tests/crash/test_refused.py"
_LEASES = '    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates]\n'
_ASK_PUSH_SIDE = f"{_SETTINGS}::test_a_mirror_that_lags_behind_is_no_reason_to_publish_twice_or_to_forget"
_MIRROR = f"{_SETTINGS}::test_the_side_that_is_pushed_to_is_asked_not_the_mirror_that_is_fetched_from"

WORDS: tuple[Rule, ...] = (
    Rule(
        says="the branch is leased on the tip that was read: one that was reset meanwhile gets nothing back",
        changes=(Change(_PUBLISH, _LEASES, _LEASES.replace("in updates]", 'in updates if "/tags/" in update.ref]')),),
        tests=(_MEANWHILE, "-k", "changed_before and file"),
    ),
    Rule(
        says="a tag that is there is never moved: its lease says that it must not exist",
        # Without the lease git itself says `already exists`; it takes a `+` before the refspec, too, to move a tag.
        changes=(
            Change(_PUBLISH, _LEASES, _LEASES.replace("in updates]", 'in updates if "/heads/" in update.ref]')),
            Change(
                _PUBLISH,
                'specs = [f"{update.new}:{update.ref}" for update in updates]',
                "specs = [f\"{'+'[: '/tags/' in update.ref]}{update.new}:{update.ref}\" for update in updates]",
            ),
        ),
        tests=(_MEANWHILE, "-k", "changed_before and file"),
    ),
    Rule(
        says="nothing is forced (put in: `--force`)",
        changes=(
            Change(_PUBLISH, '        "--no-follow-tags",\n', '        "--no-follow-tags",\n        "--force",\n'),
        ),
        tests=(_MEANWHILE, "-k", "changed_before and file"),
    ),
    Rule(
        says="branch and tag arrive together or not at all (`--atomic`)",
        changes=(Change(_PUBLISH, '    how = ["--atomic"] if atomic else []', "    how: list[str] = []"),),
        tests=(_REFUSED, "-k", "update and tag and file"),
    ),
    Rule(
        says="the answer is read from `--porcelain` lines",
        changes=(Change(_PUBLISH, '        "--porcelain",\n', ""),),
        tests=(_REFUSED, "-k", "pre-receive and both and file"),
    ),
    Rule(
        says="tags of one's own do not go along (`--no-follow-tags`, `push.followTags=false`)",
        changes=(
            Change(_PUBLISH, '        "--no-follow-tags",\n', ""),
            Change(_PUBLISH, '"push.followTags=false", ', ""),
        ),
        tests=(f"{_FILE}::test_tags_of_ones_own_do_not_go_along",),
    ),
    Rule(
        says="a mirror remote is pushed to as any other (`-c remote.R.mirror=false`)",
        changes=(Change(_PUBLISH, 'f"remote.{remote}.mirror=false", ', ""),),
        tests=(f"{_SETTINGS}::test_a_setting_changes_nothing_in_a_release[remote.origin.mirror=true]",),
    ),
    Rule(
        says="a submodule's commit that nobody else has is found (`--recurse-submodules=check`)",
        changes=(
            Change(_PUBLISH, '        f"--recurse-submodules={submodules}",\n', '        "--recurse-submodules=no",\n'),
        ),
        tests=(f"{_FILE}::test_a_commit_of_a_submodule_that_nobody_else_has_is_found_before",),
    ),
)

PLACES: tuple[Rule, ...] = (
    Rule(
        says="several push URLs are wrong usage: all or none of them cannot be had",
        changes=(Change("release/core/bump/checks.py", "    if push and facts.push_urls > 1:", "    if False:"),),
        tests=(f"{_SETTINGS}::test_two_push_urls_are_refused_for_both_or_none_cannot_be_had",),
    ),
    Rule(
        says="of several git remotes it is the configured one that is asked and pushed to",
        changes=(Change(_REHEARSAL, "        remote=facts.remote_name,\n", '        remote="other",\n'),),
        tests=(f"{_SETTINGS}::test_the_remote_that_is_named_is_the_one_that_is_released_to",),
    ),
    Rule(
        says="where push and fetch URL differ, the side that is pushed to is asked",
        changes=(Change(_SIDE, "    if pushed_to is not None:", "    if False:"),),
        tests=(_ASK_PUSH_SIDE, _MIRROR),
    ),
    Rule(
        says="`remote.R.pushurl` makes them differ",
        changes=(Change(_SIDE, 'settings.every(f"remote.{remote}.pushurl") or ', ""),),
        tests=(_ASK_PUSH_SIDE, _MIRROR),
    ),
    Rule(
        says="so does `url.X.pushInsteadOf`",
        changes=(Change(_SIDE, r' or settings.named(r"url\..+\.pushinsteadof")', ""),),
        tests=(_MIRROR,),
    ),
    Rule(
        says="a question to that side runs no `pre-push` (`--no-verify`): with `dvc install` it would upload",
        changes=(
            Change(
                _PUBLISH,
                'start("push", "--dry-run", "--no-verify", *words)',
                'start("push", "--dry-run", *words)',
            ),
        ),
        tests=(f"{_FILE}::test_the_hook_of_pushes_runs_for_pushes_alone",),
    ),
    Rule(
        says="`=` is ours: what that side has of ours is not pushed again",
        changes=(Change(_PUBLISH, '"=": Sight.OURS, ', ""),),
        tests=(f"{_FILE}::test_the_hook_of_pushes_runs_for_pushes_alone",),
    ),
    Rule(
        says="`!` is another one: what somebody else has put there is not taken for nothing",
        changes=(Change(_PUBLISH, '"!": Sight.OTHER', '"!": Sight.ABSENT'),),
        tests=(_ASK_PUSH_SIDE, f"{_FILE}::test_a_tag_that_the_side_that_is_pushed_to_has_otherwise_is_not_ours"),
    ),
    Rule(
        says="a remote's refs are compared by their full names, not by their tails",
        changes=(
            Change(
                _SIDE,
                "tag=there.refs.get(record.tag_ref), branch=tip",
                "tag=next((id for ref, id in there.refs.items() if ref.endswith(record.tag_ref)), None), branch=tip",
            ),
        ),
        tests=(f"{_FILE}::test_a_ref_whose_name_only_ends_as_the_tag_s_is_not_the_tag",),
    ),
    Rule(
        says="so are those of a push's answer: git pushes to a ref whose name ends so, if there is one",
        changes=(
            Change(
                _PUBLISH,
                'ref = fields[1].rpartition(":")[2]',
                'ref = "refs/tags/" * ("/tags/" in fields[1]) + fields[1].rpartition(":")[2].rpartition("refs/tags/")[2]',
            ),
        ),
        tests=(f"{_FILE}::test_git_itself_would_push_to_a_ref_whose_name_ends_so_and_that_is_seen_before",),
    ),
    Rule(
        says="a host without `atomic` is told from a dead one by a second dry run without it",
        changes=(Change(_REHEARSAL, "    if pushed.answer is Answer.UNKNOWN and record.atomic:", "    if False:"),),
        tests=(_REFUSED, "-k", "a_host_without_atomic_is_told and file"),
    ),
    Rule(
        says="with `atomic-push = false` the branch goes first",
        changes=(Change(_RUN, "    for update in updates:\n", "    for update in updates[::-1]:\n"),),
        tests=(_REFUSED, "-k", "without_atomic_the_branch"),
    ),
    Rule(
        says="and a tag that is refused after it is told as that, in the host's words",
        changes=(Change(_RUN, "    if pushed.answer is Answer.PART:", "    if False:"),),
        tests=(_REFUSED, "-k", "without_atomic_the_branch"),
    ),
)

ANSWERS: tuple[Rule, ...] = (
    Rule(
        says="a refusal of every ref is an answer: record and objects are dropped",
        changes=(
            Change(
                _RUN,
                "        forget(repository, record)\n        raise refusal(repository, record, pushed)",
                "        raise refusal(repository, record, pushed)",
            ),
        ),
        tests=(_REFUSED, "-k", "pre-receive and both and file"),
    ),
    Rule(
        says="exit 3, with the server's own words",
        changes=(
            Change(
                _RUN,
                '{reasons}\\n{pushed.words}".rstrip(),\n        help=f"as',
                '{reasons}".rstrip(),\n        help=f"as',
            ),
        ),
        tests=(_REFUSED, "-k", "pre-receive and both and file"),
    ),
    Rule(
        says="exit 7 for a tag that somebody else has made",
        changes=(Change(_RUN, "        if now.tag not in (None, record.tag_object):", "        if False:"),),
        tests=(f"{_FILE}::test_an_equal_release_of_somebody_else_is_not_ours",),
    ),
    Rule(
        says="exit 7 for a branch that has moved there",
        changes=(
            Change(
                _RUN,
                '        if record.remote_branch is not None and (now.branch or "") != record.tip:',
                "        if False:",
            ),
        ),
        tests=("tests/crash/test_races.py", "-k", "own_commits"),
    ),
    Rule(
        says="a refusal of some refs is none: their fate is unknown",
        changes=(Change(_PUBLISH, "    elif len(refused) == len(wanted) and all(", "    elif refused and all("),),
        tests=(f"{_FILE}::test_a_host_that_says_atomic_and_does_half_is_no_answer",),
    ),
    Rule(
        says="nor is `[remote failure]`: only `[rejected]` and `[remote rejected]` are",
        changes=(
            Change(
                _PUBLISH,
                'reason.startswith(("[rejected]", "[remote rejected]")) for reason in refused.values()',
                "reason for reason in refused.values()",
            ),
        ),
        tests=(f"{_FILE}::test_a_host_that_did_it_and_reports_nothing_of_it_is_no_answer",),
    ),
    Rule(
        says="exit code 1 with `[new tag]` is no success",
        changes=(Change(_PUBLISH, "    if result.code == 0 and all(flags", "    if all(flags"),),
        tests=(f"{_FILE}::test_a_push_that_the_hook_itself_makes_and_that_is_refused_is_not_ours",),
    ),
    Rule(
        says="everything else keeps the record, and is exit 8",
        changes=(Change(_RUN, "    if pushed.answer is Answer.UNKNOWN:", "    if False:"),),
        tests=("tests/crash/test_meanwhile.py", "-k", "gone_for_a_while and keep and file"),
    ),
    Rule(
        says="a `pre-push` that refuses has sent nothing: exit 3, not unknown",
        changes=(Change(_PUBLISH, "        if result.code != 0 and hook.refused:", "        if False:"),),
        tests=(_REFUSED, "-k", "a_pre_push_hook and file"),
    ),
    Rule(
        says="only a hook of git's own push is taken for it, not of the gits that it starts",
        changes=(Change(_HOOK, ' and "/" not in str(event.get("sid"))', ""),),
        tests=(f"{_FILE}::test_a_push_that_the_hook_itself_makes_and_that_is_refused_is_not_ours",),
    ),
    Rule(
        says="a host that takes the branch and hides the tag is told as that: it has not kept to `atomic`",
        changes=(Change(_PUBLISH, "    elif flags.get(wanted[0]) in", "    elif False and flags.get(wanted[0]) in"),),
        tests=(_REFUSED, "-k", "hides_the_tag and file"),
    ),
    Rule(
        says="a push that is stopped while its `pre-push` hook runs has sent nothing, and is exit 130",
        changes=(Change(_PUBLISH, "Answer.UNSENT if hook.runs else Answer.UNKNOWN", "Answer.UNKNOWN"),),
        tests=("tests/crash/test_stopped_while_pushing.py", "-k", "while_pre_push_runs and file"),
    ),
)
