"""The issue of `verify --issue` on a forge: its text, and which run may change it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.secrets import without_secrets
from release.core.text import for_markdown, many
from release.core.verification import Verified, VerifyReport
from release.errors import ExitCode

TITLE = "Released data is missing or damaged"
_MARK, _DEEP = "<!-- release verify -->", "<!-- release verify --deep -->"
_MOST_RELEASES, _MOST_PROBLEMS = 20, 10


class Issue(Struct, frozen=True, kw_only=True):
    """An issue; `number` 0 and `url` "": it is not there yet."""

    title: str
    body: str
    is_open: bool = True
    number: int = 0
    url: str = ""


def own_issue(found: Iterable[Issue]) -> Issue | None:
    """Return the oldest open issue that `verify --issue` wrote; None if there is none."""
    own = (each for each in found if each.is_open and each.title == TITLE and each.body.startswith((_MARK, _DEEP)))
    return min(own, key=lambda each: each.number, default=None)


def wanted_issue(report: VerifyReport, found: Issue | None, *, deep: bool, more: str) -> Issue | None:
    """Return what the issue should be; None: no change. `more` is a line at the end.

    An issue that `--deep` opened is left to `--deep`: another run did not read the bytes. With `--every` it is closed
    when all bytes were read: a part without problems says nothing of the rest.
    """
    if found is not None and found.body.startswith(_DEEP) and not deep:
        return None
    if report.exit_code is ExitCode.DONE and report.reading is not None and report.reading.coverage.percent < 100:
        return None
    mark = _DEEP if deep else _MARK
    if report.exit_code is ExitCode.DONE:
        text = "Everything that was wrong is well again."
        return None if found is None else replace(found, body=f"{found.body.rstrip()}\n\n{text}\n", is_open=False)
    body = f"{mark}\n{_text(report)}\n{more}".rstrip() + "\n"
    same = found is not None and found.body.replace("\r\n", "\n").strip() == body.strip()
    return None if same else Issue(title=TITLE, body=body)


def _text(report: VerifyReport) -> str:
    bad = [each for each in report.revisions if report.counts(each) and each.audit.verdict is not Verdict.OK]
    lines = [
        f"`release verify` finds problems in {many(len(bad), 'release')}. It closes this issue when they are gone.",
        "",
    ]
    for each in bad[:_MOST_RELEASES]:
        lines += [f"### {for_markdown(each.audit.rev)}: {each.audit.verdict.value}", "", *_problems(each), ""]
    if len(bad) > _MOST_RELEASES:
        lines += [f"... {len(bad) - _MOST_RELEASES} more", ""]
    return "\n".join(lines)


def _problems(one: Verified) -> list[str]:
    found = [each for each in one.audit.problems if each.severity is not Verdict.WARNING]
    rows = [f"- {for_markdown(without_secrets(each.sentence), in_cell=False)}" for each in found[:_MOST_PROBLEMS]]
    return [*rows, *([f"- ... {len(found) - _MOST_PROBLEMS} more"] if len(found) > _MOST_PROBLEMS else [])]
