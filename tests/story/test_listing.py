"""`list`, `show` and `status` on real repositories."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

pytestmark = pytest.mark.fast


def performance(f1, loss=0.3):
    return json.dumps({"overall": {"f1": f1, "loss": loss}})


@pytest.fixture
def series(project):
    """v0.1.0, v0.2.0-rc.1, v0.2.0 and v0.3.0, tagged by hand, and tags that are no releases."""
    for number, (name, f1) in enumerate([("v0.1.0", 0.8), ("v0.2.0-rc.1", 0.5), ("v0.2.0", 0.9), ("v0.3.0", 0.85)]):
        project.commit(f"Work {number}", **{"model/performance.json": performance(f1)})
        project.git("tag", "-a", name, "-m", f"model {number}")
    project.git("tag", "2-track-data")
    project.git("tag", "v0.0.1", "HEAD~3")
    return project


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


def test_the_newest_version_stands_first_and_other_tags_do_not_count(series):
    found = follows("list", series.release("list --json").succeeds())
    tags = [row["tag"] for row in found["releases"]]
    assert tags == ["v0.3.0", "v0.2.0", "v0.2.0-rc.1", "v0.1.0", "v0.0.1"]
    assert found["releases"][1]["metrics"]["model/performance.json:overall.f1"] == 0.9
    assert [row["message"] for row in found["releases"]][:2] == ["model 3", "model 2"]


def test_a_final_version_is_compared_with_the_final_before_it(series):
    series.world.variables["COLUMNS"] = "120"
    lines = series.release("list").succeeds().out.splitlines()
    assert "+0.1000" in next(line for line in lines if "v0.2.0 " in line)
    assert "lightweight" in next(line for line in lines if "v0.0.1 " in line)


def test_a_list_can_be_shortened_and_shows_the_metric_asked_for(series):
    run = series.release("list -n 2 --metric overall.loss").succeeds()
    assert [line.split()[0] for line in run.out.splitlines()[1:]] == ["v0.3.0", "v0.2.0"]
    assert run.out.splitlines()[0].split()[-1] == "loss"
    assert "0.3000" in run.out
    assert "f1" not in run.out
    assert series.release("list --since 2999-01-01 --json").succeeds().json["releases"] == []


def test_days_are_those_of_utc_wherever_the_tagger_was(without_dvc):
    words = ["git", "tag", "-a", "-m", "x", "v1.0.0"]
    without_dvc.world.run(["env", "GIT_COMMITTER_DATE=2026-04-01T01:00:00+05:00", *words], folder=without_dvc.folder)
    without_dvc.release("list --offline --since 2026-03-31").succeeds().says("v1.0.0    2026-03-31")
    assert without_dvc.release("list --offline --since 2026-04-01 --json").succeeds().json["releases"] == []
    without_dvc.release("show v1.0.0").succeeds().says("2026-03-31 20:00 UTC")


def test_tags_that_only_the_remote_has_or_lacks_and_those_nobody_proved_are_marked(released):
    released.release("bump minor --allow-empty --yes").succeeds()
    other = released.clone("other")
    other.commit("Theirs", **{"notes.txt": "x"})
    other.git("tag", "-a", "v0.4.0", "-m", "theirs")
    other.git("push", "--quiet", "origin", "main", "v0.4.0")
    released.git("tag", "-a", "v0.3.0", "-m", "by hand")
    released.world.variables["COLUMNS"] = "200"
    run = released.release("list").succeeds().says("only on origin", "not pushed, unverified").helps("release fetch")
    released.release("list --signatures").succeeds().says("unsigned", "only on origin")
    assert [line.split()[0] for line in run.out.splitlines()[1:]] == ["v0.4.0", "v0.3.0", "v0.2.0", "v0.1.0"]
    found = {row["tag"]: row for row in follows("list", released.release("list --json").succeeds())["releases"]}
    assert {tag: (row["here"], row["on_remote"], row["verified"]) for tag, row in found.items()} == {
        "v0.4.0": (False, True, False),
        "v0.3.0": (True, False, False),
        "v0.2.0": (True, True, True),
        "v0.1.0": (True, True, False),
    }
    assert [found["v0.4.0"][key] for key in ("date", "message", "metrics")] == [None, "", {}]
    offline = follows("list", released.release("list --offline --json").succeeds())["releases"]
    assert [(row["tag"], row["on_remote"]) for row in offline] == [("v0.3.0", None), ("v0.2.0", None), ("v0.1.0", None)]


def test_a_status_that_asks_no_remote_does_not_say_which_tags_it_lacks(released):
    released.release("bump minor --allow-empty --yes").succeeds()
    released.commit("More work")
    for words in ("status --offline --json", "status --json"):
        assert released.release(words).json["warnings"] == []


def test_a_remote_that_does_not_answer_holds_nobody_up(series):
    program = series.world.root / "sleeping"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    series.git("config", "remote.origin.uploadpack", str(program))
    series.release("list").succeeds().says("did not answer within 5 s", "v0.3.0")


def test_a_metric_may_be_asked_for_by_the_name_at_the_head(series):
    asked = series.release("list --metric f1").succeeds()
    assert asked.out == series.release("list --metric overall.f1").succeeds().out
    assert "f1" in asked.out.splitlines()[0].split()


def test_nothing_is_cut_on_its_way_into_a_file(series):
    series.world.variables["COLUMNS"] = ""
    words = "a message that is much longer than any terminal would show beside three numbers " * 2
    series.save("More")
    series.release("bump patch --yes -m", words.strip()).succeeds()
    assert words.strip() in series.release("list").succeeds().out


def test_the_trend_is_told_for_every_number(series):
    series.commit("Worse", **{"model/performance.json": performance(0.85, 0.4)})
    series.git("tag", "-a", "v0.3.1", "-m", "more loss")
    series.world.variables["COLUMNS"] = "140"
    out = series.release("list --trend").succeeds().out
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "0.8500    0.0000   \u2192" in lines["v0.3.1"]
    assert "0.8500   -0.0500   \u2193 worse" in lines["v0.3.0"]
    assert "\u2191" not in lines["v0.0.1"]
    assert "0.4000   \u2191 worse" in series.release("list --trend").succeeds().out
    found = follows("list", series.release("list --trend --json").succeeds())["releases"]
    assert found[0]["trend"]["model/performance.json:overall.loss"] == {
        "before": 0.3,
        "delta": pytest.approx(0.1),
        "verdict": "worse",
    }


def test_status_shows_the_trend_of_headlines_with_this_commit_last(series):
    series.commit("Better", **{"model/performance.json": performance(0.95, 0.4)})
    out = series.release("status").succeeds().out
    head, f1, loss = out[out.index("  trend") :].splitlines()[:3]
    assert head.split() == ["trend", "best"]
    assert f1.split() == ["overall.f1", "0.9500", "now", "▆▆▁▇▆█"]
    assert loss.split()[:3] == ["overall.loss", "0.3000", "v0.0.1"]
    series.world.variables["LINES"] = "12"
    assert "Better" in series.release("status").succeeds().out


def test_status_without_two_releases_has_no_trend(released):
    released.train(b"better", performance(f1=0.9))
    assert "trend" not in released.release("status").succeeds().out


def test_a_trend_ends_with_bars_and_says_what_is_latest_and_best(series):
    *_, head, f1, loss = series.release("list --trend").succeeds().out.splitlines()
    assert head.split() == ["trend", "now", "best"]
    assert f1.split() == ["f1", "0.8500", "0.9000", "v0.2.0", "▆▆▁█▇"]
    assert loss.split()[:4] == ["loss", "0.3000", "0.3000", "v0.3.0"]
    assert "trend" not in series.release("list").succeeds().out
    series.git(
        "commit", "--allow-empty", "-qm", f"yank: x\n\nRelease-Yanked: v0.2.0 {series.git('rev-parse', 'v0.2.0')}"
    )
    series.write(".release.toml", '[tool.release.gate."overall.f1"]\ndirection = "down"\n')
    f1 = series.release("list --trend").succeeds().out.splitlines()[-2]
    assert f1.split()[:4] == ["f1", "0.8500", "0.5000", "v0.2.0-rc.1"]


def test_a_metric_that_nobody_has_is_wrong_usage(series):
    series.release("list --metric overall.f2").fails_with(2).says(
        "overall.f2", "help: release list --metric overall.f1"
    )


def test_an_unknown_release_is_wrong_usage_and_names_the_nearest(series):
    series.release("show v0.3.1").fails_with(2).says("v0.3.1", "help: release show v0.3.0")
    series.release("show 2-track-data").fails_with(2).says("no release", "help: git show refs/tags/2-track-data")


def test_a_release_is_shown_by_tag_or_version_with_the_numbers_before_it(series):
    found = follows("show", series.release("show 0.2.0 --json").succeeds())
    assert (found["tag"], found["previous_tag"], found["trailers"]) == ("v0.2.0", "v0.1.0", None)
    f1 = next(metric for metric in found["metrics"] if metric["key"] == "overall.f1")
    assert (f1["before"], f1["after"], f1["verdict"]) == (0.8, 0.9, "better")
    assert "model/model.pt" in [pointer["path"] for pointer in found["pointers"]]
    series.release("show v0.2.0").succeeds().says("model 2", "Ada Tester", "overall.f1", "+0.1000", "model/model.pt")


def test_the_commands_that_show_prints_really_get_the_file(series):
    out = series.release("show v0.2.0").succeeds().out
    command = next(line for line in out.splitlines() if line.startswith("help: dvc get"))
    series.sh(command.removeprefix("help: ").split("   (")[0])
    path, beside = command.split()[4], command.split()[8]
    assert series.read(beside) == series.read(path)
    whole = next(line for line in out.splitlines() if line.startswith("help: release checkout"))
    series.release(whole.removeprefix("help: release ").split("   (")[0]).succeeds()
    assert series.head == series.git("rev-parse", "v0.2.0^{commit}")


def test_list_and_show_change_nothing_and_need_no_remote(series):
    series.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    before = series.snapshot()
    series.release("list").succeeds().says("warning: origin could not be queried", "not listed")
    assert follows("list", series.release("list --json").succeeds())["warnings"]
    series.release("list --offline").succeeds().never_says("warning")
    series.release("show v0.1.0").succeeds()
    assert series.snapshot() == before


def test_a_repository_without_releases_lists_nothing(project):
    assert project.release("list --json").succeeds().json["releases"] == []
    run = project.release("list").succeeds()
    assert run.out == ""
    assert "help: release bump" in run.err


def test_status_tells_the_last_release_and_what_changed(released):
    released.commit("Better", **{"model/performance.json": performance(0.99)})
    released.git("push", "--quiet", "origin", "main")
    run = released.release("status").succeeds().says("v0.1.0", "1 commit", "Better", "overall.f1")
    assert released.status == ""
    found = follows("status", released.release("status --json").succeeds())
    assert (found["previous_tag"], found["released"], found["commits"]) == ("v0.1.0", False, ["Better"])
    assert run.out


def test_status_of_a_released_commit_is_0_with_check(released):
    assert follows("status", released.release("status --check --json").succeeds())["released"] is True
