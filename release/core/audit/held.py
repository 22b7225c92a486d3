"""Comparison of a commit's data with its tag's Release-Digest, from local information only; pure.

Object names come from git and from directory listings, sizes from pointers and from DVC's cache. A size that nothing
confirms (a cache can be damaged) can show that the data matches, but never that it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit.digest import digest_of_objects
from release.core.audit.rules import Need
from release.core.check import Check, CheckName, Verdict
from release.core.numbers import many
from release.core.pointers.pointer import Layout, ObjectKey, Out
from release.core.shell import command_line
from release.core.tags.message import Trailers

_MOST_LINES = 200_000  # hashed again, to tell one wrong pointer size from different data


class DataCheck(Check, frozen=True, kw_only=True):
    """The check of a commit's data against its tag; `differs` if the user should see it without asking."""

    differs: bool = False


class Known(Struct, frozen=True, kw_only=True):
    """Local information about the objects that a commit needs.

    `sizes` maps every object that could be named to its size (None: not known); `told` are those whose size comes from
    a pointer only. `unlisted`, `unsized` and `unconfirmed` are paths of outs: directories whose listing is not here,
    outs with files of unknown size, and outs with sizes that nothing confirms. `fault` is the reason if the needed
    objects are not known at all. `digest` is that of the whole commit, None if something is missing; `names` counts
    objects regardless of their remote, because two remotes may share one store.
    """

    sizes: Mapping[ObjectKey, int | None] = field(default_factory=dict)
    told: frozenset[ObjectKey] = frozenset()
    unlisted: tuple[str, ...] = ()
    unsized: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    fault: str | None = None
    digest: str | None = None
    names: int = 0


def known_of_file(out: Out, need: Need, here: int | None) -> Known:
    """Return what is known of a file out; `here` is the size in the cache, None if the cache lacks it."""
    said = need.size_bytes
    known = Known(sizes={need.key: said if here is None else here})
    if here is None:
        if said is None:
            return replace(known, unsized=(out.path,))
        return replace(known, told=frozenset({need.key}), unconfirmed=() if _is_sure(out) else (out.path,))
    return known if here == said and _is_sure(out) else replace(known, unconfirmed=(out.path,))


def known_of_directory(out: Out, wanted: Sequence[Need], body_bytes: int, here: Mapping[ObjectKey, int]) -> Known:
    """Return what is known of a directory out whose listing is here.

    `wanted` are its needs, the directory object first; `here` maps the objects that are in the cache to their sizes.
    """
    sizes: dict[ObjectKey, int | None] = {need.key: here.get(need.key) for need in wanted}
    sizes[wanted[0].key] = body_bytes
    files = [sizes[need.key] for need in wanted[1:]]
    if None in files:
        return Known(sizes=sizes, unsized=(out.path,))
    fits = out.size_bytes is not None and sum(size or 0 for size in files) == out.size_bytes
    return Known(sizes=sizes, unconfirmed=() if fits and _is_sure(out) else (out.path,))


def known_of_versions(wanted: Iterable[Need]) -> Known:
    """Return what is known of files on a cloud-versioned remote; the digest ignores their sizes."""
    return Known(sizes={need.key: need.size_bytes or 0 for need in wanted})


def joined(parts: Iterable[Known]) -> Known:
    """Merge what is known of all outs of a commit, and compute the digest if nothing is missing."""
    sizes: dict[ObjectKey, int | None] = {}
    whole = Known()
    for part in parts:
        twice = [key for key, size in part.sizes.items() if size != sizes.get(key, size)]
        unclear = tuple(key.oid for key in twice if None not in (part.sizes[key], sizes[key]))  # a pointer is wrong
        sizes |= {key: size for key, size in part.sizes.items() if size is not None or key not in sizes}
        whole = Known(
            told=whole.told | part.told,
            unlisted=whole.unlisted + part.unlisted,
            unsized=whole.unsized + part.unsized,
            unconfirmed=whole.unconfirmed + part.unconfirmed + unclear,
        )
    known = replace(whole, sizes=sizes, names=len({(key.layout, key.oid) for key in sizes}))
    return known if _lacks(known) else replace(known, digest=digest_of_objects(sizes))


def compare_digest(tag: str, said: Trailers | None, known: Known) -> DataCheck:
    """Compare a commit's data with its tag's digest: OK, FAILED or UNKNOWN; SKIPPED if the tag has no digest."""
    if said is None or said.digest is None:
        return DataCheck(name=CheckName.DATA_DIGEST, verdict=Verdict.SKIPPED, message=f"{tag} swears to no data")
    names, most = known.names, len(known.sizes)
    if known.fault is None and (said.objects < names or (said.objects > most and not known.unlisted)):
        return _failed(tag, not_as_promised(tag, said, names, None))
    if known.digest == said.digest:
        return DataCheck(name=CheckName.DATA_DIGEST, verdict=Verdict.OK, message=f"the data is what {tag} swears to")
    why = _lacks(known) or _doubts(said, known)
    if why is not None:
        return digest_mismatch(tag, why)
    words = not_as_promised(tag, said, names, known.digest)
    if len(known.told) > 1:
        several = "by sizes that only pointers tell: it is other data, or several of these sizes are wrong"
        return replace(not_known(tag, f"{words}, {several}"), differs=True)
    by = ", by the sizes that pointers tell" if known.told else ""
    return _failed(tag, f"{words}{by}")


def digest_mismatch(tag: str, why: str) -> DataCheck:
    """Return an UNKNOWN check: the data could not be compared locally, for the reason `why`."""
    return not_known(tag, f"the data was not held against {tag} here: {why}")


def not_known(tag: str, message: str) -> DataCheck:
    """Return an UNKNOWN check whose help is `release verify`, which asks the remote."""
    return DataCheck(
        name=CheckName.DATA_DIGEST,
        verdict=Verdict.UNKNOWN,
        message=message,
        help=command_line("release", "verify", names=(tag,)),
    )


def not_as_promised(tag: str, said: Trailers, objects: int, digest: str | None) -> str:
    """Describe a mismatch with both counts and digests; `digest` None: not all objects could be named."""
    has = f"{objects}" if digest is None else f"{objects} with {digest[:12]}"
    return f"{tag} promised {said.objects} objects with digest {(said.digest or '')[:12]}, its commit has {has}"


def not_comparable(tag: str, said: Trailers, excluded: int) -> str:
    """Describe digests that cannot be compared, because other paths are excluded now than at release time."""
    return f"{tag} was made with {said.excluded} paths excluded, now it is {excluded}: its digest cannot be compared"


def _is_sure(out: Out) -> bool:
    """Return True if an object name implies one size.

    DVC 2 hashes text files without regard to line endings, so that the remote's copy may have another size.
    """
    return out.layout is not Layout.LEGACY


def _failed(tag: str, message: str) -> DataCheck:
    return DataCheck(
        name=CheckName.DATA_DIGEST,
        verdict=Verdict.FAILED,
        message=message,
        help=command_line("release", "verify", names=(tag,)),
        differs=True,
    )


def _lacks(known: Known) -> str | None:
    """Return the reason why no digest can be computed, None if it can."""
    if known.fault is not None:
        return known.fault
    if known.unlisted:
        return f"the list of {_paths(known.unlisted)} is not on this machine"
    return f"DVC's cache has not all of {_paths(known.unsized)}" if known.unsized else None


def _doubts(said: Trailers, known: Known) -> str | None:
    """Return the reason why a different digest is no proof of different data, None if it is."""
    if known.unconfirmed:
        return f"the remote may have other sizes of {_paths(known.unconfirmed)}"
    return "a pointer seems to tell a wrong size" if _may_be_one_wrong_size(said, known) else None


def _may_be_one_wrong_size(said: Trailers, known: Known) -> bool:
    """Return True if one hand-edited pointer size explains the mismatch.

    The digest was made from the sizes in the store. The difference of the totals is the error that such a size would
    have.
    """
    off = said.total_bytes - sum(size or 0 for size in known.sizes.values())
    if not off or not known.told:
        return False
    if len(known.told) * len(known.sizes) > _MOST_LINES:
        return True
    changed = ({**known.sizes, key: (known.sizes[key] or 0) + off} for key in known.told)
    return any(digest_of_objects(sizes) == said.digest for sizes in changed)


def _paths(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {many(len(paths) - 1, 'other out')}"
