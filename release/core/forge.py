"""Forges: the hosts of git repositories, their pages, and the tokens that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from urllib.parse import urlsplit

from msgspec import Struct

from release.core.text import quote


class ForgeKind(Enum):
    """The programs that hosts run, as printed."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"
    FORGEJO = "Forgejo"  # and Gitea, whose API it has
    BITBUCKET = "Bitbucket"

    @property
    def api_path(self) -> str:
        """The path of the API on a server of one's own; "" if it is not used here."""
        return _API.get(self, "")


_HOSTS = {
    "github.com": ForgeKind.GITHUB,
    "gitlab.com": ForgeKind.GITLAB,
    "codeberg.org": ForgeKind.FORGEJO,
    "bitbucket.org": ForgeKind.BITBUCKET,
}
_DATA_RESIDENCY = ".ghe.com"  # GitHub Enterprise Cloud, each company at a host of its own
# Pages of pull requests and commits: `#12` and `!12` (None: no such sign), and an id.
_PAGES = {
    ForgeKind.GITHUB: ("pull/{}", None, "commit/{}"),
    ForgeKind.GITLAB: ("-/issues/{}", "-/merge_requests/{}", "-/commit/{}"),
    ForgeKind.FORGEJO: ("pulls/{}", None, "commit/{}"),
    ForgeKind.BITBUCKET: ("pull-requests/{}", None, "commits/{}"),
}
_API = {ForgeKind.GITHUB: "/api/v3", ForgeKind.GITLAB: "/api/v4", ForgeKind.FORGEJO: "/api/v1"}  # of one's own server
_FORGE_URL = re.compile(
    r"(?:(?P<scheme>https?|ssh|git)://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5})(?=/))?[:/]"
    r"/?(?P<path>[\w./-]+?)(?:\.git)?/?"
)
_ENDING_REQUEST = re.compile(r" \((?P<sign>[#!])(?P<number>[0-9]{1,10})\)\Z")


class Forge(Struct, frozen=True):
    """A repository on a forge: `server` and `api` are URLs without a slash at the end, `path` is owner and name."""

    kind: ForgeKind
    server: str
    api: str
    path: str

    @property
    def host(self) -> str:
        """The server's host, with its port if it is not the usual one."""
        return urlsplit(self.server).netloc

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.server}/{self.path}"

    def link(self, text: str, commit: str) -> str:
        """Return a line of Markdown whose pull request, else commit, is a link."""
        hashed, banged, by_id = _PAGES[self.kind]
        found = _ENDING_REQUEST.search(text)
        page = None if found is None else hashed if found["sign"] == "#" else banged
        if found is not None and page is not None:
            sign = found["sign"] + found["number"]
            return f"{text[: found.start()]} ([{sign}]({self.url}/{page.format(found['number'])}))"
        return f"{text} ([{commit[:7]}]({self.url}/{by_id.format(commit)}))"


def forge_of(*urls: str) -> Forge | None:
    """Return the repository that the first fitting URL of a git remote names; None if everybody knows none of the hosts."""
    for found in filter(None, map(_found, urls)):
        kind = _kind_of(found["host"])
        if kind is not None:
            return _forge(kind, f"https://{found['host'].lower()}", found["path"])
    return None


def forge_of_own(url: str | None, environment: Mapping[str, str], kind: ForgeKind | None = None) -> Forge | None:
    """Return the repository also if it is on a server of one's own; None if nothing says what the server runs.

    The variables of CI services name it (`GITHUB_SERVER_URL`, `CI_SERVER_URL`, ...), or the `kind` that a probe found.
    """
    found = _found(url)
    if found is None:
        return None
    for named, server, api in _services(environment):
        where = urlsplit(server)
        below = f"{where.path.strip('/')}/".lstrip("/") if _over_web(found) else ""  # ssh URLs lack the server's path
        if _same_host(where.netloc, found) and found["path"].startswith(below):
            return _forge(named, server, found["path"].removeprefix(below), api)
    if kind is None or _kind_of(found["host"]) is not None:
        return forge_of(url or "")
    return _forge(kind, server_of(url) or "", found["path"])


def server_of(url: str | None) -> str | None:
    """Return the web server of a git remote's URL, to be asked what it runs; None for a path or another form."""
    found = _found(url)
    if found is None or (found["scheme"] is None and "." not in found["host"]) or not found["host"].strip("."):
        return None
    port = f":{found['port']}" if found["port"] and _over_web(found) else ""
    return f"{'http' if found['scheme'] == 'http' else 'https'}://{found['host']}{port}"


def _found(url: str | None) -> re.Match[str] | None:
    """Return the parts of a URL; None if it is of another form, or its path climbs to another repository."""
    found = _FORGE_URL.fullmatch(url or "")
    return None if found is None or ".." in found["path"].split("/") else found


def _kind_of(host: str) -> ForgeKind | None:
    host = host.lower()
    return ForgeKind.GITHUB if host.endswith(_DATA_RESIDENCY) else _HOSTS.get(host)


def _forge(kind: ForgeKind, server: str, path: str, api: str | None = None) -> Forge:
    in_cloud = kind is ForgeKind.GITHUB and (server == "https://github.com" or server.endswith(_DATA_RESIDENCY))
    own = server.replace("https://", "https://api.") if in_cloud else f"{server}{kind.api_path}"
    return Forge(kind, server, api or own, path)


def _services(environment: Mapping[str, str]) -> Iterator[tuple[ForgeKind, str, str | None]]:
    """Yield the forges that the environment names: what each runs, its server and its API (None: the usual one)."""
    for kind, server_name, api_name in (
        (ForgeKind.GITHUB, "GITHUB_SERVER_URL", "GITHUB_API_URL"),
        (ForgeKind.GITLAB, "CI_SERVER_URL", "CI_API_V4_URL"),
        (ForgeKind.FORGEJO, "FORGEJO_SERVER_URL", "FORGEJO_API_URL"),
        (ForgeKind.FORGEJO, "GITEA_SERVER_URL", "GITEA_API_URL"),
    ):
        server, api = (environment.get(name, "").rstrip("/") for name in (server_name, api_name))
        if server.startswith(("https://", "http://")):
            is_runner = bool({"FORGEJO_ACTIONS", "GITEA_ACTIONS"} & {*environment}) or api.endswith("/api/v1")
            # The runners of Forgejo and Gitea set GitHub's variables.
            yield ForgeKind.FORGEJO if kind is ForgeKind.GITHUB and is_runner else kind, server, api or None


def _same_host(netloc: str, found: re.Match[str]) -> bool:
    """Return whether a server is the remote's; the port of ssh is another one."""
    host, _, port = netloc.partition(":")
    return host.lower() == found["host"].lower() and (not _over_web(found) or port == (found["port"] or ""))


def _over_web(found: re.Match[str]) -> bool:
    return found["scheme"] in ("http", "https")


# Tokens: each belongs to one host, and is sent to no other


class Token(Struct, frozen=True):
    """A token from the environment; `name` is the variable that has it."""

    name: str
    value: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


# The variable, what the server runs, the host that the token belongs to, and the variable that names another in its place.
_TOKENS: tuple[tuple[str, ForgeKind, str | None, str], ...] = (
    ("GITHUB_TOKEN", ForgeKind.GITHUB, "github.com", "GITHUB_SERVER_URL"),
    ("GH_TOKEN", ForgeKind.GITHUB, "github.com", "GITHUB_SERVER_URL"),
    ("GITLAB_TOKEN", ForgeKind.GITLAB, "gitlab.com", "CI_SERVER_URL"),
    ("CI_JOB_TOKEN", ForgeKind.GITLAB, None, "CI_SERVER_URL"),
    ("FORGEJO_TOKEN", ForgeKind.FORGEJO, "codeberg.org", "FORGEJO_SERVER_URL"),
    ("GITEA_TOKEN", ForgeKind.FORGEJO, "codeberg.org", "GITEA_SERVER_URL"),
    ("GITHUB_TOKEN", ForgeKind.FORGEJO, None, "GITHUB_SERVER_URL"),  # of a runner of Forgejo or Gitea
)


def token_for(forge: Forge, environment: Mapping[str, str]) -> Token | None:
    """Return the token that belongs to the forge's server; None if the environment has none.

    A token belongs to the server of the variables in its row (`GITHUB_SERVER_URL`, `CI_SERVER_URL`, ...), else to the
    host that everybody knows.
    """
    for name, kind, host, naming in _TOKENS:
        server = environment.get(naming, "").rstrip("/") or (f"https://{host}" if host else None)
        value = environment.get(name, "").strip()
        if kind is forge.kind and server == forge.server and value:
            return Token(name, value)
    return None


def how_to_give(forge: Forge) -> str:
    """Return which variables give a token to the forge's server."""
    name, server = next(((name, naming) for name, kind, _, naming in _TOKENS if kind is forge.kind), ("", ""))
    return quote(name) if forge.host in _HOSTS else f"{quote(name)}, and {quote(server)}={quote(forge.server)}"


_RIGHTS_FOR_ISSUES = {
    ForgeKind.GITHUB: "the right `issues: write` (in a workflow: `permissions: issues: write`)",
    ForgeKind.GITLAB: "the scope `api` and the role Reporter",
    ForgeKind.FORGEJO: "the scope `write:issue`",
}


def rights_for(kind: ForgeKind, *, pull_requests: bool = False, issues: bool = False) -> str:
    """Return the least rights that a token needs: for release pages, for pull requests and their branch, or for issues."""
    if issues:
        return _RIGHTS_FOR_ISSUES[kind]
    if kind is ForgeKind.GITLAB:
        return "the scope `api` and the role Developer"
    if kind is not ForgeKind.GITHUB:
        return "the scope `write:repository`"
    if not pull_requests:
        return "the right `contents: write` (in a workflow: `permissions: contents: write`)"
    allowed = "*Allow GitHub Actions to create and approve pull requests*"
    return (
        "the rights `contents: write` and `pull-requests: write`"
        f" (in a workflow: `permissions:`, and {allowed} in the repository's settings for Actions)"
    )
