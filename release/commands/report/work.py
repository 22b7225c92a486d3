"""Work of `release report`: metrics, parameters, pointers and gates of many releases."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from release.core.gates import Compared, directions, next_limits
from release.core.metric_files import param_paths
from release.core.report import HistoryReport, ReleaseDetails, newest_usable
from release.core.text import OnProgress, command_line
from release.dvc.pointers import PointerReader
from release.engine.project import Access, Project
from release.engine.release_list import ListRequest, list_releases
from release.engine.values import CachedMetrics, MetricHistory
from release.errors import Refused, UsageError
from release.git.objects import ObjectMissing, Objects
from release.system.files import open_regular, package_text, replace_file

MARK = b"Made by `release report`"


def read_report(project: Project, wanted: ListRequest, on_progress: OnProgress) -> HistoryReport:
    """Return the releases with everything that the page shows. Raises UsageError as `list_releases` does."""
    listing = list_releases(project, wanted, on_progress)
    commits = {line.tag.name: line.tag.ref.commit_id or "" for line in listing.releases}
    with Objects(project.repository.git) as objects:
        cached = CachedMetrics(project, Access.OFFLINE if wanted.offline else Access.ALL, on_progress)
        details = dict(_details(project, objects, commits, cached))
        name = posixpath.basename(project.config.folder) or project.repository.work_tree.resolve().name
        found = HistoryReport(project=name, listing=listing, details=details)
        return _with_gates(found, project, MetricHistory(objects, project.config, cached))


def _details(
    project: Project, objects: Objects, commits: Mapping[str, str], cached: CachedMetrics
) -> Iterator[tuple[str, ReleaseDetails | None]]:
    known = [commit for commit in commits.values() if commit]
    params = MetricHistory(objects, project.config, cached, param_paths).metrics(known)
    reader = PointerReader(objects)
    if known:
        reader.prefetch(known, project.config)
    for tag, commit in commits.items():
        try:
            pointers = reader.read(commit, project.config) if commit else None
        except ObjectMissing:
            pointers = None
        yield tag, None if pointers is None else ReleaseDetails(params=params[commit], pointers=pointers)


def _with_gates(report: HistoryReport, project: Project, history: MetricHistory) -> HistoryReport:
    """Add the directions that gates set, and their limits for the release after the newest one."""
    newest, gates, folder = newest_usable(report.listing), project.config.gates, project.config.folder
    if newest is None or not gates:
        return report
    named = {gate.baseline for gate in gates.values()} | {newest.tag.name}
    commits = {line.tag.name: line.tag.ref.commit_id or "" for line in report.listing.releases}
    values = history.metrics(commits[name] for name in named if name in commits)
    files = values[commits[newest.tag.name]]
    baselines = {name: values[commits[name]] for name in named if name in commits}
    compared = Compared(after=files, before=files, previous=newest.tag.name, baselines=baselines, folder=folder)
    return replace(report, directions=directions(gates, files, folder), limits=tuple(next_limits(gates, compared)))


_HELP = command_line("release", "report", "-o", "release-report.html")


def check_place(place: Path) -> None:
    """Check that there is no file, or one that this command made. Raises Refused for any other, and for a link."""
    try:
        if place.is_symlink():
            raise Refused(f"{place} is a symbolic link, and nothing is written through links", help=_HELP)
        if place.exists():
            with open_regular(place) as file:
                if MARK not in file.read(400):
                    raise Refused(f"{place} exists, and `release report` did not make it", help=_HELP)
    except OSError as error:
        raise Refused(f"{place} cannot be read: {error.strerror}", help=_HELP) from error


def write_report(place: Path, data: bytes) -> None:
    """Write the file. Raises Refused if that fails."""
    try:
        replace_file(place, data)
    except OSError as error:
        raise Refused(f"{place} cannot be written: {error.strerror}", help=_HELP) from error


def part(name: str) -> str:
    """Return a part of the page: a file in `release/templates/report`."""
    return package_text(f"templates/report/{name}")


def svg(chart: dict[str, Any]) -> str:
    """Draw a Vega-Lite chart. Raises UsageError if the package that draws is not installed."""
    try:
        import vl_convert
    except ImportError:
        raise UsageError(
            "--svg needs the package vl-convert-python, which is not installed", help="pip install vl-convert-python"
        ) from None
    return f"<!-- {MARK.decode()} -->\n{vl_convert.vegalite_to_svg(chart)}\n"
