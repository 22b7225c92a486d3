"""`list`, `show` and `status` from values: screens as golden files, documents against their schemas."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace
from project.plans import changed, plan_of_one
from semver import Version

from release.commands.list import view as list_view
from release.commands.list.view import list_lines
from release.commands.show import view as show_view
from release.commands.show.view import show_lines
from release.commands.show.work import data_check
from release.commands.status import status, status_lines
from release.core.check import Change, Check, CheckName, Verdict
from release.core.diff import ShowReport
from release.core.locate import PointerSet
from release.core.metrics import Metric, MetricVerdict, Param, ValueFile
from release.core.pointer import Out
from release.core.release import StatusReport
from release.core.tag_message import Trailers
from release.core.tags import ListReport, ReleaseLine, ReleaseTag, Signature, TagRef
from release.core.text import columns_of
from release.dvc.dvc_config import DvcSettings
from release.errors import ExitCode
from release.ui import json_documents
from release.ui.release_text import column_names, metric_lines
from release.ui.style import Style

GOLDEN = Path(__file__).parents[1] / "golden"
REWRITE = "REWRITE_GOLDEN" in os.environ  # read before the tests' environment is closed
EVIL = "evil\x1b[31m\n\u202ename\udcff"
F1, LOSS = "model/performance.json:overall.f1", "model/performance.json:overall.loss"
WHEN = datetime(2026, 11, 23, 1, 30, tzinfo=timezone.utc)


def tag(name, *, annotated=True):
    ref = TagRef(name=name, object_id="c" * 40 if annotated else "d" * 40, commit_id="d" * 40)
    return ReleaseTag(ref=ref, version=Version.parse(name.removeprefix("v")))


def line(name, message, f1, loss, **more):
    return ReleaseLine(tag=tag(name, **more), when=WHEN, message=message, metrics={F1: f1, LOSS: loss})


V140 = line("v1.4.0", "charCNN", 0.8630, 0.2801)
V132 = line("v1.3.2", "fix tokenizer", 0.8412, 0.3120)
V131 = line("v1.3.1", "charCNN small", 0.8412, 0.3120, annotated=False)
V130 = ReleaseLine(tag=tag("v1.3.0"), when=None, message=EVIL * 9, metrics={F1: "n/a", "extra.json:x": float("nan")})
LIST = ListReport(
    releases=(V140, V132, V131, V130),
    columns=(F1, LOSS),
    earlier={"v1.4.0": V132, "v1.3.2": V131, "v1.3.1": V130},
)
SETTINGS, POINTERS = DvcSettings(git_root=Path(), environment={}), PointerSet(commit="d" * 40)
TRAILERS = Trailers(
    release_id="0" * 32,
    previous=("v1.3.2", "e" * 40),
    objects=1204,
    total_bytes=2_100_000_000,
    excluded=2,
    regression="a new split",
    digest="1" * 64,
)
SHOW = ShowReport(
    tag=tag("v1.4.0"),
    when=WHEN,
    tagger=Signature(name="Ada Tester", email="ada@example.org", when=WHEN),
    commit_subject="Release v1.4.0: charCNN",
    message="charCNN\n\noverall.f1 0.8412 -> 0.8630",
    data=data_check(SETTINGS, "v1.4.0", TRAILERS, POINTERS),
    trailers=TRAILERS,
    previous=tag("v1.3.2"),
    metrics=(
        Metric(
            file="model/performance.json",
            key="overall.f1",
            before=0.8412,
            after=0.8630,
            delta=0.0218,
            verdict=MetricVerdict.BETTER,
            headline=True,
        ),
    ),
    params=(
        ValueFile(path="model/params.json", values={"num_filters": 100, "lr": 1e-05}),
        ValueFile(path="params.yaml", problem="line 3, column 1: duplicate key"),
    ),
    changed_params=(Param(file="model/params.json", key="num_filters", before=50, after=100, change=Change.CHANGED),),
    outs=(
        Out(path="model/model.pt", pointer="model/model.pt.dvc", oid="a" * 32, size_bytes=14_100_000),
        Out(path="data/images", pointer="data/images.dvc", oid="b" * 32 + ".dir", size_bytes=81_000_000, nfiles=1190),
        Out(path="data/raw", pointer="data/raw.dvc"),
    ),
    problems=("data/raw.dvc records no hash",),
)
PLAIN_SHOW = ShowReport(
    tag=tag("v1.3.1", annotated=False),
    when=None,
    tagger=None,
    commit_subject=f"Work {EVIL}",
    message="",
    data=data_check(SETTINGS, "v1.3.1", None, POINTERS),
)
PLAN = plan_of_one(
    kind="patch",
    version=Version(1, 4, 1),
    tag="v1.4.1",
    previous=tag("v1.4.0"),
    message="Release 1.4.1",
    base="1f" * 20,
    branch="main",
    remote="origin",
    commits=tuple(f"Commit {number}" for number in range(12)),
    checks=(Check(name=CheckName.BRANCH, verdict=Verdict.OK, message="main is up to date with origin"),),
    metrics=SHOW.metrics,
)
REFUSED = changed(
    PLAN,
    checks=(
        Check(
            name=CheckName.DATA_ON_REMOTE, verdict=Verdict.FAILED, message="gone", help="dvc push", code=ExitCode.DATA
        ),
    ),
)

SCREENS = {
    "list": lambda style: list_lines(LIST, style),
    "show": lambda style: show_lines(SHOW, style),
    "show-lightweight": lambda style: show_lines(PLAIN_SHOW, style),
    "status": lambda style: status_lines(StatusReport(plan=PLAN), style),
    "status-refused": lambda style: status_lines(StatusReport(plan=REFUSED), style),
    "status-first": lambda style: status_lines(StatusReport(plan=changed(PLAN, previous=None, metrics=())), style),
    "status-released": lambda style: status_lines(
        StatusReport(plan=changed(PLAN, checks=(), nothing="it is"), released="v1.4.0"), style
    ),
}
DOCUMENTS: dict[str, list[object]] = {
    "list": [list_view.listing(LIST), list_view.listing(ListReport(releases=()))],
    "show": [show_view.show_document(SHOW), show_view.show_document(PLAIN_SHOW)],
    "status": [
        status(StatusReport(plan=PLAN), ExitCode.DONE),
        status(StatusReport(plan=REFUSED), ExitCode.DATA),
    ],
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_as_it_was(name):
    shown = "".join(f"{line}\n" for line in SCREENS[name](Style()))
    path = GOLDEN / f"{name}.txt"
    if REWRITE:
        path.write_text(shown)
    assert shown == path.read_text()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fits_its_width_but_for_commands_to_paste(name):
    for width in (80, 100, 120, 200) if name.startswith("status") else (40, 60, 80, 120, 200):
        lines = SCREENS[name](Style(width=width))
        assert [row for row in lines if columns_of(row) > width and not row.startswith("help: ")] == []


WIDE = "\u673a\u5668\u5b66\u4e60 \U0001f680 " * 20
UNPUSHED = replace(V132, on_remote=False, verified=False)
THERE = replace(V140, here=False, when=None, message="")
TREND = replace(
    V140,
    trend={
        F1: Metric(file="f", key="f1", before=0.9, after=0.863, delta=-0.037, verdict=MetricVerdict.WORSE),
        LOSS: Metric(file="f", key="loss", before=0.3, after=0.28, delta=-0.02, verdict=MetricVerdict.BETTER),
    },
)
LONG = "model/performance.json:" + "a_very_long_name_" * 9
LISTS = {
    "one": ListReport(releases=(V140,), columns=(F1, LOSS)),
    "three hundred": ListReport(releases=(V140,) * 300, columns=(F1, LOSS)),
    "wide and long messages": ListReport(
        releases=(replace(V140, message=WIDE), replace(V132, message="long " * 60)), columns=(F1, LOSS)
    ),
    "long names of metrics": ListReport(releases=(replace(V140, metrics={LONG: 0.5, F1: 1.0}),), columns=(LONG, F1)),
    "marks": ListReport(releases=(THERE, UNPUSHED, V131), columns=(F1, LOSS), earlier={"v1.3.2": V131}),
    "long tags": ListReport(releases=(line("v1.4.0-" + "rc." * 30 + "1", "x", 1.0, 2.0),), columns=(F1, LOSS)),
    "asked for": ListReport(releases=(V140,), columns=tuple(f"a.json:m{at}" for at in range(30)), asked=True),
    "trend": ListReport(releases=(TREND, V132), columns=(F1, LOSS), earlier={"v1.4.0": V132}),
}


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_fits_every_terminal_and_leaves_out_no_release(name, width):
    report = LISTS[name]
    lines = list_lines(report, Style(width=width))
    assert [row for row in lines if columns_of(row) > width] == []
    assert lines[0].startswith("  version")
    assert len(lines) > len(report.releases)
    releases = zip(lines[1:], report.releases, strict=False)
    assert all(row.startswith(f"  {found.tag.name[:20]}") for row, found in releases)


def test_a_narrow_table_of_changes_leaves_out_what_was_before():
    lines = metric_lines(SHOW.metrics, Style(width=40), before="v1.3.2", now="v1.4.0")
    assert lines == ["               v1.4.0", "  overall.f1   0.8630   better"]
    lines = metric_lines(SHOW.metrics, Style(width=40), before="v1.3.2", now="a rather long name")
    assert lines[1].split() == ["overall.f1", "0.8630", "better"]


def test_nothing_is_listed_of_nothing():
    assert list_lines(ListReport(releases=()), Style()) == []


def test_a_narrow_list_keeps_the_message_and_the_first_number():
    assert list_lines(ListReport(releases=(V140,), columns=(F1, LOSS)), Style(width=50)) == [
        "  version   date         message       f1",
        "  v1.4.0    2026-11-23   charCNN   0.8630",
    ]


def test_metrics_that_were_asked_for_are_not_left_out_in_silence():
    lines = list_lines(LISTS["asked for"], Style(width=80))
    assert "no room for m" in " ".join(lines)
    assert lines[0].split()[:4] == ["version", "date", "message", "m0"]


@pytest.mark.parametrize("name", SCREENS)
def test_no_control_character_reaches_the_terminal(name):
    assert [char for row in SCREENS[name](Style()) for char in row if not char.isprintable()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_follows_its_schema(name):
    schema = json.loads(files("release").joinpath(f"schemas/{name}.json").read_text())
    for value in DOCUMENTS[name]:
        jsonschema.validate(json.loads(json_documents.document(value)), schema)


def test_dates_are_utc_and_metrics_are_numbers():
    newest, *_, oldest = json.loads(json_documents.document(list_view.listing(LIST)))["releases"]
    assert newest["date"] == "2026-11-23T01:30:00Z"
    assert oldest["metrics"] == {"extra.json:x": "NaN"}


def test_status_with_check_has_the_code_of_bump_and_0_when_released():
    assert StatusReport(plan=REFUSED).check_code == 4
    assert StatusReport(plan=REFUSED, released="v1.4.0").check_code == 0


def test_a_column_has_the_shortest_name_that_is_no_others():
    names = column_names(["a.json:x.f1", "a.json:y.f1", "a.json:loss", "b.json:x.f1"])
    assert list(names.values()) == ["a.json:x.f1", "y.f1", "loss", "b.json:x.f1"]
