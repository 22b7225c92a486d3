"""Release pages, pull requests and issues of GitHub, Enterprise too (docs.github.com/rest, API version 2022-11-28)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import IO, Any
from urllib.parse import quote

from msgspec import Struct

from release.core.issue import Issue
from release.core.pull_request import PullRequest, RequestState
from release.core.release_page import Asset, Page
from release.forge.http import MOST_REQUESTS, Api, Body, NotThere


class ReleaseAsset(Struct, frozen=True):
    """An asset as the API has it; Forgejo's have no state and no digest."""

    id: int
    name: str
    size: int
    browser_download_url: str
    state: str = "uploaded"
    digest: str | None = None


class GitHubRelease(Struct, frozen=True):
    """A release as the API has it."""

    id: int
    tag_name: str
    draft: bool
    prerelease: bool
    html_url: str
    assets: list[ReleaseAsset]
    name: str | None = None
    body: str | None = None
    upload_url: str = ""
    immutable: bool = False


class RequestRepository(Struct, frozen=True):
    """The repository of a pull request's branch."""

    full_name: str


class RequestBranch(Struct, frozen=True):
    """A branch of a pull request; `repo` None: its fork was deleted."""

    ref: str
    sha: str
    repo: RequestRepository | None


class GitHubRequest(Struct, frozen=True):
    """A pull request as the API has it, Forgejo's too."""

    number: int
    html_url: str
    state: str
    title: str
    head: RequestBranch
    base: RequestBranch
    body: str | None = None
    merged_at: str | None = None


class GitHubIssue(Struct, frozen=True):
    """An issue as the API has it, Forgejo's too; `pull_request` None: it is no pull request."""

    number: int
    html_url: str
    state: str
    title: str
    body: str | None = None
    pull_request: Any = None


class GitHubPages:
    """Release pages; drafts are found in the list, because the address of a tag leads to published pages alone."""

    def __init__(self, api: Api) -> None:
        """Take the API of the repository's forge."""
        self.api = api
        self.releases = f"repos/{quote(api.forge.path)}/releases"
        self.requests = f"repos/{quote(api.forge.path)}/pulls"
        self.issues = f"repos/{quote(api.forge.path)}/issues"

    def find(self, wanted: Page) -> tuple[Page, ...]:
        """Return the pages of the tag, drafts too."""
        named = [each for each in self.api.values_at(self.releases, GitHubRelease) if each.tag_name == wanted.tag]
        latest = self.latest() if any(not each.draft for each in named) else None
        return tuple(self.page(each, latest, wanted) for each in named)

    def latest(self) -> int | None:
        """Return the id of the page that is called the latest; None if there is none."""
        with suppress(NotThere):
            return self.api.value_at(f"{self.releases}/latest", GitHubRelease).id
        return None

    def page(self, found: GitHubRelease, latest: int | None, wanted: Page) -> Page:
        """Return a page of the API as a value."""
        sizes = {asset.name: asset.size_bytes for asset in wanted.assets}
        return Page(
            tag=found.tag_name,
            title=found.name or "",
            body=found.body or "",
            prerelease=found.prerelease,
            latest=self.is_latest(found, latest),
            draft=found.draft,
            immutable=found.immutable,
            assets=tuple(self.asset(each, sizes) for each in found.assets),
            id=str(found.id),
            url=found.html_url,
        )

    def is_latest(self, found: GitHubRelease, latest: int | None) -> bool | None:
        """Return whether a page is the latest; None if the forge decides by itself."""
        return None if found.draft else found.id == latest

    def asset(self, found: ReleaseAsset, sizes: Mapping[str, int]) -> Asset:
        """Return an asset of the API as a value. Before June 2025 GitHub recorded no digests."""
        kind, _, digest = (found.digest or "").partition(":")
        whole, known = found.state == "uploaded", digest if kind == "sha256" else None
        if known is None and whole and sizes.get(found.name) == found.size:
            known = self.api.digest(found.browser_download_url, found.size)
        return Asset(name=found.name, size_bytes=found.size, digest=known, id=str(found.id), whole=whole)

    def create(self, wanted: Page) -> None:
        """Create the page as a draft, without assets."""
        self.api.send("POST", self.releases, Body(json={"tag_name": wanted.tag, "draft": True, **self.fields(wanted)}))

    def fields(self, wanted: Page) -> dict[str, Any]:
        """Return text and flags as the API has them."""
        return {"name": wanted.title, "body": wanted.body, "prerelease": wanted.prerelease}

    def change(self, page: Page, wanted: Page) -> str:
        """Give the page the wanted text and flags, and publish it if it is a draft."""
        fields = {**self.fields(wanted), "draft": False, **self.flag_of_latest(page, wanted)}
        return self.api.sent("PATCH", f"{self.releases}/{page.id}", Body(json=fields), GitHubRelease).html_url

    def flag_of_latest(self, page: Page, wanted: Page) -> dict[str, Any]:
        """Return the field that makes the page the latest or not; nothing if it is a prerelease, which never is."""
        del page
        return {} if wanted.prerelease else {"make_latest": "true" if wanted.latest else "false"}

    def upload(self, page: Page, asset: Asset, file: IO[bytes]) -> None:
        """Upload a file to the address that the page names."""
        url = self.api.value_at(f"{self.releases}/{page.id}", GitHubRelease).upload_url.partition("{")[0]
        self.api.send("POST", url, Body(file=file, size_bytes=asset.size_bytes, name=asset.name), name=asset.name)

    def drop_asset(self, page: Page, asset: Asset) -> None:
        """Delete a file of the page."""
        del page
        self.api.send("DELETE", f"{self.releases}/assets/{asset.id}")

    def drop(self, page: Page) -> None:
        """Delete a draft."""
        self.api.send("DELETE", f"{self.releases}/{page.id}")

    # Pull requests (docs.github.com/rest/pulls/pulls)

    def find_requests(self, wanted: PullRequest) -> tuple[PullRequest, ...]:
        """Return the pull requests from the wanted head to its base, newest first."""
        owner = self.api.forge.path.partition("/")[0]
        asked = {"head": f"{owner}:{wanted.head}", "base": wanted.base, "state": "all"}
        newest = self.api.values_at(self.requests, GitHubRequest, **asked, sort="created", direction="desc")
        return self.those_of(wanted, islice(newest, MOST_REQUESTS))

    def those_of(self, wanted: PullRequest, found: Iterable[GitHubRequest]) -> tuple[PullRequest, ...]:
        """Return those between the wanted branches of this repository; a fork may have a branch of the same name."""
        return tuple(
            PullRequest(
                head=each.head.ref,
                base=each.base.ref,
                title=each.title,
                body=each.body or "",
                state=RequestState.MERGED if each.merged_at else RequestState(each.state),
                number=each.number,
                url=each.html_url,
                commit=each.head.sha,
            )
            for each in found
            if (each.head.ref, each.base.ref) == (wanted.head, wanted.base)
            and each.head.repo is not None
            and each.head.repo == each.base.repo
        )

    def create_request(self, wanted: PullRequest) -> None:
        """Open the pull request."""
        fields = {"title": wanted.title, "body": wanted.body, "head": wanted.head, "base": wanted.base}
        self.api.send("POST", self.requests, Body(json=fields))

    def change_request(self, found: PullRequest, wanted: PullRequest) -> None:
        """Give the pull request the wanted title and text."""
        fields = {"title": wanted.title, "body": wanted.body}
        self.api.send("PATCH", f"{self.requests}/{found.number}", Body(json=fields))

    def close_request(self, found: PullRequest) -> None:
        """Close the pull request, without merging it."""
        self.api.send("PATCH", f"{self.requests}/{found.number}", Body(json={"state": "closed"}))

    # Issues: docs.github.com, REST, issues

    def find_issues(self, title: str) -> tuple[Issue, ...]:
        """Return the open issues with that title; the list has pull requests, too, and cannot be asked for a title."""
        return tuple(
            Issue(title=each.title, body=each.body or "", number=each.number, url=each.html_url)
            for each in self.api.values_at(self.issues, GitHubIssue, state="open")
            if each.title == title and each.pull_request is None
        )

    def create_issue(self, wanted: Issue) -> str:
        """Open the issue."""
        fields = {"title": wanted.title, "body": wanted.body}
        return self.api.sent("POST", self.issues, Body(json=fields), GitHubIssue).html_url

    def change_issue(self, found: Issue, wanted: Issue) -> None:
        """Give the issue the wanted text, and close it if it should be closed."""
        fields = {"body": wanted.body, "state": "open" if wanted.is_open else "closed"}
        self.api.send("PATCH", f"{self.issues}/{found.number}", Body(json=fields))
