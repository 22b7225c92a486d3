"""The stores' answers, for all commits of an audit: each out judged once, each object asked for once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from release.adapters.dvc.cache import LocalCache
from release.adapters.dvc.config import BadDvcSettings, RemoteSettings
from release.adapters.dvc.config_text import BadConfig
from release.adapters.dvc.store_errors import Forbidden
from release.adapters.dvc.stores import AskedStore, Stores
from release.core.audit import Problem, ProblemKind, RevisionAudit
from release.core.audit_rules import (
    Directory,
    Judged,
    Need,
    judge,
    judge_directory,
    needs,
    not_pushed,
    versioned_needs,
)
from release.core.check import Verdict
from release.core.config import Config
from release.core.digest import digest_of, line_of
from release.core.pointer import Layout, ObjectKey, Out
from release.core.pointer_rules import is_wanted, not_understood, verdict_of
from release.core.pointer_set import PointerSet
from release.core.progress import OnProgress
from release.core.remote_rules import in_tree_remote, local_only_remote, no_remote, not_asked, unreadable_config
from release.errors import ReleaseError


class JudgedOut(Struct, frozen=True, kw_only=True):
    """An out with what it needs of its store, and what came of that. `listing`: of a directory out, else None."""

    out: Out
    asked: AskedStore
    remote: RemoteSettings
    cache: LocalCache
    needs: Sequence[Need]
    judged: Judged
    listing: Directory | None


MOST_BYTES_IN_DOUBT = 4 << 30  # read without being asked to

# A pointer file that was not understood may name objects that nobody counted.
_HIDING = frozenset({ProblemKind.UNREADABLE_POINTER, ProblemKind.UNKNOWN})


class _Destination(Struct, frozen=True):
    """Where an out's objects must be: the remote and its store, or why there is none."""

    remote: RemoteSettings | None = None
    asked: AskedStore | None = None
    fault: ReleaseError | BadConfig | None = None


class _Known(Struct):
    """What the stores said of one set of outs, whatever commits have it."""

    sizes: dict[ObjectKey, int | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remotes: dict[str, None] = field(default_factory=dict)


class Audit:
    """The stores' answers for all commits. Outs of one pointer blob are one object, which is what they are kept by."""

    def __init__(self, config: Config, stores: Stores) -> None:
        self._config = config
        self._stores = stores
        self._root = posixpath.realpath(stores.settings.git_root)
        self._destinations: dict[tuple[int, bytes], _Destination] = {}
        self._needed: dict[tuple[int, str], list[Need]] = {}
        self._judged: dict[tuple[int, str], Judged] = {}
        self._caches: dict[tuple[tuple[str, bytes], ...], LocalCache] = {}
        self._known: dict[tuple[int, tuple[tuple[str, bytes], ...]], _Known] = {}
        self._doubts: list[tuple[AskedStore, list[ObjectKey]]] = []

    def ask(self, sets: Iterable[PointerSet], on_progress: OnProgress) -> None:
        """Find out what all sets need, then ask each store once."""
        seen: set[tuple[int, bytes]] = set()
        for pointers in sets:
            cache = self._cache(pointers)
            for out in pointers.outs:
                key = (id(out), pointers.roots[out.subrepo])
                if key in seen or not is_wanted(out):
                    continue
                seen.add(key)
                destination = self._destination(out, key[1])
                if destination.asked is not None and destination.remote is not None:
                    self._want(out, destination.asked, destination.remote, cache)
        for asked in self._stores.asked():
            asked.ask(on_progress)

    def settle(self, sets: Iterable[PointerSet], on_progress: OnProgress) -> None:
        """Where sizes and pointers disagree, read what is in doubt: only its bytes tell which of the two is wrong.

        What is too large for that stays a failure; `--deep` reads it.
        """
        for pointers in sets:
            self._known_of(pointers)
        chosen: dict[str, dict[ObjectKey, None]] = {}
        left = MOST_BYTES_IN_DOUBT
        for asked, keys in self._doubts:
            left -= sum(asked.found[key].size_bytes or 0 for key in keys)
            if left >= 0:
                chosen.setdefault(asked.identity, {}).update(dict.fromkeys(keys))
        if chosen:
            from release.adapters.dvc.contents import read_objects

            lists = {identity: list(keys) for identity, keys in chosen.items()}
            read_objects(self._stores.asked(), lists, on_progress)
            self._judged.clear()
            self._known.clear()
        self._doubts.clear()

    def judged(self, pointers: PointerSet) -> Iterator[JudgedOut]:
        """Each out of a commit whose store answered, with what it needs and what is wrong."""
        cache = self._cache(pointers)
        for out in filter(is_wanted, pointers.outs):
            destination = self._destination(out, pointers.roots[out.subrepo])
            asked, remote = destination.asked, destination.remote
            if asked is None or remote is None or asked.trouble is not None:
                continue
            plain = out.is_dir and not remote.version_aware
            yield JudgedOut(
                out=out,
                asked=asked,
                remote=remote,
                cache=cache,
                needs=self._needs(out, asked, remote, cache),
                judged=self._judge(out, asked, remote, cache),
                listing=asked.list_directory(_key(out, asked), cache) if plain else None,
            )

    def needed(self, pointers: PointerSet) -> tuple[set[ObjectKey], list[str]]:
        """The objects of a commit, and why the list is not whole."""
        keys: set[ObjectKey] = set()
        faults = [problem.message for problem in pointers.problems if problem.kind in _HIDING]
        cache = self._cache(pointers)
        for out in (out for out in pointers.outs if out.cache and (out.oid or out.cloud)):
            destination = self._destination(out, pointers.roots[out.subrepo])
            asked, remote = destination.asked, destination.remote
            if asked is None or remote is None:
                keys.add(ObjectKey("", out.layout.value, out.oid or ""))
                faults += [f"{out.path} is a directory on no remote"] if out.is_dir else []
                continue
            keys |= {need.key for need in self._needs(out, asked, remote, cache)}
            if (
                out.is_dir
                and not remote.version_aware
                and asked.list_directory(_key(out, asked), cache).entries is None
            ):
                faults.append(f"the directory object of {out.path} could not be read from `{remote.name}`")
        return keys, faults

    def verdict(self, label: str, pointers: PointerSet) -> RevisionAudit:
        """What is known of one commit."""
        known = self._known_of(pointers)
        problems = (*pointers.problems, *known.problems)
        verdict = verdict_of(problems)
        whole = verdict is Verdict.OK and None not in known.sizes.values()
        return RevisionAudit(
            rev=label,
            commit=pointers.commit,
            verdict=verdict,
            pointers=sum(out.cache for out in pointers.outs),
            objects=len(known.sizes),
            total_bytes=sum(size or 0 for size in known.sizes.values()),
            excluded=pointers.excluded,
            problems=problems,
            remotes=tuple(known.remotes),
            digest=digest_of(line_of(key, size or 0) for key, size in known.sizes.items()) if whole else None,
            uses_dvc=pointers.uses_dvc,
        )

    def _known_of(self, pointers: PointerSet) -> _Known:
        key = (id(pointers.outs), tuple(pointers.roots.items()))
        if key not in self._known:
            self._known[key] = self._gather(pointers)
        return self._known[key]

    def _cache(self, pointers: PointerSet) -> LocalCache:
        key = tuple(pointers.roots.items())
        if key not in self._caches:
            self._caches[key] = self._stores.cache(pointers.roots)
        return self._caches[key]

    def _destination(self, out: Out, config: bytes) -> _Destination:
        key = (id(out), config)
        if key not in self._destinations:
            try:
                remote = self._stores.remote_of(out, config)
                self._destinations[key] = _Destination(remote, self._stores.open(remote) if remote else None)
            except (BadConfig, BadDvcSettings) as error:
                self._destinations[key] = _Destination(fault=error)
        return self._destinations[key]

    def _want(self, out: Out, asked: AskedStore, remote: RemoteSettings, cache: LocalCache) -> None:
        asked.wanted.update((need.key, None) for need in self._needs(out, asked, remote, cache))

    def _needs(self, out: Out, asked: AskedStore, remote: RemoteSettings, cache: LocalCache) -> list[Need]:
        key = (id(out), f"{remote.name}\0{asked.identity}")
        if key not in self._needed:
            if remote.version_aware:
                self._needed[key] = versioned_needs(out, asked.identity)[0]
            else:
                listing = asked.list_directory(_key(out, asked), cache).entries if out.is_dir else None
                self._needed[key] = list(needs(out, asked.identity, listing or ()))
        return self._needed[key]

    def _gather(self, pointers: PointerSet) -> _Known:
        known = _Known()
        cache = self._cache(pointers)
        counts: dict[tuple[str, str | None, int], list[_Destination]] = {}
        for out in pointers.outs:
            if not is_wanted(out):
                continue
            destination = self._destination(out, pointers.roots[out.subrepo])
            name = destination.remote.name if destination.remote else out.remote or self._stores.settings.remote
            counts.setdefault((out.subrepo, name, id(destination.asked)), []).append(destination)
            asked, remote = destination.asked, destination.remote
            if asked is None or remote is None or asked.trouble is not None:
                continue
            judged = self._judge(out, asked, remote, cache)
            known.sizes |= judged.sizes
            known.problems += judged.problems
            known.remotes[remote.name] = None
        for (root, name, _), destinations in counts.items():
            known.problems += self._remote_problems(root, name, destinations[0], len(destinations))
        return known

    def _judge(self, out: Out, asked: AskedStore, remote: RemoteSettings, cache: LocalCache) -> Judged:
        key = (id(out), f"{remote.name}\0{asked.identity}")
        if key in self._judged:
            return self._judged[key]
        name, wanted = remote.name, self._needs(out, asked, remote, cache)
        if remote.version_aware:
            judged = judge(out, wanted, asked.found, name)
            judged.problems += [not_pushed(out, path, name) for path in versioned_needs(out, asked.identity)[1]]
        elif out.oid is None:
            reason = f"{out.path} has version ids, but remote `{name}` is not version aware"
            judged = Judged(problems=[not_understood(out.pointer, reason, out.path)])
        elif out.is_dir:
            listing = asked.list_directory(_key(out, asked), cache)
            judged = judge_directory(out, listing, wanted, asked.found, name)
        else:
            judged = judge(out, wanted, asked.found, name)
        if judged.doubts:
            self._doubts.append((asked, judged.doubts))
        judged.problems = [_with_cache(problem, out, cache) for problem in judged.problems]
        self._judged[key] = judged
        return judged

    def _remote_problems(self, root: str, name: str | None, destination: _Destination, outs: int) -> Iterable[Problem]:
        remote, asked = destination.remote, destination.asked
        if isinstance(destination.fault, BadConfig):
            return [unreadable_config(root, str(destination.fault))]
        if destination.fault is not None:
            return [not_asked(root, name or "default", destination.fault, outs, forbidden=False)]
        if remote is None or asked is None:
            return [no_remote(root, name, outs)]
        problems = []
        if remote.local_only and self._stores.settings.remote is None:
            problems.append(local_only_remote(root, remote.name, outs))
        inside = self._inside(remote)
        if inside is not None:
            problems.append(in_tree_remote(root, remote.name, inside, self._config.audit.in_tree_remote))
        if asked.trouble is not None:
            forbidden = isinstance(asked.trouble, Forbidden)
            problems.append(not_asked(root, remote.name, asked.trouble, outs, forbidden=forbidden))
        return problems

    def _inside(self, remote: RemoteSettings) -> str | None:
        """The path from the git root of a store inside the work tree, None for every other."""
        path = "" if remote.folder is None else posixpath.realpath(remote.folder)
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else None


def _key(out: Out, asked: AskedStore) -> ObjectKey:
    return ObjectKey(asked.identity, out.layout.value, out.oid or "")


def _with_cache(problem: Problem, out: Out, cache: LocalCache) -> Problem:
    if problem.oid is None or out.layout is Layout.VERSION:
        return problem
    path = cache.path_of(ObjectKey("", out.layout.value, problem.oid))
    return replace(problem, in_cache=path is not None)
