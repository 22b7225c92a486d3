"""The list of releases with their metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import Config
from release.core.gates import directions
from release.core.metric_deltas import compare_metrics, headline_metrics, renowned_first
from release.core.metrics import Metric, ValueFile, last_name
from release.core.stages import own_model, stages_by_commit
from release.core.tag_message import TagSignature
from release.core.tags import DatedTag, ListReport, ReleaseLine, ReleaseTag, broken_among
from release.core.text import OnProgress, Scalar, command_line, nearest, no_progress
from release.engine.project import Access, Project
from release.engine.tag_reading import RemoteTags, asking_for_tags, read_releases, watch_tags
from release.engine.values import CachedMetrics, MetricHistory
from release.errors import UsageError
from release.git.objects import Objects
from release.git.refs import read_tags
from release.git.signatures import read_signatures

_TRAILERS = b"\nRelease-Schema: "
_PREVIOUS = re.compile(rb"\nRelease-Previous: ([^\n ]+) [0-9a-f]+\n")


class ListRequest(Struct, frozen=True, kw_only=True):
    """Options of the list: everything, unless `number` and `since` limit it.

    `metrics` are the requested columns, else the headline. `signatures` checks the tags' signatures, and the
    tags against what later tags recorded. `trend` compares every metric with the release before it. `offline`:
    no remote is contacted, neither for tags nor for metrics that DVC tracks. `asking` are the words of the call before
    one of `metrics`, for messages.
    """

    number: int | None = None
    since: datetime | None = None
    metrics: Sequence[str] = ()
    signatures: bool = False
    trend: bool = False
    offline: bool = False
    asking: tuple[str, ...] = ("release", "list", "--metric")


def list_releases(project: Project, wanted: ListRequest, on_progress: OnProgress = no_progress) -> ListReport:
    """Return the releases, newest version first, each with the metrics of its commit.

    Raises UsageError for a metric that no shown release has, or that two files have.
    """
    with asking_for_tags(project, ask=not wanted.offline) as answer, Objects(project.repository.git) as objects:
        cached = CachedMetrics(project, Access.OFFLINE if wanted.offline else Access.ALL, on_progress)
        here = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
        return _Listed(project, here, answer(), MetricHistory(objects, project.config, cached)).report(wanted)


class _Listed:
    """The releases here and on the remote, with a reader for their metrics."""

    def __init__(
        self, project: Project, here: Mapping[str, DatedTag], remote: RemoteTags, values: MetricHistory
    ) -> None:
        self.project, self.here, self.remote, self.values = project, here, remote, values
        elsewhere = [tag for name, tag in (remote.tags or {}).items() if name not in here]
        refs = [*(tag.ref for tag in here.values()), *elsewhere]
        found = read_releases(project, refs)
        self.newest_first = sorted(found.all, key=self._order, reverse=True)
        self.elsewhere = None if found.all else found.elsewhere_check
        self.place = {release.name: at for at, release in enumerate(self.newest_first)}
        self.stages = stages_by_commit(
            here.values(), own_model(project.config.tag_format), others=project.config.model is None
        )
        self.recorded: dict[str, str | None] = {}
        self.numbers: dict[tuple[int, ...], Mapping[str, Scalar]] = {}

    def report(self, wanted: ListRequest) -> ListReport:
        shown = [each for each in self.newest_first if self._is_since(each, wanted.since)][: wanted.number]
        self.recorded = self._read_recorded(shown)
        earlier = {each.name: before for each in shown if (before := self._before(each)) is not None}
        read = {release.name: release for release in (*shown, *earlier.values())}
        commits = {name: release.ref.commit_id or "" for name, release in read.items()}
        by_commit = self.values.metrics(commits.values())
        values = {name: by_commit[commit] for name, commit in commits.items()}
        lines = {name: self._line(release, values[name]) for name, release in read.items()}
        if wanted.signatures:
            checked = _signatures(
                self.project, self.values.objects, [each for each in shown if each.name in self.here], self.here
            )
            lines |= {name: replace(lines[name], signature=one, warnings=said) for name, (one, said) in checked.items()}
        if wanted.trend:
            lines |= {
                each.name: replace(lines[each.name], trend=self._trend(each.name, earlier.get(each.name), values))
                for each in shown
            }
        rows = tuple(lines[release.name] for release in shown)
        headline = headline_columns(self.project.config, [values[line.tag.name] for line in rows])
        columns = _asked(wanted, rows, headline) or headline
        newest = next(filter(None, (values[line.tag.name] for line in rows)), ())  # that has any metric
        remote = self.project.config.git_remote
        absent = not wanted.offline and remote not in self.project.repository.settings.remotes
        return ListReport(
            releases=rows,
            columns=columns,
            earlier={name: lines[one.name] for name, one in earlier.items()},
            directions=directions(self.project.config.gates, newest, self.project.config.folder)
            if wanted.trend
            else {},
            asked=bool(wanted.metrics),
            remote=remote,
            trouble=self.remote.trouble or (f"there is no git remote `{remote}`" if absent else None),
            broken=broken_among(tag.ref for tag in self.here.values()),
            elsewhere=self.elsewhere,
        )

    def _order(self, release: ReleaseTag) -> tuple[object, ...]:
        """Sort by version; the later date comes first of versions that differ in build metadata only."""
        when = self.here[release.name].when if release.name in self.here else None
        return (release.rank, when.timestamp() if when else 0.0, release.name)

    def _is_since(self, release: ReleaseTag, since: datetime | None) -> bool:
        """Return whether a release belongs to the period; a tag that only the remote has always does (no date)."""
        if since is None or release.name not in self.here:
            return True
        when = self.here[release.name].when
        return when is not None and when.date() >= since.date()

    def _before(self, release: ReleaseTag) -> ReleaseTag | None:
        """Return the release that the tag records as the previous one, else the next older version.

        A final version skips prereleases.
        """
        if release.name in self.recorded:
            at = self.place.get(self.recorded[release.name] or "")
            return None if at is None else self.newest_first[at]
        final = release.version.prerelease is None
        lower = islice(self.newest_first, self.place[release.name] + 1, None)
        fitting = (other for other in lower if not (final and other.version.prerelease))
        commit = release.ref.commit_id
        return next((other for other in fitting if other.rank < release.rank or other.ref.commit_id != commit), None)

    def _read_recorded(self, releases: Iterable[ReleaseTag]) -> dict[str, str | None]:
        """Return for each tag with trailers, whose data was verified, the previous release that it records."""
        tags = [each for each in releases if each.name in self.here and each.ref.annotated]
        found = self.values.objects.get_many([each.ref.object_id for each in tags]) if tags else []
        texts = {each.name: tag.data for each, tag in zip(tags, found, strict=True) if tag and _TRAILERS in tag.data}
        return {
            name: said[1].decode("utf-8", "replace")
            if (said := _PREVIOUS.search(data, data.rfind(_TRAILERS)))
            else None
            for name, data in texts.items()
        }

    def _line(self, release: ReleaseTag, files: tuple[ValueFile, ...]) -> ReleaseLine:
        tag = self.here.get(release.name)
        return ReleaseLine(
            tag=release,
            when=tag.when if tag else None,
            message=tag.subject if tag else "",
            metrics=self._numbers(files),
            unread={file.path: file.problem for file in files if file.problem is not None},
            here=tag is not None,
            on_remote=None if self.remote.tags is None else release.name in self.remote.tags,
            verified=release.name in self.recorded,
            stages=self.stages.get(release.ref.commit_id or "", ()),
        )

    def _numbers(self, files: tuple[ValueFile, ...]) -> Mapping[str, Scalar]:
        """Return the metrics by `file:key`; releases with the same files share one mapping."""
        same = tuple(map(id, files))
        if same not in self.numbers:
            self.numbers[same] = {f"{file.path}:{key}": value for file in files for key, value in file.values.items()}
        return self.numbers[same]

    def _trend(
        self, name: str, before: ReleaseTag | None, values: Mapping[str, tuple[ValueFile, ...]]
    ) -> Mapping[str, Metric]:
        if before is None:
            return {}
        old, new = values[before.name], values[name]
        sides = directions(self.project.config.gates, (*new, *old), self.project.config.folder)
        return {metric.identity: metric for metric in compare_metrics(old, new, directions=sides)}


def _signatures(
    project: Project, objects: Objects, shown: Sequence[ReleaseTag], tags: Mapping[str, DatedTag]
) -> dict[str, tuple[TagSignature, tuple[str, ...]]]:
    """Return for each shown release its signature, and warnings where later releases recorded another object."""
    verdicts = read_signatures(project.repository, objects, [release.ref for release in shown])
    breaks = watch_tags(objects, [tag.ref for tag in tags.values()])
    return {
        name: (verdict, tuple(found.message for found in breaks if found.tag == name))
        for name, verdict in verdicts.items()
    }


def headline_columns(config: Config, values: Sequence[tuple[ValueFile, ...]]) -> tuple[str, ...]:
    """Return the headline metrics of the newest release that has any."""
    for files in values:
        names = headline_metrics(files, config.headline)
        if names:
            return names if config.headline is not None else renowned_first(names)
    return ()


def _asked(wanted: ListRequest, lines: Sequence[ReleaseLine], headline: Sequence[str]) -> tuple[str, ...]:
    """Return the metrics with these keys, or these names in the head of the list. Raises UsageError."""
    known = dict.fromkeys(name for line in lines for name in line.metrics)
    columns = []
    for key in wanted.metrics:
        asked = f"{wanted.asking[-1]} {key}"
        fitting = [name for name in known if key in (name, name.partition(":")[2])]
        named = [name for name in known if key == last_name(name.partition(":")[2])]
        fitting = fitting or [name for name in named if name in headline] or named
        if not fitting:
            raise UsageError(f"{asked}: no listed release has it", help=_nearest(key, known, wanted))
        if len(fitting) > 1:
            raise UsageError(
                f"{asked}: {len(fitting)} metrics have that name: {', '.join(fitting)}",
                help=command_line(*wanted.asking, fitting[0]),
            )
        columns.append(fitting[0])
    return tuple(dict.fromkeys(columns))


def _nearest(key: str, known: Iterable[str], wanted: ListRequest) -> str:
    keys = [name.partition(":")[2] for name in known]
    by_name = {last_name(name): name for name in reversed(keys)} | {name: name for name in keys}
    near = nearest(key, by_name, cutoff=0.3)
    meant = by_name[near] if near is not None else next(iter(keys), None)
    return command_line(*wanted.asking, meant) if meant else "release list"
