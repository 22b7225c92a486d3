"""Each promise of the threat model to somebody who clones a stranger's repository is held by tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/threat-model.md"
HELD_BY = {
    "Nothing that the clone brings is run": (
        "story/test_trust.py::test_a_command_of_the_commit_is_not_run_and_the_verdict_is_unknown",
        "story/test_trust.py::test_nor_does_checkout_run_it",
        "story/test_trust.py::test_files_with_credentials_count_only_outside_of_the_work_tree",
        "story/test_trust.py::test_a_command_of_the_users_own_configuration_counts_but_not_one_that_git_tracks",
        "remotes/test_programs_that_a_clone_names.py::test_nothing_of_it_is_run",
        "contract/test_keys_of_dvc_config.py::test_each_key_of_a_remote_has_its_decision",
    ),
    "DVC runs nothing for it": (
        "story/test_checkout_imports.py::test_nobody_else_is_asked_and_each_path_is_named_with_its_command",
    ),
    "Your passwords and tokens go nowhere new": (
        "story/test_trust.py::test_a_password_does_not_follow_a_changed_url",
        "story/test_trust.py::test_a_password_does_not_follow_the_url_of_another_branch",
        "story/test_trust.py::test_a_password_does_not_follow_the_url_of_a_branch_without_history",
        "story/test_trust.py::test_a_password_for_every_repository_goes_only_where_its_own_url_says",
        "story/test_trust.py::test_a_host_that_is_no_host_name_reaches_no_proxy_command",
    ),
    "A token for a forge goes only to its server": (
        "forges/test_publish.py::test_a_token_goes_to_its_own_host_and_into_no_output",
        "rules/test_forges.py::test_a_token_belongs_to_one_server",
    ),
    "What a server sends back of your credentials is not shown": (
        "story/test_secrets.py::test_what_a_git_server_sends_back_of_the_credentials_is_not_told",
        "story/test_secrets.py::test_what_a_store_sends_back_of_the_credentials_is_not_told",
    ),
    "Nothing is written or removed in `.git`, `.dvc` or `.hg`, or outside the work tree": (
        "story/test_unsafe_paths.py::test_each_command_refuses_and_writes_nothing",
        "story/test_unsafe_paths.py::test_what_a_commit_names_there_is_not_taken_away_either",
        "story/test_unsafe_paths.py::test_what_dvc_keeps_for_itself_is_written_behind_no_link_of_the_commit",
        "story/test_trust.py::test_a_cache_outside_of_the_work_tree_is_not_written_before_it_is_trusted",
    ),
    "A link that appears later leads nothing elsewhere": (
        "story/test_unsafe_paths.py::test_a_link_that_appears_after_the_plan_leads_nothing_elsewhere",
    ),
    "Nothing hangs or fills the memory": (
        "rules/test_limits.py::test_no_pattern_of_an_ignore_file_is_slow",
        "dvc/test_clean_room.py::test_a_limit_is_unknown_and_never_remembered",
        "rules/test_limits.py::test_what_a_limit_leaves_unread_is_unknown",
    ),
    "Only regular files are opened": (
        "rules/test_limits.py::test_what_is_no_regular_file_is_no_object_and_is_never_opened",
    ),
    "A help line can be pasted": (
        "story/test_words_are_no_commands.py::test_file_names_in_help_lines_are_words_to_a_shell",
        "story/test_words_are_no_commands.py::test_refs_remotes_and_keys_in_help_lines_are_words_to_a_shell",
        "shape/test_help_lines_are_quoted.py::test_every_word_of_a_help_line_that_is_not_ours_is_quoted",
    ),
    "No line of the log is a workflow command": (
        "story/test_words_are_no_commands.py::test_no_line_of_the_log_is_a_command_to_the_ci_service",
    ),
    "A pointer that git does not have blocks a release": (
        "story/test_untracked_pointers.py::test_a_forgotten_pointer_is_refused_until_it_is_in_git",
        "story/test_untracked_pointers.py::test_every_command_that_releases_the_work_tree_refuses_it",
    ),
    "A store that cannot be seen never changes what is audited": (
        "story/test_init.py::test_a_store_that_cannot_be_seen_never_turns_the_audit_off",
    ),
}


def promises() -> list[str]:
    section = PAGE.read_text().partition("## When you clone a stranger's repository")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| .+ \|$", section, re.MULTILINE)
    return [row for row in rows if row != "promise" and not row.startswith("---")]


def test_each_promise_is_held():
    assert promises() == list(HELD_BY)


@pytest.mark.parametrize("test", [test for tests in HELD_BY.values() for test in tests])
def test_the_tests_are_there(test):
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / "tests" / file).read_text()
