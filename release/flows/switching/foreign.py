"""Imported data: available without its source, fetched by DVC, or left out."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.locate import PointerSet
from release.core.pointer import ObjectKey, Origin, Out
from release.core.remotes import Pair, trust_command
from release.core.text import command_line, many
from release.core.work_tree import LeftOut, NeededObject
from release.dvc.dvc_config import DvcSettings
from release.dvc.stores import CachedStore, Stores
from release.errors import Unknown
from release.flows.switching.files import DataTree, read_data_tree


def missing_imports(pointers: PointerSet, settings: DvcSettings, stores: Stores) -> tuple[Out, ...]:
    """Return the imported outs that neither the cache nor this repository's own remote has completely."""
    foreign = tuple(out for out in pointers.outs if out.origin is not Origin.OWN and out.cache)
    if not foreign:
        return ()
    tree = read_data_tree(replace(pointers, outs=foreign), settings, stores, ask=True)
    return tuple(out for out in foreign if not _can_be_had(out, tree))


def without(pointers: PointerSet, outs: Collection[Out]) -> PointerSet:
    """Return the pointers without these outs."""
    gone = {_identity(out) for out in outs}
    return replace(pointers, outs=tuple(out for out in pointers.outs if _identity(out) not in gone))


def fetch_by_dvc(work_tree: Path, outs: Collection[Out], commit: str) -> Mapping[str, str]:
    """Let DVC fetch the outs that have a hash to check; return the error by path for each failure."""
    from release.dvc.cache_files import fetch_imports

    reasons: dict[str, str] = {}
    for root in dict.fromkeys(out.subrepo for out in outs if out.oid is not None):
        pointers = {_inside(out): out.path for out in outs if out.subrepo == root and out.oid is not None}
        failed = fetch_imports(work_tree / root, pointers, commit)
        reasons |= {path: failed[pointer] for pointer, path in pointers.items() if pointer in failed}
    return reasons


def never_fetched(outs: Collection[Out], *, allowed: bool) -> tuple[Out, ...]:
    """Return the outs that DVC is not asked to fetch."""
    return tuple(out for out in outs if not allowed or out.oid is None)


def left_out(outs: Collection[Out], reasons: Mapping[str, str], *, asked: bool = False) -> tuple[LeftOut, ...]:
    """Return the outs to fetch by hand, each with the command. `asked`: DVC tried, with errors in `reasons`."""
    found = []
    for out in outs:
        where = "another repository (dvc import)" if out.origin is Origin.IMPORT else "another URL (dvc import-url)"
        why = f"it comes from {where}"
        if out.path in reasons:
            why += f", and DVC could not fetch it: {reasons[out.path]}"
        elif asked and out.oid is not None:  # DVC reports nothing if a source is gone
            why += ", and DVC could not fetch it whole: see whether its source is still there"
        elif out.oid is None:
            why += ", and its pointer has no hash to confirm it by"
        found.append(LeftOut(path=out.path, reason=why, help=command_line("dvc", "pull", names=(out.pointer,))))
    return tuple(found)


def left_out_here(outs: Collection[Out]) -> tuple[str, ...]:
    """Return a sentence for each out that is left out, for the notes of a rollback."""
    return tuple(f"{each.path} is left out here: {each.reason}: {each.help}" for each in left_out(outs, {}))


def imports_check(outs: Collection[Out], untrusted: Collection[Pair] | None) -> tuple[Check, ...]:
    """Return the check for imports. `untrusted` is what the user has yet to trust; None: DVC is never asked."""
    if not outs:
        return ()
    names = tuple(out.path for out in outs)
    number = f"{many(len(names), 'out')} {'comes' if len(names) == 1 else 'come'} from elsewhere"
    if untrusted is not None and not untrusted and any(out.oid is not None for out in outs):
        message = f"{number}: DVC fetches what it can: {', '.join(names)}"
        return (Check(name=CheckName.IMPORTS, verdict=Verdict.WARNING, message=message),)
    help = '[tool.release.audit] external = "allow" lets DVC fetch them'
    message = f"{number} and {'is' if len(names) == 1 else 'are'} left out: {', '.join(names)}"
    if untrusted:
        help = trust_command(untrusted)
        message += ". DVC would run what their sources configure, which you have not trusted"
    return (Check(name=CheckName.IMPORTS, verdict=Verdict.WARNING, message=message, help=help),)


def _can_be_had(out: Out, tree: DataTree) -> bool:
    if out.path in tree.unlisted:
        return False
    needed = [tree.files[path] for path in tree.files if path == out.path or path.startswith(f"{out.path}/")]
    needed += [tree.directories[out.path]] if out.path in tree.directories else []
    cache = tree.caches[out.subrepo]
    missing = [each for each in dict.fromkeys(needed) if not cache.holds(each.layout, each.oid)]
    return all(_is_there(each, tree) for each in missing)


def _is_there(wanted: NeededObject, tree: DataTree) -> bool:
    origin: tuple[CachedStore, ObjectKey] | None = tree.origins.get(wanted)
    if origin is None or origin[0].store is None:
        return False
    try:
        return origin[1] in origin[0].store.find([origin[1]])
    except Unknown:
        return False


def _identity(out: Out) -> tuple[str, str | None, str]:
    return out.path, out.oid, out.pointer


def _inside(out: Out) -> str:
    return posixpath.relpath(out.pointer, out.subrepo) if out.subrepo else out.pointer
