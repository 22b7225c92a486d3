"""The issue of `verify --all --issue` on each forge: opened, brought up to date, closed, and never touched otherwise."""

from __future__ import annotations

import pytest
from forge_server import TOKEN, ForgeServer, Ticket

from release.core.issue import TITLE, Issue, wanted_issue
from release.core.shards import Coverage, ReadingReport
from release.core.verification import VerifyReport

LINE = "verify --all --issue"


def changes(forge: ForgeServer) -> list[str]:
    return [each.partition(" ")[0] for each in forge.requests if not each.startswith("GET ")]


def lost(charcnn):
    """An object of v0.2.0 is gone from the store; returns a way to bring it back."""
    path = next(path for path in charcnn.objects_on_store() if path.read_bytes() == b"second")
    charcnn.lose(path)
    return lambda: path.write_bytes(b"second")


def test_it_is_opened_brought_up_to_date_and_closed(charcnn, forge):
    charcnn.release(LINE).succeeds()
    assert changes(forge) == []
    bring_back = lost(charcnn)
    forge.requests.clear()
    charcnn.release(LINE).fails_with(4).says("opened the issue http://127.0.0.1")
    (issue,) = forge.tickets
    assert issue.body is not None
    for words in ("problems in 1 release.", "### v0.2.0: failed", "model/model.pt"):
        assert words in issue.body
    charcnn.release(LINE).fails_with(4)
    assert changes(forge) == ["POST"]  # nothing new to say

    forge.requests.clear()
    other = min(charcnn.objects_on_store(), key=lambda path: path.stat().st_size)
    body = other.read_bytes()
    charcnn.lose(other)
    charcnn.release(LINE).fails_with(4).says("updated the issue")
    assert issue.body.count("is not on") == 2
    other.write_bytes(body)
    bring_back()
    charcnn.release(LINE).succeeds().says("closed the issue")
    assert (issue.state, len(forge.tickets)) == ("closed", 1)
    assert "Everything that was wrong is well again." in (issue.body or "")
    lost(charcnn)
    charcnn.release(LINE).fails_with(4).says("opened the issue")
    assert [each.state for each in forge.tickets] == ["closed", "open"]


def test_what_a_deep_check_found_is_not_closed_by_one_that_reads_nothing(charcnn, forge):
    path = next(path for path in charcnn.objects_on_store() if path.read_bytes() == b"second")
    path.chmod(0o644)
    path.write_bytes(b"rotten")
    charcnn.release(f"{LINE} --deep").fails_with(4)
    charcnn.release(LINE).succeeds()
    (issue,) = forge.tickets
    assert issue.state == "open"
    path.write_bytes(b"second")
    charcnn.release(f"{LINE} --deep").succeeds()
    assert issue.state == "closed"


def test_a_sample_decides_no_issue(charcnn):
    charcnn.release("verify --all --deep --sample 1 --issue").fails_with(2).helps("release verify --all --deep --issue")


@pytest.mark.parametrize(("within_bytes", "closed"), [(1, False), (2, True)])
def test_a_part_without_problems_closes_nothing(within_bytes, closed):
    """The next part may be the one that was found damaged."""
    known = Coverage(total_bytes=2, within_bytes=within_bytes, never_bytes=0, oldest_days=31)
    reading = ReadingReport(days=30, planned=1, planned_bytes=1, coverage=known)
    report = VerifyReport(revisions=(), include_foreign=False, reading=reading)
    found = Issue(title=TITLE, body="<!-- release verify --deep -->\nlost\n", number=1, url="u")
    wanted = wanted_issue(report, found, deep=True, more="")
    assert (wanted is not None and not wanted.is_open) == closed


def test_issues_of_others_are_left_alone(charcnn, forge):
    title = "Released data is missing or damaged"
    forge.tickets += [Ticket(1, title, "It is!"), Ticket(2, "Something else", "<!-- release verify -->")]
    if forge.kind != "gitlab":
        forge.tickets.append(Ticket(3, title, "<!-- release verify -->", is_pull=True))
    before = [(each.title, each.body, each.state) for each in forge.tickets]
    charcnn.release(LINE).succeeds()
    lost(charcnn)
    charcnn.release(LINE).fails_with(4).says("opened the issue")
    assert [(each.title, each.body, each.state) for each in forge.tickets[:-1]] == before


@pytest.mark.parametrize("forge", ["gitlab"], indirect=True)
def test_without_a_token_that_may_write_issues_the_verdict_stays(charcnn, forge):
    charcnn.world.variables.pop("GITLAB_TOKEN")
    charcnn.release(LINE).fails_with(2).says("no token for", "2 revisions").helps("make a token with the scope `api`")
    charcnn.world.variables["CI_JOB_TOKEN"] = TOKEN
    charcnn.release(LINE).fails_with(2).says("GitLab lets CI_JOB_TOKEN write no issue")
    lost(charcnn)
    charcnn.release(LINE).fails_with(4).says("GitLab lets CI_JOB_TOKEN write no issue")
    assert forge.tickets == []


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_token_without_the_right_is_told_which(charcnn, forge):
    forge.answers[1] = (403, {}, b'{"message": "Resource not accessible by integration"}')
    charcnn.release(LINE).fails_with(6).helps("issues: write")
    charcnn.release("verify v0.2.0 --issue").fails_with(2).helps("release verify v0.2.0 --issue --all")
    assert changes(forge) == []


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_json_document_stays_the_only_answer(charcnn, forge):
    lost(charcnn)
    found = charcnn.release(f"{LINE} --json").fails_with(4).json
    assert found["exit_code"] == 4
    assert len(forge.tickets) == 1
