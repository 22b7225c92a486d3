"""Stateful forges on loopback: GitHub, GitLab and Forgejo, as far as release pages, pull requests and issues go.

Each request and answer is checked. GitHub's with its published OpenAPI description (`github.json`, which says where it is from);
GitLab's and Forgejo's with the schemas in `forge_schemas.py`, written from their documentation.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import jsonschema
from forge_schemas import FORGEJO, GITLAB
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from project import Project
from project.ports import free_port

TOKEN = "t0ken-of-the-forge"
REPOSITORY = "ada/charcnn"
WHEN = "2026-02-01T09:00:00Z"
API = {"github": "/api/v3", "gitlab": "/api/v4", "forgejo": "/api/v1"}
_NAMES = {
    "github": ("GITHUB_SERVER_URL", "GITHUB_API_URL", "GITHUB_TOKEN"),
    "gitlab": ("CI_SERVER_URL", "CI_API_V4_URL", "GITLAB_TOKEN"),
    "forgejo": ("FORGEJO_SERVER_URL", "FORGEJO_API_URL", "FORGEJO_TOKEN"),
}
BEFORE, AFTER = "before", "after"


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.value = status, {"message": message, **more}


@dataclass(slots=True)
class Sent:
    """A request as it came."""

    method: str
    path: str  # below the API, decoded by the handlers
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass(slots=True)
class File:
    """A file that was uploaded; `whole` False: the client was gone before its end."""

    id: int
    name: str
    data: bytes
    whole: bool = True

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class Entry:
    """A release page. `links` are GitLab's: name to URL, by id."""

    id: int
    tag: str
    fields: dict[str, Any]
    files: list[File] = field(default_factory=list)
    links: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Request:
    """A pull request; `state` is open, closed or merged, `repository` that of the head (a fork's, or this one)."""

    number: int
    head: str
    base: str
    title: str
    body: str
    state: str = "open"
    repository: str = REPOSITORY
    commit: str = ""


@dataclass(slots=True)
class Ticket:
    """An issue; `state` is open or closed. GitHub and Forgejo list pull requests (`is_pull`) among them."""

    number: int
    title: str
    body: str | None
    state: str = "open"
    is_pull: bool = False


@dataclass
class ForgeServer:
    """A forge; `faults` maps the number of a request (from 1) and a moment to what happens then."""

    kind: str
    port: int
    origin: Project | None = None  # whose origin has the branches
    pulls: list[Request] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    packages: list[tuple[str, File]] = field(default_factory=list)  # GitLab's, with the version
    latest: int | None = None
    immutable: bool = False
    page_size: int = 100
    digests: bool = True
    requests: list[str] = field(default_factory=list)
    faults: dict[tuple[int, str], Callable[[], None]] = field(default_factory=dict)
    answers: dict[int, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)  # in place of the forge's own
    pauses: dict[int, Callable[[], None]] = field(default_factory=dict)  # run before a request is answered
    seen: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    last_id: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return self.url + API[self.kind]

    @property
    def variables(self) -> dict[str, str]:
        """What a runner of the forge has in its environment."""
        server, api, token = _NAMES[self.kind]
        return {server: self.url, api: self.api, token: TOKEN}

    def state(self) -> Any:
        """All that users of the forge see, without numbers that depend on the number of requests."""
        pages = [
            {
                **each.fields,
                "tag": each.tag,
                "latest": self._latest_id() == each.id,
                "files": sorted((file.name, file.digest, file.whole) for file in each.files),
                "links": sorted((link["name"], link["url"]) for link in each.links.values()),
            }
            for each in self.entries
        ]
        packages = sorted((version, file.name, file.digest) for version, file in self.packages)
        if self.pulls:
            shown = [(each.state, each.head, each.base, each.title, each.body) for each in self.pulls]
            return {"pulls": shown}
        return {"pages": sorted(pages, key=lambda page: str(page["tag"])), "packages": packages}

    def reset(self) -> None:
        """Forget everything but the address and the kind."""
        fresh = ForgeServer(self.kind, self.port)
        for name in (
            "pulls",
            "tickets",
            "entries",
            "packages",
            "latest",
            "requests",
            "faults",
            "answers",
            "pauses",
            "seen",
            "last_id",
        ):
            setattr(self, name, getattr(fresh, name))

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    # --- requests

    def answer(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        with self.lock:
            self._check_token(sent)
            self._follow_branches()
            if sent.path.startswith("/attachments/"):
                return self._download(int(sent.path.rpartition("/")[2]))
            return getattr(self, f"_{self.kind}")(sent)

    # --- pull requests, on branches of the project's origin

    def branches(self) -> dict[str, str]:
        """The commits of the origin's branches."""
        refs = {} if self.origin is None else self.origin.origin
        return {name.removeprefix("refs/heads/"): id for name, id in refs.items() if name.startswith("refs/heads/")}

    def _follow_branches(self) -> None:
        """A pull request shows its branch; one whose branch was deleted is closed (not so on GitLab)."""
        branches = self.branches() if any(each.state == "open" for each in self.pulls) else {}
        for each in self.pulls:
            if each.state != "open" or each.repository != REPOSITORY:
                continue
            if each.head in branches:
                each.commit = branches[each.head]
            elif self.kind != "gitlab":
                each.state = "closed"

    def opened(self, said: dict[str, str]) -> Request:
        """A new pull request. Raises Refusal as the forges do."""
        branches, head, base = self.branches(), said["head"], said["base"]
        if head not in branches or base not in branches:
            raise Refusal(404 if self.kind == "forgejo" else 422, "Validation Failed", errors=[{"field": "head"}])
        assert self.origin is not None
        span = f"{branches[base]}..{branches[head]}"
        if self.origin.world.git(self.origin.world.origin, "rev-list", "--count", span) == "0":
            raise Refusal(422, "Validation Failed", errors=[{"message": f"No commits between {base} and {head}"}])
        pair = [each for each in self.pulls if (each.head, each.base, each.state) == (head, base, "open")]
        if any(each.repository == REPOSITORY for each in pair):
            told = {"message": f"A pull request already exists for ada:{head}."}
            if self.kind == "github":
                raise Refusal(422, "Validation Failed", errors=[told])
            raise Refusal(409, "Another open merge request already exists for this source branch: !1")
        if len(said["body"]) > (1_048_576 if self.kind == "gitlab" else 65_536):
            raise Refusal(422, "Validation Failed", errors=[{"message": "body is too long"}])
        made = Request(len(self.pulls) + 1, head, base, said["title"], said["body"], commit=branches[head])
        self.pulls.append(made)
        return made

    def merged(self, number: int) -> None:
        """What a merge by any way does to the pull request."""
        self._follow_branches()
        self.pulls[number - 1].state = "merged"

    def _check_token(self, sent: Sent) -> None:
        header = {"github": f"Bearer {TOKEN}", "forgejo": f"token {TOKEN}"}.get(self.kind)
        given = (
            sent.headers.get("authorization")
            if header
            else sent.headers.get("private-token") or sent.headers.get("job-token")
        )
        if given != (header or TOKEN):
            raise Refusal(401, "Bad credentials", documentation_url="https://docs.example")

    def _json(
        self, status: int, value: Any, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        body = b"" if value is None else json.dumps(value).encode()
        return status, {"Content-Type": "application/json", **(headers or {})}, body

    def _paged(self, sent: Sent, values: list[Any]) -> tuple[int, dict[str, str], bytes]:
        size = min(int(sent.query.get("per_page", sent.query.get("limit", "30"))), self.page_size)
        page = int(sent.query.get("page", "1"))
        some = values[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(values):
            base = f"{self.url}{sent.path}?per_page={size}&page={page + 1}"
            headers["Link"] = f'<{base}>; rel="next", <{base}>; rel="last"'
        return self._json(200, some, headers)

    def _entry(self, id: int) -> Entry:
        found = next((each for each in self.entries if each.id == id), None)
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def _latest_id(self) -> int | None:
        finals = [each for each in self.entries if not each.fields.get("draft") and not each.fields.get("prerelease")]
        if any(each.id == self.latest for each in finals):
            return self.latest
        return max((each.id for each in finals), default=None)

    # --- GitHub (docs.github.com/rest/releases) and Forgejo, which follows it

    def _github(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        if "/pulls" in sent.path:
            return self._github_pulls(sent)
        if "/issues" in sent.path:
            return self._github_issues(sent)
        base = f"/repos/{REPOSITORY}/releases"
        path = sent.path.removeprefix(API["github"]).removeprefix("/api/uploads")
        known = _github_api()
        args = {"owner": "ada", "repo": "charcnn"}
        kind = sent.headers.get("content-type", "application/json")
        request = MockRequest(
            "http://localhost", sent.method.lower(), path, args=sent.query, headers=sent.headers, data=sent.body, content_type=kind,
            view_args=args | {"release_id": "1", "asset_id": "1"},
        )  # fmt: skip
        if "/assets" not in path or sent.method != "POST":
            known.validate_request(request)
            self._refuse_unknown_fields(sent, path)
        elif kind != "application/octet-stream" or int(sent.headers["content-length"]) != len(sent.body):
            raise Refusal(422, "Bad content type")
        assert sent.headers["accept"].startswith("application/vnd.github"), "the media type of the REST API"
        assert path.startswith(base), path
        status, headers, body = self._releases(sent, path.removeprefix(base))
        response = MockResponse(data=body or b"{}", status_code=status, content_type="application/json")
        if status < 400 and body and sent.method != "DELETE":
            request.host_url = (
                "https://uploads.github.com" if sent.path.startswith("/api/uploads") else "http://localhost"
            )
            known.validate_response(request, response)
        return status, headers, body

    def _github_pulls(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        path = sent.path.removeprefix(API["github"])
        known, args = _github_api(), {"owner": "ada", "repo": "charcnn", "pull_number": path.rpartition("/")[2]}
        kind = sent.headers.get("content-type", "application/json")
        request = MockRequest(
            "http://localhost", sent.method.lower(), path, args=sent.query, headers=sent.headers, data=sent.body, content_type=kind,
            view_args=args,
        )  # fmt: skip
        known.validate_request(request)
        name = "/repos/{owner}/{repo}/pulls" + ("/{pull_number}" if sent.method == "PATCH" else "")
        operation = _description()["paths"][name][sent.method.lower()]
        if sent.method != "GET":
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert {*sent.json} <= {*schema["properties"]}, f"unknown fields in {sent.json}"
        found = self._pulls(sent, path.removeprefix(f"/repos/{REPOSITORY}/pulls"))
        if isinstance(found, list):
            owner, _, head = sent.query["head"].partition(":")
            found = [each for each in found if each.repository.startswith(f"{owner}/") and each.head == head]
            answer = self._paged(sent, [self._shown_pull(each, "pull-request-simple") for each in found])
        else:
            answer = self._json(201 if sent.method == "POST" else 200, self._shown_pull(found, "pull-request"))
        known.validate_response(
            request, MockResponse(data=answer[2], status_code=answer[0], content_type="application/json")
        )
        return answer

    def _github_issues(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        path = sent.path.removeprefix(API["github"])
        known, args = _github_api(), {"owner": "ada", "repo": "charcnn", "issue_number": path.rpartition("/")[2]}
        kind = sent.headers.get("content-type", "application/json")
        request = MockRequest(
            "http://localhost", sent.method.lower(), path, args=sent.query, headers=sent.headers, data=sent.body, content_type=kind,
            view_args=args,
        )  # fmt: skip
        known.validate_request(request)
        name = "/repos/{owner}/{repo}/issues" + ("/{issue_number}" if sent.method == "PATCH" else "")
        operation = _description()["paths"][name][sent.method.lower()]
        if sent.method != "GET":
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert {*sent.json} <= {*schema["properties"]}, f"unknown fields in {sent.json}"
        answer = self._issues(sent, path.removeprefix(f"/repos/{REPOSITORY}/issues"))
        known.validate_response(
            request, MockResponse(data=answer[2], status_code=answer[0], content_type="application/json")
        )
        return answer

    def _issues(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes]:
        """Issues of GitHub, and of Forgejo, which follows it."""
        if sent.method == "POST":
            self.tickets.append(Ticket(len(self.tickets) + 1, sent.json["title"], sent.json.get("body")))
            return self._json(201, self._shown_issue(self.tickets[-1]))
        if sent.method == "PATCH":
            found = self.tickets[int(rest.removeprefix("/")) - 1]
            for name, value in sent.json.items():
                setattr(found, name, value)
            return self._json(200, self._shown_issue(found))
        state = sent.query.get("state", "open")
        those = [each for each in reversed(self.tickets) if state in ("all", each.state)]
        return self._paged(sent, [self._shown_issue(each) for each in those])

    def _shown_issue(self, ticket: Ticket) -> dict[str, Any]:
        own: dict[str, Any] = {"id": 2000 + ticket.number, "number": ticket.number, "title": ticket.title}
        own |= {"url": f"{self.api}/repos/{REPOSITORY}/issues/{ticket.number}", "state": ticket.state}
        own |= {"html_url": f"{self.url}/{REPOSITORY}/issues/{ticket.number}", "created_at": WHEN}
        own |= {"body": ticket.body or "", "user": _USER[self.kind]}
        if self.kind == "forgejo":
            return own | {"pull_request": {} if ticket.is_pull else None}
        whole = _example(_description()["components"]["schemas"]["issue"])
        urls = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), "https://u.example")
        return whole | own | ({"pull_request": urls} if ticket.is_pull else {})

    def _gitlab_issues(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes, str | None]:
        rest = rest.removeprefix("/issues")
        if sent.headers.get("job-token"):
            raise Refusal(401, "401 Unauthorized")
        if sent.method == "POST":
            jsonschema.validate(sent.json, GITLAB["open issue"])
            self.tickets.append(Ticket(len(self.tickets) + 1, sent.json["title"], sent.json.get("description")))
            return *self._json(201, self._gitlab_issue(self.tickets[-1])), "issue"
        if sent.method == "PUT":
            jsonschema.validate(sent.json, GITLAB["edit issue"])
            found = self.tickets[int(rest.removeprefix("/")) - 1]
            found.body = sent.json.get("description", found.body)
            found.state = "closed" if sent.json.get("state_event") == "close" else found.state
            return *self._json(200, self._gitlab_issue(found)), "issue"
        assert (sent.query["state"], sent.query["in"]) == ("opened", "title")
        those = [each for each in reversed(self.tickets) if each.state == "open" and sent.query["search"] in each.title]
        return *self._paged(sent, [self._gitlab_issue(each) for each in those]), "issue"

    def _gitlab_issue(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "id": 2000 + ticket.number,
            "iid": ticket.number,
            "project_id": 1,
            "title": ticket.title,
            "description": ticket.body,
            "state": {"open": "opened"}.get(ticket.state, ticket.state),
            "web_url": f"{self.url}/{REPOSITORY}/-/issues/{ticket.number}",
            "created_at": WHEN,
            "author": {"id": 1, "username": "ada", "name": "Ada"},
        }

    def _pulls(self, sent: Sent, rest: str) -> Request | list[Request]:
        """The pull request that was opened or changed, or those of a list, newest first."""
        if sent.method == "POST":
            return self.opened({"body": "", **sent.json})
        if sent.method == "PATCH":
            found = self.pulls[int(rest.removeprefix("/")) - 1]
            for name, value in sent.json.items():
                setattr(found, name, value)
            return found
        wanted = sent.query.get("state", "open")
        known = {"open": ("open",), "closed": ("closed", "merged"), "all": ("open", "closed", "merged")}[wanted]
        bases = (sent.query.get("base"), None)
        return [each for each in reversed(self.pulls) if each.state in known and (bases[0] or each.base) == each.base]

    def _shown_pull(self, pull: Request, schema: str = "") -> dict[str, Any]:
        page = f"{self.url}/{REPOSITORY}/pull{'s' if self.kind == 'forgejo' else ''}/{pull.number}"
        url = f"{self.api}/repos/{REPOSITORY}/pulls/{pull.number}"
        merged = {"merged_at": WHEN if pull.state == "merged" else None}
        own = {"id": 1000 + pull.number, "number": pull.number, "html_url": page, "url": url, "title": pull.title}
        own |= {"body": pull.body, "state": "open" if pull.state == "open" else "closed", **merged}
        own |= {"created_at": WHEN, "updated_at": WHEN, "user": _USER[self.kind], "draft": False}
        head = {"label": f"ada:{pull.head}", "ref": pull.head, "sha": pull.commit}
        base = {"label": f"ada:{pull.base}", "ref": pull.base, "sha": "0" * 40}
        names = {"head": pull.repository, "base": REPOSITORY}
        if self.kind == "forgejo":
            for side, more in (("head", head), ("base", base)):
                repository = {"id": 1, "name": "charcnn", "full_name": names[side], "owner": _USER["forgejo"]}
                own[side] = {**more, "repo_id": 1, "repo": repository}
            return own | {"merged": pull.state == "merged"}
        whole = _example(_description()["components"]["schemas"][schema])
        for side, more in (("head", head), ("base", base)):
            repository = whole[side]["repo"] | {"full_name": names[side]}
            own[side] = whole[side] | more | {"repo": repository}
        return whole | own

    def _refuse_unknown_fields(self, sent: Sent, path: str) -> None:
        if sent.method in ("POST", "PATCH"):
            name = "/repos/{owner}/{repo}/releases" + ("/{release_id}" if sent.method == "PATCH" else "")
            operation = _description()["paths"][name][sent.method.lower()]
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert {*sent.json} <= {*schema["properties"]}, f"unknown fields in {sent.json}"
            del path

    def _forgejo(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        base = f"/repos/{REPOSITORY}/releases"
        path = sent.path.removeprefix(API["forgejo"])
        if path == "/version":
            return self._json(200, {"version": "11.0.1+gitea-1.22.0"})
        if path.startswith(f"/repos/{REPOSITORY}/pulls"):
            return self._forgejo_pulls(sent, path.removeprefix(f"/repos/{REPOSITORY}/pulls"))
        if path.startswith(f"/repos/{REPOSITORY}/issues"):
            if sent.method != "GET":
                jsonschema.validate(sent.json, FORGEJO["open issue" if sent.method == "POST" else "edit issue"])
            answer = self._issues(sent, path.removeprefix(f"/repos/{REPOSITORY}/issues"))
            value = json.loads(answer[2])
            for each in value if isinstance(value, list) else [value]:
                jsonschema.validate(each, FORGEJO["issue"])
            return answer
        if not path.startswith(base):
            raise Refusal(404, "The target couldn't be found.")
        if sent.headers.get("content-type") == "application/json":
            jsonschema.validate(sent.json, FORGEJO["create" if sent.method == "POST" else "edit"])
        status, headers, body = self._releases(sent, path.removeprefix(base))
        if body and status < 400:
            value = json.loads(body)
            for each in value if isinstance(value, list) else [value]:
                jsonschema.validate(each, FORGEJO["attachment" if "browser_download_url" in each else "release"])
        return status, headers, body

    def _forgejo_pulls(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes]:
        if sent.method != "GET":
            jsonschema.validate(sent.json, FORGEJO["open request" if sent.method == "POST" else "edit request"])
        found = self._pulls(sent, rest)
        shown = [self._shown_pull(each) for each in (found if isinstance(found, list) else [found])]
        for each in shown:
            jsonschema.validate(each, FORGEJO["request"])
        if isinstance(found, list):
            return self._paged(sent, shown)
        return self._json(201, shown[0])

    def _releases(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes]:
        if rest == "" and sent.method == "GET":
            return self._paged(sent, [self._shown(each) for each in reversed(self.entries)])
        if rest == "":
            return self._json(201, self._shown(self._created(sent.json)))
        if found := re.fullmatch(r"(?:/(\d+))?/assets(?:/(\d+))?", rest):
            release, asset = (int(id) if id else 0 for id in found.groups())
            if asset:
                return self._deleted_file(release or None, asset)
            return self._json(201, self._shown_file(self._uploaded(self._entry(release), sent)))
        entry = self._entry((self._latest_id() or 0) if rest == "/latest" else int(rest.removeprefix("/")))
        if sent.method == "DELETE":
            self.entries.remove(entry)
            return self._json(204, None)
        if sent.method == "PATCH":
            self._changed(entry, sent.json)
        return self._json(200, self._shown(entry))

    def _created(self, said: dict[str, Any]) -> Entry:
        if self.kind == "forgejo" and any(each.tag == said["tag_name"] for each in self.entries):
            raise Refusal(409, "Release is has no Tag")
        fields = {name: said.get(name, other) for name, other in _FIELDS.items()} | {"immutable": False}
        entry = Entry(self.new_id(), said["tag_name"], fields)
        if not entry.fields["draft"]:
            self._must_be_free(entry)
        self.entries.append(entry)
        return entry

    def _must_be_free(self, entry: Entry) -> None:
        if any(each.tag == entry.tag and each is not entry and not each.fields["draft"] for each in self.entries):
            errors = [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]
            raise Refusal(422, "Validation Failed", errors=errors, documentation_url="https://docs.example")

    def _changed(self, entry: Entry, said: dict[str, Any]) -> None:
        was_draft = entry.fields["draft"]
        new = {**entry.fields, **{name: value for name, value in said.items() if name in _FIELDS}}
        if was_draft and not new["draft"]:
            self._must_be_free(entry)
            new["immutable"] = self.immutable
        if new["prerelease"] and said.get("make_latest") == "true":
            raise Refusal(422, "Validation Failed", errors=[{"code": "invalid", "field": "make_latest"}])
        entry.fields = new
        if said.get("make_latest") == "true":
            self.latest = entry.id
        elif said.get("make_latest") == "false" and self._latest_id() == entry.id:
            others = [each.id for each in self.entries if each is not entry and not each.fields["draft"]]
            self.latest = max(others, default=None)

    def _uploaded(self, entry: Entry, sent: Sent, *, whole: bool = True) -> File:
        data, name = sent.body, sent.query["name"]
        if self.kind == "forgejo":
            head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
            parts = message_from_bytes(head + sent.body).get_payload()
            assert isinstance(parts, list)
            (part,) = parts
            assert isinstance(part, Message)
            assert part.get_param("name", header="content-disposition") == "attachment"
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            data = payload
        elif entry.fields["immutable"]:
            raise Refusal(422, "Cannot upload assets to an immutable release.")
        elif any(file.name == name for file in entry.files):
            errors = [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]
            raise Refusal(422, "Validation Failed", errors=errors)
        entry.files.append(File(self.new_id(), name, data, whole))
        return entry.files[-1]

    def _deleted_file(self, release: int | None, id: int) -> tuple[int, dict[str, str], bytes]:
        for entry in self.entries:
            for file in entry.files:
                if file.id == id and release in (None, entry.id):
                    if entry.fields["immutable"]:
                        raise Refusal(422, "Cannot delete asset from an immutable release")
                    entry.files.remove(file)
                    return self._json(204, None)
        raise Refusal(404, "Not Found")

    def _download(self, id: int) -> tuple[int, dict[str, str], bytes]:
        found = next((file for entry in self.entries for file in entry.files if file.id == id), None)
        if found is None:  # another run has deleted it since the list was read
            raise Refusal(404, "Not Found")
        return 200, {"Content-Type": "application/octet-stream"}, found.data

    def _shown(self, entry: Entry) -> dict[str, Any]:
        api = f"{self.api}/repos/{REPOSITORY}/releases/{entry.id}"
        own = {
            "url": api,
            "html_url": f"{self.url}/{REPOSITORY}/releases/tag/{quote(entry.tag)}",
            "upload_url": f"{self.url}/api/uploads/repos/{REPOSITORY}/releases/{entry.id}/assets{{?name,label}}",
            "tarball_url": f"{api}/tarball",
            "zipball_url": f"{api}/zipball",
            "id": entry.id,
            "tag_name": entry.tag,
            "target_commitish": "main",
            "created_at": WHEN,
            "published_at": None if entry.fields["draft"] and self.kind == "github" else WHEN,
            "author": _USER[self.kind],
            "assets": [self._shown_file(file) for file in entry.files],
            **entry.fields,
        }
        if self.kind == "github":
            return own | {"assets_url": f"{api}/assets", "node_id": "R"}
        del own["immutable"]
        return own | {
            "upload_url": f"{api}/assets",
            "hide_archive_links": False,
            "archive_download_count": {"zip": 0, "tar_gz": 0},
        }

    def _shown_file(self, file: File) -> dict[str, Any]:
        own = {
            "id": file.id,
            "name": file.name,
            "size": len(file.data),
            "download_count": 0,
            "created_at": WHEN,
            "browser_download_url": f"{self.url}/attachments/{file.id}",
        }
        if self.kind == "forgejo":
            return own | {"uuid": f"0000-{file.id}", "type": "attachment"}
        digest = f"sha256:{file.digest}" if self.digests and file.whole else None
        more = {
            "url": self.api,
            "node_id": "A",
            "label": "",
            "state": "uploaded" if file.whole else "open",
            "digest": digest,
        }
        return (
            own | more | {"content_type": "application/octet-stream", "updated_at": WHEN, "uploader": _USER["github"]}
        )

    # --- GitLab (docs.gitlab.com/api/releases, /api/packages, /user/packages/generic_packages)

    def _gitlab(self, sent: Sent) -> tuple[int, dict[str, str], bytes]:
        path = sent.path.removeprefix(API["gitlab"])
        if path == "/metadata":
            return self._json(200, {"version": "18.1.0", "revision": "abc", "enterprise": False})
        project = f"/projects/{quote(REPOSITORY, safe='')}"
        path = re.sub(r"\A/projects/1(?=/|\Z)", project, path)
        if path != project and not path.startswith(f"{project}/"):
            raise Refusal(404, "404 Project Not Found")
        rest = path.removeprefix(project)
        answer = self._gitlab_pulls if rest.startswith("/merge_requests") else self._gitlab_answer
        answer = self._gitlab_issues if rest.startswith("/issues") else answer
        status, headers, body, shape = answer(sent, rest)
        if shape and body:
            value = json.loads(body)
            for each in value if isinstance(value, list) else [value]:
                jsonschema.validate(each, GITLAB[shape])
        return status, headers, body

    def _gitlab_answer(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes, str | None]:
        if rest == "":
            return *self._json(200, {"id": 1, "path_with_namespace": REPOSITORY}), None
        if rest.startswith("/packages"):
            return self._gitlab_packages(sent, rest)
        if rest == "/releases" and sent.method == "POST":
            jsonschema.validate(sent.json, GITLAB["create"])
            if any(each.tag == sent.json["tag_name"] for each in self.entries):
                raise Refusal(409, "Release already exists")
            said = sent.json
            fields = {
                "name": said["name"],
                "description": said["description"],
                "released_at": said.get("released_at", WHEN),
            }
            entry = Entry(self.new_id(), said["tag_name"], fields)
            for link in said.get("assets", {}).get("links", []):
                entry.links[self.new_id()] = link
            self.entries.append(entry)
            return *self._json(201, self._gitlab_page(entry)), "release"
        if rest == "/releases":
            return *self._paged(sent, [self._gitlab_page(each) for each in self.entries]), "release"
        name, _, below = rest.removeprefix("/releases/").partition("/")
        entry = next((each for each in self.entries if each.tag == unquote(name)), Entry(0, "", {}))
        if entry.id == 0:
            raise Refusal(404, "404 Not Found")
        if below.startswith("assets/links"):
            return self._gitlab_links(sent, entry, below)
        if sent.method == "PUT":
            jsonschema.validate(sent.json, GITLAB["edit"])
            entry.fields |= sent.json
        return *self._json(200, self._gitlab_page(entry)), "release"

    def _gitlab_pulls(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes, str | None]:
        rest = rest.removeprefix("/merge_requests")
        if sent.headers.get("job-token"):
            raise Refusal(401, "401 Unauthorized")
        if sent.method == "POST":
            jsonschema.validate(sent.json, GITLAB["open request"])
            said, names = sent.json, {"head": "source_branch", "base": "target_branch", "body": "description"}
            made = self.opened({**{name: said[other] for name, other in names.items()}, "title": said["title"]})
            return *self._json(201, self._gitlab_pull(made)), "request"
        if sent.method == "PUT":
            jsonschema.validate(sent.json, GITLAB["edit request"])
            found = self.pulls[int(rest.removeprefix("/")) - 1]
            found.title = sent.json.get("title", found.title)
            found.body = sent.json.get("description", found.body)
            found.state = "closed" if sent.json.get("state_event") == "close" else found.state
            return *self._json(200, self._gitlab_pull(found)), "request"
        if rest:
            return *self._json(200, self._gitlab_pull(self.pulls[int(rest.removeprefix("/")) - 1])), "request"
        assert sent.query.get("state") in (None, "all", "opened", "closed", "merged")
        wanted = (sent.query.get("source_branch"), sent.query.get("target_branch"))
        those = [each for each in reversed(self.pulls) if wanted in ((None, None), (each.head, each.base))]
        return *self._paged(sent, [self._gitlab_pull(each) for each in those]), "request"

    def _gitlab_pull(self, pull: Request) -> dict[str, Any]:
        return {
            "id": 1000 + pull.number,
            "iid": pull.number,
            "project_id": 1,
            "source_project_id": 1 if pull.repository == REPOSITORY else 2,
            "target_project_id": 1,
            "title": pull.title,
            "description": pull.body,
            "state": {"open": "opened"}.get(pull.state, pull.state),
            "source_branch": pull.head,
            "target_branch": pull.base,
            "sha": pull.commit,
            "merged_at": WHEN if pull.state == "merged" else None,
            "created_at": WHEN,
            "updated_at": WHEN,
            "web_url": f"{self.url}/{REPOSITORY}/-/merge_requests/{pull.number}",
            "author": {"id": 1, "username": "ada", "name": "Ada"},
            "draft": False,
            "force_remove_source_branch": True,
        }

    def _gitlab_links(self, sent: Sent, entry: Entry, below: str) -> tuple[int, dict[str, str], bytes, str | None]:
        if sent.method == "GET":
            return *self._paged(sent, [{"id": id, **link} for id, link in entry.links.items()]), "link"
        if sent.method == "DELETE":
            link = entry.links.pop(int(below.rpartition("/")[2]))
            return *self._json(200, {"id": 1, **link}), "link"
        jsonschema.validate(sent.json, GITLAB["create link"])
        if any(link["name"] == sent.json["name"] for link in entry.links.values()):
            raise Refusal(400, "Validation failed: Name has already been taken")
        entry.links[self.new_id()] = sent.json
        return *self._json(201, {"id": self.last_id, **sent.json}), "link"

    def _gitlab_packages(self, sent: Sent, rest: str) -> tuple[int, dict[str, str], bytes, str | None]:
        versions = list(dict.fromkeys(version for version, _ in self.packages))
        if rest == "/packages":
            shown = [
                {
                    "id": at + 1,
                    "name": "release-assets",
                    "version": version,
                    "package_type": "generic",
                    "status": "default",
                }
                for at, version in enumerate(versions)
            ]
            return *self._paged(sent, shown), "package"
        if found := re.fullmatch(r"/packages/generic/release-assets/([\w.+%-]+)/([\w.+%-]+)", rest):
            file = File(self.new_id(), unquote(found[2]), sent.body)
            self.packages.append((unquote(found[1]), file))
            return *self._json(201, {"message": "201 Created"}), None
        if found := re.fullmatch(r"/packages/(\d+)/package_files", rest):
            files = [file for version, file in self.packages if version == versions[int(found[1]) - 1]]
            shown = [
                {"id": each.id, "file_name": each.name, "size": len(each.data), "file_sha256": each.digest}
                for each in files
            ]
            return *self._paged(sent, shown), "package file"
        if found := re.fullmatch(r"/packages/(\d+)/package_files/(\d+)", rest):
            self.packages = [each for each in self.packages if each[1].id != int(found[2])]
            return *self._json(204, None), None
        raise Refusal(404, "404 Not Found")

    def _gitlab_page(self, entry: Entry) -> dict[str, Any]:
        page = f"{self.url}/{REPOSITORY}/-/releases/{quote(entry.tag, safe='')}"
        links = [{"id": id, "direct_asset_url": link["url"], **link} for id, link in entry.links.items()]
        return {
            "tag_name": entry.tag,
            "created_at": WHEN,
            "upcoming_release": False,
            **entry.fields,
            "assets": {"count": len(links) + 1, "sources": [], "links": links},
            "_links": {"self": page, "edit_url": f"{page}/edit"},
        }


_DESCRIPTION = Path(__file__).with_name("github.json")
_FIELDS = {"name": None, "body": None, "draft": False, "prerelease": False}
_LOGIN = {"login": "ada", "id": 1, "avatar_url": "https://a.example", "html_url": "https://h.example"}
_URLS: tuple[str, ...] = (
    "url",
    "followers_url",
    "following_url",
    "gists_url",
    "starred_url",
    "subscriptions_url",
    "organizations_url",
)
_URLS += ("repos_url", "events_url", "received_events_url")
_USER = {
    "github": _LOGIN | {"node_id": "U", "gravatar_id": "", "type": "User", "site_admin": False} | dict.fromkeys(_URLS, "https://u.example"),
    "forgejo": _LOGIN | {"email": "ada@example.org", "full_name": "Ada", "username": "ada"},
}  # fmt: skip


@cache
def _description() -> dict[str, Any]:
    return json.loads(_DESCRIPTION.read_text())


def _example(schema: dict[str, Any]) -> Any:
    """The smallest value that fits a schema of the description."""
    if "$ref" in schema:
        return _example(_description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema or schema.get("type") == "object":
        return {name: _example(schema["properties"][name]) for name in schema.get("required", ())}
    for several in ("allOf", "anyOf", "oneOf"):
        if several in schema:
            return _example(schema[several][0])
    formats = {"uri": "https://u.example", "date-time": WHEN, "email": "ada@example.org"}
    text = formats.get(schema.get("format", ""), "x")
    return {"integer": 1, "number": 1, "boolean": False, "array": [], "string": text}[schema["type"]]


@cache
def _github_api() -> OpenAPI:
    return OpenAPI.from_dict(json.loads(_DESCRIPTION.read_text()))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    forge: ForgeServer

    def log_message(self, *words: object) -> None:
        pass

    def _serve(self) -> None:
        forge = self.forge
        where = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        sent = Sent(self.command, where.path, dict(parse_qsl(where.query)), headers, body)
        with forge.lock:
            forge.requests.append(f"{self.command} {where.path}")
            forge.seen.append(sent)
            number = len(forge.requests)
        if (number, BEFORE) in forge.faults:
            self._leave_half(sent)
            return self._cut(forge.faults[number, BEFORE])
        if number in forge.pauses:
            forge.pauses[number]()
        try:
            status, more, data = forge.answers[number] if number in forge.answers else forge.answer(sent)
        except Refusal as refusal:
            status, more, data = (
                refusal.status,
                {"Content-Type": "application/json"},
                json.dumps(refusal.value).encode(),
            )
        except Exception as error:  # noqa: BLE001 - a violated description is told by the test
            forge.problems.append(f"{sent.method} {sent.path}: {type(error).__name__}: {error} {error.__cause__}")
            status, more, data = 500, {}, b""
        if (number, AFTER) in forge.faults:
            return self._cut(forge.faults[number, AFTER])
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None

    def _leave_half(self, sent: Sent) -> None:
        """GitHub keeps an asset whose upload was cut off."""
        found = re.search(r"/releases/(\d+)/assets\Z", sent.path)
        if self.forge.kind == "github" and found and sent.method == "POST":
            half = Sent(sent.method, sent.path, sent.query, sent.headers, sent.body[: len(sent.body) // 2])
            with self.forge.lock:
                self.forge._uploaded(self.forge._entry(int(found[1])), half, whole=False)

    def _cut(self, fault: Callable[[], None]) -> None:
        fault()
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names


@contextmanager
def forge_server(kind: str) -> Iterator[ForgeServer]:
    """Run a forge on loopback; at the end no request or answer may have violated its description."""
    forge = ForgeServer(kind, free_port())
    server = ThreadingHTTPServer(("127.0.0.1", forge.port), type("Handler", (_Handler,), {"forge": forge}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert not forge.problems, "\n".join(map(str, forge.problems))


def settle(project: Project, server: ForgeServer) -> None:
    """Let the project's origin be on the forge, and the environment be that of a job there."""
    url = f"{server.url}/{REPOSITORY}.git"
    project.git("config", f"url.{project.world.origin.as_uri()}.insteadOf", url)
    project.git("remote", "set-url", "origin", url)
    server.origin = project
    project.world.variables |= server.variables
