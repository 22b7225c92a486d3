"""Release pages of Forgejo and Gitea, whose API follows GitHub's (forgejo.org/docs/latest/user/api-usage)."""

from __future__ import annotations

from typing import IO, Any

from release.core.release_page import Asset, Page
from release.forge.github import GitHubPages, GitHubRelease
from release.forge.http import Body


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
