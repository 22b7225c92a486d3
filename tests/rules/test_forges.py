"""Which forge a remote is on, which token belongs to it, and what a release page says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from release.core.forge import Forge, ForgeKind, forge_of, forge_of_own, server_of, token_for
from release.core.release_page import (
    Asset,
    Page,
    PageStepKind,
    PublishedRelease,
    asset_name,
    edited_by_hand,
    page_of,
    prefilled_url,
    steps_to,
)
from release.errors import Refused, UsageError
from release.git.repository import Settings

RUNNER = {"GITHUB_SERVER_URL": "https://git.example.org", "GITHUB_API_URL": "https://git.example.org/api/v3"}
GITLAB = {
    "CI_SERVER_URL": "https://lab.example.org:8443/git",
    "CI_API_V4_URL": "https://lab.example.org:8443/git/api/v4",
}
GITHUB_COM = Forge(ForgeKind.GITHUB, "https://github.com", "https://api.github.com", "o/k")


@pytest.mark.parametrize(
    ("url", "environment", "kind", "api", "path"),
    [
        ("git@github.com:o/k.git", {}, "GitHub", "https://api.github.com", "o/k"),
        ("https://gitlab.com/g/h/k", {}, "GitLab", "https://gitlab.com/api/v4", "g/h/k"),
        ("https://codeberg.org/o/k.git", RUNNER, "Forgejo", "https://codeberg.org/api/v1", "o/k"),
        ("https://acme.ghe.com/o/k.git", {}, "GitHub", "https://api.acme.ghe.com", "o/k"),
        ("git@git.example.org:o/k.git", RUNNER, "GitHub", "https://git.example.org/api/v3", "o/k"),
        ("ssh://git@git.example.org:2222/o/k.git", RUNNER, "GitHub", "https://git.example.org/api/v3", "o/k"),
        (
            "https://git.example.org/o/k",
            {**RUNNER, "GITHUB_API_URL": "https://git.example.org/api/v1"},
            "Forgejo",
            "https://git.example.org/api/v1",
            "o/k",
        ),
        ("https://git.example.org/o/k", {**RUNNER, "GITEA_ACTIONS": "true"}, "Forgejo", RUNNER["GITHUB_API_URL"], "o/k"),
        ("https://lab.example.org:8443/git/g/k.git", GITLAB, "GitLab", GITLAB["CI_API_V4_URL"], "g/k"),
        ("git@lab.example.org:g/k.git", GITLAB, "GitLab", GITLAB["CI_API_V4_URL"], "g/k"),
        ("git@lab.example.org:git/k.git", GITLAB, "GitLab", GITLAB["CI_API_V4_URL"], "git/k"),
        ("https://f.example.org/o/k", {"FORGEJO_SERVER_URL": "https://f.example.org/"}, "Forgejo", "https://f.example.org/api/v1", "o/k"),
    ],
)  # fmt: skip
def test_a_forge_is_known_by_its_host_or_by_the_ci_service(url, environment, kind, api, path):
    forge = forge_of_own(url, environment)
    assert forge is not None
    assert (forge.kind.value, forge.api, forge.path) == (kind, api, path)


@pytest.mark.parametrize(
    "url", ["https://git.example.org/o/k", "https://git.example.org:8443/o/k", "git@h.example.org:o/k"]
)
def test_another_host_is_asked(url):
    assert forge_of(url) is None
    assert forge_of_own(url, {"CI_SERVER_URL": "https://other.example.org"}) is None
    found = forge_of_own(url, {}, ForgeKind.FORGEJO)
    assert found is not None
    assert found.server == server_of(url)
    assert found.api == f"{found.server}/api/v1"


@pytest.mark.parametrize(
    ("written", "settings", "path"),
    [
        ("ours:k.git", {"url.git@github.com:o/.insteadof": ("ours:",)}, "o/k"),
        (
            "ours:k",
            {"url.https://github.com/.insteadof": ("our",), "url.git@github.com:o/.insteadof": ("ours:",)},
            "o/k",
        ),
        ("https://github.com/o/k", {"url.file:///mirror/.insteadof": ("https://github.com/",)}, "o/k"),
        ("ours:k", {"url.https://github.com/.insteadof": ("theirs:",)}, None),
    ],
)
def test_a_short_name_for_a_url_is_read_as_git_reads_it(written, settings, path):
    remote = Settings({"remote.origin.url": (written,), **settings})
    found = forge_of(*remote.addresses("origin"))
    assert (found.path if found else None) == path


def test_a_remote_with_two_push_urls_is_on_no_one_forge():
    remote = Settings({"remote.origin.pushurl": ("git@github.com:o/k.git", "git@gitlab.com:o/k.git")})
    assert remote.addresses("origin") == ()


@pytest.mark.parametrize("url", [None, "", "/srv/o.git", "../origin.git", "file:///srv/o.git", "C:/o/k", "origin:o/k"])
def test_a_path_is_no_server(url):
    assert server_of(url) is None
    assert forge_of_own(url, RUNNER) is None


def test_another_program_on_the_host_of_a_forge_is_not_that_forge():
    assert forge_of_own("https://lab.example.org:8443/other/g/k.git", GITLAB) is None


ALL = {
    name: name.lower()
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "FORGEJO_TOKEN", "GITEA_TOKEN")
}


@pytest.mark.parametrize(
    ("url", "environment", "name"),
    [
        ("https://github.com/o/k", {}, "GITHUB_TOKEN"),
        ("https://github.com/o/k", {"GITHUB_SERVER_URL": "https://github.com"}, "GITHUB_TOKEN"),
        ("https://github.com/o/k", RUNNER, None),  # the token of a job on another server
        ("https://acme.ghe.com/o/k", {}, None),
        ("https://acme.ghe.com/o/k", {"GITHUB_SERVER_URL": "https://acme.ghe.com"}, "GITHUB_TOKEN"),
        ("https://git.example.org/o/k", RUNNER, "GITHUB_TOKEN"),
        ("https://git.example.org/o/k", {**RUNNER, "GITEA_ACTIONS": "true"}, "GITHUB_TOKEN"),
        ("https://gitlab.com/o/k", {}, "GITLAB_TOKEN"),
        ("https://gitlab.com/o/k", RUNNER, "GITLAB_TOKEN"),
        ("https://lab.example.org:8443/git/o/k", GITLAB, "GITLAB_TOKEN"),
        ("https://codeberg.org/o/k", RUNNER, "FORGEJO_TOKEN"),
        ("https://codeberg.org/o/k", {"FORGEJO_SERVER_URL": "https://f.example.org"}, "GITEA_TOKEN"),
        ("https://f.example.org/o/k", {"FORGEJO_SERVER_URL": "https://f.example.org"}, "FORGEJO_TOKEN"),
        ("https://bitbucket.org/o/k", {}, None),
    ],
)
def test_a_token_belongs_to_one_server(url, environment, name):
    forge = forge_of_own(url, environment)
    assert forge is not None
    token = token_for(forge, {**environment, **ALL})
    assert (token and token.name) == name
    assert "token>" not in str(token and token.value)
    assert token is None or token.value not in repr(token)


@pytest.mark.parametrize("kind", [kind for kind in ForgeKind if kind is not ForgeKind.BITBUCKET])
def test_a_server_that_only_a_probe_knows_gets_no_token(kind):
    forge = forge_of_own("https://git.example.org/o/k", {}, kind)
    assert forge is not None
    assert token_for(forge, ALL) is None


def release(**more) -> PublishedRelease:
    fields = {
        "tag": "v1.4.0",
        "version": "1.4.0",
        "message": "char CNN",
        "entry": "## [1.4.0] - 2026-11-23\n\nchar CNN\n\n- By hand\n",
        "prerelease": False,
        "newest": True,
        "released": "2026-11-23T09:00:00Z",
    }
    return PublishedRelease(**{**fields, **more})


def test_a_page_has_the_entry_below_a_title_with_the_message():
    page = page_of(release())
    assert page.text == "v1.4.0: char CNN\n\n- By hand\n"
    assert page.is_ours
    assert (
        page_of(release(message="Release 1.4.0", entry="## [1.4.0]\n\nRelease 1.4.0\n\n- By hand\n")).text
        == "v1.4.0\n\n- By hand\n"
    )
    assert (
        page_of(release(message="", entry="## [1.4.0]\n\nSome words.\n\n- By hand\n")).text
        == "v1.4.0\n\nSome words.\n\n- By hand\n"
    )


def test_a_long_entry_is_cut_at_a_line():
    page = page_of(release(entry="## [1.4.0]\n\n" + "- a line\n" * 20_000, changelog="HISTORY.md"))
    assert len(page.body) < 125_000
    assert "- a line\n\n... the rest is in HISTORY.md\n\n<!--" in page.body
    assert page.is_ours


def test_charts_stand_below_the_entry_and_are_left_out_where_they_have_no_room():
    charts = "```mermaid\nxychart-beta\n```"
    page = page_of(release(charts=charts))
    assert page.text == f"v1.4.0: char CNN\n\n- By hand\n\n### Over releases\n\n{charts}\n"
    assert page.is_ours
    for lines in (13_330, 20_000):
        entry = "## [1.4.0]\n\n" + "- a line\n" * lines
        assert page_of(release(entry=entry, charts=charts)) == page_of(release(entry=entry))


def test_an_edit_of_title_or_text_is_known_and_line_endings_are_none():
    page = page_of(release())
    there = Page(tag=page.tag, title=page.title, body=page.body.replace("\n", "\r\n") + "\r\n", id="1")
    assert there.is_ours
    assert steps_to(page, [there]) == ()
    for other in (Page(tag=page.tag, title="Mine", body=page.body), Page(tag=page.tag, title=page.title, body="Mine")):
        assert not other.is_ours
        assert edited_by_hand(page, [other]) is other
    assert edited_by_hand(page_of(release(yanked="bad")), [there]) is None


def kinds(steps):
    return [step.kind for step in steps]


def test_steps_go_on_where_a_run_was_killed():
    file = Asset(name="a.whl", size_bytes=3, digest="abc")
    page = page_of(release(), [file])
    create, drop, drop_asset, upload, change, publish = PageStepKind
    assert kinds(steps_to(page, [])) == [create, upload, publish]

    def found(id="1", **more):
        return Page(**{"tag": page.tag, "title": page.title, "body": page.body, "id": id, "latest": True, **more})

    same = Asset(name="a.whl", size_bytes=3, digest="abc", id="7")
    half = Asset(name="a.whl", size_bytes=3, digest=None, id="7", whole=False)
    assert kinds(steps_to(page, [found(draft=True, latest=None)])) == [upload, publish]
    assert kinds(steps_to(page, [found(draft=True, latest=None, assets=(half,))])) == [drop_asset, upload, publish]
    assert kinds(steps_to(page, [found(draft=True, latest=None, assets=(same,))])) == [publish]
    assert kinds(steps_to(page, [found(assets=(same,))])) == []
    assert kinds(steps_to(page, [found(assets=(replace(same, id="6"), same))])) == [drop_asset]
    assert kinds(steps_to(page, [found(assets=(same,), latest=False)])) == [change]
    two = [found("10", draft=True, latest=None), found("9", draft=True, latest=None, assets=(same,))]
    assert kinds(steps_to(page, two)) == [drop, publish]
    assert steps_to(page, two)[0].on == two[0]
    by_hand = found("11", draft=True, title="Notes of a person", latest=None)
    assert kinds(steps_to(page, [found(assets=(same,)), by_hand])) == []
    with pytest.raises(Refused, match="immutable"):
        steps_to(page, [found(immutable=True)])
    assert kinds(steps_to(page, [found(immutable=True, assets=(same,), latest=False)])) == [change]


@pytest.mark.parametrize("path", ["a b.whl", ".env", "x/..", "\u00e9.txt", "a.", "/", "a:b"])
def test_names_that_a_forge_would_change_are_refused(path):
    with pytest.raises(UsageError):
        asset_name(path, {})


def test_the_form_is_filled_in_and_its_address_is_not_too_long():
    page = page_of(release(prerelease=True, entry="## [1.4.0]\n\n" + "- \u00e4 line & more\n" * 2000))
    url = prefilled_url(GITHUB_COM, page)
    assert url.startswith("https://github.com/o/k/releases/new?tag=v1.4.0&title=v1.4.0%3A%20char%20CNN&body=-%20%C3%A4")
    assert url.endswith("&prerelease=1")
    assert len(url) <= 7000
    gitlab = Forge(ForgeKind.GITLAB, "https://gitlab.com", "", "g/k")
    assert prefilled_url(gitlab, page) == "https://gitlab.com/g/k/-/releases/new?tag_name=v1.4.0"
