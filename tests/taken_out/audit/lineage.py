"""Whether models come from the data, code and parameters that the commit has."""

from taken_out.audit.told_by import rule
from taken_out.rule import Rule

_LINEAGE = "release/core/audit/lineage.py"
_READING = "release/flows/reading/lineage.py"
_STORY = "tests/story/test_lineage.py"
_UNIT = "tests/rules/test_stale_stages.py"

LINEAGE: tuple[Rule, ...] = (
    rule(
        "a stage that was run with other data than its pointer names is stale",
        _LINEAGE,
        "        return out.oid is not None and out.oid != dep.oid\n",
        "        return False\n",
        f"{_STORY}::test_data_that_changed_after_the_training_is_named",
    ),
    rule(
        "a stage that was run with other code than git has is stale",
        _LINEAGE,
        "    return _differs(dep.oid, dep.nfiles, seen.get(dep.path))\n",
        "    return False\n",
        f"{_STORY}::test_code_that_changed_after_the_training_is_named",
    ),
    rule(
        "a stage that was run with other parameters is stale",
        _LINEAGE,
        "            *(key for file, values in stage.params.items() for key in _changed_params(file, values, params)),\n",
        "",
        f"{_STORY}::test_a_parameter_that_changed_after_the_training_is_named",
    ),
    rule(
        "numbers that a stage wrote and somebody edited are stale",
        _LINEAGE,
        "if not out.cache and out.oid and _differs(out.oid, None, seen.get(out.path))",
        "if False",
        f"{_STORY}::test_numbers_that_were_edited_by_hand_are_named",
    ),
    rule(
        "code that is gone from the commit makes its stage stale",
        _LINEAGE,
        "    if seen.oids is None:\n        return True\n",
        "    if seen.oids is None:\n        return False\n",
        f"{_UNIT}::test_a_dependency_in_git_is_compared_where_git_can_tell",
    ),
    rule(
        "a folder of code is compared file by file",
        _READING,
        "    return Seen(frozenset([listing_oid(listed)]), len(listed))\n",
        "    return None\n",
        f"{_STORY}::test_a_folder_of_code_is_compared_file_by_file",
    ),
    rule(
        "a folder whose number of files differs had untracked files then: not sure, not told",
        _LINEAGE,
        "    return seen.nfiles is None or seen.nfiles == nfiles\n",
        "    return True\n",
        f"{_UNIT}::test_a_dependency_in_git_is_compared_where_git_can_tell",
    ),
    rule(
        "line ends of another system are no change",
        _READING,
        "return frozenset([plain, dos, hash_pieces([data], Layout.LEGACY, lambda _: None)])",
        "return frozenset([plain])",
        f"{_STORY}::test_line_ends_of_another_system_are_no_change",
        f"{_STORY}::test_code_that_git_gave_other_line_ends_when_it_was_run_is_no_change",
    ),
    rule(
        "what lies outside of the repository is left out, not guessed",
        _LINEAGE,
        'return dep.oid is not None and "://" not in dep.path and not dep.path.startswith(("/", "../"))',
        "return dep.oid is not None",
        f"{_UNIT}::test_what_lies_outside_is_left_out",
    ),
    rule(
        "a file inside a tracked folder is left out, not guessed",
        _LINEAGE,
        "if not _is_around(path, tracked) and not _is_inside(path, tracked)}",
        "if not _is_around(path, tracked)}",
        f"{_UNIT}::test_a_pointer_is_compared_by_its_oid_and_files_inside_one_are_not",
    ),
    rule(
        "a folder that holds tracked data is left out, not guessed",
        _LINEAGE,
        "if not _is_around(path, tracked) and not _is_inside(path, tracked)}",
        "if not _is_inside(path, tracked)}",
        f"{_UNIT}::test_a_folder_that_holds_tracked_data_is_left_out",
    ),
    rule(
        "an import has no stage that could be stale",
        _LINEAGE,
        "return (stage for stage in pointers.stages if stage.name)",
        "return iter(pointers.stages)",
        f"{_UNIT}::test_what_a_pointer_imports_is_no_stage",
    ),
    rule(
        "a parameter file that is gone is a change",
        _LINEAGE,
        'return [file] if used and not file.endswith(".py") else []',
        "return []",
        f"{_UNIT}::test_a_parameter_file_that_is_gone_is_a_change_and_an_unreadable_one_is_none",
    ),
    rule(
        "parameters in Python are left out, not guessed",
        _LINEAGE,
        'return [file] if used and not file.endswith(".py") else []',
        "return [file] if used else []",
        f"{_UNIT}::test_a_parameter_file_that_is_gone_is_a_change_and_an_unreadable_one_is_none",
    ),
    rule(
        "a parameter that is gone is a change",
        _LINEAGE,
        "    return _ABSENT\n",
        "    return None\n",
        f"{_UNIT}::test_a_parameter_that_is_gone_is_not_one_that_is_null",
    ),
    rule(
        "1 is 1.0, but not true",
        _LINEAGE,
        "    if isinstance(one, bool) != isinstance(other, bool):\n        return False\n",
        "",
        f"{_UNIT}::test_a_parameter_is_found_by_its_path",
    ),
    rule(
        "not a number is what it was",
        _LINEAGE,
        "    if isinstance(one, float) and isinstance(other, float) and isnan(one) and isnan(other):\n        return True\n",
        "",
        f"{_UNIT}::test_not_a_number_is_what_it_was",
    ),
    rule(
        "stale numbers: a model changed and no metric did",
        _LINEAGE,
        "    if not before or not now or before != now:\n        return None\n",
        "    if True:\n        return None\n",
        f"{_STORY}::test_a_model_that_changed_while_no_number_did_is_told",
    ),
    rule(
        "numbers that cannot be read are not called stale",
        _LINEAGE,
        "for file in files if file.problem is None}",
        "for file in files}",
        f"{_UNIT}::test_numbers_are_old_where_a_model_changed_and_none_of_them_did",
    ),
    rule(
        "data that changed is no model that changed",
        _LINEAGE,
        "if change.after_oid and is_model(change.path)]",
        "if change.after_oid]",
        f"{_UNIT}::test_numbers_are_old_where_a_model_changed_and_none_of_them_did",
    ),
    rule(
        "lineage fails a release where that is configured",
        _LINEAGE,
        'verdict = Verdict.FAILED if policy == "fail" else Verdict.WARNING',
        "verdict = Verdict.WARNING",
        f"{_STORY}::test_configured_to_fail_it_refuses",
    ),
    rule(
        "lineage is a warning unless it is configured otherwise",
        _LINEAGE,
        'verdict = Verdict.FAILED if policy == "fail" else Verdict.WARNING',
        "verdict = Verdict.FAILED",
        f"{_STORY}::test_a_parameter_that_changed_after_the_training_is_named",
    ),
    rule(
        "lineage can be turned off",
        _LINEAGE,
        '    if policy == "off" or not (stages or numbers):\n',
        "    if not (stages or numbers):\n",
        f"{_UNIT}::test_there_is_no_check_without_anything_to_check",
    ),
)
