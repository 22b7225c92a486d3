"""Uploads of data that only the local cache has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit_rules import Need
from release.core.check import CheckName
from release.core.config import for_models
from release.core.pointer import Layout, ObjectKey
from release.core.release import BumpPlan, BumpRequest
from release.core.text import OnProgress, many, no_progress, size
from release.core.verification import (
    Upload,
    Uploaded,
    Uploads,
    can_be_pushed,
    is_content_missing,
    is_missing_on_remote,
    with_uploads,
)
from release.dvc.contents import hash_file
from release.dvc.store import FolderStore
from release.dvc.stores import Store
from release.engine.audit import Auditing, JudgedOut
from release.engine.project import Project
from release.errors import Cancelled, ReleaseError
from release.git.objects import Objects

_WORKERS = 4


class PushPlan(Struct):
    """The objects to upload, with their sources; `uploads` describes them."""

    uploads: Uploads
    sources: dict[ObjectKey, tuple[Path, Store]]


def plan_uploads(auditing: Auditing, on_progress: OnProgress = no_progress) -> PushPlan:
    """Return what the revisions of an audit lack and the local cache has, content checked. Changes nothing."""
    search = _Search(on_progress)
    for judged in auditing.judged():
        if judged.judged.problems:
            search.look_at(judged)
    uploads = Uploads(
        ready=tuple(search.ready.values()),
        lost=tuple(search.lost.values()),
        damaged=tuple(search.damaged.values()),
        held=tuple(search.held.values()),
    )
    return PushPlan(uploads, search.sources)


def upload(plan: PushPlan, on_progress: OnProgress = no_progress) -> Uploaded:
    """Upload every object to its remote, files before the directory objects that list them.

    The first error of a remote stops the upload to that remote; objects already uploaded stay, and are
    complete. Ctrl-C stops within an object, which then does not appear on the remote: raises Cancelled.
    """
    done: list[Upload] = []
    faults: dict[str, str] = {}
    for directories in (False, True):
        by_store: dict[str, list[Upload]] = {}
        for each in plan.uploads.ready:
            if each.key.is_dir is directories and each.key.remote not in faults:
                by_store.setdefault(each.key.remote, []).append(each)
        for identity, uploads in by_store.items():
            fault = _put_all(plan, uploads, done, on_progress)
            if fault is not None:
                faults[identity] = fault
    return Uploaded(planned=plan.uploads, done=tuple(done), faults=tuple(faults.values()))


def _put_all(plan: PushPlan, uploads: list[Upload], done: list[Upload], on_progress: OnProgress) -> str | None:
    """Upload to one remote, adding to `done`; return the error that stopped it, None if all was uploaded."""
    from concurrent.futures import ThreadPoolExecutor  # a release that uploads nothing starts faster without it

    def put(one: Upload) -> Upload:
        source, store = plan.sources[one.key]
        store.upload(one.key, source)
        return one

    workers = 1 if isinstance(plan.sources[uploads[0].key][1], FolderStore) else _WORKERS
    pool = ThreadPoolExecutor(workers, "upload")
    size_bytes = sum(each.size_bytes for each in done)
    try:
        for one in pool.map(put, uploads):
            done.append(one)
            size_bytes += one.size_bytes
            what = f"uploading to {one.remote}, {size(size_bytes)} of {size(plan.uploads.size_bytes)}"
            on_progress(what, len(done), len(plan.uploads.ready))
    except ReleaseError as error:
        return error.message
    except KeyboardInterrupt:
        plan.sources[uploads[0].key][1].stop()
        kept = f"{many(len(done), 'object')} uploaded before that remain" if done else "nothing was uploaded"
        raise Cancelled(f"cancelled in the middle of an upload; {kept}") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return None


class _Search(Struct):
    """The missing objects, each inspected once."""

    on_progress: OnProgress
    ready: dict[ObjectKey, Upload] = field(default_factory=dict)
    sources: dict[ObjectKey, tuple[Path, Store]] = field(default_factory=dict)
    lost: dict[ObjectKey, str] = field(default_factory=dict)
    damaged: dict[ObjectKey, str] = field(default_factory=dict)
    held: dict[ObjectKey, str] = field(default_factory=dict)

    def look_at(self, judged: JudgedOut) -> None:
        """Sort the objects of an out: already there, ready to upload, lost or damaged."""
        body: Need | None = None
        out_of_reach = False
        for need in judged.needs:
            if need.key.is_dir:
                body = need
            else:
                out_of_reach |= not self._look_for(need, judged)
        if body is None:
            return
        stored = judged.asked.found.get(body.key)
        if is_content_missing(body, judged.listing, stored):
            if out_of_reach:
                self.held[body.key] = body.path
            else:
                self._take(body, judged, f"the directory object of {body.path}")

    def _look_for(self, need: Need, judged: JudgedOut) -> bool:
        """Return whether the object is on the remote or can be uploaded."""
        if need.key in self.ready:
            return True
        if need.key in self.lost or need.key in self.damaged:
            return False
        stored = judged.asked.found.get(need.key)
        path = judged.cache.path_of(need.key)
        if not is_missing_on_remote(need, stored, _size_of(path)):
            return True
        return self._take(need, judged, need.path)

    def _take(self, need: Need, judged: JudgedOut, name: str) -> bool:
        source, store = judged.cache.path_of(need.key), judged.asked.store
        if source is None or store is None:
            self.lost[need.key] = name
            return False
        self.on_progress("checking what to upload", len(self.ready), None)
        if not _is_whole(source, need.key):
            # If the remote has any object of this name, the size of a damaged local copy proves nothing about it.
            if need.key not in judged.asked.found:
                self.damaged[need.key] = name
            return need.key in judged.asked.found
        self.ready[need.key] = Upload(
            key=need.key,
            path=name,
            remote=judged.remote.name,
            size_bytes=_size_of(source) or 0,
            replaces=need.key in judged.asked.found,
        )
        self.sources[need.key] = (source, store)
        return True


def _size_of(path: Path | None) -> int | None:
    try:
        return None if path is None else path.stat().st_size
    except OSError:
        return None


def _is_whole(source: Path, key: ObjectKey) -> bool:
    """Return whether the bytes match the digest in the object's name."""
    layout = Layout.LEGACY if key.layout == Layout.LEGACY.value else Layout.MD5
    try:
        return hash_file(source, layout, lambda _: None) == key.oid.removesuffix(".dir")
    except OSError:
        return False


# Upload of data that only the local cache has, so that a release can be made


Offer = Callable[[BumpPlan, Uploads], bool]  # asks whether data may be uploaded that `--push-data` did not request


def is_asked_for(request: BumpRequest, project: Project) -> bool:
    """Return whether data is uploaded without a question."""
    return project.config.push_data if request.push_data is None else request.push_data


def upload_missing(
    request: BumpRequest, project: Project, plan: BumpPlan, offer: Offer, on_progress: OnProgress
) -> Uploaded | None:
    """Upload what a refused plan lacks, if nothing else blocks it; None if nothing was uploaded.

    A release that would still be refused uploads nothing.
    """
    if not _misses_only_data(plan):
        return None
    with Objects(project.repository.git) as objects, _audited(objects, project, plan) as auditing:
        planned = plan_uploads(auditing, on_progress)
        if not planned.uploads.whole:
            return None
        if not is_asked_for(request, project) and not offer(plan, planned.uploads):
            return None
        return upload(planned, on_progress)


def as_if_uploaded(project: Project, plan: BumpPlan) -> BumpPlan:
    """Return the plan as after an upload, if an upload would be enough."""
    if not _misses_only_data(plan):
        return plan
    with Objects(project.repository.git) as objects, _audited(objects, project, plan) as auditing:
        uploads = plan_uploads(auditing).uploads
    return replace(plan, checks=with_uploads(plan.checks, uploads)) if uploads.whole else plan


def noted(plan: BumpPlan, uploaded: Uploaded) -> BumpPlan:
    """Return a plan made after an upload, with a note about it."""
    done = replace(uploaded.planned, ready=uploaded.done)
    return replace(plan, notes=(*plan.notes, f"{done.words} uploaded from your cache", *uploaded.faults))


def stays(uploaded: Uploaded) -> str:
    """Return the words for an upload without a release: `1 object (9.0 kB) uploaded before that stays on `storage``."""
    done = replace(uploaded.planned, ready=uploaded.done)
    where = " and ".join(dict.fromkeys(f"`{each.remote}`" for each in uploaded.done))
    return f"{done.words} uploaded before that {'stays' if len(uploaded.done) == 1 else 'stay'} on {where}"


def _misses_only_data(plan: BumpPlan) -> bool:
    blocking = {check.name for check in plan.checks if check.blocks}
    return blocking == {CheckName.DATA_ON_REMOTE} and plan.audit is not None and can_be_pushed(plan.audit)


def _audited(objects: Objects, project: Project, plan: BumpPlan) -> Auditing:
    auditing = Auditing(objects, for_models(project.config, plan.models), project.dvc)
    auditing.revisions([("HEAD", plan.base)])
    return auditing
