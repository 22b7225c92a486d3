"""`release list`: what this clone knows of every release, with no question to any remote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from release.adapters.git.objects import Objects
from release.adapters.git.signature import read_signatures
from release.adapters.git.tags import read_tags
from release.core.deltas import headline_metrics, renowned_first
from release.core.metric import ValueFile
from release.core.releases import DatedTag, ListReport, ReleaseLine
from release.core.series import release_tags
from release.core.signature import TagSignature
from release.core.tag import ReleaseTag
from release.core.version import TagFormat
from release.errors import UsageError
from release.flows.kept_values import KeptValues
from release.flows.many_values import ManyValues
from release.flows.project import Project
from release.flows.tag_watch import watch_tags


def list_releases(
    project: Project,
    *,
    number: int | None = None,
    since: date | None = None,
    metrics: Sequence[str] = (),
    signatures: bool = False,
    kept: KeptValues,
) -> ListReport:
    """The releases, newest version first, each with the numbers of its commit.

    `number` and `since` leave out the others; `metrics` are the columns asked for, else the headline.
    `signatures` checks the tags' signatures, and the tags against what later ones recorded. `kept` reads
    the numbers that DVC keeps; without such nothing but this clone is asked.
    Raises UsageError for a metric that no shown release has, or that two files have.
    """
    config = project.config
    tags = {tag.ref.name: tag for tag in read_tags(project.repository.git)}
    found = release_tags((tag.ref for tag in tags.values()), TagFormat(config.tag_format), config.ignore_tags)
    newest_first = found.all[::-1]
    shown = [release for release in newest_first if since is None or _is_since(tags[release.name], since)][:number]
    earlier = {release.name: before for release in shown if (before := _before(release, newest_first)) is not None}
    with Objects(project.repository.git) as objects:
        wanted = {release.name: release for release in (*shown, *earlier.values())}
        commits = {name: release.ref.commit_id or "" for name, release in wanted.items()}
        read = ManyValues(objects, config, kept).metrics(commits.values())
        values = {name: read[commit] for name, commit in commits.items()}
        looked_at = _signatures(project, objects, shown, tags) if signatures else {}
    lines = {name: _line(release, tags[name], values[name]) for name, release in wanted.items()}
    lines |= {name: replace(lines[name], signature=one, warnings=said) for name, (one, said) in looked_at.items()}
    rows = tuple(lines[release.name] for release in shown)
    columns = _asked(metrics, rows) if metrics else _headline(project, [values[line.tag.name] for line in rows])
    return ListReport(releases=rows, columns=columns, earlier={name: lines[one.name] for name, one in earlier.items()})


def _signatures(
    project: Project, objects: Objects, shown: Sequence[ReleaseTag], tags: Mapping[str, DatedTag]
) -> dict[str, tuple[TagSignature, tuple[str, ...]]]:
    """For each release shown its signature, and what later releases recorded otherwise."""
    verdicts = read_signatures(project.repository, objects, [release.ref for release in shown])
    breaks = watch_tags(objects, [tag.ref for tag in tags.values()])
    return {
        name: (verdict, tuple(found.message for found in breaks if found.tag == name))
        for name, verdict in verdicts.items()
    }


def _is_since(tag: DatedTag, since: date) -> bool:
    return tag.when is not None and tag.when.date() >= since


def _before(release: ReleaseTag, newest_first: Sequence[ReleaseTag]) -> ReleaseTag | None:
    """The next lower version; candidates do not come between two finals."""
    final = release.version.prerelease is None
    return next(
        (
            other
            for other in newest_first
            if other.version < release.version and not (final and other.version.prerelease)
        ),
        None,
    )


def _line(release: ReleaseTag, tag: DatedTag, files: Sequence[ValueFile]) -> ReleaseLine:
    values = {f"{file.path}:{key}": value for file in files for key, value in file.values.items()}
    unread = {file.path: file.problem for file in files if file.problem is not None}
    return ReleaseLine(tag=release, when=tag.when, message=tag.subject, metrics=values, unread=unread)


def _headline(project: Project, values: Sequence[tuple[ValueFile, ...]]) -> tuple[str, ...]:
    """The headline metrics of the newest release that has any."""
    for files in values:
        names = headline_metrics(files, project.config.headline)
        if names:
            return names if project.config.headline is not None else renowned_first(names)
    return ()


def _asked(keys: Sequence[str], lines: Sequence[ReleaseLine]) -> tuple[str, ...]:
    known = dict.fromkeys(name for line in lines for name in line.metrics)
    columns = []
    for key in keys:
        fitting = [name for name in known if key in (name, name.partition(":")[2])]
        if not fitting:
            raise UsageError(f"--metric {key}: no listed release has it", help=_nearest(key, known))
        if len(fitting) > 1:
            raise UsageError(
                f"--metric {key}: {len(fitting)} files have it: {', '.join(fitting)}",
                help=f"release list --metric {fitting[0]}",
            )
        columns.append(fitting[0])
    return tuple(dict.fromkeys(columns))


def _nearest(key: str, known: Iterable[str]) -> str:
    import difflib  # costs 7 ms, and only a mistake needs it

    names = [name.partition(":")[2] for name in known]
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.3) or names[:1]
    return f"release list --metric {near[0]}" if near else "release list"
