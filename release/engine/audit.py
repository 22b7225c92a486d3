"""The audit: every object of a commit looked for on its remote."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import final

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit_rules import (
    Directory,
    Judged,
    Need,
    digest_of_objects,
    judge_directory,
    judge_out,
    needs_on,
    not_pushed,
    versioned_needs,
    with_left_out,
)
from release.core.check import Verdict
from release.core.config import AuditConfig, Config
from release.core.locate import PointerSet
from release.core.pointer import Layout, ObjectKey, Out
from release.core.problems import (
    Problem,
    ProblemKind,
    RevisionAudit,
    config_path,
    in_tree_remote,
    is_wanted,
    local_only_remote,
    no_remote,
    not_understood,
    nothing_known,
    relative_remote,
    remote_unanswered,
    submodule_absent,
    submodule_not_pushed,
    unreadable_config,
    verdict_of,
)
from release.core.shards import ReadingReport
from release.core.text import OnProgress, command_line, no_progress
from release.core.verification import NeededObjects, out_of_reach, with_hints
from release.dvc.contents import Depth, hash_file, read_contents, read_objects
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, DvcSettings, RemoteSettings
from release.dvc.pointers import PointerReader
from release.dvc.scan import root_of
from release.dvc.store import Forbidden
from release.dvc.stores import CachedStore, LocalCache, Stores
from release.engine.reading import Slice, read_slice
from release.errors import ReleaseError
from release.git.log import last_author
from release.git.objects import Grafted, LfsPointers, Objects
from release.git.process import Git

MOST_AUTHORS = 10  # of pointers; each lookup walks through history
_MOST_HASHED = 1 << 30


def with_upload_hints(
    audit: RevisionAudit, git: Git, push: str | None, *, authors: int = MOST_AUTHORS
) -> RevisionAudit:
    """Return the audit with help lines.

    `push` is the command where the local cache has the bytes (None: it was run already). If only the work tree has
    them, the help puts them back into the cache; otherwise it names the person who committed the pointer, for so many
    `authors` at most.
    """
    from release.system.environment import job_of  # an audit that finds nothing starts faster without it

    found = {path: last_author(git, audit.commit, path) for path in out_of_reach(audit)[:authors]}
    known = {path: author for path, author in found.items() if author is not None}
    lasts = job_of(git.environment) is None  # the work tree of a job is gone when its help is read
    return with_hints(audit, push, known, here=_in_work_tree(audit, git.folder) if known and lasts else ())


def _in_work_tree(audit: RevisionAudit, work_tree: Path) -> frozenset[str]:
    """Return the paths of lost objects whose bytes the work tree has; of `_MOST_HASHED` bytes, as this only helps."""
    left, here = _MOST_HASHED, set()
    for problem in audit.problems:
        left -= problem.size_bytes or 0
        if problem.kind is ProblemKind.MISSING and problem.in_cache is False and problem.oid and left >= 0:
            with suppress(OSError):
                path, layouts = work_tree / problem.path, (Layout.MD5, Layout.LEGACY)
                hashes = (hash_file(path, layout, lambda _: None) for layout in layouts)
                if path.stat().st_size == problem.size_bytes and any(problem.oid == each for each in hashes):
                    here.add(problem.path)
    return frozenset(here)


# Destinations of outs: the remote and store of each, and problems of these whatever they contain


class Destination(Struct, frozen=True):
    """The remote and store that must have an out's objects, or the reason why there is none."""

    remote: RemoteSettings | None = None
    asked: CachedStore | None = None
    fault: ReleaseError | BadDvcConfig | None = None


def remote_problems(
    root: str, name: str | None, outs: int, destination: Destination, settings: DvcSettings, config: AuditConfig
) -> list[Problem]:
    """Return the problems of a remote by name (None: the default one) of a DVC root, to which `outs` outs belong."""
    remote, asked = destination.remote, destination.asked
    if isinstance(destination.fault, BadDvcConfig):
        return [unreadable_config(root, str(destination.fault))]
    if destination.fault is not None:
        return [remote_unanswered(root, name or "default", destination.fault, outs, forbidden=False)]
    if remote is None or asked is None:
        return [no_remote(root, name, outs)]
    problems = []
    if remote.unshared is not None and settings.remote is None:
        problems.append(local_only_remote(root, remote.name, remote.url, remote.unshared, outs))
    inside = _inside(remote, settings)
    if inside is not None:
        problems.append(in_tree_remote(root, remote.name, inside, config.in_tree_remote))
    elif remote.relative is not None and remote.unshared is None:
        problems.append(relative_remote(root, remote.name, remote.url, remote.relative))
    if asked.trouble is not None:
        forbidden = isinstance(asked.trouble, Forbidden)
        problems.append(remote_unanswered(root, remote.name, asked.trouble, outs, forbidden=forbidden))
    return problems


def _inside(remote: RemoteSettings, settings: DvcSettings) -> str | None:
    """Return the path, from the git root, of a store inside the work tree; None for every other store."""
    path = "" if remote.folder is None else posixpath.realpath(remote.folder)
    root = posixpath.realpath(settings.git_root)
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else None


# Verdicts on the outs of all commits of an audit: each out judged once, each object checked once


class JudgedOut(Struct, frozen=True, kw_only=True):
    """An out with the objects it needs and the judgement on them. `listing`: of a directory out, else None."""

    out: Out
    asked: CachedStore
    remote: RemoteSettings
    cache: LocalCache
    needs: Sequence[Need]
    judged: Judged
    listing: Directory | None


# A pointer file that was not understood may name objects that were not counted.
_HIDING = frozenset({ProblemKind.UNREADABLE_POINTER, ProblemKind.UNSAFE_PATH, ProblemKind.UNKNOWN})


class _Known(Struct):
    """The stores' answers about one set of outs, shared by every commit that has this set."""

    sizes: dict[ObjectKey, int | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remotes: dict[str, None] = field(default_factory=dict)


class Audit:
    """The stores' answers for all commits.

    Outs of one pointer blob are the same object, so results are cached by the identity of the out.
    """

    def __init__(self, config: Config, stores: Stores) -> None:
        self._config = config
        self._stores = stores
        self._destinations: dict[tuple[int, bytes], Destination] = {}
        self._needed: dict[tuple[int, str], list[Need]] = {}
        self._judged: dict[tuple[int, str], Judged] = {}
        self._known: dict[tuple[int, tuple[tuple[str, bytes], ...]], _Known] = {}
        self._doubts: list[tuple[CachedStore, list[ObjectKey]]] = []

    def ask(self, sets: Iterable[PointerSet], on_progress: OnProgress) -> None:
        """Collect the objects that all sets need, then query each store once."""
        seen: set[tuple[int, bytes]] = set()
        for pointers in sets:
            for out, asked, remote, cache in self._stored(pointers):
                key = (id(out), pointers.roots[out.subrepo])
                if key not in seen:
                    seen.add(key)
                    asked.wanted.update((need.key, None) for need in self._needs(out, asked, remote, cache))
        for asked in self._stores.asked():
            asked.ask(on_progress)

    def is_unsafe(self, pointers: PointerSet) -> bool:
        """Return whether a commit has data at a path where nothing may be written."""
        problems = (*pointers.problems, *self._known_of(pointers).problems)
        return any(problem.kind is ProblemKind.UNSAFE_PATH for problem in problems)

    def doubts(self, sets: Iterable[PointerSet]) -> list[tuple[CachedStore, list[ObjectKey]]]:
        """Return the objects whose bytes would decide what is wrong, out by out; see `Judged.doubts`."""
        for pointers in sets:
            self._known_of(pointers)
        return self._doubts

    def judge_anew(self) -> None:
        """Judge again by what the stores have now."""
        self._judged.clear()
        self._known.clear()
        self._doubts.clear()

    def judged(self, pointers: PointerSet) -> Iterator[JudgedOut]:
        """Yield each out of a commit whose store answered, with its needs and problems."""
        for out, asked, remote, cache in self._stored(pointers):
            if asked.trouble is None:
                yield JudgedOut(
                    out=out,
                    asked=asked,
                    remote=remote,
                    cache=cache,
                    needs=self._needs(out, asked, remote, cache),
                    judged=self._judge(out, asked, remote, cache),
                    listing=_listing(out, asked, remote, cache),
                )

    def needs(self, pointers: PointerSet) -> Iterator[Need]:
        """Yield what the outs of a commit need of their stores."""
        for stored in self._stored(pointers):
            yield from self._needs(*stored)

    def needed(self, pointers: PointerSet) -> tuple[set[ObjectKey], list[str]]:
        """Return the objects of a commit, and the reasons why the set may be incomplete."""
        keys: set[ObjectKey] = set()
        faults = [problem.message for problem in pointers.problems if problem.kind in _HIDING]
        cache = self._stores.cache(pointers.roots)
        for out in (out for out in pointers.outs if out.cache and (out.oid or out.cloud)):
            destination = self._destination(out, pointers)
            asked, remote = destination.asked, destination.remote
            if asked is None or remote is None:
                keys.add(ObjectKey("", out.layout.value, out.oid or ""))
                faults += [f"{out.path} is a directory on no remote"] if out.is_dir else []
                continue
            keys |= {need.key for need in self._needs(out, asked, remote, cache)}
            listing = _listing(out, asked, remote, cache)
            if listing is not None and listing.entries is None:
                faults.append(f"the directory object of {out.path} could not be read from `{remote.name}`")
        return keys, faults

    def verdict(self, label: str, pointers: PointerSet) -> RevisionAudit:
        """Return the audit of one commit."""
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
            digest=digest_of_objects(known.sizes) if whole else None,
            uses_dvc=pointers.uses_dvc,
        )

    def _known_of(self, pointers: PointerSet) -> _Known:
        key = (id(pointers.outs), tuple(pointers.roots.items()))
        if key not in self._known:
            self._known[key] = self._gather(pointers)
        return self._known[key]

    def _stored(self, pointers: PointerSet) -> Iterator[tuple[Out, CachedStore, RemoteSettings, LocalCache]]:
        """Yield each out that must be on a store, with that store and the cache here."""
        cache = self._stores.cache(pointers.roots)
        for out in filter(is_wanted, pointers.outs):
            found = self._destination(out, pointers)
            if found.asked is not None and found.remote is not None:
                yield out, found.asked, found.remote, cache

    def _destination(self, out: Out, pointers: PointerSet) -> Destination:
        config = pointers.roots[out.subrepo]
        key = (id(out), config)
        if key not in self._destinations:
            try:
                remote = self._stores.remote_of(out, config)
                self._destinations[key] = Destination(remote, self._stores.open(remote) if remote else None)
            except (BadDvcConfig, BadDvcSettings) as error:
                self._destinations[key] = Destination(fault=error)
        return self._destinations[key]

    def _needs(self, out: Out, asked: CachedStore, remote: RemoteSettings, cache: LocalCache) -> list[Need]:
        key = (id(out), f"{remote.name}\0{asked.identity}")
        if key not in self._needed:
            listing = _listing(out, asked, remote, cache)
            entries = (listing.entries if listing is not None else None) or ()
            self._needed[key] = needs_on(out, asked.identity, version_aware=remote.version_aware, entries=entries)
        return self._needed[key]

    def _gather(self, pointers: PointerSet) -> _Known:
        known = _Known()
        groups: dict[tuple[str, str | None, int], list[Destination]] = {}
        for out in filter(is_wanted, pointers.outs):
            destination = self._destination(out, pointers)
            name = out.remote or self._stores.settings.remote
            if destination.remote is not None:
                name = destination.remote.name
            elif destination.fault is None:
                name = self._stores.missing_remote(out, pointers.roots[out.subrepo]) or name
            groups.setdefault((out.subrepo, name, id(destination.asked)), []).append(destination)
        for out in (out for out in pointers.outs if out.cache and not is_wanted(out)):
            missing = self._stores.missing_remote(out, pointers.roots[out.subrepo])
            if missing is not None:
                groups.setdefault((out.subrepo, missing, id(None)), []).append(Destination())
        for each in self.judged(pointers):
            known.sizes |= each.judged.sizes
            known.problems += each.judged.problems
            known.remotes[each.remote.name] = None
        settings, config = self._stores.settings, self._config.audit
        for (root, name, _), same in groups.items():
            known.problems += remote_problems(root, name, len(same), same[0], settings, config)
        for root in sorted(
            pointers.roots.keys() - {root for root, *_ in groups}
        ):  # DVC reads its settings all the same
            refusal = self._stores.refusal(root, pointers.roots[root])
            if refusal is not None:
                known.problems.append(unreadable_config(root, refusal))
        return known

    def _judge(self, out: Out, asked: CachedStore, remote: RemoteSettings, cache: LocalCache) -> Judged:
        key = (id(out), f"{remote.name}\0{asked.identity}")
        if key in self._judged:
            return self._judged[key]
        name, wanted = remote.name, self._needs(out, asked, remote, cache)
        listing = _listing(out, asked, remote, cache)
        if remote.version_aware:
            judged = judge_out(out, wanted, asked.found, name)
            judged.problems += [not_pushed(out, path, name) for path in versioned_needs(out, asked.identity)[1]]
        elif out.oid is None:
            reason = f"{out.path} has version ids, but remote `{name}` is not version aware"
            judged = Judged(problems=[not_understood(out.pointer, reason, out.path)])
        elif listing is not None:
            judged = judge_directory(out, listing, wanted, asked.found, name)
        else:
            judged = judge_out(out, wanted, asked.found, name)
        if judged.doubts:
            self._doubts.append((asked, judged.doubts))
        absent = asked.absent_folder() if judged.problems else None
        judged.problems = [_with_cache(problem, out, cache, absent) for problem in judged.problems]
        self._judged[key] = judged
        return judged


def _listing(out: Out, asked: CachedStore, remote: RemoteSettings, cache: LocalCache) -> Directory | None:
    """Return the listing of a directory out; None for every other out, and for a cloud-versioned one."""
    if not out.is_dir or remote.version_aware:
        return None
    return asked.list_directory(ObjectKey(asked.identity, out.layout.value, out.oid or ""), cache)


def _with_cache(problem: Problem, out: Out, cache: LocalCache, absent: str | None) -> Problem:
    if problem.oid is None or out.layout is Layout.VERSION:
        return problem
    path = cache.path_of(ObjectKey("", out.layout.value, problem.oid))
    return replace(problem, in_cache=path is not None, absent_folder=absent)


# Second check of an audit: what only the bytes can prove

MOST_BYTES = 4 << 30  # read without `--deep`
FEW_BYTES = 64 << 20  # the limit for commands that only show a status


def read_ambiguous(
    audit: Audit, stores: Stores, sets: Sequence[PointerSet], most_bytes: int, on_progress: OnProgress
) -> None:
    """Read the objects that only their bytes can prove, see `Judged.doubts`.

    Objects over the limit stay as they were judged; `--deep` reads them.
    """
    chosen: dict[str, dict[ObjectKey, None]] = {}
    left = most_bytes
    for asked, keys in audit.doubts(sets):
        size_bytes = sum(asked.found[key].size_bytes or 0 for key in keys)
        if size_bytes <= left:
            left -= size_bytes
            chosen.setdefault(asked.identity, {}).update(dict.fromkeys(keys))
    if chosen:
        keys_of = {identity: list(keys) for identity, keys in chosen.items()}
        read_objects(stores.asked(), keys_of, on_progress, most_bytes)  # the limit is for answers without a length
        audit.judge_anew()


# Submodules: their pointers that DVC reads as part of the repository around them, and whether a clone can get them


class Submodules:
    """The submodules of commits, read from their repositories in the work tree."""

    def __init__(self, objects: Objects, config: Config, dvc: DvcSettings) -> None:
        self._objects = objects
        self._config = config
        self._dvc = dvc
        self._inside: dict[str, Grafted] = {}
        self._sets: dict[tuple[str, str, tuple[tuple[str, bytes], ...]], PointerSet] = {}
        self._trouble: dict[tuple[str, str], Problem | None] = {}

    def close(self) -> None:
        """End the processes that read them."""
        for inside in self._inside.values():
            inside.close()

    def pointers(self, around: PointerSet) -> list[PointerSet]:
        """Return the pointers in the submodules of a commit, as pointers of the repository around them.

        A submodule that is a DVC repository itself is none of it.
        """
        found = []
        for path, commit in around.submodules:
            inside = self._opened(path, commit)
            if inside is None or root_of(path, around.roots) is None:
                continue
            if inside.entry(inside.tree_of(commit), ".dvc") is None:
                found.append(self._read(inside, path, commit, self._files_above(around, path)))
        return found

    def problems(self, around: PointerSet) -> Iterator[Problem]:
        """Yield a problem for each submodule that is not here, or whose commit no clone can get."""
        for path, commit in around.submodules:
            if (path, commit) not in self._trouble:
                self._trouble[path, commit] = self._check(path, commit)
            problem = self._trouble[path, commit]
            if problem is not None:
                yield problem

    def settled(self, problem: Problem, around: PointerSet) -> Problem | None:
        """Return the problem of a file that git lacks; None if it is in a submodule that has it."""
        inside = [each for each in around.submodules if problem.path.startswith(f"{each[0]}/")]
        if problem.kind is not ProblemKind.NOT_IN_GIT or not inside:
            return problem
        ((path, commit),) = inside
        below, objects = problem.path[len(path) + 1 :], self._opened(path, commit)
        if objects is not None and objects.entry(objects.tree_of(commit), below) is not None:
            return None
        return replace(
            problem, help=f"{command_line('git', '-C', path, 'add', '-f', below)}   (and commit it there and here)"
        )

    def _git(self, path: str) -> Git:
        return Git.from_environment(self._dvc.git_root / path, self._dvc.environment, on_terminal=False)

    def _opened(self, path: str, commit: str) -> Grafted | None:
        """Return the objects of a submodule; None if this commit is not here."""
        if path not in self._inside:
            if not os.path.lexists(self._dvc.git_root / path / ".git"):  # git would find the repository around it
                return None
            self._inside[path] = Grafted(self._git(path))
        found = self._inside[path].get(commit)
        return None if found is None else self._inside[path]

    def _files_above(self, around: PointerSet, path: str) -> dict[str, bytes]:
        """Return what DVC reads above a submodule: the ignore files, and the configuration of DVC roots."""
        tree, files = self._objects.tree_of(around.commit), {}
        parts = path.split("/")
        for folder in ("/".join(parts[:depth]) for depth in range(len(parts))):
            for name in (".dvcignore", ".gitignore"):
                file = posixpath.join(folder, name)
                entry = self._objects.entry(tree, file)
                blob = self._objects.get(entry.id) if entry is not None and not entry.is_link else None
                if blob is not None and blob.kind == "blob" and blob.content is not None:
                    files[file] = blob.content
            if folder in around.roots:
                files[config_path(folder)] = around.roots[folder]
        return files

    def _read(self, inside: Grafted, path: str, commit: str, files: dict[str, bytes]) -> PointerSet:
        key = (path, commit, tuple(files.items()))
        if key not in self._sets:
            try:
                found = PointerReader(inside).read(inside.graft(commit, path, files), self._config)
            except ReleaseError as error:
                found = PointerSet(commit="", problems=(replace(not_understood(path, error.message), help=error.help),))
            self._sets[key] = found
        return self._sets[key]

    def _check(self, path: str, commit: str) -> Problem | None:
        if self._opened(path, commit) is None:
            return submodule_absent(path, commit)
        git = self._git(path)
        unpushed = git.run("rev-list", "-n", "1", commit, "--not", "--remotes", ok=range(256))
        if unpushed.code == 0 and not unpushed.text:
            return None
        if unpushed.code or git.run("rev-parse", "--is-shallow-repository").text == "true":
            return submodule_absent(path, commit)  # its branches are not here
        on_branch = git.run("symbolic-ref", "-q", "HEAD", ok=(0, 1)).code == 0
        return submodule_not_pushed(path, commit, on_branch=on_branch)


# The audit: check that every object that commits need is on its remote, for many commits in one pass


def audit_revisions(
    objects: Objects,
    revisions: Sequence[tuple[str, str]],
    config: Config,
    dvc: DvcSettings,
    on_progress: OnProgress = no_progress,
    most_bytes: int = MOST_BYTES,
) -> list[RevisionAudit]:
    """Audit commits, given as (label, commit id); return one audit for each, in the same order.

    Each git blob is parsed once and each object is checked once, with one listing for each remote and layout.
    If a commit cannot be read, only its own audit fails. Writes nothing, and does not read the work tree.
    So many bytes are read where a size is in doubt.
    """
    with Auditing(objects, config, dvc, most_bytes) as auditing:
        return auditing.revisions(revisions, on_progress)


@final
class Auditing:
    """An audit that can answer further questions after its verdicts; its stores stay open until it is closed."""

    def __init__(self, objects: Objects, config: Config, dvc: DvcSettings, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._objects = objects
        self._config = config
        self._stores = Stores(dvc)
        self._audit = Audit(config, self._stores)
        self._lfs = LfsPointers(objects)
        self._submodules = Submodules(objects, config, dvc)
        self._sets: list[PointerSet] = []
        self.reading: ReadingReport | None = None  # of the last `revisions` with a slice

    def __enter__(self) -> Auditing:
        """Return the audit itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections of the stores, and end the processes of submodules."""
        self._stores.close()
        self._submodules.close()

    def revisions(
        self,
        revisions: Sequence[tuple[str, str]],
        on_progress: OnProgress = no_progress,
        depth: Depth | Slice | None = None,
        scopes: Mapping[str, tuple[str, ...]] | None = None,
    ) -> list[RevisionAudit]:
        """Return the verdicts on commits, given as (label, commit id), in the same order; see `audit_revisions`.

        With a `depth` the contents of objects are read as well. `scopes` has the paths of models by label; no paths:
        all data. Other labels have those of the configuration.
        """
        configs = {label: replace(self._config, only=paths) for label, paths in (scopes or {}).items()}
        reader = PointerReader(self._objects)
        reader.prefetch([commit for _, commit in revisions], self._config)
        read = [_read(reader, commit, configs.get(label, self._config)) for label, commit in revisions]
        own = [found for found in read if isinstance(found, PointerSet)]
        self._sets = [*own, *(inner for found in own for inner in self._submodules.pointers(found))]
        self._audit.ask(self._sets, on_progress)
        if isinstance(depth, Slice):
            self.reading = read_slice(self._stores.asked(), self._oldest_first(revisions, read), depth, on_progress)
        elif depth is not None:
            read_contents(self._stores.asked(), depth, on_progress)
        read_ambiguous(self._audit, self._stores, self._sets, self._most_bytes, on_progress)
        self._lfs.prefetch([found.commit for found in own], self._config.folder)
        return [
            self._verdict(label, found)
            if isinstance(found, PointerSet)
            else nothing_known(label, commit, replace(not_understood(label, found.message), help=found.help))
            for (label, commit), found in zip(revisions, read, strict=True)
        ]

    def _oldest_first(
        self, revisions: Sequence[tuple[str, str]], read: Sequence[PointerSet | ReleaseError]
    ) -> Iterator[list[Need]]:
        """Yield what each commit needs of the stores, in the order of the commits' dates, then of their labels."""
        sets = [
            (self._objects.committed_s(commit), label, found)
            for (label, commit), found in zip(revisions, read, strict=True)
            if isinstance(found, PointerSet)
        ]
        for _, _, found in sorted(sets, key=lambda one: one[:2]):
            all_sets = (found, *self._submodules.pointers(found))
            yield [need for each in all_sets for need in self._audit.needs(each)]

    def _verdict(self, label: str, pointers: PointerSet) -> RevisionAudit:
        audit = self._audit.verdict(label, pointers)
        if pointers.submodules:
            settled = (self._submodules.settled(problem, pointers) for problem in audit.problems)
            inner = (self._audit.verdict(label, each).problems for each in self._submodules.pointers(pointers))
            found = (
                *(problem for problem in settled if problem is not None),
                *(problem for problems in inner for problem in problems),
                *self._submodules.problems(pointers),
            )
            audit = replace(audit, problems=found, verdict=verdict_of(found))
        return with_left_out(audit, self._lfs.of(pointers.commit, self._config.folder), self._config.audit.lfs)

    def needed(self, revisions: Sequence[tuple[str, str]]) -> NeededObjects:
        """Return every object that commits need, wherever it is stored; see `NeededObjects`."""
        reader = PointerReader(self._objects)
        reader.prefetch([commit for _, commit in revisions], self._config)
        keys: set[ObjectKey] = set()
        faults: dict[str, None] = {}
        for label, commit in revisions:
            found = _read(reader, commit, self._config)
            if isinstance(found, PointerSet):
                more, bad = self._audit.needed(found)
                keys |= more
                faults |= dict.fromkeys(f"{label}: {fault}" for fault in bad)
            else:
                faults[f"{label}: {found.message}"] = None
        return NeededObjects(keys=frozenset(keys), faults=tuple(faults))

    def judged(self) -> Iterator[JudgedOut]:
        """Yield every out whose store answered, each once; skip commits with an unsafe path."""
        seen: set[tuple[int, str]] = set()
        for pointers in (each for each in self._sets if not self._audit.is_unsafe(each)):
            for judged in self._audit.judged(pointers):
                key = (id(judged.out), judged.asked.identity)
                if key not in seen:
                    seen.add(key)
                    yield judged


def _read(reader: PointerReader, commit: str, config: Config) -> PointerSet | ReleaseError:
    try:
        return reader.read(commit, config)
    except ReleaseError as error:
        return error
