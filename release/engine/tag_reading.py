"""Tags and revisions: what a word names, what a tag attests, what differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.config import BadConfig, Config, configured, parse_config
from release.core.metrics import ValueFile
from release.core.problems import RevisionAudit
from release.core.tag_message import TagSignature, Trailers, parse_object
from release.core.tags import ChainBreak, Signature, TagRef, chain_breaks, describe_broken, metrics_fit, way_out
from release.core.text import nearest, quote
from release.core.verification import (
    DataCheck,
    Known,
    Verified,
    compare_digest,
    digest_mismatch,
    not_comparable,
    with_promise,
    with_watch,
)
from release.core.version import TagFormat, parse_semver
from release.dvc.inventory import Inventory
from release.dvc.pointers import PointerReader
from release.engine.metric_history import MetricHistory
from release.engine.project import Access, Project
from release.engine.values import CachedMetrics, prepare_values, read_values
from release.errors import Refused, ReleaseError, Unknown, UsageError
from release.git.objects import ObjectMissing, Objects
from release.git.process import Running
from release.git.refs import local_tags, parse_date, remote_refs, resolve_commit, start_asking
from release.git.signatures import read_signatures

_PATIENCE_S = 5.0  # read-only commands do not wait longer for an unreachable host


class RemoteTags(Struct, frozen=True, kw_only=True):
    """The remote's tags by name; `tags` None: not queried, or no answer, for the reason in `trouble`."""

    tags: Mapping[str, TagRef] | None = None
    trouble: str | None = None


class RemoteTagQuery:
    """A running query; `answer` waits for it, a few seconds at most."""

    def __init__(self, remote: str, running: Running | None) -> None:
        self._remote = remote
        self._running = running

    def answer(self) -> RemoteTags:
        """Return the remote's tags."""
        if self._running is None:
            return RemoteTags()
        self._running.ask_limit_s = min(self._running.ask_limit_s, _PATIENCE_S)
        try:
            tags = remote_refs(self._running, self._remote).tags
        except Unknown as error:
            return RemoteTags(trouble=error.message)
        return RemoteTags(tags={tag.name: tag for tag in tags})


@contextmanager
def asking_for_tags(project: Project, *, ask: bool) -> Iterator[RemoteTagQuery]:
    """Start the query, and stop its process at the end. A repository without that remote is not queried."""
    remote = project.config.git_remote
    if not ask or remote not in project.repository.settings.remotes:
        yield RemoteTagQuery(remote, None)
        return
    running = start_asking(project.repository.git, remote)
    try:
        yield RemoteTagQuery(remote, running)
    finally:
        running.stop()


# A revision as the user writes it: a tag, a version, a branch or a commit


class UnknownRevision(UsageError):
    """A word that names no commit here."""


class BrokenTag(Refused):
    """A requested tag that exists here but cannot be read."""


def readable(tag: TagRef | None) -> TagRef | None:
    """Return the tag unchanged. Raises BrokenTag."""
    if tag is not None and tag.broken:
        raise BrokenTag(describe_broken(tag), help=way_out(tag))
    return tag


def find_revision(project: Project, word: str) -> tuple[str, str]:
    """Return the name of a revision and its commit; tags come before branches of the same name.

    Raises UnknownRevision, BrokenTag.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    tag = readable(named_tag(word, tags, project.config.tag_format))
    if tag is not None and tag.commit_id is not None:
        return tag.name, tag.commit_id
    commit = resolve_commit(git, word) if "\n" not in word and "\0" not in word else None
    if commit is None:
        near = nearest(word, sorted(tags))
        hint = f"{quote(near)} is the nearest tag here; " if near else ""
        raise UnknownRevision(f"{word} names no commit here", help=f"{hint}release fetch brings what others released")
    return word, commit


def named_tag(word: str, tags: dict[str, TagRef], tag_format: TagFormat) -> TagRef | None:
    """Return the tag with that name or version; None if there is none."""
    if word in tags:
        return tags[word]
    version = parse_semver(word.removeprefix("v"))
    if version is None:
        return None
    return next((tag for tag in tags.values() if tag_format.parse(tag.name) == version), None)


# Text of a tag object and its commit: tagger, message, subject


def tagger_and_text(objects: Objects, ref: TagRef) -> tuple[Signature | None, str]:
    """Return tagger and message; None and "" for a lightweight tag."""
    if not ref.annotated:
        return None, ""
    head, _, message = objects.read(ref.object_id).partition(b"\n\n")
    lines = (line[7:] for line in head.split(b"\n") if line.startswith(b"tagger "))
    line = next(lines, b"").decode("utf-8", "replace")
    return _signature(line), message.decode("utf-8", "replace")


def subject_of(objects: Objects, commit: str) -> str:
    """Return the first line of a commit's message."""
    message = objects.read(commit).partition(b"\n\n")[2].lstrip(b"\n")
    return message.split(b"\n", 1)[0].decode("utf-8", "replace")


def _signature(line: str) -> Signature | None:
    """Parse `Name <email> 1700000000 +0100`; None if it has another form."""
    name, open_, rest = line.partition("<")
    email, close, when = rest.rpartition(">")
    date = parse_date(when.strip()) if open_ and close else None
    return None if date is None else Signature(name=name.strip(), email=email.strip(), when=date)


# Checks of tags against later releases (replaced tags) and against the metrics of their commit


def watch_tags(objects: Objects, tags: Iterable[TagRef]) -> tuple[ChainBreak, ...]:
    """Return every tag that is not the object that a later release recorded; reads all tag objects at once."""
    known = tuple(tags)
    annotated = [tag for tag in known if tag.annotated]
    said: list[tuple[str, Trailers]] = []
    for tag, found in zip(annotated, objects.get_many([tag.object_id for tag in annotated]), strict=True):
        if found is None or found.kind != "tag":
            continue
        trailers = parse_object(found.data).trailers
        if trailers is not None:
            said.append((tag.name, trailers))
    return chain_breaks(known, said)


def numbers_changed(
    project: Project, objects: Objects, commit: str, said: Trailers, files: tuple[ValueFile, ...], kept: CachedMetrics
) -> str | None:
    """Return why the metrics of a release differ from the digest in its tag; None if they do not.

    `files` are the commit's metric files by today's configuration. If they do not match, those by the
    commit's own configuration and by the defaults are compared. None also if the commit is incomplete here.
    """
    if metrics_fit(said, files):
        return None
    try:
        if any(
            metrics_fit(said, read_values(objects, commit, then, kept).metrics)
            for then in _configs(project, objects, commit)
        ):
            return None
    except ObjectMissing:
        return None
    return "the metric files of the commit are not those that the tag swears to (Release-Metrics)"


def own_config(project: Project, objects: Objects, commit: str) -> Config | None:
    """Return the commit's own configuration, in the folder of today's; None if it has none that can be read.

    Raises ObjectMissing.
    """
    tree, folder = objects.tree_of(commit), project.config.folder

    def read(path: str) -> bytes | None:
        entry = objects.entry(tree, path)
        return None if entry is None or entry.is_tree or entry.is_link else objects.read(entry.id)

    try:
        found = configured(folder, read)
        return None if found is None else parse_config(found[0], source=found[1], folder=folder)
    except BadConfig:
        return None


def _configs(project: Project, objects: Objects, commit: str) -> Iterator[Config]:
    """Return the configurations that a release of the commit may have had: its own, and the defaults."""
    own = own_config(project, objects, commit)
    if own is not None:
        yield own
    yield replace(project.config, metrics=None)
    yield Config()


# A tag's data compared with its `Release-Digest`, using local information only; contacts no DVC remote


class DigestCheck:
    """Digest checks of one command; information that releases share is read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known = Inventory(project.dvc)

    def prepare(self, objects: Objects, commits: Sequence[str]) -> None:
        """Read the pointers of many commits in few git calls."""
        PointerReader(objects).prefetch(commits, self._project.config)

    def hold(self, objects: Objects, tag: TagRef, said: Trailers | None) -> DataCheck:
        """Whether the data of its commit is what it swears to; see `held`.

        Uses today's configuration, then the commit's own, which may exclude other paths. If neither excludes
        as many paths as the tag says, the digests cannot be compared.
        """
        if said is None or said.digest is None or tag.commit_id is None:
            return compare_digest(tag.name, None, Known())
        excluded = 0
        worst = None
        try:
            for config in self._configs(objects, tag.commit_id):
                pointers = PointerReader(objects).read(tag.commit_id, config)
                excluded = excluded or len(pointers.excluded)
                if len(pointers.excluded) != said.excluded:
                    continue
                found = compare_digest(tag.name, said, self._known.of(pointers))
                if found.verdict is Verdict.OK:
                    return found
                if worst is None or found.verdict is Verdict.UNKNOWN:
                    worst = found
        except ReleaseError as error:  # an incomplete commit
            return digest_mismatch(tag.name, error.message)
        return worst or digest_mismatch(tag.name, not_comparable(tag.name, said, excluded))

    def _configs(self, objects: Objects, commit: str) -> Iterator[Config]:
        """Yield today's configuration, then the commit's own if it excludes other paths."""
        seen = self._project.config
        yield seen
        config = own_config(self._project, objects, commit)
        if config is not None and config.audit != seen.audit:
            yield config


def excluded_by_its_own(project: Project, objects: Objects, commit: str) -> tuple[str, ...] | None:
    """Return the paths that a commit's own configuration excludes; None if it has none, or it cannot be read."""
    with suppress(ReleaseError):
        config = own_config(project, objects, commit)
        return None if config is None else PointerReader(objects).read(commit, config).excluded
    return None


# Attestations of release tags: trailers, checked against later releases, the signature and the metric digest


class TagAttestation(Struct, frozen=True, kw_only=True):
    """The attestation of a tag, with the results of its checks. Empty for a revision that is not a tag."""

    promise: Trailers | None = None
    breaks: tuple[ChainBreak, ...] = ()
    signature: TagSignature | None = None
    numbers: str | None = None

    def verified(
        self, audit: RevisionAudit, *, by_itself: bool, excluded_then: tuple[str, ...] | None = None
    ) -> Verified:
        """Return the audit with the results added. The attestation applies only to the tag's own remote, not a mirror.

        See `with_promise`.
        """
        promised = with_promise(audit, audit.rev, self.promise, excluded_then) if by_itself else audit
        return Verified(audit=with_watch(promised, self.breaks, self.signature, self.numbers), signature=self.signature)

    def differs(self, audit: RevisionAudit) -> bool:
        """Return whether the audit's digest differs from the attested one."""
        return (
            self.promise is not None
            and None not in (audit.digest, self.promise.digest)
            and (audit.digest != self.promise.digest)
        )


def read_attestation(
    project: Project, objects: Objects, asked: Sequence[TagRef | None], tags: Mapping[str, TagRef]
) -> list[TagAttestation]:
    """Return the attestation of each requested tag (None: no tag); `tags` are all local tags by name."""
    refs = [tag for tag in asked if tag is not None]
    if not refs:
        return [TagAttestation() for _ in asked]
    promises = _promises(objects, asked)
    breaks = watch_tags(objects, tags.values())
    signatures = read_signatures(project.repository, objects, refs)
    kept = CachedMetrics(project, Access.EVERYWHERE)
    prepare_values(objects, [tag.commit_id for tag in refs if tag.commit_id is not None])
    both = [(tag, said) for tag, said in zip(asked, promises, strict=True) if tag and said and said.metrics_digest]
    if len(both) > 1:  # DVC-tracked metrics are fetched for all tags in one step
        MetricHistory(objects, project.config, kept).metrics(tag.commit_id for tag, _ in both if tag.commit_id)
    return [
        TagAttestation()
        if tag is None
        else TagAttestation(
            promise=promise,
            breaks=tuple(one for one in breaks if one.tag == tag.name),
            signature=signatures[tag.name],
            numbers=_numbers(project, objects, tag, promise, kept),
        )
        for tag, promise in zip(asked, promises, strict=True)
    ]


def suspicious_tags(project: Project, objects: Objects, tags: Sequence[TagRef]) -> dict[str, tuple[str, ...]]:
    """Return by tag name how commits differ from their attestations, one sentence each. Contacts no DVC remote."""
    kept, data = CachedMetrics(project, Access.HERE), DigestCheck(project)
    commits = [tag.commit_id for tag in tags if tag.commit_id is not None]
    prepare_values(objects, commits)
    data.prepare(objects, commits)
    found = {}
    for tag, promise in zip(tags, _promises(objects, tags), strict=True):
        numbers = _numbers(project, objects, tag, promise, kept)
        check = data.hold(objects, tag, promise)
        words = [] if numbers is None else [f"{tag.name}: {numbers}"]
        words += [check.message] if check.differs else []
        if words:
            found[tag.name] = tuple(words)
    return found


def _numbers(
    project: Project, objects: Objects, tag: TagRef, promise: Trailers | None, kept: CachedMetrics
) -> str | None:
    if promise is None or promise.metrics_digest is None or tag.commit_id is None:
        return None
    try:
        files = read_values(objects, tag.commit_id, project.config, kept).metrics
    except ObjectMissing:  # reported by the audit
        return None
    return numbers_changed(project, objects, tag.commit_id, promise, files, kept)


def _promises(objects: Objects, tags: Sequence[TagRef | None]) -> list[Trailers | None]:
    annotated = [tag.object_id for tag in tags if tag is not None and tag.annotated]
    found = dict(zip(annotated, objects.get_many(annotated), strict=True)) if annotated else {}
    promises: list[Trailers | None] = []
    for tag in tags:
        raw = found.get(tag.object_id) if tag is not None else None
        promises.append(parse_object(raw.data).trailers if raw is not None else None)
    return promises
