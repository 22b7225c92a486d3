"""The page of a release on each forge."""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files

import jsonschema
import pexpect
import pytest
from forge_server import REPOSITORY, TOKEN, WHEN, File, ForgeServer, Sent, forge_server, settle

MODEL = b"onnx" * 1000


def terminal(project, *words):
    """The command on a pseudo-terminal."""
    environment = project.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    program = ["-m", "release", *words]
    return pexpect.spawn(
        sys.executable,
        program,
        cwd=str(project.folder),
        env=environment,
        timeout=60,
        encoding="utf-8",
        dimensions=(40, 100),
    )


def page_of(forge: ForgeServer, tag: str = "v0.2.0"):
    """The page of a tag, as the forge has it."""
    (found,) = [each for each in forge.entries if each.tag == tag]
    return found


def body_of(forge: ForgeServer, tag: str = "v0.2.0") -> str:
    fields = page_of(forge, tag).fields
    return fields["description" if forge.kind == "gitlab" else "body"]


def edit(forge: ForgeServer, body: str) -> None:
    page_of(forge).fields["description" if forge.kind == "gitlab" else "body"] = body


def changes(forge: ForgeServer) -> list[str]:
    return [each for each in forge.requests if not each.startswith("GET ")]


@pytest.mark.fast("github")
def test_a_page_is_made_with_its_files_and_a_second_run_changes_nothing(charcnn, forge):
    charcnn.write("dist/model.onnx", MODEL)
    run = charcnn.release("publish --asset dist/model.onnx").succeeds()
    run.says("Published the page of v0.2.0 (1 file uploaded): http://127.0.0.1")
    (state,) = forge.state()["pages"]
    assert (state["tag"], state["name"], state["latest"]) == ("v0.2.0", "v0.2.0: charCNN", True)
    assert "### Performance" in body_of(forge)
    assert "## [0.2.0]" not in body_of(forge)
    held = {name: digest for name, digest, _ in state["files"]}
    held |= {name: digest for _, name, digest in forge.state()["packages"]}
    assert held == {"model.onnx": File(0, "", MODEL).digest}
    made = changes(forge)
    assert "PATCH" in made[-1] or made[-1].endswith("/releases"), "the page is public when its files are there"
    before, done = forge.state(), len(changes(forge))
    charcnn.release("publish --asset dist/model.onnx").succeeds().says("The page of v0.2.0 is up to date: http")
    assert forge.state() == before
    assert len(changes(forge)) == done
    assert charcnn.unchanged()


def test_a_page_ends_with_charts_of_the_releases_up_to_its_own(charcnn, forge):
    charcnn.release("publish").succeeds()
    assert "mermaid" not in body_of(forge), "one release is no trend"
    for number, message in ((3, "wordCNN"), (4, "larger")):
        charcnn.train(b"%d" % number, json.dumps({"f1": 0.86 + number / 100, 'f1"]\n```': 0.5}))
        charcnn.release(f"bump minor --yes -m {message}").succeeds()
    for _ in range(2):
        charcnn.release("publish v0.3.0").succeeds()
    charcnn.release("publish v0.3.0").succeeds().says("up to date")
    text, charts = body_of(forge, "v0.3.0").split("### Over releases\n\n```mermaid\n")
    assert "### Performance" in text
    chart = 'xychart-beta\n  title "f1"\n  x-axis ["0.2.0", "0.3.0"]\n  line [0.86, 0.89]\n```\n\n'
    assert charts.partition("%%\n")[2].startswith(chart)
    assert body_of(forge, "v0.3.0").count("```") == 2, "no name ends a chart or begins one"


@pytest.mark.system
def test_other_programs_read_what_was_written(charcnn, forge):
    import gitlab  # noqa: PLC0415 - of the extra `system`
    import httpx  # noqa: PLC0415
    from pyforgejo import PyforgejoApi  # noqa: PLC0415

    charcnn.write("model.onnx", MODEL)
    charcnn.release("publish --asset model.onnx").succeeds()
    if forge.kind == "gitlab":
        with gitlab.Gitlab(forge.url, private_token=TOKEN) as client:
            release = client.projects.get(REPOSITORY).releases.get("v0.2.0")
            assert (release.name, release.description) == ("v0.2.0: charCNN", body_of(forge))
            (link,) = release.links.list(get_all=True)
            assert (link.name, link.link_type) == ("model.onnx", "package")
    elif forge.kind == "forgejo":
        with httpx.Client() as client:
            api = PyforgejoApi(api_key=f"token {TOKEN}", base_url=forge.api, httpx_client=client)
            (read,) = api.repository.repo_list_releases(*REPOSITORY.split("/"))
        assert (read.name, read.body, read.draft) == ("v0.2.0: charCNN", body_of(forge), False)
        assert [(each.name, each.size) for each in read.assets or []] == [("model.onnx", len(MODEL))]


def test_a_page_that_differs_is_brought_up_to_date(charcnn, forge):
    charcnn.write("model.onnx", b"old")
    charcnn.release("publish --asset model.onnx").succeeds()
    charcnn.write("model.onnx", MODEL)
    charcnn.write("extra.txt", b"more")
    charcnn.release("publish --asset model.onnx --asset extra.txt").succeeds().says("Updated the page", "2 files")
    state = forge.state()
    held = {name for _, name, _ in state["packages"]} or {name for name, *_ in state["pages"][0]["files"]}
    assert held == {"model.onnx", "extra.txt"}
    charcnn.release("publish --asset model.onnx --asset extra.txt").succeeds().says("up to date")


def test_text_of_a_person_is_shown_and_not_overwritten(charcnn, forge):
    charcnn.release("publish").succeeds()
    edit(forge, body_of(forge).replace("### Performance", "Read this first!\r\n\r\n### Performance"))
    before = forge.state()
    charcnn.release("publish").fails_with(3).says("edited by hand").helps("release publish --yes v0.2.0")
    charcnn.write("two words/a.bin", b"1")
    run = charcnn.release("publish --asset", "two words/a.bin").fails_with(3)
    run.helps("release publish --yes --asset 'two words/a.bin' v0.2.0")
    run = charcnn.release("publish --dry-run").fails_with(3).says("-Read this first!", "Refused without --yes")
    run.never_says("+### Performance")
    document = charcnn.release("publish --json").fails_with(3).json
    assert "edited by hand" in document["errors"][0]["message"]
    assert forge.state() == before
    charcnn.release("publish --yes").succeeds().says("Updated the page of v0.2.0")
    assert "Read this first" not in body_of(forge)


def test_a_yanked_release_is_marked_on_its_page(charcnn, forge):
    charcnn.release("publish").succeeds()
    charcnn.release("yank v0.2.0 --yes -m", "trained on *test* data").succeeds()
    charcnn.release("publish v0.2.0").succeeds().says("up to date")  # yank has written it
    assert page_of(forge).fields["name"] == "v0.2.0: charCNN [YANKED]"
    assert body_of(forge).startswith(r"**Do not use this release**: trained on \*test\* data")
    if forge.kind != "gitlab":
        assert page_of(forge).fields["prerelease"] is True
    charcnn.release("yank --restore v0.2.0 --yes").succeeds()
    charcnn.release("publish v0.2.0").succeeds().says("up to date")
    assert page_of(forge).fields["name"] == "v0.2.0: charCNN"


def test_only_the_greatest_final_release_is_the_latest(charcnn, forge):
    charcnn.commit("Next")
    charcnn.release("bump minor --pre rc --yes").succeeds()
    charcnn.release("publish v0.2.0").succeeds()
    charcnn.release("publish").succeeds().says("v0.3.0-rc.1")
    charcnn.release("publish v0.1.0").succeeds()
    latest = {page["tag"]: page["latest"] for page in forge.state()["pages"]}
    if forge.kind == "github":
        assert latest == {"v0.1.0": False, "v0.2.0": True, "v0.3.0-rc.1": False}
        assert page_of(forge, "v0.3.0-rc.1").fields["prerelease"] is True
        forge.latest = page_of(forge, "v0.1.0").id  # somebody clicked it
        charcnn.release("publish v0.2.0 --dry-run").succeeds().says("update the latest flag of the page")
        charcnn.release("publish v0.2.0").succeeds()
        assert forge.latest == page_of(forge).id
    if forge.kind == "gitlab":
        assert page_of(forge, "v0.1.0").fields["released_at"] < WHEN


def test_a_dry_run_changes_nothing_and_names_each_step(charcnn, forge):
    charcnn.write("model.onnx", MODEL)
    run = charcnn.release("publish --asset model.onnx --dry-run").succeeds()
    run.says("This would", "upload model.onnx (4.0 kB)", "publish the page of v0.2.0", "Nothing was changed")
    assert changes(forge) == []
    assert forge.state() == {"pages": [], "packages": []}


@pytest.mark.parametrize("words", ["publish", "publish --dry-run", "publish v0.2.0"])
def test_the_document_fits_its_schema(charcnn, forge, words):
    document = charcnn.release(f"{words} --json").succeeds().json
    jsonschema.validate(document, json.loads(files("release").joinpath("schemas/publish.json").read_text()))
    assert document["tag"] == "v0.2.0"
    assert document["repository"] == f"{forge.url}/{REPOSITORY}"
    assert document["dry_run"] is ("--dry-run" in words)


def test_without_a_token_the_address_to_make_it_by_hand_is_printed(charcnn, forge):
    for name in [each for each in charcnn.world.variables if each.endswith("TOKEN")]:
        del charcnn.world.variables[name]
    run = charcnn.release("publish").succeeds().says("No token for 127.0.0.1", "make the page of v0.2.0 here")
    url = charcnn.release("publish -q").succeeds().out.strip()
    assert url in run.out
    assert url.startswith(f"{forge.url}/{REPOSITORY}/")
    assert "v0.2.0" in url
    assert "release%20publish" not in url
    assert charcnn.release("publish --json").succeeds().json["outcome"] == "by hand"
    charcnn.release("publish --dry-run").succeeds().never_says("makes the page for you")
    assert forge.requests == []


def test_a_token_goes_to_its_own_host_and_into_no_output(charcnn, forge):
    server = next(name for name in charcnn.world.variables if name.endswith("SERVER_URL"))
    runs = [charcnn.release("publish -v"), charcnn.release("publish --json")]
    forge.answers[len(forge.requests) + 1] = (403, {}, json.dumps({"message": f"no, {TOKEN}!"}).encode())
    runs.append(charcnn.release("publish -v").fails_with(6).says("answered 403", "no, ***!"))
    with forge_server(forge.kind) as elsewhere:
        moved = f"{elsewhere.api}/{forge.requests[-1].split('/', 4)[-1]}"
        forge.answers[len(forge.requests) + 1] = (302, {"Location": moved}, b"")
        runs.append(charcnn.release("publish -v"))
        assert len(elsewhere.seen) == 1
        assert TOKEN not in str(elsewhere.seen[0].headers)
    for run in runs:
        run.never_says(TOKEN)
    assert all(TOKEN in str(each.headers) for each in forge.seen)
    asked = len(forge.requests)
    charcnn.world.variables[server] = "https://another.example"
    run = charcnn.release("publish").succeeds().says(f"No token for 127.0.0.1:{forge.port}")
    assert not any(TOKEN in str(each.headers) for each in forge.seen[asked:])  # only asked what it runs
    run.helps(f"_SERVER_URL={forge.url}, then: release publish")


def test_a_file_is_uploaded_to_no_other_host(charcnn, monkeypatch):
    charcnn.write("model.onnx", MODEL)
    with forge_server("github") as forge, forge_server("github") as elsewhere:
        settle(charcnn, forge)
        real, own, other = forge.answer, *(f"{each.url}/api/uploads".encode() for each in (forge, elsewhere))

        def answer(sent: Sent) -> tuple[int, dict[str, str], bytes]:
            status, headers, body = real(sent)
            return status, headers, body.replace(own, other)

        monkeypatch.setattr(forge, "answer", answer)
        charcnn.release("publish --asset model.onnx").fails_with(3).says("on to another host")
        assert elsewhere.seen == []


def test_many_pages_are_looked_through(charcnn, forge):
    forge.page_size = 1
    for tag in ("v0.1.0", "v0.2.0"):
        charcnn.release(f"publish {tag}").succeeds()
    charcnn.release("publish v0.1.0").succeeds().says("up to date")
    assert len(forge.entries) == 2


def test_a_file_without_a_digest_is_read(charcnn, forge):
    forge.digests = False  # as GitHub before June 2025
    charcnn.write("model.onnx", MODEL)
    charcnn.release("publish --asset model.onnx").succeeds()
    charcnn.release("publish --asset model.onnx").succeeds().says("up to date")
    charcnn.write("model.onnx", MODEL[::-1])
    charcnn.release("publish --asset model.onnx").succeeds().says("Updated the page of v0.2.0 (1 file uploaded)")


def test_an_immutable_release_gets_its_files_before_it_is_public(charcnn):
    with forge_server("github") as forge:
        settle(charcnn, forge)
        forge.immutable = True
        charcnn.write("model.onnx", MODEL)
        charcnn.release("publish --asset model.onnx").succeeds()
        charcnn.release("publish --asset model.onnx").succeeds().says("up to date")
        charcnn.write("model.onnx", b"other")
        charcnn.release("publish --asset model.onnx").fails_with(3).says("the release is immutable").helps(
            "release bump"
        )


def test_the_token_of_a_job_is_enough_on_gitlab(charcnn):
    with forge_server("gitlab") as forge:
        settle(charcnn, forge)
        charcnn.world.variables["CI_JOB_TOKEN"] = charcnn.world.variables.pop("GITLAB_TOKEN")
        charcnn.release("publish").succeeds()
        assert {each.headers.get("job-token") for each in forge.seen} == {TOKEN}


@pytest.mark.parametrize("url", ["https://bitbucket.org/o/k", "../origin.git"])
def test_a_remote_without_release_pages_is_named(charcnn, url):
    charcnn.git("config", f"url.{charcnn.world.origin.as_uri()}.insteadOf", url)
    charcnn.git("remote", "set-url", "origin", url)
    charcnn.release("publish").fails_with(2).says(url, "is on no forge that has release pages").helps(
        "GITHUB_SERVER_URL"
    )


@pytest.mark.parametrize(("typed", "code"), [("n", 130), ("y", 0), ("\x03", 130)])
def test_on_a_terminal_the_differences_are_shown_before_the_question(charcnn, forge, typed, code):
    charcnn.release("publish").succeeds()
    edit(forge, "Read this first!")
    child = terminal(charcnn, "publish")
    child.expect_exact("-Read this first!")
    child.expect_exact("Overwrite the page of v0.2.0?")
    child.send(f"{typed}\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("Read this first!" in body_of(forge)) is (typed != "y")


def test_a_file_behind_a_link_that_a_commit_brought_is_not_uploaded(charcnn, forge):
    secret = charcnn.world.root / "home" / "secret.txt"
    secret.write_text("of this machine")
    (charcnn.folder / "model.onnx").symlink_to(secret)
    charcnn.save("chore: a model")
    for words in ("--asset model.onnx", f"--asset {charcnn.folder / 'model.onnx'}"):
        run = charcnn.release(f"publish v0.2.0 {words}").fails_with(2)
        run.says("leads through the link model.onnx")
    assert forge.requests == []


def test_a_file_that_changes_meanwhile_is_not_made_public(charcnn, forge):
    charcnn.write("model.onnx", MODEL)
    forge.pauses = dict.fromkeys(range(1, 20), lambda: charcnn.write("model.onnx", b"other" * 1000))
    charcnn.release("publish --asset model.onnx").fails_with(3).says("model.onnx was changed after it was looked at")
    assert all(page["draft"] for page in forge.state()["pages"] if "draft" in page)
    assert all(not page["files"] for page in forge.state()["pages"])


@pytest.mark.parametrize(
    "answer",
    [
        (400, {}, b"[" * 200_000),
        (200, {}, b'[{"id":1,"x":' + b"[" * 200_000),
        (429, {"Retry-After": "9" * 400}, b"{}"),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9" * 300}, b"{}"),
        (302, {"Location": "http://["}, b""),
        (302, {"Location": "file:///etc/passwd"}, b""),
        (200, {"Link": '<http://[>; rel="next"'}, b"[]"),
    ],
    ids=["deep", "deep list", "long pause", "late reset", "no address", "a file", "no next page"],
)
def test_an_answer_without_sense_is_unknown(charcnn, forge, answer):
    forge.answers = dict.fromkeys(range(1, 20), answer)
    run = charcnn.release("publish")
    assert run.code in (3, 6)
    assert "Traceback" not in run.err


@pytest.mark.parametrize("token", ["two\nlines", "caf\u00e9"])
def test_what_is_no_token_is_not_sent(charcnn, forge, token):
    name = next(each for each in charcnn.world.variables if each.endswith("TOKEN"))
    charcnn.world.variables[name] = token
    charcnn.release("publish").fails_with(2).says(f"{name} has characters that no token has").never_says(token)
    assert forge.requests == []


def test_passwords_of_netrc_are_not_used(charcnn, forge):
    (charcnn.world.root / "home" / ".netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    charcnn.release("publish").succeeds()
    assert not any("basic" in str(each.headers).lower() for each in forge.seen)


@pytest.mark.parametrize(
    ("answer", "words", "help"),
    [
        ((401, {}, {"message": "Bad credentials"}), "does not accept", "make a new token"),
        ((403, {}, {"message": "Resource not accessible"}), "Resource not accessible", "give "),
        ((404, {}, {"message": "Not Found"}), "has no repository ada/charcnn", "git remote -v"),
        ((429, {"Retry-After": "3600"}, {"message": "slow"}), "asks to wait 1 hour", "later: release publish"),
        ((403, {"Retry-After": "3600"}, {"message": "secondary"}), "rate limit", "later: release publish"),
        ((503, {"Retry-After": "90"}, {}), "answered 503", "later: release publish v0.2.0"),
        ((200, {}, [{"id": "x"}]), "something else than its API has", "release publish v0.2.0"),
        ((200, {}, b"<!DOCTYPE html><title>Sign in"), "a proxy or a login", "/api/v"),
    ],
)
def test_what_a_forge_refuses_is_explained(charcnn, forge, answer, words, help):
    status, headers, said = answer
    said = said if isinstance(said, bytes) else json.dumps(said).encode()
    forge.answers = dict.fromkeys(range(1, 20), (status, headers, said))
    charcnn.release("publish").fails_with(6).says(words).helps(help)


def test_a_rate_limit_without_headers_is_no_missing_right(charcnn, forge, monkeypatch):
    monkeypatch.setattr("release.forge.http._WITHOUT_HEADERS_S", 0.0)
    said = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'
    forge.answers = {1: (403, {}, said)}
    charcnn.release("publish").succeeds().says("(rate limit); trying again in 0 seconds", "Published")


def test_what_passes_is_tried_again(charcnn, forge):
    forge.answers = {1: (429, {"Retry-After": "0"}, b"{}"), 2: (502, {"Retry-After": "0"}, b"<html>bad gateway")}
    run = (
        charcnn.release("publish")
        .succeeds()
        .says("answered 429", "trying again in 0 seconds", "answered 502", "Published")
    )
    assert len(re.findall("trying again", run.err)) == 2


def test_a_change_that_is_refused_for_good_ends(charcnn, forge, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0, 0))  # not our own rule, only less patience
    errors = [{"field": "name", "code": "odd"}]
    said = json.dumps({"message": "Validation Failed", "errors": errors}).encode()
    real = forge.answer
    forge.answer = lambda sent: real(sent) if sent.method == "GET" else (422, {}, said)
    charcnn.release("publish").fails_with(3).says("Validation Failed; name odd").helps("release publish v0.2.0")


def test_nobody_answers(charcnn, forge, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0, 0))
    name = next(each for each in charcnn.world.variables if each.endswith(("API_URL", "API_V4_URL")))
    charcnn.world.variables[name] = "http://127.0.0.1:9/api"
    charcnn.release("publish").fails_with(6).says("no answer from 127.0.0.1:9: Connection refused").helps(
        "check the network"
    )


def test_a_tag_that_the_remote_lacks_gets_no_page(charcnn, forge):
    charcnn.git("tag", "-a", "v0.9.0", "-m", "mine")
    run = charcnn.release("publish v0.9.0").fails_with(3).says("v0.9.0 is not on origin")
    run.helps("git push origin refs/tags/v0.9.0")
    charcnn.release("publish v7.0.0").fails_with(2).says("no release v7.0.0 here")
    assert forge.requests == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--asset", "none.bin"], "none.bin: No such file"),
        (["--asset", "."], "forges change or refuse that name"),
        (["--asset", "a b.bin"], "forges change or refuse that name"),
        (["--asset", "x/a.bin", "--asset", "a.bin"], "has the same name"),
        (["--asset", "x"], "it is a folder"),
    ],
)
def test_files_are_looked_at_before_anything_is_asked(charcnn, forge, words, said):
    charcnn.write("a b.bin", b"1")
    charcnn.write("a.bin", b"1")
    charcnn.write("x/a.bin", b"1")
    charcnn.release("publish", *words).fails_with(2).says(said)
    assert forge.requests == []


def test_an_empty_and_a_large_file_arrive_whole(charcnn, forge):
    charcnn.write("empty.txt", b"")
    charcnn.write("large.bin", bytes(range(256)) * 10_000)
    charcnn.release("publish --asset empty.txt --asset large.bin").succeeds()
    charcnn.release("publish --asset empty.txt --asset large.bin").succeeds().says("up to date")


def test_a_server_of_ones_own_is_asked_what_it_runs(charcnn, forge):
    for name in [each for each in charcnn.world.variables if each.endswith(("_URL", "TOKEN"))]:
        del charcnn.world.variables[name]
    run = charcnn.release("publish")
    if forge.kind == "github":  # its Enterprise server answers /meta, this one needs a token
        return
    run.succeeds().says("No token for 127.0.0.1")
    assert not any(TOKEN in str(each.headers) for each in forge.seen)


def test_each_model_that_is_released_gets_a_page_of_its_own(charcnn, forge):
    charcnn.write("model/ranker.pt", b"ranker")
    charcnn.dvc_each("add --quiet model/ranker.pt", "push --quiet")
    charcnn.write(
        ".release.toml",
        "".join(
            f'[models.{name}]\npath = "model/{file}"\n'
            for name, file in (("charCNN", "model.pt"), ("ranker", "ranker.pt"))
        ),
    )
    charcnn.save("Two models")
    charcnn.git("push", "--quiet", "origin", "main")
    charcnn.release("bump --all-models minor --publish --yes").succeeds()
    pages = {state["tag"]: state for state in forge.state()["pages"]}
    assert pages.keys() == {"charCNN@v0.1.0", "ranker@v0.1.0"}
    assert "model/ranker.pt" not in body_of(forge, "charCNN@v0.1.0")
    sent = changes(forge)
    for tag in pages:
        charcnn.release(f"publish {tag}").succeeds().says("up to date")
    assert changes(forge) == sent
