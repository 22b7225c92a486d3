"""Which of a repository's tags are releases of one series."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable

from msgspec import Struct

from release.core.check import Check, Verdict
from release.core.shell import toml
from release.core.tags.broken import broken_among, broken_check
from release.core.tags.tag import ReleaseTag, TagRef
from release.core.versions.version import TagFormat

_BARE = TagFormat("{version}")


class Releases(Struct, frozen=True, kw_only=True):
    """The releases, lowest version first; `checks` holds what is ambiguous among them, and tags that cannot be read.

    `broken` are those of the latter that carry a version of the series.
    """

    all: tuple[ReleaseTag, ...] = ()
    broken: tuple[TagRef, ...] = ()
    checks: tuple[Check, ...] = ()


def release_tags(tags: Iterable[TagRef], tag_format: TagFormat, ignore: Collection[str] = ()) -> Releases:
    """The tags that carry a version of the series, short old forms (`v1.0`) completed.

    `ignore` are fnmatch patterns (`ignore-tags`). Bare versions (`1.2`) count only if no tag has the
    format. Tags of anything but a commit do not count, lightweight ones do.
    """
    ignored = [re.compile(fnmatch.translate(glob)).match for glob in ignore]  # without going back: linear in time
    wanted = [ref for ref in tags if not any(match(ref.name) for match in ignored)]
    looked_at = [ref for ref in wanted if ref.commit_id is not None]
    lost = broken_among(wanted)
    named = tuple(ref for ref in lost if _of_format([ref], tag_format) or _of_format([ref], _BARE))
    found = _of_format(looked_at, tag_format) or _of_format(looked_at, _BARE)
    series: dict[tuple[object, ...], list[ReleaseTag]] = {}
    for release in found:
        series.setdefault(release.version.to_tuple(), []).append(release)
    # The longest name is the full form: `v1.0.0` before `v1.0` before `v1`.
    ranked = [sorted(same, key=lambda release: -len(release.name)) for same in series.values()]
    return Releases(
        all=tuple(sorted((same[0] for same in ranked), key=lambda release: (release.rank, release.name))),
        broken=named,
        checks=(
            *(broken_check(ref, Verdict.FAILED if ref in named else Verdict.WARNING) for ref in lost),
            *(
                _ambiguous(same[0], other)
                for same in ranked
                for other in same[1:]
                if other.ref.commit_id != same[0].ref.commit_id
            ),
        ),
    )


def merged_tags(ours: Iterable[TagRef], theirs: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Every tag once, as it is here; but a lightweight copy of the remote's annotated tag counts as that tag.

    CI's checkout makes such copies (actions/checkout issue 290).
    """
    found = {tag.name: tag for tag in theirs}
    for tag in ours:
        there = found.get(tag.name)
        copied = there is not None and there.annotated and not tag.annotated and there.commit_id == tag.commit_id
        if not copied:
            found[tag.name] = tag
    return tuple(found.values())


def _of_format(tags: Iterable[TagRef], tag_format: TagFormat) -> list[ReleaseTag]:
    found = []
    for ref in tags:
        version = tag_format.parse(ref.name) or tag_format.parse_short(ref.name)
        if version is not None:
            found.append(ReleaseTag(ref=ref, version=version))
    return found


def _ambiguous(full: ReleaseTag, short: ReleaseTag) -> Check:
    return Check(
        name="tags",
        verdict=Verdict.FAILED,
        message=f"{short.name} and {full.name} are both version {full.version}, on different commits",
        help=f"name the wrong one in the configuration: ignore-tags = [{toml(short.name)}]",
    )
