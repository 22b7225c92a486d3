"""Work on the forge of the git remote: the page of a release, and the issue of `verify --issue`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict
from release.core.config import of_tag
from release.core.forge import Forge, ForgeKind, Token, forge_of_own, how_to_give, rights_for, server_of, token_for
from release.core.issue import TITLE, own_issue, wanted_issue
from release.core.release_page import (
    Asset,
    Page,
    PageStep,
    PageStepKind,
    PublishedRelease,
    PublishOutcome,
    PublishReport,
    asset_name,
    counted,
    edited_by_hand,
    page_of,
    prefilled_url,
    steps_to,
    text_changes,
)
from release.core.report import mermaid_charts
from release.core.secrets import without_secrets
from release.core.tags import Releases, ReleaseTag, TagRef, merged_tags
from release.core.text import command_line
from release.core.verification import VerifyReport
from release.engine.entries import Entries
from release.engine.project import Project
from release.engine.release_list import ListRequest, list_releases
from release.engine.tag_reading import (
    LATEST,
    NO_LATEST,
    asking_for_tags,
    named_tag,
    read_releases,
    readable,
    with_undone_there,
)
from release.errors import Cancelled, NotFound, Refused, ReleaseError, Unknown, UsageError
from release.forge.http import Transient, repeated
from release.forge.pages import Pages, open_pages, probe
from release.git.objects import Objects
from release.git.refs import Unreachable, local_tags, remote_refs, resolve_commit, start_asking
from release.git.repository import Repository
from release.git.scratch import Scratch
from release.system.environment import job_links
from release.system.files import open_regular

MOST_ROUNDS = 20  # of looking and doing, with one step or more each


class PublishRequest(Struct, frozen=True, kw_only=True):
    """The release to publish (None: that of HEAD, else the latest), and the files for its page."""

    tag: str | None = None
    assets: tuple[str, ...] = ()
    folder: Path = Path()


def _nothing(*_: object) -> None:
    pass


class Callbacks(Struct, frozen=True, kw_only=True):
    """Callbacks of work on a forge: after each step, with its text, and before each wait."""

    step: Callable[[str], None] = _nothing
    wait: Callable[[str, float], None] = _nothing


_SILENT = Callbacks()


def publish(
    request: PublishRequest,
    project: Project,
    callbacks: Callbacks = _SILENT,
    confirm: Callable[[PublishReport], bool] | None = None,
    *,
    preview: bool = False,
) -> PublishReport:
    """Bring the page of a release to what its tag says, and return what was done.

    `confirm` is asked before hand-written text is overwritten; None: it never is.

    Raises UsageError, Refused (the tag is not on the remote; text of a person would be lost; an immutable release lacks a
    file), Unknown (no answer, or none that a token allows), Cancelled.
    """
    files, assets = _assets(request, project)
    if request.tag is not None:
        project = replace(project, config=of_tag(project.config, request.tag))
    release = _read_release(request, project)
    options = tuple(word for path in request.assets for word in ("--asset", path))
    again = command_line("release", "publish", *options, names=(release.tag,))
    forge = forge_of_remote(project, again)
    token = token_of(project, forge)
    if token is not None:  # else it is for a URL, which has no room
        release = replace(release, charts=_charts(release.tag, project))
    page = page_of(release, assets)
    report = PublishReport(tag=release.tag, forge=forge, page=page, outcome=PublishOutcome.UNCHANGED, options=options)
    if token is None:
        url = prefilled_url(forge, page)
        return replace(report, outcome=PublishOutcome.BY_HAND, url=url, help=how_to_give(forge))
    with open_pages(forge, token, again) as pages:
        work = _Publication(pages, report, files, callbacks, confirm)
        return work.preview() if preview else work.run()


class _Publication:
    """One page on its way to what it should be: look, do a step, look again."""

    def __init__(
        self,
        pages: Pages,
        report: PublishReport,
        files: Mapping[str, Path],
        callbacks: Callbacks,
        confirm: Callable[[PublishReport], bool] | None,
    ) -> None:
        self.pages, self.report, self.files, self.callbacks, self.confirm = pages, report, files, callbacks, confirm
        self.wanted = report.page
        self.done: list[PageStep] = []
        self.confirmed: set[str] = set()
        self.rounds = 0
        self.existed: bool | None = None  # None: not looked yet
        self.url = ""

    def preview(self) -> PublishReport:
        """Return what would be done."""
        found = repeated(lambda: self.pages.find(self.wanted), self.callbacks.wait)
        edited, page = edited_by_hand(self.wanted, found), counted(found)
        return replace(
            self.report,
            outcome=PublishOutcome.PREVIEW,
            url=page.url if page is not None else "",
            steps=steps_to(self.wanted, found),
            difference=text_changes(self.wanted, edited) if edited is not None else "",
        )

    def run(self) -> PublishReport:
        """Do what is left to do until nothing is."""
        while repeated(self._round, self.callbacks.wait):
            pass
        outcome = PublishOutcome.UPDATED if self.existed else PublishOutcome.CREATED
        outcome = outcome if self.done else PublishOutcome.UNCHANGED
        return replace(self.report, outcome=outcome, url=self.url, steps=tuple(self.done))

    def _round(self) -> bool:
        """Look, and do the steps up to one after which another look is needed. Returns whether there were any."""
        found = self.pages.find(self.wanted)
        page = counted(found)
        if page is None and self.done:  # a second draft would be made
            help = command_line("release", "publish", *self.report.options, names=(self.wanted.tag,))
            raise Transient(f"{self.report.forge.host} does not list the new page yet", help=f"later: {help}")
        self.existed = page is not None and not page.draft if self.existed is None else self.existed
        self.url = page.url if page is not None else self.url
        steps = steps_to(self.wanted, found)
        if not steps:
            return False
        self._ask(edited_by_hand(self.wanted, found))
        self.rounds += 1
        if self.rounds > MOST_ROUNDS + 2 * len(self.wanted.assets):
            words = f"the page of {self.wanted.tag} does not stay as it is written: {steps[0].text} is left to do"
            raise Unknown(
                words, help=command_line("release", "publish", "--dry-run", names=(self.wanted.tag,)), section="forge"
            )
        for step in steps:
            self._do(step)
            self.done.append(step)
            self.callbacks.step(step.text)
            if step.kind in (PageStepKind.CREATE, PageStepKind.UPLOAD):
                break  # look again: another run may have made a page, too, and the file is compared before it is public
        return True

    def _ask(self, edited: Page | None) -> None:
        if edited is None or edited.text in self.confirmed:
            return
        report = replace(self.report, url=edited.url, difference=text_changes(self.wanted, edited))
        if self.confirm is None:
            raise Refused(
                f"the page of {self.wanted.tag} was written or edited by hand; its text would be lost",
                help=f"{report.overwriting}   (overwrites it; --dry-run shows the differences)",
                section="forge",
            )
        if not self.confirm(report):
            raise Cancelled("cancelled; nothing was changed")
        self.confirmed.add(edited.text)

    def _do(self, step: PageStep) -> None:
        page, asset, kind = step.on, step.asset, step.kind
        if kind is PageStepKind.CREATE:
            self.pages.create(self.wanted)
            return
        assert page is not None, "only the first step is about no page"
        if kind is PageStepKind.DROP:
            self.pages.drop(page)
        elif kind is PageStepKind.CHANGE or kind is PageStepKind.PUBLISH:
            self.url = self.pages.change(page, self.wanted)
        elif asset is not None and kind is PageStepKind.DROP_ASSET:
            self.pages.drop_asset(page, asset)
        elif asset is not None and kind is PageStepKind.UPLOAD:
            path = self.files[asset.name]
            with open_regular(path) as file:
                if _digest(file) != (asset.digest, asset.size_bytes):
                    again = command_line("release", "publish", names=(self.wanted.tag,), more=("--asset", str(path)))
                    raise Refused(f"{path.name} was changed after it was looked at", help=again)
                file.seek(0)
                self.pages.upload(page, asset, file)


# Pages of releases that are withdrawn: what happens to them is said, or written on them


def page_checks(project: Project, tags: Iterable[str]) -> tuple[Check, ...]:
    """Return a warning for each tag with a page: what deleting the tag does to it. Needs a token; no error is raised."""
    checks = []
    for tag, page in _pages_of(project, tags):
        fate = "is deleted with the tag" if page.forge.kind is ForgeKind.GITLAB else "becomes a draft"
        words = f"the page of {tag} {fate}: {page.url}"
        if page.page.immutable:
            words = f"the page of {tag} is immutable: {page.forge.host} may keep its tag, and no other release can ever have that name"
        checks.append(Check(name=CheckName.TAG, verdict=Verdict.WARNING, message=words, subject=tag))
    return tuple(checks)


def mark_page(project: Project, tag: str) -> tuple[str, ...]:
    """Write on the page of a tag, if it has one, whether it is yanked; return a warning if that fails."""
    try:
        for _ in _pages_of(project, [tag]):
            publish(PublishRequest(tag=tag), project)
    except ReleaseError as error:
        again = command_line("release", "publish", names=(tag,))
        return (f"the page of {tag} does not say so yet: {error.message} ({again})",)
    return ()


def _pages_of(project: Project, tags: Iterable[str]) -> Iterator[tuple[str, PublishReport]]:
    """Yield each tag that has a public page, with that; none without a token for the forge, or if it does not answer."""
    forge = _named_forge(project)
    token = token_for(forge, project.environment) if forge is not None and forge.kind.api_path else None
    if forge is None or token is None:
        return
    for tag in tags:
        try:
            with open_pages(forge, token, "release list") as pages:
                page = counted(pages.find(Page(tag=tag, title="", body="")))
        except ReleaseError:
            return
        if page is not None and not page.draft:
            yield tag, PublishReport(tag=tag, forge=forge, page=page, outcome=PublishOutcome.UNCHANGED, url=page.url)


def released_at_head(project: Project) -> str | None:
    """Return the tag of the release at HEAD; None if there is none."""
    git = project.repository.git
    head = resolve_commit(git, "HEAD")
    found = [each.name for each in read_releases(project, local_tags(git)).all if each.ref.commit_id == head]
    return found[-1] if found else None


# What is published, and where


def _read_release(request: PublishRequest, project: Project) -> PublishedRelease:
    """Return what the tag, its commit and its changelog say. Raises UsageError, Refused, Unknown."""
    remote = project.config.git_remote
    with asking_for_tags(project, ask=True) as answer, Objects(project.repository.git) as objects:
        book = Entries(project, objects)
        here, there = {name: each.ref for name, each in book.dated.items()}, answer()
        if there.tags is None and there.trouble is not None:
            raise Unreachable(there.trouble, help=command_line("git", "ls-remote", "--tags", names=(remote,)))
        release = _named(request.tag, here, project)
        _check_published(release, there.tags or {}, project)
        known = read_releases(project, merged_tags(here.values(), (there.tags or {}).values())).all
        finals = [each for each in known if each.version.prerelease is None and each.withdrawn is None]
        dated = book.dated[release.name]
        return PublishedRelease(
            tag=release.name,
            version=str(release.version),
            message=dated.subject if release.ref.annotated else "",
            entry=book.published(release),
            prerelease=release.version.prerelease is not None,
            newest=project.config.model is None and bool(finals) and finals[-1].version == release.version,
            released=dated.when.strftime("%Y-%m-%dT%H:%M:%SZ") if dated.when else "",
            changelog=project.config.changelog,
            yanked=release.withdrawn.reason if release.withdrawn is not None else None,
        )


def _charts(tag: str, project: Project) -> str:
    """Return charts of the headline metrics up to a release; later releases do not change its page."""
    listing = list_releases(project, ListRequest(offline=True))
    later = [line.tag.name for line in listing.releases].index(tag)
    return mermaid_charts(replace(listing, releases=listing.releases[later:]))


def _named(word: str | None, here: Mapping[str, TagRef], project: Project) -> ReleaseTag:
    """Return the release of a word; without one that of HEAD, else the latest. Raises UsageError, Refused."""
    releases = read_releases(project, here.values()).all
    if word is None:
        word = released_at_head(project) or LATEST
    tag = readable(named_tag(word, here, project))
    found = next((each for each in releases if tag is not None and each.name == tag.name), None)
    if found is None:
        words = f"no release {word} here" if word != LATEST else NO_LATEST if releases else "no releases here"
        raise NotFound(words, help="release list   (or release fetch, if it is new)")
    return found


def _check_published(release: ReleaseTag, there: Mapping[str, TagRef], project: Project) -> None:
    """Check that the remote has the tag: a forge would make one of its own. Raises Refused."""
    remote, found = project.config.git_remote, there.get(release.name)
    if found is None and _is_undone(release, project):
        words = f"{release.name} was undone on {remote}, and only this clone still has its tag"
        raise Refused(
            words,
            help=f"{command_line('git', 'tag', '-d', names=(release.name,))}   (deletes it here, too)",
            section="forge",
        )
    if found is None:
        way = command_line("git", "push", names=(remote, f"refs/tags/{release.name}"))
        raise Refused(f"{release.name} is not on {remote}; its page would get another tag", help=way, section="forge")
    if found.object_id != release.ref.object_id and found.commit_id != release.ref.commit_id:
        raise Refused(f"{release.name} on {remote} is another tag than here", help="release fetch", section="forge")


def _is_undone(release: ReleaseTag, project: Project) -> bool:
    """Return whether a release that the remote lacks was undone, as commits here or on the remote say."""
    if release.withdrawn is None and not project.repository.shallow:
        with Scratch(project.repository) as scratch:
            remote = project.config.git_remote
            there = remote_refs(start_asking(scratch.git, remote), remote)
            release = with_undone_there(project, scratch.git, there, Releases(all=(release,))).all[0]
    return release.withdrawn is not None and release.withdrawn.undone


def token_of(project: Project, forge: Forge) -> Token | None:
    """Return the token for a forge; None if the environment has none. Raises UsageError for what is no token."""
    token = token_for(forge, project.environment)
    if token is not None and not (token.value.isascii() and token.value.isprintable()):
        raise UsageError(
            f"{token.name} has characters that no token has", help=f"set {how_to_give(forge)} again", section="forge"
        )
    return token


def forge_of_remote(project: Project, again: str, has: str = "release pages") -> Forge:
    """Return the forge of the git remote; a server of one's own is asked what it runs. Raises UsageError, Transient."""
    remote = project.config.git_remote
    url = next(iter(project.repository.settings.push_urls(remote)), None)
    if url is None:
        raise UsageError(f"{remote} is no git remote here", help="git remote add origin URL", section="remote")
    forge = _named_forge(project)
    server = server_of(url)
    if forge is None and server is not None:
        forge = forge_of_own(url, project.environment, probe(server, again))
    if forge is None or not forge.kind.api_path:
        raise UsageError(
            f"{remote} ({without_secrets(url)}) is on no forge that has {has}",
            help="git remote -v   (GITHUB_SERVER_URL, CI_SERVER_URL or FORGEJO_SERVER_URL names a server of your own)",
            section="forge",
        )
    return forge


def forge_to_write(
    project: Project, again: str, has: str, denied: str, undone: str, *, issues: bool
) -> tuple[Forge, Token]:
    """Return the forge of the git remote and the token for what it `has`. Raises UsageError, Transient.

    `denied` is what GitLab does not let a job's own token do, `undone` what was not done without a token.
    """
    forge = forge_of_remote(project, again, has)
    token = token_of(project, forge)
    if token is not None and token.name != "CI_JOB_TOKEN":
        return forge, token
    lacking = f"no token for {forge.host} is set" if token is None else f"GitLab lets CI_JOB_TOKEN {denied}"
    rights = rights_for(forge.kind, pull_requests=not issues, issues=issues)
    way = f"make a token with {rights}, set {how_to_give(forge)}, then: {again}"
    raise UsageError(f"{lacking}, and {undone}", help=way, section="forge")


def _named_forge(project: Project) -> Forge | None:
    """Return the forge that a URL of the git remote, or the variables of a CI service, name; None: nothing does."""
    urls = project.repository.settings.addresses(project.config.git_remote)
    return next(filter(None, (forge_of_own(url, project.environment) for url in urls)), None)


def _assets(request: PublishRequest, project: Project) -> tuple[dict[str, Path], tuple[Asset, ...]]:
    """Return the files by their names on the page, and their digests. Raises UsageError."""
    taken: dict[str, str] = {}
    assets = []
    for path in request.assets:
        name = asset_name(path, taken)
        taken[name] = path
        link = _committed_link(request.folder / path, project.repository)
        if link is not None:
            words = f"--asset {path} leads through the link {link}, which a commit brought"
            raise UsageError(words, help=command_line("ls", "-l", names=(link,)))
        try:
            with open_regular(request.folder / path) as file:
                digest, size = _digest(file)
        except OSError as error:
            words = f"--asset {path}: {error.strerror or error}"
            raise UsageError(words, help=command_line("ls", "-ld", names=(path,))) from error
        assets.append(Asset(name=name, size_bytes=size, digest=digest))
    return {name: request.folder / path for name, path in taken.items()}, tuple(assets)


def _digest(file: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 of the bytes, and how many there are."""
    found, size = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        found.update(block)
        size += len(block)
    return found.hexdigest(), size


def _committed_link(path: Path, repository: Repository) -> str | None:
    """Return the link in git that a path leads through: it may show any file of this machine. Those of DVC are not in git."""
    top = repository.work_tree
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - links stay
    inside = [each for each in (whole, *whole.parents) if each != top and each.is_relative_to(top)]
    links = [each.relative_to(top).as_posix() for each in inside if each.is_symlink()]
    if not links:
        return None
    known = repository.git.list_paths("ls-files", "-z", paths=links)
    return next((link for link in links if os.fsencode(link) in known.split(b"\0")), None)


# The issue of `verify --issue`: opened, brought up to date, or closed


def settle_issue(project: Project, report: VerifyReport, again: str, *, deep: bool) -> str | None:
    """Open the issue if something is wrong, bring it up to date, or close it; return a sentence, None for no change.

    Raises ReleaseError.
    """
    forge, token = forge_to_write(project, again, "issues", "write no issue", "no issue was written", issues=True)
    with open_pages(forge, token, again, rights_for(forge.kind, issues=True)) as pages:
        found = own_issue(pages.find_issues(TITLE))
        wanted = wanted_issue(report, found, deep=deep, more=job_links(None, project.environment))
        if wanted is None:
            return None
        if found is None:
            return f"opened the issue {pages.create_issue(wanted)}"
        pages.change_issue(found, wanted)
        return f"{'updated' if wanted.is_open else 'closed'} the issue {found.url}"
