"""Selection of the tags that are releases of one series."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict
from release.core.shell import toml
from release.core.tags.broken import broken_among, broken_check
from release.core.tags.tag import ReleaseTag, TagRef
from release.core.versions.version import TagFormat

_BARE = TagFormat("{version}")


class Releases(Struct, frozen=True, kw_only=True):
    """The releases, lowest version first; `checks` report ambiguous tags and tags that cannot be read.

    `broken` are the unreadable tags whose names are versions of the series.
    """

    all: tuple[ReleaseTag, ...] = ()
    broken: tuple[TagRef, ...] = ()
    checks: tuple[Check, ...] = ()


def release_tags(tags: Iterable[TagRef], tag_format: TagFormat, ignore: Collection[str] = ()) -> Releases:
    """Return the tags that carry a version of the series; old short forms (`v1.0`) are completed.

    `ignore` are fnmatch patterns (`ignore-tags`). Bare versions (`1.2`) count only if no tag has the format. Only tags
    of commits count; lightweight tags do.
    """
    ignored = [re.compile(fnmatch.translate(glob)).match for glob in ignore]  # no backtracking: linear in time
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
    """Merge local and remote tags; the local one wins, unless it is a lightweight copy of an annotated one.

    CI checkouts make such copies (actions/checkout issue 290).
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
        name=CheckName.TAGS,
        verdict=Verdict.FAILED,
        message=f"{short.name} and {full.name} are both version {full.version}, on different commits",
        help=f"name the wrong one in the configuration: ignore-tags = [{toml(short.name)}]",
    )
