"""What a clone brings in its `.dvc/config` runs nothing and receives no credentials before the user trusts it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Thread

import jsonschema
import pytest
from project import Project

LOOKS = ("status", "verify", "bump patch --dry-run")
CUSTOM = {"auth": "custom", "custom_auth_header": "X-Token"}  # the header that carries the password


class Server(ThreadingHTTPServer):
    """Says 404 to everything, and keeps what it was sent as credentials."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[str | None] = []
        self.moved_to = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server  # type: ignore[mutable-override]  # the only server that it is given to

    def do_GET(self) -> None:
        self.server.received.append(self.headers["X-Token"])
        self.send_response(302 if self.server.moved_to else 404)
        self.send_header("Location", self.server.moved_to + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """Where the data was, and where a commit says that it is."""
    both = (Server(), Server())
    for server in both:
        Thread(target=server.serve_forever, daemon=True).start()
    yield both
    for server in both:
        server.shutdown()
        server.server_close()


def store(project: Project, url: str, **options: str) -> None:
    """Commit another remote `storage`."""
    lines = "".join(f"    {key} = {value}\n" for key, value in {"url": url, **options}.items())
    project.write(".dvc/config", f"[core]\n    remote = storage\n['remote \"storage\"']\n{lines}")
    project.save("Another store")


def password(project: Project, file: str = ".dvc/config.local", more: str = "") -> None:
    project.write(file, f"['remote \"storage\"']\n    password = s3cret\n{more}")


@pytest.mark.parametrize("line", LOOKS)
def test_a_command_of_the_commit_is_not_run_and_the_verdict_is_unknown(released, line):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command=f"touch {released.world.root}/ran")
    run = released.release(line)
    assert run.code == (0 if line == "status" else 6), run
    run.says("bearer_token_command of the commit's .dvc/config is not used", "release config --trust")
    assert not (released.world.root / "ran").exists()
    assert released.unchanged()


def test_nor_does_checkout_run_it(released):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command=f"touch {released.world.root}/ran")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    clone = released.clone()
    clone.git("fetch", "--quiet", released.folder, "tag", "v0.2.0")
    clone.release("checkout v0.2.0").fails_with(6).helps("release config --trust")
    assert not (released.world.root / "ran").exists()
    assert clone.unchanged()


@pytest.mark.parametrize("line", ["list", "show v0.1.0", "diff v0.1.0", "changelog"])
def test_commands_that_only_look_go_on(released, line):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command=f"touch {released.world.root}/ran")
    released.release(line).succeeds()
    assert not (released.world.root / "ran").exists()


INSIDE = {"s3": "configpath", "gs": "credentialpath", "ssh": "keyfile", "webdavs": "cert_path"}


@pytest.mark.parametrize(("scheme", "key"), INSIDE.items())
def test_files_with_credentials_count_only_outside_of_the_work_tree(released, scheme, key):
    store(released, f"{scheme}://example.invalid/x", **{key: "../aws.cfg"})
    run = released.release("verify").fails_with(6).says(f"{key} of the commit's .dvc/config is not used")
    run.says(f"remote.storage.{key}=../aws.cfg")
    released.world.root.joinpath("link").symlink_to(released.folder)  # an absolute path that leads inside
    store(released, f"{scheme}://example.invalid/x", **{key: str(released.world.root / "link" / "aws.cfg")})
    released.release("verify").fails_with(6).says(f"{key} of the commit's .dvc/config is not used")


@pytest.mark.parametrize(
    "path", ["/${PWD}/aws.cfg", "../../other/aws.cfg", "../../cache/files/md5/ab/cdef0123456789abcdef0123456789"]
)
def test_files_with_credentials_do_not_count_where_a_clone_can_have_put_them(released, path):
    store(released, "s3://bucket/x", endpointurl="http://127.0.0.1:9", configpath=path)
    file = released.world.root / path.removeprefix("../../")
    if path.startswith(".."):
        file.parent.mkdir(parents=True)
    if "other" in path:
        released.git("worktree", "add", "--detach", "--force", "--quiet", "../other")
    if path.startswith("/"):
        file = released.folder / "aws.cfg"
    file.write_text(f"[default]\ncredential_process = touch {released.world.root}/ran\n")
    released.release("verify").fails_with(6).says("configpath of the commit's .dvc/config is not used")
    assert not (released.world.root / "ran").exists()


def test_files_with_credentials_count_in_a_home_folder_that_is_a_repository(released):
    released.git("init", "--quiet", released.world.root / "home")
    store(released, "s3://bucket/x", endpointurl="http://127.0.0.1:9", configpath="~/.aws/config")
    released.release("verify").fails_with(6).never_says("is not used")


def test_trust_is_for_one_pair_in_one_repository_and_lies_outside_of_it(released):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command="get-token")
    pairs = ["remote.storage.bearer_token_command=get-token", "remote.storage.url=webdav://127.0.0.1:9"]
    released.release("verify").fails_with(6).helps(f"release config --trust {pairs[0]} {pairs[1]}")
    released.release("config --trust").fails_with(2).helps("release config --trust --dry-run")
    released.release("config --trust --dry-run").succeeds().says("get-token")
    released.release("verify").fails_with(6).says("is not used")
    released.release("config --trust", *pairs).succeeds().says("trusted in this repository")
    assert released.unchanged()
    released.release("verify").fails_with(6).never_says("is not used", "--trust")
    assert released.clone().release("verify").fails_with(6).says("is not used")
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command="get-token --other")
    released.release("verify").fails_with(6).says("is not used")
    run = released.release("config --trust --yes --json").succeeds()
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/config.json").read_text()))
    assert [each["value"] for each in run.json["trusted"]] == ["get-token --other"]
    released.release("verify").fails_with(6).never_says("is not used", "--trust")


def test_another_repository_in_the_same_folder_is_not_trusted(released):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command="get-token")
    released.release("config --trust --yes").succeeds()
    released.release("verify").fails_with(6).never_says("is not used")
    released.git("remote", "set-url", "origin", released.world.origin.as_uri() + "/../origin.git")
    released.release("verify").fails_with(6).says("is not used")


def test_in_ci_a_variable_of_the_service_says_what_is_trusted(released):
    store(released, "webdav://127.0.0.1:9/dav", bearer_token_command="get-token")
    released.world.variables["RELEASE_TRUST"] = (
        "remote.storage.bearer_token_command=get-token\nremote.storage.url=webdav://127.0.0.1:9\n"
    )
    released.release("verify").fails_with(6).never_says("is not used", "--trust")


def test_a_command_of_the_users_own_configuration_counts_but_not_one_that_git_tracks(released):
    store(released, "webdav://127.0.0.1:9/dav")
    released.write(".dvc/config.local", "['remote \"storage\"']\n    bearer_token_command = get-token\n")
    released.release("verify").fails_with(6).never_says("--trust")
    released.git("add", "--force", ".dvc/config.local")
    released.save("Local settings that are none")
    released.release("verify").fails_with(6).says("bearer_token_command of the commit's .dvc/config is not used")


def test_a_password_goes_where_it_always_went(released, servers):
    there, _ = servers
    store(released, there.url, **CUSTOM)
    password(released)
    released.release("verify").fails_with(4)
    assert set(there.received) == {"s3cret"}


def test_a_password_does_not_follow_a_changed_url(released, servers):
    there, elsewhere = servers
    store(released, there.url, **CUSTOM)
    password(released)
    store(released, elsewhere.url, **CUSTOM)
    for line in LOOKS:
        released.release(line).says(f"your credentials are not sent to {elsewhere.url}")
    assert elsewhere.received == []
    released.release("config --trust", f"remote.storage.url={elsewhere.url}").succeeds()
    released.release("verify").fails_with(4)
    assert set(elsewhere.received) == {"s3cret"}


def test_a_password_does_not_follow_the_url_of_another_branch(released, servers):
    there, elsewhere = servers
    store(released, there.url, **CUSTOM)
    released.git("checkout", "--quiet", "-b", "theirs")
    store(released, elsewhere.url, **CUSTOM)
    released.git("checkout", "--quiet", "main")
    password(released)
    released.release("verify theirs").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


def test_a_password_does_not_follow_the_url_of_a_branch_without_history(released, servers):
    there, elsewhere = servers
    store(released, there.url, **CUSTOM)
    password(released)
    released.git("checkout", "--quiet", "--orphan", "theirs")
    store(released, elsewhere.url, **CUSTOM)
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


@pytest.mark.parametrize("host", ["h -c id", "-oProxyCommand=id", "$(id)", "-u@h"])
def test_a_host_that_is_no_host_name_reaches_no_proxy_command(released, host):
    store(released, f"'ssh://{host}/x'")
    released.release("verify").fails_with(4).says("has no plain user and host")


@pytest.mark.parametrize("url", ["ssh://-l@host/x", "ssh://host/x"])
def test_a_user_that_is_no_name_reaches_no_proxy_command(released, url):
    text = remote("top", "remote://base/y", user="$(id)" if url == "ssh://host/x" else "''") + remote("base", url)
    released.write(".dvc/config", f"[core]\n    remote = top\n{text}")
    released.save("A chain")
    released.release("verify").fails_with(4).says("has no plain user and host")


@pytest.mark.parametrize("port", ["99999", "abc"])
def test_a_port_that_is_none_is_an_error_of_the_commit(released, port):
    store(released, f"http://127.0.0.1:{port}/x")
    released.release("verify").fails_with(4).says("the url of remote `storage` is invalid")


def test_an_account_that_is_no_name_is_no_part_of_a_host(released):
    store(released, "azure://container/x", account_name="evil.example/x")
    released.release("verify").fails_with(4).says("account_name of remote `storage` is not a valid name")


def test_a_password_for_every_repository_goes_only_where_its_own_url_says(released, servers):
    there, elsewhere = servers
    store(released, elsewhere.url, **CUSTOM)
    password(released, "../home/dvc-global/config", f"    url = {there.url}\n")
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []
    store(released, there.url, **CUSTOM)
    released.release("verify").fails_with(4)
    assert set(there.received) == {"s3cret"}


def test_in_a_shallow_clone_the_url_must_be_the_users(released, servers):
    there, _ = servers
    store(released, there.url, **CUSTOM)
    clone = released.clone("shallow", "--depth=1")
    password(clone)
    clone.release("verify").fails_with(6).says("your credentials are not sent to")
    assert there.received == []
    clone.dvc("remote", "modify", "--local", "storage", "url", there.url)
    clone.release("verify").fails_with(4)
    assert set(there.received) == {"s3cret"}


def test_a_cache_outside_of_the_work_tree_is_not_written_before_it_is_trusted(released, tmp_path):
    released.write(".dvc/config", released.read(".dvc/config").decode() + f"[cache]\n    dir = {tmp_path}/theirs\n")
    released.save("A cache elsewhere")
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")
    clone = released.clone()
    run = clone.release("checkout v0.2.0").succeeds().says("keeps DVC's cache outside the work tree")
    run.says(f"release config --trust cache.dir={tmp_path}/theirs")
    assert not (tmp_path / "theirs").exists()
    second = released.clone("second")
    second.release("config --trust", f"cache.dir={tmp_path}/theirs").succeeds()
    second.release("checkout v0.2.0").succeeds().never_says("outside the work tree")
    assert (tmp_path / "theirs").exists()


def test_a_password_for_https_does_not_go_over_http(released):
    store(released, "webhdfs://127.0.0.1:9/x", use_https="true")
    released.write(".dvc/config.local", "['remote \"storage\"']\n    user = ada\n    password = s3cret\n")
    released.release("verify").fails_with(6).never_says("--trust")
    store(released, "webhdfs://127.0.0.1:9/x")
    released.release("verify").fails_with(6).helps("release config --trust remote.storage.url=webhdfs://127.0.0.1:9")


def local_command(project: Project) -> str:
    return f"['remote \"storage\"']\n    bearer_token_command = touch {project.world.root}/ran\n"


def test_local_settings_that_git_tracks_count_as_the_commits_though_their_folder_looks_like_a_repository(released):
    store(released, "webdav://127.0.0.1:9/dav")
    for name in ("objects/keep", "refs/keep"):
        released.write(f".dvc/{name}", "")
    released.write(".dvc/HEAD", "ref: refs/heads/main\n")
    released.write(".dvc/config.local", local_command(released))
    released.git("add", "--force", ".dvc")
    released.save("Folders of git")
    released.release("verify").fails_with(6).says("bearer_token_command of the commit's .dvc/config is not used")
    assert not (released.world.root / "ran").exists()


@pytest.mark.parametrize("link", [".dvc/config.local", ".dvc"])
def test_local_settings_behind_a_link_that_git_tracks_count_as_the_commits(released, link):
    store(released, "webdav://127.0.0.1:9/dav")
    head = released.git("rev-parse", "HEAD").strip()
    place = released.folder / link
    if link == ".dvc":
        place.rename(released.folder / "conf")
        place.symlink_to("conf")
        released.write("conf/config.local", local_command(released))
    else:
        released.write("data.cfg", local_command(released))  # that git does not know: data of DVC
        place.symlink_to("../data.cfg")
    released.git("add", "--force", link)
    released.git("commit", "--quiet", "-m", "A link")
    released.release("verify", head).fails_with(6).says("bearer_token_command of the commit's .dvc/config is not used")
    assert not (released.world.root / "ran").exists()


def test_a_link_of_the_users_own_to_local_settings_is_the_users(released):
    store(released, "webdav://127.0.0.1:9/dav")
    own = released.world.root / "own.cfg"
    own.write_text(local_command(released).replace("touch", "true"))
    (released.folder / ".dvc/config.local").symlink_to(own)
    released.release("verify").fails_with(6).never_says("bearer_token_command")


def remote(name: str, url: str, **options: str) -> str:
    lines = "".join(f"    {key} = {value}\n" for key, value in {"url": url, **options}.items())
    return f"['remote \"{name}\"']\n{lines}"


@pytest.mark.parametrize("chain", ["changed", "longer"])
def test_a_password_does_not_follow_a_new_remote_that_builds_on_the_old_one(released, servers, chain):
    there, elsewhere = servers
    store(released, there.url, **CUSTOM)
    password(released)
    old = elsewhere.url if chain == "changed" else "remote://theirs/x"
    text = remote("new", "remote://storage/y") + remote("storage", old, **CUSTOM) + remote("theirs", elsewhere.url)
    released.write(".dvc/config", f"[core]\n    remote = new\n{text}")
    released.save("A chain")
    released.release("verify").fails_with(6).helps(f"release config --trust remote.new.url={elsewhere.url}")
    assert elsewhere.received == []


def test_a_password_beside_a_url_goes_there_alone(released, servers):
    there, elsewhere = servers
    password(released, more=f"    url = {there.url}\n")  # a remote that no commit names
    store(released, elsewhere.url, **CUSTOM)
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


def test_a_password_of_a_base_that_only_the_user_has_goes_there_alone(released, servers):
    there, elsewhere = servers
    chain = f"[core]\n    remote = new\n{remote('new', 'remote://base/y', **CUSTOM)}"
    released.write(".dvc/config", chain)
    released.save("A chain to a remote of the user's")
    released.write(".dvc/config.local", remote("base", there.url, password="s3cret"))
    released.release("verify").fails_with(4)
    assert set(there.received) == {"s3cret"}
    released.write(".dvc/config", chain + remote("base", elsewhere.url))
    released.save("The base, too")
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


def test_a_password_does_not_go_where_another_remote_of_the_users_is(released, servers):
    there, elsewhere = servers
    own = remote("storage", there.url, password="s3cret", **CUSTOM) + remote("public", elsewhere.url)
    released.write("../home/dvc-global/config", own)
    text = remote("public", "remote://storage/y") + remote("storage", elsewhere.url)
    released.write(".dvc/config", f"[core]\n    remote = public\n{text}")
    released.save("A chain")
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


def test_a_password_does_not_follow_a_history_that_was_replaced(released, servers):
    there, elsewhere = servers
    store(released, there.url, **CUSTOM)
    password(released)
    released.git("checkout", "--quiet", "--orphan", "theirs")
    store(released, elsewhere.url, **CUSTOM)
    released.git("branch", "--quiet", "--force", "main")
    released.git("tag", "-d", "v0.1.0")
    for ref in released.git("for-each-ref", "--format=%(refname)").split():
        released.git("update-ref", ref, "HEAD")
    released.release("verify").fails_with(6).says("your credentials are not sent to")
    assert elsewhere.received == []


def test_a_password_does_not_follow_a_redirect(released, servers):
    there, elsewhere = servers
    there.moved_to = elsewhere.url
    store(released, there.url, **CUSTOM)
    password(released)
    released.release("verify").fails_with(4)
    assert None not in there.received
    assert set(elsewhere.received) == {None}


@pytest.mark.parametrize("url", ["../.git/hooks", "../store"])
def test_no_object_is_pushed_into_git(released, url):
    store(released, url)
    if url == "../store":
        (released.folder / "store").mkdir()
        (released.folder / "store/files").symlink_to("../.git/files")
        released.save("A store in git")
    released.release("verify --push").says("leads into .git")
    assert not list(released.folder.glob(".git/**/files/md5"))


def test_a_cache_folder_whose_name_is_too_long_has_nothing(released):
    folder = "a/" * 3000
    released.write(
        ".dvc/config", f"[core]\n    remote = s\n['remote \"s\"']\n    url = ../../none\n[cache]\n    dir = {folder}\n"
    )
    released.save("A cache that cannot be")
    released.release("status").succeeds()
