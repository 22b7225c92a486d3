"""Tags and revisions: what a word names, what a tag attests, what differs from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import (
    OWN_CONFIG,
    SHARED_CONFIG,
    BadConfig,
    Config,
    configured,
    may_release,
    of_tag,
    parse_config,
)
from release.core.problems import RevisionAudit
from release.core.stages import deregistered, in_stage, own_model, stage_of, version_at
from release.core.tag_message import Trailers, parse_object
from release.core.tags import (
    WITHDRAWING,
    YANKED,
    ChainBreak,
    DatedTag,
    Releases,
    RemoteRefs,
    Signature,
    TagRef,
    Withdrawal,
    chain_breaks,
    describe_broken,
    metrics_fit,
    read_withdrawals,
    release_tags,
    tag_of_version,
    way_out,
    with_withdrawals,
)
from release.core.text import nearest, quote
from release.core.version import TagForm, TagFormat, tag_prefix
from release.engine.project import Access, Project
from release.engine.values import CachedMetrics, MetricHistory, prepare_values, read_values
from release.errors import NotFound, Refused, ReleaseError, Unknown
from release.git.log import messages_with
from release.git.objects import ObjectMissing, Objects
from release.git.process import Git, Running
from release.git.refs import (
    fetch_objects,
    have_commits,
    local_tags,
    parse_date,
    read_tags,
    remote_refs,
    resolve_commit,
    start_asking,
)
from release.git.signatures import read_signatures
from release.system.config_file import find_config

if TYPE_CHECKING:
    from release.core.verification import Verified

_PATIENCE_S = 5.0  # read-only commands do not wait longer for an unreachable host


class RemoteTags(Struct, frozen=True, kw_only=True):
    """The remote's tags by name; `tags` None: not queried, or no answer, for the reason in `trouble`."""

    tags: Mapping[str, TagRef] | None = None
    trouble: str | None = None


@contextmanager
def asking_for_tags(project: Project, *, ask: bool) -> Iterator[Callable[[], RemoteTags]]:
    """Start the query, and stop its process at the end. A repository without that remote is not queried.

    The callable waits for the answer, a few seconds at most.
    """
    remote = project.config.git_remote
    if not ask or remote not in project.repository.settings.remotes:
        yield RemoteTags
        return
    running = start_asking(project.repository.git, remote)

    def answer() -> RemoteTags:
        running.ask_limit_s = min(running.ask_limit_s, _PATIENCE_S)
        try:
            return RemoteTags(tags={tag.name: tag for tag in remote_refs(running, remote).tags})
        except Unknown as error:
            return RemoteTags(trouble=error.message)

    try:
        yield answer
    finally:
        running.stop()


def ask_remotes(git: Git, names: Iterable[str]) -> tuple[dict[str, RemoteRefs], dict[str, str]]:
    """Query all these remotes at once; return the refs of those that answered, and the errors of the others."""
    asking = {name: start_asking(git, name) for name in names}
    answers = {name: _answer(running, name) for name, running in asking.items()}
    heard = {name: answer for name, answer in answers.items() if isinstance(answer, RemoteRefs)}
    return heard, {name: answer for name, answer in answers.items() if isinstance(answer, str)}


def _answer(running: Running, name: str) -> RemoteRefs | str:
    try:
        return remote_refs(running, name)
    except Unknown as error:
        return error.message


# The releases among the tags


def read_releases(project: Project, tags: Iterable[TagRef]) -> Releases:
    """Return the releases of the project; tags of other projects that the repository configures are left out."""
    config, known = project.config, tuple(tags)
    found = release_tags(known, config.tag_format, config.ignore_tags)
    if found.elsewhere or any(release.form >= TagForm.BARE for release in found.all):
        found = release_tags(known, config.tag_format, config.ignore_tags, _other_formats(project))
    said = withdrawals(project, known)
    if config.model is not None and any(
        tag.name.startswith(config.tag_format.prefix) and "!" in tag.name for tag in known
    ):
        name = config.tag_format.prefix.removesuffix("@v")
        said = {**deregistered(name, read_tags(project.repository.git)), **said}
    return with_withdrawals(found, said)


def withdrawals(project: Project, tags: Iterable[TagRef]) -> Mapping[tuple[str, str], Withdrawal]:
    """Return the yanked and undone releases, by commits and by marking tags here.

    Commits of HEAD and of the git remote's release branches count: others may push any other branch.
    """
    git = project.repository.git
    marks = [tag.object_id for tag in tags if tag.name.startswith(YANKED) and tag.annotated]
    said = messages_with(git, WITHDRAWING, "HEAD", f"--remotes={project.config.git_remote}")
    if said:
        said = messages_with(git, WITHDRAWING, "HEAD", *_release_branches(project))
    if marks:
        with Objects(git) as objects:
            found = objects.get_many(marks)
        read = [(id, each.content) for id, each in zip(marks, found, strict=True) if each is not None and each.content]
        texts = [(id, data.partition(b"\n\n")[2].decode("utf-8", "replace")) for id, data in read]
        # A marking tag counts as long as it is there, whatever commits say; only an undone release is more than yanked.
        by_commit = read_withdrawals(said)
        undone = {key: each for key, each in by_commit.items() if each.undone}
        return {**by_commit, **read_withdrawals(texts), **undone}
    return read_withdrawals(said)


def _release_branches(project: Project) -> list[str]:
    """Return the refs of the git remote's branches that may make final releases, as this clone knows them."""
    place = f"refs/remotes/{project.config.git_remote}/"
    listing = project.repository.git.run("for-each-ref", "--format=%(refname)%00%(symref)", place).text
    found = dict(line.split("\0") for line in listing.splitlines())
    default = found.get(f"{place}HEAD", "").removeprefix(place)
    names = (ref.removeprefix(place) for ref in found if ref != f"{place}HEAD")
    return [f"{place}{name}" for name in names if may_release(project.config, name, default)]


def with_undone_there(project: Project, git: Git, there: RemoteRefs, releases: Releases) -> Releases:
    """Return the releases with those that the remote's release branches say are undone, fetched or not.

    Only tags that the remote lacks can be undone. `git` writes to a scratch store: commits that the clone lacks are
    fetched there. If the remote does not send them, nothing is known.
    """
    known, start = {tag.name for tag in there.tags}, "refs/heads/"
    if all(each.withdrawn is not None or each.name in known for each in releases.all):
        return releases
    heads = {ref.removeprefix(start): tip for ref, tip in there.refs.items() if ref.startswith(start)}
    tips = {name: tip for name, tip in heads.items() if may_release(project.config, name, there.default_branch)}
    have = have_commits(git, [*tips.values()])
    lacking = [f"{start}{name}" for name, tip in tips.items() if tip not in have]
    try:
        if lacking:
            fetch_objects(git, project.config.git_remote, *lacking)
    except Unknown:
        return releases
    return _with_undone(releases, known, messages_with(git, WITHDRAWING, *tips.values()) if tips else ())


def _with_undone(releases: Releases, there: Collection[str], said: Iterable[tuple[str, str]]) -> Releases:
    undone = {key: each for key, each in read_withdrawals(said).items() if each.undone}
    found = with_withdrawals(releases, undone).all
    pairs = zip(releases.all, found, strict=True)
    marked = tuple(old if old.withdrawn is not None or old.name in there else new for old, new in pairs)
    known = {(each.tag, each.object_id) for each in releases.undone}
    more = (each for key, each in undone.items() if key not in known)
    return replace(releases, all=marked, undone=(*releases.undone, *more))


def _other_formats(project: Project) -> tuple[TagFormat, ...]:
    """Return the tag formats of other projects. Tags `v1.2.3` and `1.2.3` are the root's, configured or not."""
    git, root = project.repository.git, project.repository.work_tree.resolve()
    patterns = (f":(top,glob)**/{name}" for name in (OWN_CONFIG, SHARED_CONFIG))
    listing = git.run("ls-files", "-z", "--full-name", "--", *patterns).out.decode("utf-8", "surrogateescape")
    own = project.config.tag_format
    found = {TagFormat(), TagFormat("{version}")} if project.config.folder and own.prefix not in ("", "v") else set()
    for folder in {PurePosixPath(path).parent for path in listing.split("\0") if path}:
        with suppress(BadConfig):
            found.add(find_config(root / folder, root).tag_format)
    return tuple(found - {own})


# A revision as the user writes it: a tag, a version, a branch or a commit


def readable(tag: TagRef | None) -> TagRef | None:
    """Return the tag unchanged. Raises Refused if it cannot be read."""
    if tag is not None and tag.broken:
        raise Refused(describe_broken(tag), help=way_out(tag), section="tags")
    return tag


def find_revision(project: Project, word: str) -> tuple[str, str]:
    """Return the name of a revision and its commit; tags come before branches of the same name.

    Raises UsageError, Refused.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    tag = readable(named_tag(word, tags, project))
    if tag is not None and tag.commit_id is not None:
        return tag.name, tag.commit_id
    commit = resolve_commit(git, word)
    if commit is None:
        near = nearest(word, sorted(tags))
        hint = f"; {quote(near)} is the nearest tag here" if near else ""
        raise NotFound(
            f"{word} is not a commit, branch or tag here", help=f"release fetch   (gets what others released{hint})"
        )
    return word, commit


LATEST = "latest"
NO_LATEST = "no latest release: each one here is yanked or undone"  # there are some


def named_tag(word: str, tags: Mapping[str, TagRef], project: Project) -> TagRef | None:
    """Return the tag with that name or version; None if there is none.

    `latest` is the final release with the highest version, or a prerelease if there is no final one. `charCNN#prod` is the
    tag that assigned the version that is in that stage now.
    """
    if word in tags:
        return tags[word]
    if (said := stage_of(word)) is not None and said.counter is None and said.assigns:
        current = in_stage(said, read_tags(project.repository.git))
        return None if current is None else tags.get(current.ref.name)
    if word == LATEST:
        releases = [each for each in read_releases(project, tags.values()).all if each.withdrawn is None]
        finals = [release for release in releases if release.version.prerelease is None]
        return next((release.ref for release in reversed(finals or releases)), None)
    name = tag_of_version(word, tags, project.config.tag_format)
    return None if name is None else tags[name]


def version_of(project: Project, model: str, commit: str, tags: Collection[DatedTag]) -> tuple[str, str] | None:
    """Return version and tag of a model at a commit, or of the project's own release there; None if there is none."""
    found = version_at(model, commit, tags)
    if found is not None or model != own_model(project.config.tag_format):
        return found
    releases = read_releases(project, [tag.ref for tag in tags]).all
    own = [each for each in releases if each.ref.commit_id == commit and not (each.withdrawn and each.withdrawn.undone)]
    return (str(own[-1].version), own[-1].name) if own else None


def meant(word: str, tags: Iterable[TagRef], project: Project) -> str:
    """Return the name of the release that `latest` stands for among the tags; any other word unchanged."""
    tag = named_tag(word, {tag.name: tag for tag in tags}, project) if word == LATEST else None
    return word if tag is None else tag.name


def local_name(word: str, project: Project) -> str:
    """Return the name of the release here that `latest` stands for; any other word unchanged."""
    return meant(word, local_tags(project.repository.git), project)


def check_tag(word: str | None, project: Project) -> None:
    """Raise UsageError for a word that names no tag here, and no version that a git remote may have."""
    if word is None or tag_prefix(word) is not None:
        return
    tags = {tag.name: tag for tag in local_tags(project.repository.git)}
    if named_tag(word, tags, project) is None:
        near = nearest(word, sorted(tags))
        raise NotFound(f"no release {word} here{f'; did you mean {near}?' if near else ''}", help="release list")


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
    said = zip(known, _attestations(objects, known), strict=True)
    return chain_breaks(known, [(tag.name, trailers) for tag, trailers in said if trailers is not None])


def numbers_changed(
    project: Project, objects: Objects, tag: TagRef, said: Trailers | None, cached: CachedMetrics
) -> str | None:
    """Return why the metrics of a release differ from the digest in its tag; None if they do not.

    If the metric files by today's configuration do not match, those by the commit's own configuration and by the
    defaults are compared. Also None if there is nothing to compare, or the commit is incomplete here.
    """
    commit = tag.commit_id
    if commit is None or said is None or said.metrics_digest is None:
        return None
    try:
        for config in _configs(project, objects, commit):
            own = of_tag(config, tag.name)
            if metrics_fit(said, read_values(objects, commit, own, cached).metrics):
                return None
    except ObjectMissing:  # reported by the audit
        return None
    return "the metric files of the commit differ from the digest in the tag (Release-Metrics)"


def _configs(project: Project, objects: Objects, commit: str) -> Iterator[Config]:
    """Return the configurations that a release may have had: today's, the commit's own, and the defaults."""
    yield project.config
    own = _own_config(project, objects, commit)
    if own is not None:
        yield own
    yield replace(project.config, metrics=None)
    yield Config()


def _own_config(project: Project, objects: Objects, commit: str) -> Config | None:
    """Return the commit's own configuration, in the folder of today's; None if it has none that can be read.

    Raises ObjectMissing.
    """
    tree, folder = objects.tree_of(commit), project.config.folder
    try:
        found = configured(folder, partial(objects.file, tree))
        return None if found is None else parse_config(found[0], source=found[1], folder=folder)
    except BadConfig:
        return None


def _own_exclusions(project: Project, objects: Objects, commit: str) -> tuple[str, ...] | None:
    """Return the paths that a commit's own configuration excludes; None if it has none, or it cannot be read."""
    from release.dvc.pointers import PointerReader  # only a tag with another digest is compared

    with suppress(ReleaseError):
        config = _own_config(project, objects, commit)
        return None if config is None else PointerReader(objects).read(commit, config).excluded
    return None


# Attestations of release tags, compared with audits and metrics


def check_tags(
    project: Project, objects: Objects, audits: Sequence[RevisionAudit], tags: Mapping[str, TagRef], *, data: bool
) -> list[Verified]:
    """Add to each audit of a tag the problems of its attestation; `tags` are all local tags by name.

    `data` False: the audit is of a mirror, whose objects the attestation does not name.
    """
    from release.core.verification import Verified, with_other_digest, with_watch  # only `verify` needs it

    asked = [tags.get(audit.rev) for audit in audits]
    refs = [tag for tag in asked if tag is not None]
    trailers = _attestations(objects, asked)
    breaks = watch_tags(objects, tags.values())
    signatures = read_signatures(project.repository, objects, refs)
    cached = CachedMetrics(project, Access.ALL)
    prepare_values(objects, [tag.commit_id for tag in refs if tag.commit_id is not None])
    both = [tag for tag, said in zip(asked, trailers, strict=True) if tag and said and said.metrics_digest]
    if len(both) > 1:  # DVC-tracked metrics are fetched for all tags in one step
        MetricHistory(objects, project.config, cached).metrics(tag.commit_id for tag in both if tag.commit_id)
    found = []
    for audit, tag, said in zip(audits, asked, trailers, strict=True):
        if tag is None:
            found.append(Verified(audit=audit))
            continue
        one = audit
        if data and said is not None and None not in (said.digest, audit.digest) and said.digest != audit.digest:
            one = with_other_digest(audit, said, _own_exclusions(project, objects, audit.commit))
        replaced = [each for each in breaks if each.tag == tag.name]
        numbers = numbers_changed(project, objects, tag, said, cached)
        one = with_watch(one, replaced, signatures[tag.name], numbers)
        # A tag that a later release recorded with another object is not foreign: it was replaced.
        found.append(Verified(audit=one, foreign=said is None and not replaced, signature=signatures[tag.name]))
    return found


def attested_tags(project: Project, objects: Objects, tags: Sequence[TagRef]) -> dict[str, str | None]:
    """Return for each tag with an attestation why its metrics differ from it, None if not. Contacts no DVC remote."""
    cached = CachedMetrics(project, Access.OFFLINE)
    prepare_values(objects, [tag.commit_id for tag in tags if tag.commit_id is not None])
    return {
        tag.name: numbers_changed(project, objects, tag, said, cached)
        for tag, said in zip(tags, _attestations(objects, tags), strict=True)
        if said is not None
    }


def scopes_of(objects: Objects, tags: Sequence[TagRef]) -> dict[str, tuple[str, ...]]:
    """Return for each tag with an attestation the paths of its model, whose data was audited; none: all data."""
    said = zip(tags, _attestations(objects, tags), strict=True)
    return {tag.name: trailers.scope for tag, trailers in said if trailers is not None}


def attestation_of(objects: Objects, tag: TagRef) -> Trailers | None:
    """Return the trailers of a tag; None for a tag of another tool, and for a lightweight tag."""
    return _attestations(objects, [tag])[0]


def _attestations(objects: Objects, tags: Sequence[TagRef | None]) -> list[Trailers | None]:
    """Return the trailers of each tag; None for a tag of another tool, a lightweight tag, and None itself."""
    annotated = [tag.object_id for tag in tags if tag is not None and tag.annotated]
    found = dict(zip(annotated, objects.get_many(annotated), strict=True)) if annotated else {}
    raws = [None if tag is None else found.get(tag.object_id) for tag in tags]
    return [None if raw is None or raw.kind != "tag" else parse_object(raw.data).trailers for raw in raws]
