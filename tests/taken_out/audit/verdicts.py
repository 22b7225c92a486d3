"""What `release verify` answers: of tags, of what they swear to, of many at once."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_VERIFY = "release/core/audit/verify.py"
_FLOW = "release/flows/verify.py"
_NEEDED = "release/flows/auditing/needed_objects.py"
_JUDGING = "release/flows/auditing/judging.py"
_AUDIT = "release/flows/auditing/audit.py"
_STORY = "tests/story/test_verify.py"
_REPLACED = "tests/story/test_replaced_tags.py"
_MANY = "tests/dvc/test_audit_many.py"

VERDICTS: tuple[Rule, ...] = (
    rule(
        "anything that failed ends with 4",
        _VERIFY,
        "        if Verdict.FAILED in counted:\n",
        "        if False:\n",
        f"{_STORY}::test_all_releases_are_judged_and_only_ours_count",
    ),
    rule(
        "what is unknown ends with 6, never with 0",
        _VERIFY,
        "return ExitCode.UNKNOWN if Verdict.UNKNOWN in counted else ExitCode.DONE",
        "return ExitCode.DONE",
        f"{_STORY}::test_a_store_that_is_down_is_unknown_and_tagging_by_hand_is_told_honestly",
    ),
    rule(
        "tags of other tools are judged and do not count",
        _VERIFY,
        "if (self.include_foreign or not one.foreign) and not",
        "if not",
        f"{_STORY}::test_all_releases_are_judged_and_only_ours_count",
    ),
    rule(
        "tags of other tools count where that is asked for",
        _VERIFY,
        "if (self.include_foreign or not one.foreign) and not",
        "if not one.foreign and not",
        f"{_STORY}::test_all_releases_are_judged_and_only_ours_count",
    ),
    rule(
        "a tag that somebody asks for by name counts, whoever made it",
        _FLOW,
        "include_foreign=request.include_foreign or not request.every,",
        "include_foreign=request.include_foreign,",
        f"{_STORY}::test_all_releases_are_judged_and_only_ours_count",
    ),
    rule(
        "a release that somebody replaced by hand is not taken for another tool's",
        _FLOW,
        "foreign=tag is not None and said.promise is None and not said.breaks,",
        "foreign=tag is not None and said.promise is None,",
        f"{_REPLACED}::test_a_tag_of_ours_that_somebody_replaced_by_hand_counts_for_verify",
    ),
    rule(
        "objects that are not those the tag swears to are told",
        _VERIFY,
        "    return _with(audit, [_problem(Verdict.FAILED, tag, words)])\n",
        "    return audit\n",
        f"{_STORY}::test_a_tag_that_swears_to_other_objects_is_told",
    ),
    rule(
        "with other exclusions than then digests cannot be compared: a warning",
        _VERIFY,
        "    if trailers.excluded != len(audit.excluded):\n",
        "    if False:\n",
        f"{_STORY}::test_other_exclusions_than_then_are_a_warning",
    ),
    rule(
        "numbers that are not those the tag swears to are told",
        _VERIFY,
        "    if numbers is not None:\n",
        "    if False:\n",
        f"{_STORY}::test_a_tag_that_swears_to_other_objects_is_told",
    ),
    rule(
        "a tag that is not what the release after it recorded is told",
        _VERIFY,
        "        for one in breaks\n",
        "        for one in ()\n",
        f"{_STORY}::test_a_replaced_tag_shows_by_the_release_after_it",
    ),
    rule(
        "a lightweight copy of a tag is unknown, not replaced",
        _VERIFY,
        "_problem(Verdict.UNKNOWN if one.lightweight else Verdict.FAILED, audit.rev, one.message)",
        "_problem(Verdict.FAILED, audit.rev, one.message)",
        f"{_REPLACED}::test_a_lightweight_copy_is_told_as_that",
    ),
    rule(
        "a bad signature is a failure",
        _VERIFY,
        "    if signature is not None and signature.state is SignatureState.BAD:\n",
        "    if False:\n",
        "tests/story/test_signatures_told.py::test_ssh_signatures_are_told_apart",
    ),
    rule(
        "how to tag by hand is told only where a store is down",
        "release/core/audit/remote_rules.py",
        "    return bool(bad) and all(problem.kind in unknown and problem.remote is not None for problem in bad)\n",
        "    return bool(bad) and any(problem.kind in unknown for problem in bad)\n",
        "tests/rules/test_remote_rules.py::test_only_stores_that_did_not_answer_make_a_commit_down",
    ),
    rule(
        "the list of objects that tags need is of every tag, release or not",
        _NEEDED,
        "for tag in tags.values() if tag.commit_id is not None or tag.broken]",
        'for tag in tags.values() if (tag.commit_id is not None or tag.broken) and tag.name.startswith("v")]',
        "tests/story/test_verify_push.py::test_the_objects_that_tags_need_are_listed_for_who_deletes",
    ),
    rule(
        "the list of needed objects has what no remote could be found for",
        _JUDGING,
        '                keys.add(ObjectKey("", out.layout.value, out.oid or ""))\n',
        "",
        f"{_MANY}::test_what_is_needed_is_known_without_a_remote_but_for_directories",
    ),
    rule(
        "the list of needed objects says if a directory could not be read",
        _JUDGING,
        '                faults.append(f"the directory object of {out.path} could not be read from `{remote.name}`")\n',
        "                pass\n",
        f"{_MANY}::test_what_is_needed_is_not_whole_if_a_directory_object_is_nowhere",
    ),
    rule(
        "the list of needed objects says if a pointer could not be read",
        _JUDGING,
        "faults = [problem.message for problem in pointers.problems if problem.kind in _HIDING]",
        "faults: list[str] = []",
        f"{_MANY}::test_what_is_needed_is_not_whole_if_a_pointer_cannot_be_read",
    ),
    rule(
        "the list of needed objects says if a commit is not here",
        _AUDIT,
        '                faults[f"{label}: {found.message}"] = None\n',
        "                pass\n",
        f"{_MANY}::test_what_commits_need_is_listed_once_and_one_that_is_not_here_is_told",
    ),
    rule(
        "a list of needed objects that is not whole ends with 6",
        _VERIFY,
        "return ExitCode.UNKNOWN if self.faults else ExitCode.DONE",
        "return ExitCode.DONE",
        "tests/story/test_verify_push.py::test_a_list_of_objects_that_is_not_whole_says_so",
    ),
)
