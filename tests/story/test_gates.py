"""Gates: a number that must not fall stops a release, and somebody's reason lets it go on."""

import json

import pytest
from project.templates import PERFORMANCE, as_json, performance

F1 = '[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n'


def gate(project, text):
    """The gates of the project, pushed, so that they hold from here on."""
    project.write(".release.toml", text)
    project.save("chore: gates")


def with_class(f1, std=0.004):
    """Numbers with one class's f1 and the spread of it."""
    classes = {"mlops": {"f1": f1, "f1_std": std}, "nlp": {"f1": 0.9, "f1_std": std}}
    return as_json(PERFORMANCE | {"class": classes})


@pytest.mark.fast
def test_a_regression_is_refused_with_value_and_limit_and_nothing_changes(released):
    gate(released, F1)
    released.train(b"worse", performance(f1=0.8301))
    run = released.release("bump minor --yes").fails_with(5)
    run.says("overall.f1 fell 0.0111 (0.8412 -> 0.8301); the gate allows 0.0100", "Nothing was changed")
    run.helps('improve the model, or: release bump minor --allow-regression "REASON"')
    assert released.unchanged()


def test_a_number_exactly_at_its_limit_passes_and_the_screen_says_what_is_left(released):
    gate(released, F1)
    released.train(b"as far as it may", performance(f1=0.8312))
    run = released.release("bump minor --dry-run").succeeds()
    run.says("gates (overall.f1 0.8312, may fall to 0.8312, 0.0000 to spare)")
    released.release("bump minor --yes").succeeds()


def test_status_and_dry_run_show_value_limit_and_margin(released):
    gate(released, F1 + "min = 0.8\n")
    released.train(b"better", performance(f1=0.8630))
    for line in ("status", "bump minor --dry-run"):
        released.release(line).succeeds().says("overall.f1 0.8630, may fall to 0.8312, 0.0318 to spare")
    (found,) = released.release("status --json").json["gates"]
    assert (found["key"], found["file"], found["verdict"]) == ("overall.f1", "model/performance.json", "ok")
    assert (found["before"], found["after"], found["limit"]) == (0.8412, 0.8630, 0.8312)
    assert found["margin"] == pytest.approx(0.0318)
    release = released.release("bump minor --dry-run --json").json["releases"][0]
    assert release["gates"] == [found]


def test_a_reason_lets_it_go_on_and_stands_in_tag_changelog_and_show(released):
    gate(released, F1)
    released.train(b"worse", performance(f1=0.70))
    reason = "the test set was wrong"
    run = released.release("bump minor --yes --json --allow-regression", reason).succeeds()
    assert run.check("gates")["verdict"] == "warning"
    assert reason in run.check("gates")["message"]
    assert run.json["releases"][0]["gates"][0]["verdict"] == "allowed"
    assert f"Release-Regression: {reason}" in released.message_of("v0.2.0")
    assert f"Accepted regression: {reason}" in released.read("CHANGELOG.md").decode()
    assert released.release("show v0.2.0 --json").json["trailers"]["regression"] == reason


def test_a_reason_that_was_not_needed_is_not_recorded(released):
    gate(released, F1)
    released.train(b"better", performance(f1=0.9))
    released.release('bump minor --yes --allow-regression "just in case"').succeeds().says("was not needed")
    assert "just in case" not in released.message_of("v0.2.0")
    assert "just in case" not in released.read("CHANGELOG.md").decode()


@pytest.mark.parametrize("reason", ["", "two\nlines", "-----BEGIN PGP", "evil\x1b[2J"])
def test_a_reason_is_held_to_the_rules_of_a_message(released, reason):
    released.release("bump minor --yes", f"--allow-regression={reason}").fails_with(2)
    assert released.unchanged()


def test_the_first_release_has_only_floors(project):
    gate(project, F1 + "min = 0.8\n")
    project.release("bump minor --dry-run").succeeds().says("overall.f1 0.8412, must be at least 0.8000")
    gate(project, F1 + "min = 0.9\n")
    project.release("bump minor --yes").fails_with(5).says("overall.f1 0.8412 is below the minimum 0.9000")
    assert project.unchanged()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("NaN", "is NaN"),
        ("Infinity", "is Infinity"),
        ('"0.9"', "is not a number"),
        ("true", "is not a number"),
        (None, "is missing in model/performance.json"),
    ],
)
def test_what_is_no_number_fails_whatever_it_was(released, value, says):
    gate(released, '[tool.release.gate."overall.f1"]\nmin = 0\n')
    numbers = json.loads(performance())
    del numbers["overall"]["f1"]
    text = (
        json.dumps(numbers)
        if value is None
        else json.dumps(numbers).replace('"overall": {', f'"overall": {{"f1": {value}, ')
    )
    released.train(b"broken", text)
    released.release("bump minor --yes").fails_with(5).says(says)
    assert released.unchanged()


def test_a_glob_watches_each_class_and_one_that_vanished_fails(released):
    gate(released, '[tool.release.gate."class.*.f1"]\nmax-regression = "2%"\n')
    worse = PERFORMANCE | {"class": {"mlops": {"f1": 0.70}, "nlp": {"f1": 0.9}}}
    released.train(b"worse", as_json(worse))
    run = released.release("bump minor --yes --json").fails_with(5)
    assert [(one["key"], one["verdict"]) for one in run.json["releases"][0]["gates"]] == [
        ("class.mlops.f1", "failed"),
        ("class.nlp.f1", "ok"),
    ]
    released.train(b"gone", as_json(PERFORMANCE | {"class": {"nlp": {"f1": 0.9}}}))
    released.release("bump minor --yes").fails_with(5).says("class.mlops.f1 is missing in model/performance.json")
    assert released.unchanged()


def test_a_glob_that_fits_nothing_fails(released):
    gate(released, '[tool.release.gate."classes.*.f1"]\nmin = 0.1\n')
    released.release("bump minor --yes").fails_with(5).says("classes.*.f1 matches no metric")


def test_a_regression_within_its_spread_only_warns(released):
    table = '[tool.release.gate."class.*.f1"]\nmax-regression = 0.001\nstd-key = "class.*.f1_std"\nstd-factor = 2\n'
    gate(released, table)
    released.train(b"one", with_class(0.80))
    released.release("bump minor --yes --allow-regression start").succeeds()
    released.train(b"two", with_class(0.79))  # 2 * sqrt(0.004 ** 2 + 0.004 ** 2) = 0.0113
    run = released.release("bump minor --yes --json").succeeds()
    assert run.check("gates")["verdict"] == "warning"
    released.train(b"three", with_class(0.775))
    released.release("bump minor --yes").fails_with(5).says("class.mlops.f1 fell 0.0150 (0.7900 -> 0.7750)")
    assert released.unchanged()


def test_a_name_that_tells_no_direction_is_a_mistake_of_the_configuration(released):
    table = '[tool.release.gate."overall.num_samples"]\nmax-regression = 1\n'
    gate(released, table)
    run = released.release("bump minor --yes --allow-regression x").fails_with(2)
    run.says("it is unknown whether higher is better").helps("direction")
    gate(released, table + 'direction = "up"\n')
    released.release("bump minor --yes").succeeds()


def test_a_key_in_two_files_has_to_be_named_with_its_file(released):
    released.write("other/performance.json", as_json({"overall": {"f1": 0.5}}))
    gate(released, F1)
    run = released.release("bump minor --yes").fails_with(2)
    run.says("overall.f1 is in 2 files").helps("model/performance.json:overall.f1")
    gate(released, F1.replace("overall.f1", "model/performance.json:overall.f1"))
    released.release("bump minor --yes").succeeds()


def test_a_final_is_held_against_the_last_final(released):
    gate(released, F1)
    for number, f1 in enumerate((0.833, 0.825)):
        released.train(b"rc %d" % number, performance(f1=f1))
        released.release("bump minor --pre rc --yes").succeeds()
    released.commit("chore: ready")
    run = released.release("bump final --yes").fails_with(5)
    run.says("overall.f1 fell 0.0162 (0.8412 -> 0.8250)")
    assert released.unchanged()


def test_a_named_baseline_takes_the_place_of_the_previous_release(released):
    released.train(b"two", performance(f1=0.80))
    released.release("bump minor --yes").succeeds()
    gate(released, F1 + 'baseline = "v0.1.0"\n')
    released.train(b"three", performance(f1=0.82))
    released.release("bump minor --yes").fails_with(5).says("since v0.1.0 (0.8412 -> 0.8200)")
    gate(released, F1 + 'baseline = "v0.9.0"\n')
    released.release("bump minor --yes").fails_with(2).says("its baseline v0.9.0 is not a tag here")
    assert released.unchanged()


def test_a_release_made_with_a_reason_can_be_published_without_giving_it_again(released):
    gate(released, F1)
    released.train(b"worse", performance(f1=0.70))
    released.release("bump minor --yes --no-commit --no-push --allow-regression agreed").succeeds()
    released.release("bump 0.2.0 --yes").succeeds()
    assert released.published("v0.2.0")


def test_lost_data_comes_before_a_failed_gate(released):
    gate(released, F1)
    released.train(b"worse", performance(f1=0.70), push=False)
    run = released.release("bump minor --yes --json").fails_with(4)
    assert {error["code"] for error in run.json["errors"]} == {4, 5}
