"""What a pull request shows of the next release: `status --format md`."""

import pytest
from project.templates import performance


def test_a_preview_tells_version_reasons_checks_and_numbers(released):
    released.train(b"better", performance(f1=0.9))
    run = released.release("status --format md").succeeds()
    run.says("## Would release v0.2.0", "model/model.pt", "| ok | work tree |", "| overall.f1 | 0.8412 | 0.9000 |")
    run.says("| **warning** | data on remote |", "is a path relative to the clone")
    assert released.unchanged()


def test_a_refusal_is_in_its_title_and_with_check_in_the_exit_code(released):
    released.write(".release.toml", '[gate."overall.f1"]\nmax-regression = 0.01\n')
    released.train(b"worse", performance(f1=0.7))
    released.release("status --format md").succeeds().says("## v0.2.0 would be refused", "| **failed** | gates |")
    released.release("status --format md --check").fails_with(5).says("To fix it: ")


def test_a_released_commit_and_one_with_nothing_to_release_say_so(released):
    released.release("status --format md").succeeds().says("## v0.1.0 is already released here")
    released.save("docs: words")
    released.release("status --format md").succeeds().says("docs: words")


def test_without_a_network_the_rest_is_told(released):
    released.train(b"better", performance(f1=0.9))
    released.world.store.rename(released.world.store.with_name("gone"))
    run = released.release("status --format md --offline --check").succeeds()
    run.says("| skipped | data on remote |", "| overall.f1 | 0.8412 | 0.9000 |")


def test_words_of_commits_are_data(released):
    released.save("feat: <script>alert(1)</script> | @everyone `x`")
    run = released.release("status --format md").succeeds()
    run.never_says("<script>", "| @everyone")


@pytest.mark.parametrize("words", ["--json --format md", "--format html"])
def test_two_answers_at_once_are_none(released, words):
    released.release(f"status {words}").fails_with(2)
