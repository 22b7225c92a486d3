"""Release pages, merge requests and issues of GitLab (docs.gitlab.com/api); files of a page are in the generic package `release-assets`.

GitLab has no drafts: the files are uploaded first, and the page is created with links to them in one request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import IO, Any, Literal
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.issue import Issue
from release.core.pull_request import PullRequest, RequestState
from release.core.release_page import Asset, Page
from release.forge.http import MOST_REQUESTS, Api, Body, NotThere

_PACKAGE = "release-assets"


class Link(Struct, frozen=True):
    """A link of a release as the API has it."""

    id: int
    name: str


class Links(Struct, frozen=True):
    """The part `assets` of a release."""

    links: list[Link]


class Addresses(Struct, frozen=True):
    """The part `_links` of a release."""

    self: str


class GitLabRelease(Struct, frozen=True):
    """A release as the API has it."""

    tag_name: str
    assets: Links
    addresses: Addresses = field(name="_links")
    name: str | None = None
    description: str | None = None


class GenericPackage(Struct, frozen=True):
    """A package as the API has it."""

    id: int
    name: str
    version: str | None


class PackageFile(Struct, frozen=True):
    """A file of a package as the API has it."""

    id: int
    file_name: str
    size: int
    file_sha256: str | None = None


class MergeRequest(Struct, frozen=True):
    """A merge request as the API has it; `locked` is one that is being merged."""

    iid: int
    source_branch: str
    target_branch: str
    source_project_id: int | None
    target_project_id: int
    title: str
    web_url: str
    state: Literal["opened", "closed", "locked", "merged"]
    description: str | None = None
    sha: str | None = None


class GitLabIssue(Struct, frozen=True):
    """An issue as the API has it."""

    iid: int
    web_url: str
    title: str
    description: str | None = None


_STATES = {"opened": RequestState.OPEN, "closed": RequestState.CLOSED}


class GitLabPages:
    """Release pages. A page without an id is a draft: it is not there, but its package may be."""

    def __init__(self, api: Api) -> None:
        """Take the API of the repository's forge."""
        self.api = api
        self.project = f"projects/{quote(api.forge.path, safe='')}"
        self.requests = f"{self.project}/merge_requests"
        self.issues = f"{self.project}/issues"

    def find(self, wanted: Page) -> tuple[Page, ...]:
        """Return the page of the tag, else a draft, which is its package or nothing."""
        files = tuple(self._files(wanted.tag)) if wanted.assets else ()  # a project may have no package registry
        found = None
        with suppress(NotThere):
            found = self.api.value_at(self._page(wanted.tag), GitLabRelease)
        if found is None:
            self.api.value_at(self.project, dict)  # whether the project itself can be seen
            return (Page(tag=wanted.tag, title=wanted.title, body=wanted.body, draft=True, assets=files),)
        links = [link.name for link in found.assets.links]
        of_others = {*links} - {each.name for each in files}
        assets = [
            *(replace(each, whole=each.name in links) for each in files),
            *(Asset(name=name, size_bytes=0, digest=None) for name in sorted(of_others)),
        ]
        return (
            Page(
                tag=found.tag_name,
                title=found.name or "",
                body=found.description or "",
                prerelease=wanted.prerelease,  # GitLab has no such flag
                assets=tuple(assets),
                id=found.tag_name,
                url=found.addresses.self,
            ),
        )

    def create(self, wanted: Page) -> None:
        """Do nothing: the page is created when its files are there."""

    def change(self, page: Page, wanted: Page) -> str:
        """Create the page with links to its files, or give it the wanted text."""
        fields: dict[str, Any] = {"name": wanted.title, "description": wanted.body}
        if page.id:
            return self.api.sent("PUT", self._page(page.tag), Body(json=fields), GitLabRelease).addresses.self
        fields["tag_name"] = wanted.tag
        if not wanted.latest:
            fields["released_at"] = wanted.released  # the latest page is that with the newest date
        if wanted.assets:
            fields["assets"] = {"links": [self._link(wanted.tag, asset.name) for asset in wanted.assets]}
        return self.api.sent("POST", f"{self.project}/releases", Body(json=fields), GitLabRelease).addresses.self

    def upload(self, page: Page, asset: Asset, file: IO[bytes]) -> None:
        """Upload a file to the package, and link it from the page if that exists."""
        body = Body(file=file, size_bytes=asset.size_bytes, name=asset.name)
        self.api.send("PUT", f"{self.project}/{self._place(page.tag, asset.name)}", body)
        if page.id:
            self.api.send("POST", f"{self._page(page.tag)}/assets/links", Body(json=self._link(page.tag, asset.name)))

    def drop_asset(self, page: Page, asset: Asset) -> None:
        """Delete the file, and the link to it if no other file has the name."""
        is_only = [each.name for each in page.assets].count(asset.name) == 1
        if page.id and is_only:
            for link in self.api.values_at(f"{self._page(page.tag)}/assets/links", Link):
                if link.name == asset.name:
                    self.api.send("DELETE", f"{self._page(page.tag)}/assets/links/{link.id}")
        if asset.id:
            self.api.send("DELETE", f"{self.project}/packages/{asset.id}")

    def drop(self, page: Page) -> None:
        """Do nothing: there are no drafts."""

    def _page(self, tag: str) -> str:
        return f"{self.project}/releases/{quote(tag, safe='')}"

    def _files(self, tag: str) -> Iterator[Asset]:
        """Yield the files of the tag's package, the newest of each name last."""
        version, place = _version(tag), f"{self.project}/packages"
        for package in self.api.values_at(place, GenericPackage, package_type="generic", package_name=_PACKAGE):
            if (package.name, package.version) == (_PACKAGE, version):
                files = self.api.values_at(f"{place}/{package.id}/package_files", PackageFile)
                for each in sorted(files, key=lambda file: file.id):
                    yield Asset(
                        name=each.file_name,
                        size_bytes=each.size,
                        digest=each.file_sha256,
                        id=f"{package.id}/package_files/{each.id}",
                    )

    def _place(self, tag: str, name: str) -> str:
        return f"packages/generic/{_PACKAGE}/{quote(_version(tag), safe='')}/{quote(name, safe='')}"

    def _link(self, tag: str, name: str) -> dict[str, str]:
        url = f"{self.api.forge.api}/{self.project}/{self._place(tag, name)}"
        return {"name": name, "url": url, "link_type": "package"}

    # Merge requests (docs.gitlab.com/api/merge_requests)

    def find_requests(self, wanted: PullRequest) -> tuple[PullRequest, ...]:
        """Return the merge requests from the wanted head to its base, newest first; a fork has another project."""
        asked = {"source_branch": wanted.head, "target_branch": wanted.base, "state": "all"}
        newest = self.api.values_at(self.requests, MergeRequest, **asked, order_by="created_at", sort="desc")
        return tuple(
            PullRequest(
                head=each.source_branch,
                base=each.target_branch,
                title=each.title,
                body=each.description or "",
                state=_STATES.get(each.state, RequestState.MERGED),
                number=each.iid,
                url=each.web_url,
                commit=each.sha or "",
            )
            for each in islice(newest, MOST_REQUESTS)
            if (each.source_branch, each.target_branch) == (wanted.head, wanted.base)
            and each.source_project_id == each.target_project_id
        )

    def create_request(self, wanted: PullRequest) -> None:
        """Open the merge request."""
        fields = {"source_branch": wanted.head, "target_branch": wanted.base}
        texts = {"title": wanted.title, "description": wanted.body}
        self.api.send("POST", self.requests, Body(json={**fields, **texts, "remove_source_branch": True}))

    def change_request(self, found: PullRequest, wanted: PullRequest) -> None:
        """Give the merge request the wanted title and text."""
        texts = {"title": wanted.title, "description": wanted.body}
        self.api.send("PUT", f"{self.requests}/{found.number}", Body(json=texts))

    def close_request(self, found: PullRequest) -> None:
        """Close the merge request, without merging it."""
        self.api.send("PUT", f"{self.requests}/{found.number}", Body(json={"state_event": "close"}))

    # Issues: docs.gitlab.com, API, issues

    def find_issues(self, title: str) -> tuple[Issue, ...]:
        """Return the open issues with that title."""
        asked = {"state": "opened", "search": title, "in": "title"}
        return tuple(
            Issue(title=each.title, body=each.description or "", number=each.iid, url=each.web_url)
            for each in self.api.values_at(self.issues, GitLabIssue, **asked)
            if each.title == title
        )

    def create_issue(self, wanted: Issue) -> str:
        """Open the issue."""
        fields = {"title": wanted.title, "description": wanted.body}
        return self.api.sent("POST", self.issues, Body(json=fields), GitLabIssue).web_url

    def change_issue(self, found: Issue, wanted: Issue) -> None:
        """Give the issue the wanted text, and close it if it should be closed."""
        fields = {"description": wanted.body, **({} if wanted.is_open else {"state_event": "close"})}
        self.api.send("PUT", f"{self.issues}/{found.number}", Body(json=fields))


def _version(tag: str) -> str:
    """Return the tag as GitLab takes it for a package's version."""
    return re.sub(r"[^\w.+-]", "-", tag, flags=re.ASCII)
