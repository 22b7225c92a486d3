"""Whole screens from values, compared with the files in tests/golden (`REWRITE_GOLDEN=1` writes them anew)."""

from __future__ import annotations

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from project.plans import changed, plan_of_one
from semver import Version

from release.core.check import Change, Check, CheckName, Verdict
from release.core.metric_deltas import compare_params
from release.core.metrics import Metric, MetricVerdict, Param, ValueFile
from release.core.pointer import PointerChange
from release.core.release import BumpReport, FileChange, Outcome, Step, StepKind
from release.core.tags import ReleaseTag, TagRef
from release.core.text import columns_of
from release.errors import ExitCode
from release.ui import json_documents
from release.ui.release_text import bump_page, failure_page, outcome_lines, plan_lines, thing_lines
from release.ui.style import Style

GOLDEN = Path(__file__).parents[1] / "golden"
REWRITE = "REWRITE_GOLDEN" in os.environ  # read before the tests' environment is closed
BASE, COMMIT, TAG_OBJECT = "1f" * 20, "8c1f2ab" + "0" * 33, "5d0e9c1" + "0" * 33
EVIL = "evil\x1b[31m\r\n\u202e name\udcff"


def check(name, message, verdict=Verdict.OK, **more):
    return Check(name=CheckName(name), verdict=verdict, message=message, **more)


def metric(key, before, after, verdict, *, headline=False, file="model/performance.json"):
    numbers = isinstance(before, float) and isinstance(after, float)
    delta = after - before if numbers else None
    return Metric(file=file, key=key, before=before, after=after, delta=delta, verdict=verdict, headline=headline)


def pointer(path, before, after, change=Change.CHANGED, parent=None):
    return PointerChange(
        path=path,
        parent=parent,
        change=change,
        before_oid=None if before is None else "a" * 32,
        after_oid=None if after is None else "b" * 32,
        before_size_bytes=before,
        after_size_bytes=after,
    )


def tag(name):
    ref = TagRef(name=name, object_id="c" * 40, commit_id="d" * 40)
    return ReleaseTag(ref=ref, version=Version.parse(name.removeprefix("v")))


OK_PLAN = plan_of_one(
    kind="minor",
    version=Version(1, 4, 0),
    tag="v1.4.0",
    previous=tag("v1.3.2"),
    message="charCNN",
    base=BASE,
    branch="main",
    remote="origin",
    commits=("Train charCNN", "Clean up", "Add data", "Fix loader", "More epochs", "Docs"),
    checks=(
        check("data on remote", "5 pointers, 1,204 objects, 2.1 GB on `storage`"),
        check("work tree", "all tracked files match their pointers"),
        check("branch", "main is up to date with origin"),
        check("gates", "overall.f1 0.8630, may fall to 0.8312"),
    ),
    metrics=(
        metric("overall.f1", 0.8412, 0.8630, MetricVerdict.BETTER, headline=True),
        metric("overall.precision", 0.8735, 0.8801, MetricVerdict.BETTER, headline=True),
        metric("overall.loss", 0.3120, 0.2801, MetricVerdict.BETTER, headline=True),
        metric("class.mlops.f1", 0.8182, 0.7500, MetricVerdict.WORSE),
        metric("class.other.f1", 0.9302, 0.9302, MetricVerdict.UNCHANGED),
        metric("class.other.recall", 1.0, 1.0, MetricVerdict.UNCHANGED),
        metric("overall.num_samples", 144.0, 150.0, MetricVerdict.CHANGED),
        *(metric(f"slices.s{n}.f1", 0.5, 0.5 + n / 1000, MetricVerdict.BETTER) for n in range(1, 9)),
    ),
    params=(Param(file="model/params.json", key="num_filters", before=50, after=100, change=Change.CHANGED),),
    pointers=(
        pointer("model/model.pt", 12_300_000, 14_100_000),
        pointer("data/images", 80_000_000, 81_000_000),
        pointer("data/images/dog/1.png", None, 81_000, Change.ADDED, parent="data/images"),
        pointer("data/images/dog/2.png", None, 81_000, Change.ADDED, parent="data/images"),
        pointer("model/tokenizer.json", None, 4_208, Change.ADDED),
    ),
    changelog_entry="## [1.4.0] - 2026-11-23\n\ncharCNN\n\n### Performance\n\n| metric | v1.3.2 | v1.4.0 |\n| --- | --- | --- |\n"
    "| overall.f1 | 0.8412 | 0.8630 |\n\n### Changes\n\n- Train charCNN\n- Clean up\n",
    files=(FileChange(path="CHANGELOG.md", created=False), FileChange(path="pyproject.toml", created=False)),
    steps=(Step(kind=StepKind.PUBLISH, text="push main and v1.4.0 to origin together", together=True),),
    commit=COMMIT,
    tag_object=TAG_OBJECT,
)
WARNING_PLAN = changed(
    OK_PLAN,
    checks=(
        *OK_PLAN.checks,
        check("lineage", "model/model.pt was trained before params.json changed", Verdict.WARNING),
        check(
            "data on remote",
            "`storage` lies inside the work tree (stores/blob): no clone can pull from it",
            Verdict.WARNING,
            help="mv stores ../stores && dvc remote modify storage url ../../stores/blob",
        ),
    ),
    also_published=("0a1b2c3 Fix loader", "v1.3.3"),
    notes=("v2.0.0 on another branch is greater",),
)
REFUSED_PLAN = changed(
    OK_PLAN,
    commit=None,
    tag_object=None,
    checks=(
        check(
            "data on remote",
            "2 of 1,204 objects are not on `storage`",
            Verdict.FAILED,
            code=ExitCode.DATA,
            help='release bump minor -m "charCNN" --push-data',
            details=(
                "model/model.pt               missing       14.1 MB   in your cache",
                "data/images/cat/0412.png     missing       81 kB     in your cache",
            ),
        ),
        check(
            "work tree",
            "model/tokenizer.json changed since `dvc add`",
            Verdict.FAILED,
            help="dvc add model/tokenizer.json, commit it, then run again",
        ),
        check("branch", "main is up to date with origin"),
    ),
)
MANY_REFUSED = changed(
    REFUSED_PLAN,
    checks=(
        replace(REFUSED_PLAN.checks[0], details=tuple(f"data/images/{n:04}.png     missing" for n in range(40))),
        check("remote", "origin could not be queried: " + "a long reason " * 9, Verdict.UNKNOWN, code=ExitCode.UNKNOWN),
    ),
)
FIRST_PLAN = changed(
    OK_PLAN,
    version=Version(0, 1, 0),
    tag="v0.1.0",
    previous=None,
    commits=("Everything",),
    metrics=tuple(
        replace(found, before=None, delta=None, verdict=MetricVerdict.NEW) for found in OK_PLAN.release.metrics[:5]
    ),
    params=(),
    pointers=(pointer("model/model.pt", None, 14_100_000, Change.ADDED),),
    files=(FileChange(path="CHANGELOG.md", created=True),),
)
NO_METRICS_PLAN = changed(OK_PLAN, metrics=(), params=(), pointers=(), changelog_entry="", files=(), branch=None)
HOSTILE_PLAN = changed(
    OK_PLAN,
    message=EVIL * 6,
    branch=EVIL,
    checks=(
        check("work tree", f"{EVIL} is changed, {'x' * 200} too", Verdict.WARNING, help=EVIL, details=(EVIL * 9,)),
    ),
    metrics=(
        metric(EVIL * 8, 1.0, 2.0, MetricVerdict.CHANGED, headline=True),
        metric("\u732b", "\x07" * 99, None, MetricVerdict.CHANGED),
    ),
    params=(Param(file=EVIL, key=EVIL, before=EVIL * 20, after=None, change=Change.REMOVED),),
    pointers=(pointer("\u732b/" * 60, 1, None, Change.REMOVED), pointer(EVIL, None, None, Change.ADDED)),
    changelog_entry=EVIL,
    files=(FileChange(path=EVIL, created=True),),
    also_published=(EVIL,),
    notes=(EVIL,),
    remote=EVIL,
)
NOTHING_PLAN = changed(OK_PLAN, checks=(), nothing="v1.3.2 is already released at this commit", version=None, tag=None)
LOCAL_PLAN = changed(OK_PLAN, push=False)


def of_model(name, before, after, f1, *, entry):
    """One release of a plan of several."""
    return replace(
        OK_PLAN.release,
        tag=f"{name}@v{after}",
        version=Version.parse(after),
        previous=replace(tag(f"v{before}"), ref=replace(tag(f"v{before}").ref, name=f"{name}@v{before}")),
        message=f"Release {after}",
        model=name,
        kind="auto",
        chosen="minor",
        reasons=(f"minor: models/{name}.pt changed", "patch: 0a1b2c3 fix: loader"),
        metrics=(metric("f1", f1[0], f1[1], MetricVerdict.BETTER, headline=True, file=f"metrics/{name}.json"),),
        params=(),
        pointers=(
            pointer("data/clicks.csv", 80_000_000, 81_000_000),
            pointer(f"models/{name}.pt", 12_300_000, 14_100_000),
        ),
        changelog_entry=entry,
    )


MODELS_PLAN = replace(
    OK_PLAN,
    releases=(
        of_model("charCNN", "1.3.2", "1.4.0", (0.8412, 0.863), entry="## [1.4.0] - 2026-11-23\n\nRelease 1.4.0\n"),
        of_model("ranker", "0.3.0", "0.4.0", (0.61, 0.64), entry="## [0.4.0] - 2026-11-23\n\nRelease 0.4.0\n"),
    ),
    checks=(
        check("data on remote", "charCNN: 2 pointers, 2 objects, 95.1 MB on `storage`"),
        check("work tree", "all tracked files match their pointers"),
        check("branch", "main is up to date with origin"),
        check("gates", "charCNN: f1 0.8630, may fall to 0.8312"),
        check("data on remote", "ranker: 2 pointers, 2 objects, 95.1 MB on `storage`"),
        check("gates", "ranker: f1 0.6400"),
    ),
    notes=("tagger is not released: models/tagger.pt is as in tagger@v2.0.0",),
    files=(
        FileChange(path="CHANGELOG.charCNN.md", created=False),
        FileChange(path="CHANGELOG.ranker.md", created=True),
    ),
)
MODELS_REFUSED = replace(
    MODELS_PLAN,
    commit=None,
    checks=(
        *MODELS_PLAN.checks[:4],
        check(
            "data on remote",
            "ranker: 1 of 2 objects is not on `storage`",
            Verdict.FAILED,
            code=ExitCode.DATA,
            help="release bump --all-models auto --push-data",
            details=("models/ranker.pt     missing       14.1 MB   in your cache",),
        ),
    ),
)

SCREENS = {
    "models": BumpReport(plan=MODELS_PLAN, outcome=Outcome.RELEASED, pushed=True),
    "models-dry-run": BumpReport(plan=MODELS_PLAN, outcome=Outcome.PREVIEW),
    "models-refused": BumpReport(plan=MODELS_REFUSED, outcome=Outcome.REFUSED),
    "ok": BumpReport(plan=OK_PLAN, outcome=Outcome.RELEASED, pushed=True),
    "warning": BumpReport(
        plan=WARNING_PLAN,
        outcome=Outcome.RELEASED,
        pushed=True,
        warnings=("main here has commits of its own: git pull --rebase",),
    ),
    "refused": BumpReport(plan=REFUSED_PLAN, outcome=Outcome.REFUSED),
    "refused-for-many": BumpReport(plan=MANY_REFUSED, outcome=Outcome.REFUSED),
    "first": BumpReport(plan=FIRST_PLAN, outcome=Outcome.RELEASED, pushed=True),
    "no-metrics": BumpReport(plan=NO_METRICS_PLAN, outcome=Outcome.RELEASED, pushed=True),
    "hostile": BumpReport(plan=HOSTILE_PLAN, outcome=Outcome.RELEASED, pushed=True),
    "nothing": BumpReport(plan=NOTHING_PLAN, outcome=Outcome.NOTHING),
    "dry-run": BumpReport(plan=OK_PLAN, outcome=Outcome.PREVIEW),
    "local": BumpReport(plan=LOCAL_PLAN, outcome=Outcome.RELEASED),
}

GATED = changed(
    OK_PLAN,
    chosen="minor",
    reasons=("minor: 0a1b2c3 feat: more", "none: 1b2c3d4 docs: words"),
    checks=(
        *OK_PLAN.checks[:3],
        check(
            "gates",
            "2 of 2 passed",
            details=("overall.f1 0.8630, may fall to 0.8312, 0.0318 to spare", "class.a.f1 0.9, at least 0.5"),
        ),
    ),
)
PAGES = {
    "dry-run": BumpReport(plan=GATED, outcome=Outcome.PREVIEW),
    "nothing": BumpReport(
        plan=changed(NOTHING_PLAN, chosen="1.3.2", reasons=("1.3.2: v1.3.2 is already at this commit",)),
        outcome=Outcome.NOTHING,
    ),
}


def screen(report, style=Style()):  # noqa: B008 - a frozen value
    return "".join(f"{line}\n" for line in [*plan_lines(report.plan, style), *outcome_lines(report, style)])


def golden(name, text):
    path = GOLDEN / f"bump-{name}.txt"
    if REWRITE:
        path.write_text(text)
    return path.read_text()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_was(name):
    shown = screen(SCREENS[name])
    assert shown == golden(name, shown)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_its_width_but_for_commands_to_paste(name):
    for width in (60, 80, 100):
        lines = screen(SCREENS[name], Style(width=width)).split("\n")
        assert [line for line in lines if columns_of(line) > width and not line.strip().startswith("help: ")] == []


@pytest.mark.parametrize("name", ["ok", "warning", "refused", "dry-run", "nothing"])
def test_a_page_is_as_it_was(name):
    shown = bump_page(PAGES.get(name, SCREENS[name]))
    path = GOLDEN / f"page-{name}.md"
    if REWRITE:
        path.write_text(shown)
    assert shown == path.read_text()


def test_a_page_shows_nobodys_words_as_its_own():
    evil = "</summary> `x` [a](http://b) <img src=x> ![i](j) | # **b** @ada"
    checks = tuple(
        check(name, evil, verdict, details=(evil,), help=evil)
        for name, verdict in (("gates", Verdict.OK), ("lineage", Verdict.WARNING), ("remote", Verdict.UNKNOWN))
    )
    plan = changed(OK_PLAN, tag=evil, chosen="minor", reasons=(f"minor: {evil}",), checks=checks, changelog_entry="")
    for page in (
        bump_page(BumpReport(plan=plan, outcome=Outcome.REFUSED)),
        failure_page(ExitCode.USAGE, f"# {evil}", f"- {evil}", "usage"),
    ):
        shown = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
        assert [token.tag for token in shown if token.type == "heading_open"] == ["h2"]
        html = "".join(token.content for token in shown if token.type == "html_block")
        assert re.sub(r"</?(details|summary)>", "", html).count("<") == 0
        inner = [token for block in shown for token in block.children or ()]
        assert not {"link_open", "image"} & {token.type for token in inner}
        assert {token.content for token in inner if token.type == "html_inline"} <= {"<!-- -->"}  # nobody is called


@pytest.mark.parametrize("name", SCREENS)
def test_colour_adds_nothing_but_colour(name):
    coloured = screen(SCREENS[name], Style(colour=True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == screen(SCREENS[name])


@pytest.mark.parametrize("name", SCREENS)
def test_no_control_character_of_the_world_reaches_the_terminal(name):
    shown = screen(SCREENS[name])
    assert [
        char
        for char in shown
        if char != "\n" and (ord(char) < 32 or char in "\x7f\u202e" or "\ud800" <= char <= "\udfff")
    ] == []


@pytest.mark.parametrize("name", SCREENS)
def test_the_document_of_a_bump_follows_its_schema(name):
    schema = json.loads(files("release").joinpath("schemas/bump.json").read_text())
    text = json_documents.document(json_documents.bump_document(SCREENS[name]))
    jsonschema.validate(json.loads(text), schema)
    assert text.isascii()


def document(name):
    return json.loads(json_documents.document(json_documents.bump_document(SCREENS[name])))


def test_a_refusal_names_every_blocking_check_once_in_json():
    found = document("refused")
    assert found["exit_code"] == 3
    assert [error["code"] for error in found["errors"]] == [4, 3]
    assert found["released"] is False


def test_one_release_stands_at_the_top_level_too():
    found = document("ok")
    (release,) = found["releases"]
    deeper = {"model", "gates"}
    assert {name: found[name] for name in release if name not in deeper} == {
        name: value for name, value in release.items() if name not in deeper
    }


def test_nothing_to_release_has_no_release():
    found = document("nothing")
    assert (found["exit_code"], found["released"], found["releases"]) == (0, False, [])
    assert found["reasons"] == ["v1.3.2 is already released at this commit"]


@given(st.floats(allow_nan=True, allow_infinity=True), st.text(st.characters(exclude_categories=()), max_size=20))
def test_every_number_and_every_text_makes_a_document_that_any_parser_reads(number, text):
    metric = replace(OK_PLAN.release.metrics[0], key=text, after=number)
    plan = changed(OK_PLAN, metrics=(metric,))
    found = json.loads(
        json_documents.document(json_documents.bump_document(BumpReport(plan=plan, outcome=Outcome.PREVIEW))),
        parse_constant=lambda word: pytest.fail(f"{word} is no JSON"),
    )
    assert isinstance(found["metrics"][0]["key"].encode(), bytes)


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.integers(40, 120))
def test_any_message_leaves_the_header_on_one_line_of_the_width(message, width):
    first = plan_lines(changed(OK_PLAN, message=message), Style(width=max(width, 70)))[0]
    assert "\n" not in first
    assert columns_of(first) <= max(width, 70)


def test_sizes_that_look_alike_are_told_apart_by_short_object_ids():
    sides = {"before_oid": "3f2a1bc" + "0" * 25, "after_oid": "9e8d7f6" + "0" * 25}
    changed = PointerChange(
        path="data.csv", parent=None, change=Change.CHANGED, before_size_bytes=21, after_size_bytes=21, **sides
    )
    assert "21 B (3f2a1bc) -> 21 B (9e8d7f6)" in thing_lines([changed], [], Style())[0]
    larger = replace(changed, after_size_bytes=22)
    assert "21 B -> 22 B " in thing_lines([larger], [], Style())[0]


def test_long_values_that_begin_alike_are_shown_where_they_differ():
    before, after = "s3://bucket/data/2026/november/train-a.csv", "s3://bucket/data/2026/november/train-b.csv"
    param = Param(file="params.yaml", key="source", change=Change.CHANGED, before=before, after=after)
    assert thing_lines([], [param], Style()) == ["  params.yaml   source ...train-a.csv -> ...train-b.csv"]


def test_a_changed_element_of_a_list_is_a_row():
    before, after = ({"filters[0]": 3, "filters[1]": 4}, {"filters[0]": 3, "filters[1]": 5})
    found = compare_params([ValueFile(path="p.yaml", values=before)], [ValueFile(path="p.yaml", values=after)])
    assert thing_lines([], found, Style()) == ["  p.yaml   filters[1] 4 -> 5"]
