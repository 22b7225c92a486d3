"""Release pages and pull requests of Forgejo and Gitea, whose API follows GitHub's (forgejo.org/docs/latest/user/api-usage)."""

from __future__ import annotations

from itertools import islice
from typing import IO, Any

from release.core.pull_request import PullRequest
from release.core.release_page import Asset, Page
from release.forge.github import GitHubPages, GitHubRelease, GitHubRequest
from release.forge.http import MOST_REQUESTS, Body


class ForgejoPages(GitHubPages):
    """Release pages. The newest final one is the latest; assets have no digest, so they are read to compare them."""

    def latest(self) -> int | None:
        """Return None: the forge decides by itself."""
        return None

    def is_latest(self, found: GitHubRelease, latest: int | None) -> bool | None:
        """Return None: the forge decides by itself."""
        del found, latest
        return None

    def flag_of_latest(self, page: Page, wanted: Page) -> dict[str, Any]:
        """Return nothing: there is no such flag."""
        del page, wanted
        return {}

    def upload(self, page: Page, asset: Asset, file: IO[bytes]) -> None:
        """Upload a file as a form."""
        body = Body(file=file, size_bytes=asset.size_bytes, name=asset.name, field="attachment")
        self.api.send("POST", f"{self.releases}/{page.id}/assets", body, name=asset.name)

    def drop_asset(self, page: Page, asset: Asset) -> None:
        """Delete a file of the page."""
        self.api.send("DELETE", f"{self.releases}/{page.id}/assets/{asset.id}")

    def find_requests(self, wanted: PullRequest) -> tuple[PullRequest, ...]:
        """Return the pull requests from the wanted head to its base; the list cannot be asked for a branch."""
        current = self.api.values_at(self.requests, GitHubRequest, state="open")
        closed = self.api.values_at(self.requests, GitHubRequest, state="closed", sort="recentupdate")
        return self.those_of(wanted, (*current, *islice(closed, MOST_REQUESTS)))
