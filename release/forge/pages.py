"""Interface to the release pages, pull requests and issues of a forge; each forge is one more module with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Protocol

from release.core.forge import Forge, ForgeKind, Token
from release.core.issue import Issue
from release.core.pull_request import PullRequest
from release.core.release_page import Asset, Page
from release.forge.forgejo import ForgejoPages
from release.forge.github import GitHubPages
from release.forge.gitlab import GitLabPages
from release.forge.http import Api


class Pages(Protocol):
    """The pages of a repository's releases, its pull requests and issues. Every method raises ReleaseError."""

    def find(self, wanted: Page) -> tuple[Page, ...]:
        """Return the pages of the tag, drafts too; the digest of an asset at least where its size is the wanted one."""

    def create(self, wanted: Page) -> None:
        """Create the page as a draft, without assets."""

    def change(self, page: Page, wanted: Page) -> str:
        """Give the page the wanted text and flags, publish it if it is a draft, and return its address."""

    def upload(self, page: Page, asset: Asset, file: IO[bytes]) -> None:
        """Upload a file to the page."""

    def drop_asset(self, page: Page, asset: Asset) -> None:
        """Delete a file of the page."""

    def drop(self, page: Page) -> None:
        """Delete a draft."""

    def find_requests(self, wanted: PullRequest) -> tuple[PullRequest, ...]:
        """Return the pull requests from the wanted head to its base: each open one, and the newest of the others."""

    def create_request(self, wanted: PullRequest) -> None:
        """Open the pull request."""

    def change_request(self, found: PullRequest, wanted: PullRequest) -> None:
        """Give the pull request the wanted title and text."""

    def close_request(self, found: PullRequest) -> None:
        """Close the pull request, without merging it."""

    def find_issues(self, title: str) -> tuple[Issue, ...]:
        """Return the open issues with that title."""

    def create_issue(self, wanted: Issue) -> str:
        """Open the issue, and return its address."""

    def change_issue(self, found: Issue, wanted: Issue) -> None:
        """Give the issue the wanted text, and close it if it should be closed."""


@contextmanager
def open_pages(forge: Forge, token: Token | None, help: str, grant: str = "") -> Iterator[Pages]:
    """Open the pages of a repository; `help` is the command, and `grant` the token's rights, that help lines name.

    Raises UsageError.
    """
    with Api(forge, token, help, grant) as api:
        yield _PAGES[forge.kind](api)  # the caller checks that the forge has such pages


_PAGES: Mapping[ForgeKind, Callable[[Api], Pages]] = {
    ForgeKind.GITHUB: GitHubPages,
    ForgeKind.GITLAB: GitLabPages,
    ForgeKind.FORGEJO: ForgejoPages,
}
_PROBES = ((ForgeKind.FORGEJO, "version"), (ForgeKind.GITLAB, "metadata"), (ForgeKind.GITHUB, "meta"))


def probe(server: str, help: str) -> ForgeKind | None:
    """Return what a server runs, asked without a token; None if it is no forge that is known. Raises Transient."""
    for kind, path in _PROBES:
        with Api(Forge(kind, server, f"{server}{kind.api_path}", ""), None, help) as api:
            if api.is_answered(path):
                return kind
    return None
