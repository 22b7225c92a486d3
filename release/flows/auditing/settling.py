"""Second check of an audit: which of two differing sizes is wrong, and which other remote has lacking data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from release.core.audit_rules import ReadBudget
from release.core.check import Verdict
from release.core.config import Config
from release.core.locate import PointerSet
from release.core.pointer import ObjectKey
from release.core.problems import Elsewhere, verdict_of
from release.core.text import OnProgress
from release.dvc.contents import read_objects
from release.dvc.stores import Stores
from release.flows.auditing.judging import Audit

MOST_BYTES = 4 << 30  # read without `--deep`
FEW_BYTES = 64 << 20  # the limit for commands that only show a status


def read_ambiguous(
    audit: Audit, stores: Stores, sets: Sequence[PointerSet], unasked: ReadBudget, on_progress: OnProgress
) -> None:
    """Read the objects whose size differs from the pointer: only the bytes decide which of the two is wrong.

    Objects over the limit stay failures; `--deep` reads them. For `Unasked.LOOK` the limit is `FEW_BYTES`, and
    what `release verify` would read beyond it stays in doubt.
    """
    chosen: dict[str, dict[ObjectKey, None]] = {}
    unread: set[ObjectKey] = set()
    left = MOST_BYTES
    few = MOST_BYTES if unasked is ReadBudget.PROOF else FEW_BYTES
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


def search_other_remotes(
    audit: Audit,
    stores: Stores,
    sets: Sequence[PointerSet],
    config: Config,
    today: Mapping[str, bytes],
    on_progress: OnProgress,
) -> None:
    """Check today's default remotes for outs that the remotes of older commits cannot provide.

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
