"""Second looks, where the first answers leave something open: which of two is wrong, and what is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from release.adapters.dvc.contents import read_objects
from release.adapters.dvc.stores import Stores
from release.core.audit.audit import Elsewhere
from release.core.audit.doubts import Unasked
from release.core.check import Verdict
from release.core.config.values import Config
from release.core.pointers.pointer import ObjectKey
from release.core.pointers.pointer_set import PointerSet
from release.core.pointers.rules import verdict_of
from release.core.progress import OnProgress
from release.flows.auditing.judging import Audit

MOST_BYTES = 4 << 30  # read without being asked to
FEW_BYTES = 64 << 20  # where somebody only looks


def read_doubts(
    audit: Audit, stores: Stores, sets: Sequence[PointerSet], unasked: Unasked, on_progress: OnProgress
) -> None:
    """Where sizes and pointers disagree, read what is in doubt: only its bytes tell which of the two is wrong.

    What is too large for that stays a failure; `--deep` reads it. Where somebody only looks, less is
    read, and what `release verify` would read stays in doubt.
    """
    chosen: dict[str, dict[ObjectKey, None]] = {}
    unread: set[ObjectKey] = set()
    left = MOST_BYTES
    few = MOST_BYTES if unasked is Unasked.PROOF else FEW_BYTES
    for asked, keys in audit.doubts(sets):
        size_bytes = sum(asked.found[key].size_bytes or 0 for key in keys)
        if size_bytes > left:
            continue
        left -= size_bytes
        if size_bytes > few:
            unread.update(keys)
        else:
            few -= size_bytes
            chosen.setdefault(asked.identity, {}).update(dict.fromkeys(keys))
    if chosen:
        read_objects(stores.asked(), {identity: list(keys) for identity, keys in chosen.items()}, on_progress)
    if chosen or unread:
        audit.judge_anew(unread)


def look_elsewhere(
    audit: Audit,
    stores: Stores,
    sets: Sequence[PointerSet],
    config: Config,
    today: Mapping[str, bytes],
    on_progress: OnProgress,
) -> None:
    """Ask today's default remotes for what commits with other ones cannot be given by theirs.

    `today` has the `.dvc/config` of each DVC root at HEAD.
    """
    lacking = []
    for pointers in sets:
        outs = tuple(audit.lacking(pointers))
        roots = {root: today.get(root, blob) for root, blob in pointers.roots.items()}
        if outs and roots != pointers.roots:
            lacking.append((pointers, replace(pointers, outs=outs, roots=roots)))
    if not lacking:
        return
    other = Audit(config, stores)
    other.ask([there for _, there in lacking], on_progress)
    found: dict[tuple[int, bytes], Elsewhere] = {}
    for pointers, there in lacking:
        for judged in other.judged(there):
            if verdict_of(judged.judged.problems) is Verdict.OK:
                root = judged.out.subrepo
                blob = pointers.roots[root]
                named = stores.is_known(judged.remote, root, blob)
                found[id(judged.out), blob] = Elsewhere(remote=judged.remote.name, root=root, named=named)
    if found:
        audit.learn(found)
