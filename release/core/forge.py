"""Forges: the hosts of git repositories, and their pages."""

from __future__ import annotations

import re

from msgspec import Struct

# Hosts whose pages of pull requests and commits are known: `#12` and `!12` (None: no such sign), and an id.
_FORGES = {
    "github.com": ("pull/{}", None, "commit/{}"),
    "gitlab.com": ("-/issues/{}", "-/merge_requests/{}", "-/commit/{}"),
    "codeberg.org": ("pulls/{}", None, "commit/{}"),
    "bitbucket.org": ("pull-requests/{}", None, "commits/{}"),
}
_FORGE_URL = re.compile(
    r"(?:https?://|ssh://|git://)?(?:[^@/\s]*@)?(?P<host>[a-z.]+)(?::[0-9]{1,5}(?=/))?[:/](?P<path>[\w./-]+?)(?:\.git)?/?"
)
_ENDING_REQUEST = re.compile(r" \((?P<sign>[#!])(?P<number>[0-9]{1,10})\)\Z")


class Forge(Struct, frozen=True):
    """A repository on a known host, to link to its pages."""

    host: str
    path: str

    def link(self, text: str, commit: str) -> str:
        """Return a line of Markdown whose pull request, else commit, is a link."""
        hashed, banged, by_id = _FORGES[self.host]
        found = _ENDING_REQUEST.search(text)
        page = None if found is None else hashed if found["sign"] == "#" else banged
        if found is not None and page is not None:
            sign = found["sign"] + found["number"]
            return f"{text[: found.start()]} ([{sign}]({self._url(page, found['number'])}))"
        return f"{text} ([{commit[:7]}]({self._url(by_id, commit)}))"

    def _url(self, page: str, name: str) -> str:
        return f"https://{self.host}/{self.path}/{page.format(name)}"


def forge_of(url: str | None) -> Forge | None:
    """Return the repository that a git remote's URL names; None if its host is not known."""
    found = _FORGE_URL.fullmatch(url or "")
    return Forge(found["host"], found["path"]) if found and found["host"] in _FORGES else None
