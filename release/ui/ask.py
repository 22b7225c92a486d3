"""Questions on the terminal; the caller checks that there is one. Ctrl-C and Ctrl-D raise KeyboardInterrupt."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace
from semver import Version

from release.core.release import AUTO
from release.core.version import check_kind, parse_kind
from release.errors import NotFound, UsageError
from release.ui.console import Console
from release.ui.options import Call
from release.ui.style import aligned, plain, short

if TYPE_CHECKING:
    from release.core.release import BumpRequest, StatusReport
    from release.engine.kind import Choices
    from release.engine.project import Project, RemoteAnswer


CANDIDATE = "candidate"
KINDS = ("patch", "minor", "major", "pre", "final", CANDIDATE)
_ANOTHER, _AS_IT_IS = "other", "as it is"
_LONGEST_REASON = 30  # the chosen row stands behind the question, in one line


def confirm(question: str, console: Console, *, default: bool = False) -> bool:
    """Ask a question for `y` or `n`, shown until Enter; Enter alone is `default`."""
    console.pass_by("")  # a prompt does not know about that line
    return bool(_answer("confirm", question, default=default, auto_enter=False))


def letter(question: str, letters: Mapping[str, str], console: Console) -> str:
    """Ask for one of the letters, each with what it does; Enter alone is the last one."""
    console.pass_by("")
    shown = "  ".join(f"[{each}] {does}" for each, does in letters.items())
    while True:
        said = str(_answer("text", f"{question} {shown}:")).strip().lower()
        if not said:
            return list(letters)[-1]
        if said[0] in letters:
            return said[0]


def kind(choices: Choices) -> str:
    """Ask for the level to release, showing the version of each; return KIND, `candidate` or an exact version.

    What `auto` would do is first, and chosen by Enter alone.
    """
    rows = [(name, choices.versions[name], "") for name in KINDS if name in choices.versions]
    if choices.auto is not None:
        reason = choices.auto[1].removeprefix("major: ").removeprefix("minor: ").removeprefix("patch: ")
        rows.insert(0, ("auto", choices.auto[0], short(plain(reason), _LONGEST_REASON)))
    if choices.unreleased is not None:
        rows.append((_AS_IT_IS, choices.unreleased, "in pyproject.toml"))
    remote = choices.unanswered
    note = f" ({plain(remote)} did not answer; only local tags are used)" if remote is not None else ""
    said = choose(f"What kind of release?{note}", [*rows, (_ANOTHER, "", "a version that you type")])
    if said == _AS_IT_IS:
        return choices.unreleased or ""
    return version("Which version?") if said == _ANOTHER else said


def version(question: str) -> str:
    """Ask for an exact version, until it is one."""

    def wrong(text: str) -> bool | str:
        try:
            return isinstance(parse_kind(text.strip()), Version) or "not a version such as 2.0.0"
        except UsageError:
            return "not a version such as 2.0.0"

    return str(_answer("text", question, validate=wrong)).strip()


class Chosen(NamedTuple):
    """The request with its KIND and the version that it leads to ("": none, None: unknown).

    `answer` is what the git remote said (None: nothing).
    """

    request: BumpRequest
    version: str | None
    answer: RemoteAnswer | None


def kind_of(call: Call, request: BumpRequest, said: str | None = None) -> Chosen:
    """Ask for a level, `auto` or a version, unless the user `said` one; return it with the version that it leads to.

    The remote is queried without a terminal, so that a passphrase is typed only once, for the release.
    """
    from release.engine.kind import FIRST_PRE, read_choices

    project = call.project(on_terminal=False)
    with call.progress(f"asking {project.config.git_remote} for its tags"):
        found = read_choices(project, request)
    said = said or kind(found)
    if said == CANDIDATE:
        request = replace(request, kind=found.of_candidate, pre=FIRST_PRE)
        return Chosen(request, found.versions[CANDIDATE], found.answer)
    versions = {**found.versions, AUTO: found.auto[0] if found.auto else None}
    exact = None if said in KINDS else said.removeprefix("v")
    return Chosen(replace(request, kind=said), versions.get(said, exact), found.answer)


def check_kind_given(call: Call, kind: str | None, command: str, example: str) -> None:
    """Raise UsageError for a wrong KIND, and for none if it cannot be asked for; `example` is one to type."""
    check_kind(kind, "release", command)
    if kind is None and not call.can_ask:
        words = "missing argument KIND (major, minor, patch, pre, final, auto or a version)"
        raise UsageError(words, help=call.with_words(example))


def check_before_asking(call: Call, project: Project, request: BumpRequest) -> None:
    """Raise the error of a call that no release can have, then that of a call that cannot be confirmed."""
    from release.engine.kind import check_call

    if not request.all_models:  # whose plan checks it, with the versions of each
        check_call(project, request)
    call.check_confirmable(sure=False)


def show_status(call: Call, request: BumpRequest) -> StatusReport:
    """Show what changed since the last release, and the checks that need no remote; return the status."""
    from release.engine.plan import read_status
    from release.engine.project import Access
    from release.ui.release_text import local_lines, local_refusals

    with call.progress("reading what changed"):
        report = read_status(call.project(on_terminal=False), Access.OFFLINE, request)
    if not call.quiet or local_refusals(report.plan.checks):
        call.show(partial(local_lines, report), asks=True)
    return report


def choose(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Ask for one of the rows; return its first cell."""
    return str(_answer("select", question, choices=_choices(rows)))


def one(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Ask for one of many rows, with a search field; return its first cell."""
    return str(_answer("select", question, choices=_choices(rows), use_search_filter=True, use_jk_keys=False))


def several(question: str, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Ask for some of the rows (a checklist); return their first cells."""
    return tuple(_answer("checkbox", question, choices=_choices(rows), instruction="(Space selects, Enter goes on)"))


def text(question: str, *, default: str = "") -> str | None:
    """Ask for a line of text; return None if it is empty, which means `default`."""
    said = str(_answer("text", f'{question} (default: "{plain(default)}"):' if default else question))
    return said.strip() or None


def release_of(project: Project, question: str) -> str:
    """Ask for a release of this clone, newest first. Raises UsageError if there is none."""
    from release.engine.release_list import ListRequest, list_releases

    lines = list_releases(project, ListRequest(offline=True)).releases
    if not lines:
        raise NotFound("no releases here", help="release fetch   (gets releases of others)")
    return one(
        question, [(line.tag.name, line.when.strftime("%Y-%m-%d") if line.when else "", line.message) for line in lines]
    )


def _choices(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    lines = aligned([[plain(cell) for cell in row] for row in rows])
    return [{"name": line, "value": row[0]} for line, row in zip(lines, rows, strict=True)]


def _answer(prompt: str, question: str, **options: Any) -> Any:
    """Ask with a prompt of questionary, on stderr: stdout is the answer of the command, and may be a file."""
    import questionary  # 0.3 s
    from prompt_toolkit.output import create_output

    ask = getattr(questionary, prompt)
    try:
        return ask(question, output=create_output(stdout=sys.stderr), **options).unsafe_ask()
    except EOFError as error:
        raise KeyboardInterrupt from error
