"""`release report`: a page with all releases, and a picture of one metric."""

import base64
import hashlib
import html.parser
import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from project.histories import EVIL, replaced, yank

from release.core.text import for_log

pytestmark = pytest.mark.fast


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(text)


LICENCES = {  # what only one licence says, or says so
    "Apache-2.0": "Licensed under the Apache License, Version 2.0",
    "BSD-3-Clause": "Redistributions in binary form must reproduce",
    "ISC": "fee is hereby granted, provided that",
    "MIT": "The above copyright notice and this permission notice shall be included",
    "0BSD": "fee is hereby granted. THE SOFTWARE",
    "Unlicense": "released into the public domain",
}


def test_the_package_names_the_licences_of_all_libraries_in_the_page():
    root = Path(__file__).parents[2]
    (said, texts) = re.findall(
        r"^license(?:-files)? = (.+?)(?: #.*)?$", (root / "pyproject.toml").read_text(), re.MULTILINE
    )
    place = "release/templates/report/vendor/LICENSES.txt"
    assert json.loads(texts) == ["LICENSE", place]
    found = set()
    for text in (root / place).read_text().split("-" * 80):
        names = {name for name, words in LICENCES.items() if words in " ".join(text.split())}
        assert names, text
        found |= names
    assert set(json.loads(said).split(" AND ")) == found


def report(project, line="report --offline"):
    project.release(line).succeeds()
    return (project.folder / "release-report.html").read_text()


def test_the_page_has_every_release_with_metrics_parameters_pointers_and_inputs(project):
    run = replaced(project, 12, 10).release("report --offline").succeeds()
    assert re.fullmatch(r"Wrote release-report\.html \(12 releases, 10 metrics, \d+ kB\)\.\n", run.out)
    found = data_of(project.read("release-report.html").decode())
    newest = found["releases"][0]
    assert [each["tag"] for each in found["releases"]][:2] == ["v0.1.2", "v0.1.1"]
    assert (newest["message"], newest["before"], newest["date"]) == ("wordCNN", 1, "2023-12-08")
    assert dict(zip([each["key"] for each in found["metrics"]], newest["values"], strict=True))["test.f1"] == 0.672064
    things = {
        (group, name): (value, size) for group, name, value, size in (found["things"][at] for at in newest["things"])
    }
    assert things["Parameters", "params.yaml: filters"] == ("41", None)
    assert things["Data and models", "model"][1] == 12_420_000
    assert things["Made from", "train: data.csv"][1] == 81_000
    f1 = next(each for each in found["metrics"] if each["key"] == "test.f1")
    assert (f1["headline"], f1["better"], f1["name"]) == (True, "up", "test.f1")
    assert [(one["name"], round(one["limit"], 4)) for one in f1["limits"]] == [("minimum", 0.62), ("gate", 0.6521)]


def test_only_the_newest_may_be_shown(project):
    found = data_of(report(replaced(project, 12, 4), "report --offline -n 2"))["releases"]
    assert [(each["tag"], each["before"]) for each in found] == [("v0.1.2", 1), ("v0.1.1", None)]


def test_nothing_of_the_page_comes_from_elsewhere_and_its_policy_lets_no_other_script_run(project):
    page = report(replaced(project, 3, 4))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (*scripts, *styles)]
    assert re.findall(r"sha256-([^']*)", policy) == hashes
    assert not re.search(
        r"<[^>]+\s(?:src|href|on\w+|style)=", re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    )


class Elements(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_hostile_names_and_texts_stay_data(project):
    plain, evil = Elements(), Elements()
    plain.feed(report(replaced(project, 2, 4)))
    page = report(replaced(project, 12, 4, evil=True))
    evil.feed(page)
    kinds = [[tag for tag, _ in each.found] for each in (plain, evil)]
    assert kinds[0] == kinds[1]
    found = data_of(page)
    assert found["releases"][0]["message"].startswith(EVIL)
    assert EVIL.replace(".", "\\.") in [each["key"] for each in found["metrics"]]
    assert not re.search("[\u2028\u202e]", page)
    assert for_log(page) == page  # `-o -` in a CI job does not change it


def test_a_page_for_a_log_is_the_page_of_the_file(released):
    released.git("tag", "-a", "v0.2.0", "--cleanup=verbatim", "-m", "##[group]::error::")
    page = report(released)
    released.world.variables["CI"] = "true"
    assert released.release("report --offline -o -").succeeds().out == page
    assert data_of(page)["releases"][0]["message"] == "##[group]::error::"


def test_what_cannot_be_read_is_unknown_and_a_yanked_release_is_marked(project):
    replaced(project, 48, 10)
    yank(project, "v0.4.5")
    found = {each["tag"]: each for each in data_of(report(project))["releases"]}
    assert set(found["v0.4.7"]["values"]) == {False}  # its performance.json is broken
    assert "line 1" in found["v0.4.7"]["unread"]["performance.json"]
    assert (found["v0.4.5"]["withdrawn"], found["v0.4.5"]["marks"]) == ("wrong data", ["yanked"])


def test_a_release_that_only_the_remote_has_is_unknown(released):
    other = released.clone("other")
    other.commit("Theirs", **{"notes.txt": "x"})
    other.git("tag", "-a", "v0.4.0", "-m", "theirs")
    other.git("push", "--quiet", "origin", "main", "v0.4.0")
    newest, old = data_of(report(released, "report"))["releases"]
    assert (newest["tag"], newest["things"], set(newest["values"])) == ("v0.4.0", None, {False})
    assert "release fetch" in newest["unknown"]
    released.release("report").succeeds().says("warning: 1 tag only origin has; `release fetch` gets them")
    assert old["unknown"] is None


def test_the_answer_for_a_program_names_the_file(released):
    found = released.release("report --json -o page.html").succeeds().json
    jsonschema.validate(found, json.loads(files("release").joinpath("schemas/report.json").read_text()))
    assert (found["file"], found["releases"]) == ("page.html", 1)
    assert found["size_bytes"] == (released.folder / "page.html").stat().st_size
    assert found["size_bytes"] < 1_000_000
    released.release("report --json -o -").fails_with(2).helps("release report --json -o FILE")


def test_the_same_releases_give_the_same_bytes_and_a_dry_run_writes_none(released):
    released.release("report --dry-run").succeeds().says("Would write release-report.html")
    assert released.unchanged()
    first = report(released)
    assert report(released) == first


def test_only_its_own_files_are_written_over(released):
    released.release("report -o model/performance.json").fails_with(3).says("did not make it").helps(
        "release report -o"
    )
    assert released.unchanged()
    (released.folder / "release-report.html").symlink_to(released.folder.parent / "elsewhere.html")
    released.release("report").fails_with(3).says("symbolic link")
    assert released.unchanged()
    released.release("report -o missing/page.html").fails_with(3).says("No such file")
    assert released.unchanged()


def test_a_repository_without_a_release_gets_a_page_too(project):
    assert data_of(report(project))["releases"] == []


def test_a_metric_that_no_release_has_is_wrong_usage(released):
    released.release("report --svg overall.f2").fails_with(2).helps("release report --svg overall.f1")


def test_a_picture_without_its_package_is_wrong_usage(released, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    released.release("report --svg overall.f1").fails_with(2).helps("pip install vl-convert-python")
    assert released.unchanged()


def test_a_job_s_summary_has_a_chart_of_each_headline_metric(released):
    summary = released.world.root / "summary.md"
    summary.touch()
    released.world.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    released.release("report --offline").succeeds()
    assert summary.read_text() == ""  # one release is no trend
    released.write("model/performance.json", json.dumps({'x"]\n```': 0.5, "overall": {"f1": 0.9, "loss": 0.2}}))
    released.commit("Better")
    released.git("tag", "-a", "v0.2.0", "-m", "better")
    released.release("report --offline").succeeds()
    head, *charts = re.sub(r"%%.*%%\n", "", summary.read_text()).split("```mermaid\n")
    assert head == "### project\n\n"
    assert charts == [
        'xychart-beta\n  title "overall.f1"\n  x-axis ["0.1.0", "0.2.0"]\n  line [0.8412, 0.9]\n```\n\n',
        'xychart-beta\n  title "overall.loss"\n  x-axis ["0.1.0", "0.2.0"]\n  line [0.312, 0.2]\n```\n',
    ]
