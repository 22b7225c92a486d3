"""The level that `auto` chooses: from commit messages, data, models and parameters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace
from semver import Version

from release.core.check import Change
from release.core.config import COMMIT_TYPE, AutoConfig, AutoWord, CommitMessage
from release.core.metrics import Param
from release.core.pointer import PointerChange
from release.core.text import exact
from release.core.version import Level, parse_semver

# The words of commits, as conventionalcommits.org 1.0, git and the forges write them.
_CONVENTIONAL = re.compile(
    rf"(?P<type>{COMMIT_TYPE})(?:\((?P<scope>[^()\n]*)\))?(?P<breaking>!)?: +(?P<what>\S.*)", re.DOTALL
)
_BULLET = re.compile(r"[ \t]*(?P<sign>[*-]) +(?P<line>\S.*)")
_BREAKING = re.compile(r"^ {0,3}(?:[*-] +)?(?P<bold>\*\*)?BREAKING[ -]CHANGE(?:\*\*:|:(?(bold)\*\*))", re.MULTILINE)
_NONE_BREAKS = frozenset({"none", "n/a", "na", "no", "nothing"})  # the answer to a template of a pull request
_FOOTER = re.compile(
    r"^ {0,3}(?:[A-Za-z][A-Za-z-]*(?:: | #)\S|(?:\*\*)?BREAKING[ -]CHANGE(?:\*\*)?:|\(cherry picked |-{3,}$)",
    re.MULTILINE,
)
_ITEM = re.compile(r"^[ \t]*[*-] +", re.MULTILINE)
_TRAILER = re.compile(
    r"^(?:(?P<level_name>Release): *(?P<level>\S+)|(?P<version_name>Release-As):(?P<version>.*?))[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
# Text that a body quotes: code, quotes, HTML that a forge folds or hides, notes of a dependency that a bot updates.
FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_HTML = re.compile(r" {0,3}<(?P<name>details|blockquote|pre|!--)", re.IGNORECASE)
_UPDATE = re.compile(
    r"[\w-]+\([^()\n]*\bdep(?:s|endenc)|deps\b"
    r"|(?:[\w-]+(?:\([^()\n]*\))?!?: +)?(?:bump \S+ from |bump the \S+ group |update dependency )",
    re.IGNORECASE,
)
# Squashes that have no list: of `git merge --squash`, and of Bitbucket, which joins whole messages
_GIT_SQUASH = re.compile(
    r"^commit [0-9a-f]{40,64}\n(?:Merge: .*\n)?Author: .*\nDate: .*\n\n {4}(?P<message>.*\n(?:(?: {4}.*)?\n)*)",
    re.MULTILINE,
)
_BITBUCKET = re.compile(r"Merged in \S.* \(pull request #\d+\)")
_UPSTREAM = re.compile(r"[#* \t]*(?:release ?notes|changelog|commits)[:* \t]*$", re.IGNORECASE)
# Reverts
_SHORTEST_ID = 7
_IDS = r"(?:[\s,;&*`]+(?:and\s+)?(?:commit\s+)?`?[0-9a-f]{7,64}\b`?(?: \([^\n]*\d{4}-\d\d-\d\d\))?)+"
_ID = re.compile(r"\b[0-9a-f]{7,64}\b")
_REVERTED = re.compile(
    rf"(?:\bthis reverts|^[ \t]*(?:[*-] +)?(?:reverts|reverted)) commits?(?P<ids>{_IDS})", re.MULTILINE | re.IGNORECASE
)
_REVERT_LINE = re.compile(  # as git writes it, with nothing else on the line
    rf"^[ \t]*(?:[*-] +)?(?:this reverts|reverts|reverted) commits?(?P<ids>{_IDS})"
    r"(?:,\s+reversing\s+changes\s+made\s+to\s+[0-9a-f]+)?\.?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_REFERENCES = re.compile(rf"^refs?:(?P<ids>{_IDS})", re.MULTILINE | re.IGNORECASE)
_REVERTED_REQUEST = re.compile(r"\breverts (?:(?:merge|pull) request )?[\w./-]*[#!](?P<number>\d+)", re.IGNORECASE)
_QUOTED = re.compile(
    r"""(?:(?P<again>reapply|reland|revert\^2)|revert(?:s|ed)?):? *["'\u201c](?P<name>.+)["'\u201d]""", re.IGNORECASE
)
_NEXT_QUOTED = re.compile(r"""["'\u201d](?:,| and|, and) ["'\u201c]""")
_REQUEST = re.compile(
    r" \((?:pull request )?[#!](\d+)\)\Z|\AMerged PR (\d+): |\AMerge pull request #(\d+)|^See merge request \S*!(\d+)",
    re.MULTILINE,
)
_OWN_NUMBER = re.compile(r" \((?:pull request )?[#!]\d+\)\Z")
_AZURE = re.compile(r"\AMerged PR \d+: ")
_FORGE_WORDS = re.compile(r" \((?:pull request )?[#!]\d+\)|\bMerged PR \d+: ")  # around a title


class CommitText(Struct, frozen=True, kw_only=True):
    """Text of a commit; `id` and `parents` in full, `body` without the subject.

    `author` and `committer` are `Name <email> seconds zone`, "" if not needed.
    """

    id: str
    subject: str
    body: str = ""
    parents: tuple[str, ...] = ()
    author: str = ""
    committer: str = ""

    @property
    def is_merge(self) -> bool:
        """True for a merge; its changes are in the commits that it brings."""
        return len(self.parents) > 1

    @property
    def is_moved(self) -> bool:
        """True if it was rebased, amended or cherry-picked: committer's and author's dates differ.

        Git reads the clock for each, so a second may lie between them even in the original.
        """
        seconds = [int(found[1]) for who in (self.author, self.committer) if (found := _SECONDS.search(who))]
        return len(seconds) != 2 or abs(seconds[0] - seconds[1]) > 1


_SECONDS = re.compile(r"> ([0-9]{1,18}) [-+][0-9]+\Z")
_OWN_TRAILER = re.compile(r"Release-Tag: (?P<tag>\S+)")
_SQUASHED = re.compile(
    r"^[ \t]*(?:[*-] )?(?P<subject>\S[^\r\n]{0,1000})\r?\n[ \t]*\r?\n"
    r"(?P<trailers>(?:[ \t]*Release-Tag: \S{1,200}[ \t\r]*(?:\n|\Z))+)",
    re.MULTILINE,
)
_ANY_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S|\(cherry picked from commit |[ \t]+\S")
_OWN_SUBJECT = re.compile(r"Release (?P<tag>\S+?)(?:: .*)?")


SEVERAL = ", "  # between the tags of one release commit, in its subject


def release_trailer(tags: Iterable[str], *, signed_off_by: str | None = None) -> str:
    """Return the trailers of a release commit, by which it is recognized later.

    `signed_off_by` is `Name <email>`; None: git's settings do not ask for `Signed-off-by`.
    """
    trailers = "".join(f"Release-Tag: {tag}\n" for tag in tags)
    return trailers if signed_off_by is None else f"{trailers}Signed-off-by: {signed_off_by}\n"


def released_tags(commit: CommitText) -> tuple[str, ...]:
    """Return the tags that a release commit of ours was made for; none for any other commit.

    Its body consists of trailers only: a trailer quoted in a text, as forges do when they squash, does not count. Old
    commits without trailers are recognized by their subject, an empty body, and equal author and committer.
    """
    lines = commit.body.strip("\n").rstrip().split("\n")
    tags = tuple(found["tag"] for line in lines if (found := _OWN_TRAILER.fullmatch(line.rstrip())))
    if tags:
        return tags if all(_ANY_TRAILER.match(line) for line in lines) else ()
    old = _OWN_SUBJECT.fullmatch(commit.subject)
    return (old["tag"],) if old and commit.author == commit.committer and not commit.body.strip() else ()


def squashed_tags(commit: CommitText, template: CommitMessage) -> tuple[str, ...]:
    """Return the tags of release commits that the body quotes completely, as in squash merges."""
    quoted = [
        (each["subject"].rstrip(), tuple(line.split()[1] for line in each["trailers"].splitlines()))
        for each in _SQUASHED.finditer(commit.body)
    ]
    return tuple(tag for subject, tags in quoted for tag in tags if _names(subject, tag, tags, template))


def has_trailer(commit: CommitText) -> bool:
    """Return True if a commit of `released_tags` has the trailer, False if only its subject matched."""
    return bool(commit.body.strip())


def is_release_commit(commit: CommitText, template: CommitMessage) -> bool:
    """Return True for a release commit by trailer and subject: it changes nothing else, even if its tag is gone."""
    return has_trailer(commit) and any(is_named_for(commit, tag, template) for tag in released_tags(commit))


def reverted_commits(commit: CommitText) -> tuple[str, ...]:
    """Return the ids of the commits that it reverts, if its subject is that of a revert; none for any other commit."""
    names_one = "Release " in commit.subject or _QUOTED.fullmatch(commit.subject) is not None
    return _ids(_REVERTED, commit.body) if names_one else ()


def is_named_for(commit: CommitText, tag: str, template: CommitMessage) -> bool:
    """Return True if the subject is that of a release commit of the tag; one of several tags names all of them."""
    return _names(commit.subject, tag, released_tags(commit), template)


def _names(subject: str, tag: str, tags: Sequence[str], template: CommitMessage) -> bool:
    if len(tags) > 1 and tag in tags:
        versions = [name.rpartition("@v")[2] for name in tags]  # only models are released together
        for several, one in ((tags, tag), (versions, tag.rpartition("@v")[2])):
            subject = subject.replace(SEVERAL.join(several), one, 1)
    return _is_subject(subject, tag, template)


def _is_subject(subject: str, tag: str, template: CommitMessage) -> bool:
    """Return True for the template in force, and for the default that older releases may have."""
    return subject.partition(": ")[0] == f"Release {tag}" or template.names(subject, tag)


class ChangeNote(Struct, frozen=True, kw_only=True):
    """A change that a commit announces: its subject, a line of a squash, or the text of a `BREAKING CHANGE` footer.

    `type` is in lower case, "" if it is not known. `what` is the text after type and scope; "" if the line is not
    Conventional.
    """

    line: str
    type: str = ""
    scope: str = ""
    what: str = ""
    breaking: bool = False

    @property
    def title(self) -> str:
        """The text without type and numbers of pull requests: equal where a squash or a merge repeats it."""
        return _title(self.what or self.line)


class CommitStatement(Struct, frozen=True, kw_only=True):
    """Parsed text of a commit, for `auto` and for the changelog.

    `notes` begin with the subject; the others are Conventional or breaking. `trailers` are those of this tool, in order,
    as (name in lower case, value). `reverted`: it was reverted, or is the revert.
    """

    commit: CommitText
    notes: tuple[ChangeNote, ...]
    trailers: tuple[tuple[str, str], ...] = ()
    reverted: bool = False


class _Revert(Struct, frozen=True, kw_only=True):
    """The object of a revert: commits by id, requests by number, else a title."""

    ids: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    title: str = ""


class _Line(Struct, frozen=True, kw_only=True):
    """A subject, or a line of a squash, and what it announces with the text below it; `place` is that of its commit."""

    place: int
    commit: CommitText
    is_subject: bool
    notes: tuple[ChangeNote, ...]
    revert: _Revert | None

    @property
    def adds(self) -> bool:
        """True if it announces a change other than a revert."""
        return any(note.breaking or note.type not in ("", "revert") for note in self.notes)


def read_commits(commits: Sequence[CommitText], known: Collection[str]) -> tuple[CommitStatement, ...]:
    """Parse the commits of a range, newest first, and find what they revert; `known` are the types that count."""
    bodies = [_own_text(commit) for commit in commits]
    lines = [
        line
        for place, (commit, body) in enumerate(zip(commits, bodies, strict=True))
        for line in _lines(place, commit, body, known)
    ]
    gone = _reverted(lines, commits)
    notes: list[list[ChangeNote]] = [[] for _ in commits]
    reverted: list[bool] = [False for _ in commits]
    for at, line in enumerate(lines):
        if line.is_subject:
            notes[line.place] = [*line.notes, *notes[line.place]]
            reverted[line.place] = at in gone
        elif at not in gone:
            notes[line.place] += [note for note in line.notes if note.type or note.breaking]
    return tuple(
        CommitStatement(commit=commit, notes=tuple(said), trailers=tuple(_trailers(body)), reverted=back)
        for commit, body, said, back in zip(commits, bodies, notes, reverted, strict=True)
    )


def _trailers(body: str) -> Iterator[tuple[str, str]]:
    for found in _TRAILER.finditer(body):
        name, value = ("level_name", "level") if found["level_name"] else ("version_name", "version")
        yield found[name].lower(), found[value].strip()


def _lines(place: int, commit: CommitText, body: str, known: Collection[str]) -> list[_Line]:
    """Split a commit into its subject and the lines of its squash, newest first: the subject, then the last line.

    A merge has its pull request's title in the body's first line; what else it lists are the commits that it brings.
    """
    lines: list[tuple[str, list[str]]] = [(commit.subject, [])]
    if commit.is_merge:
        lines = [(commit.subject, [body]), (body.lstrip("\n").partition("\n")[0], [])]
    else:
        sign, footer = "", False  # of the line that is open; of a `BREAKING CHANGE`, whose list is its text
        joined = _BITBUCKET.fullmatch(commit.subject) is not None
        for row in body.split("\n"):
            bullet = _BULLET.match(row)
            if joined and _note(row, known) != ChangeNote(line=row):
                sign, footer = "", False
                lines.append((row, []))
            elif bullet and (not footer or bullet["sign"] == sign or _note(bullet["line"], known).type):
                sign, footer = bullet["sign"], False
                lines.append((bullet["line"], [row] if _BREAKING.match(row) else []))
            else:
                lines[-1][1].append(row)
            footer = bool(_BREAKING.match(row)) or (footer and not _FOOTER.match(row))
    first, *others = (
        _line(place, commit, line, "\n".join(below), known, is_subject=at == 0)
        for at, (line, below) in enumerate(lines)
    )
    return [first, *reversed(others)]


def _line(place: int, commit: CommitText, line: str, text: str, known: Collection[str], *, is_subject: bool) -> _Line:
    note = _note(line, known)
    if is_subject and (found := _BREAKING.match(line)):
        note = replace(note, what=line[found.end() :].strip(), breaking=True)
    revert = None if commit.is_merge else _revert(note, text if is_subject else f"{line}\n{text}")
    if not note.type and (revert is not None or _QUOTED.fullmatch(note.title)):
        note = replace(note, type="revert")
    footers = tuple(_footers(text, note.scope))
    if footers:  # they say what breaks, the subject what is new (rules 12 and 13)
        note = replace(note, breaking=False)
    return _Line(place=place, commit=commit, is_subject=is_subject, notes=(note, *footers), revert=revert)


def _note(line: str, known: Collection[str]) -> ChangeNote:
    match = _CONVENTIONAL.match(_AZURE.sub("", line.removeprefix("\ufeff")))
    if match is None or (match["type"].lower() not in known and not match["breaking"]):
        return ChangeNote(line=line)
    type = match["type"].lower()
    return ChangeNote(
        line=line,
        type=type if type in known else "",
        scope=match["scope"] or "",
        what=match["what"],
        breaking=bool(match["breaking"]),
    )


def _footers(text: str, scope: str) -> Iterator[ChangeNote]:
    """Yield the texts of `BREAKING CHANGE` footers, each until the next footer (rule 10); a list's items one by one."""
    for found in _BREAKING.finditer(text):
        end = _FOOTER.search(text, found.end())
        for item in _ITEM.split(text[found.end() : end.start() if end else len(text)]):
            words = " ".join(item.split())
            if words and words.rstrip(".").lower() not in _NONE_BREAKS:
                yield ChangeNote(line=words, scope=scope, what=words, breaking=True)


def _own_text(commit: CommitText) -> str:
    """Return a commit's body without the text that it quotes."""
    own, fence, closing, depth = [], "", "", 0  # the fence or HTML that is open
    updates = _UPDATE.match(commit.subject) is not None
    for line in _as_list(commit.body.replace("\r\n", "\n")).split("\n"):
        mark, html, text = FENCE.match(line), _HTML.match(line), line.lower()
        if fence:
            fence = "" if mark and mark["fence"].startswith(fence) and text.strip() == mark["fence"] else fence
        elif depth or html:
            if html and not depth:
                closing = "-->" if html["name"] == "!--" else f"</{html['name'].lower()}>"
            opening = "<!--" if closing == "-->" else closing.replace("/", "").rstrip(">")
            depth = max(0, depth + text.count(opening) - text.count(closing))
            depth = min(depth, 1) if closing == "-->" else depth  # comments do not nest
        elif mark:
            fence = mark["fence"]
        elif updates and _UPSTREAM.match(line):
            break
        elif not line.lstrip().startswith(">"):
            own.append(line)
    return "\n".join(own)


def _as_list(body: str) -> str:
    """Return a body with the log of `git merge --squash` as a list, as forges write it."""
    if "\nAuthor: " not in body:
        return body
    return _GIT_SQUASH.sub(lambda found: "* " + re.sub(r"^ {4}", "", found["message"], flags=re.MULTILINE), f"{body}\n")


# Reverts: `git revert`, the buttons of forges, and what people write after them


def _revert(note: ChangeNote, text: str) -> _Revert | None:
    """Return what a line and the text below it revert; None if they add something, or only mention a revert.

    A subject that says `Revert "..."` or `revert: ...` is believed. Another one counts if git's own line stands below
    it (`This reverts commit ID.`, and nothing more), unless it announces a change of its own.
    """
    raw = _OWN_NUMBER.sub("", note.what or _AZURE.sub("", note.line))
    quoted = _QUOTED.fullmatch(raw)
    says = quoted is not None or note.type == "revert"
    if note.type == "feat" or (note.breaking and not says):
        return None
    if not says:
        ids = _ids(_REVERT_LINE, text) if not note.type or note.what.lower().startswith("revert") else ()
        return _Revert(ids=ids) if ids else None
    named = quoted["name"] if quoted else raw
    title = _title(named)
    numbers = [found["number"] for found in _REVERTED_REQUEST.finditer(text)]
    numbers += [id for each in _NEXT_QUOTED.split(named) for id in _request(each)]
    return _Revert(
        ids=_ids(_REVERTED, text) or _ids(_REFERENCES, text),
        requests=tuple(dict.fromkeys(numbers)),
        title=f'Revert "{title}"' if quoted and quoted["again"] else title,
    )


def _ids(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(id for found in pattern.finditer(text) for id in _ID.findall(found["ids"].lower()))


def _request(text: str) -> list[str]:
    """Return the number of the request that a title, or a merge's text, belongs to; empty if it names none."""
    found = _REQUEST.search(text)
    return [number for number in found.groups() if number] if found else []


def _title(text: str) -> str:
    return _FORGE_WORDS.sub("", text).strip()


def _reverted(lines: Sequence[_Line], commits: Sequence[CommitText]) -> frozenset[int]:
    """Return the positions of reverted lines and of the reverts themselves; `lines` are newest first.

    A revert of a revert restores the first commit. What also reverts something older than the range remains, as does a
    squash that also adds something.
    """
    if not any(line.revert for line in lines):
        return frozenset()
    index, by_id = _Index(lines), {commit.id: commit for commit in commits}
    places: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        places.setdefault(line.commit.id, []).append(at)
    gone: set[int] = set()
    done: set[int] = set()  # reverts, all of whose targets are in the range
    for at, line in enumerate(lines):
        if line.revert is None or at in gone:
            continue
        targets = index.targets(line.revert, at, gone)
        if None not in targets:
            done.add(at)
        for target in targets:
            if target is not None and lines[target].is_subject:
                gone.update(place for id in _brought(lines[target].commit, by_id) for place in places.get(id, ()))
            elif target is not None:
                gone.add(target)
    for own in places.values():
        gone.update(_undone(own, lines, gone, done))
    return frozenset(gone | _titles_of(gone, lines))


def _titles_of(gone: set[int], lines: Sequence[_Line]) -> set[int]:
    """Return the titles of merges that only repeat what was reverted."""
    titles = {at for at, line in enumerate(lines) if line.commit.is_merge and not line.is_subject}
    lost, left = (
        {_title(lines[at].notes[0].line) for at in some} for some in (gone, set(range(len(lines))) - gone - titles)
    )
    return {at for at in titles if _title(lines[at].notes[0].line) in lost - left}


def _undone(own: Sequence[int], lines: Sequence[_Line], gone: set[int], done: set[int]) -> Iterator[int]:
    """Yield the lines of a commit that need no line: reverts, and all of them if nothing else is left."""
    subject, *others = own
    yield from done.intersection(others)
    rest = [at for at in others if at not in gone and at not in done]
    if subject in done:
        whole = not any(lines[at].adds for at in rest)
    else:
        revert = lines[subject].revert
        listed = lines[subject].adds or (revert is not None and revert.ids)
        whole = not listed and not rest and bool(done.intersection(others))
    if whole:
        yield from own


class _Index:
    """Lines of a range, newest first, found by what a revert says of them."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        self._found: dict[tuple[str, str], list[int]] = {}
        self._numbered: set[int] = set()
        for at, line in enumerate(lines):
            self._add("title", _title(line.notes[0].line), at)
            if line.is_subject:
                self._add("id", line.commit.id[:_SHORTEST_ID], at)
                text = line.commit.subject + (f"\n{line.commit.body}" if line.commit.is_merge else "")
                for number in _request(text):
                    self._add("request", number, at)
                    self._numbered.add(at)

    def _add(self, kind: str, key: str, at: int) -> None:
        self._found.setdefault((kind, key), []).append(at)

    def targets(self, revert: _Revert, at: int, gone: Collection[int]) -> list[int | None]:
        """Return the lines that the revert at `at` names; None for each that is not in the range."""
        if revert.ids:
            return [place for id in revert.ids for place in self._with_id(id, at)]
        found = [self._older("request", number, at, gone) for number in revert.requests]
        if any(place is not None for place in found):
            return found
        unnumbered = {*gone, *self._numbered} if revert.requests else gone
        whole = self._older("title", revert.title, at, unnumbered)
        if whole is not None:
            return [whole]
        return [self._older("title", title, at, unnumbered) for title in _NEXT_QUOTED.split(revert.title)]

    def _with_id(self, id: str, at: int) -> list[int] | list[None]:
        places = self._found.get(("id", id[:_SHORTEST_ID]), ())
        return [place for place in places if place != at and self._lines[place].commit.id.startswith(id)] or [None]

    def _older(self, kind: str, key: str, at: int, without: Collection[int]) -> int | None:
        places = self._found.get((kind, key), ())
        return next((place for place in places if place > at and place not in without), None)


def _brought(commit: CommitText, by_id: Mapping[str, CommitText]) -> Iterable[str]:
    """Return the commit's id, for a merge with the ids of all that it brought in."""
    if not commit.is_merge:
        return (commit.id,)
    return {commit.id} | (_history(commit.parents[1:], by_id) - _history(commit.parents[:1], by_id))


def _history(heads: Iterable[str], by_id: Mapping[str, CommitText]) -> set[str]:
    seen: set[str] = set()
    waiting = list(heads)
    while waiting:
        id = waiting.pop()
        if id not in seen and id in by_id:
            seen.add(id)
            waiting += by_id[id].parents
    return seen


# `auto`: the level of a release, from commit messages and changed data. The rules: docs/reference/auto.md

# Level of each Conventional type; the configuration's `types` overrides it. Unknown types count as `other`.
WORDS: tuple[AutoWord, ...] = ("none", "patch", "minor", "major")
_NONE, _PATCH, _MINOR, _ = WORDS
TYPES: dict[str, AutoWord] = {
    "feat": _MINOR,
    **dict.fromkeys(("fix", "perf", "revert", "data", "model", "exp"), _PATCH),
    **dict.fromkeys(("build", "chore", "ci", "docs", "refactor", "style", "test"), _NONE),
}
_EXAMPLE = "2.0.0"


class AutoFacts(Struct, frozen=True, kw_only=True):
    """Changes since a release.

    `commits` are newest first; `pointers` only those that are audited; `interface` the changed files that the
    configuration names; `base` the version that is counted from.
    """

    base: Version
    commits: Sequence[CommitText] = ()
    pointers: Sequence[PointerChange] = ()
    params: Sequence[Param] = ()
    interface: Sequence[str] = ()


class AutoChoice(Struct, frozen=True, kw_only=True):
    """Choice of `auto`: a level, the version of a `Release-As`, or None: nothing to release.

    `reasons` name each commit and pointer after its level, highest first (`minor: model/model.pt changed`); `notes` are
    about invalid trailers. `floor` is the highest version of a deleted release (None: none was deleted), `nothing` the
    reason why there is nothing to release.
    """

    kind: Level | Version | None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    floor: Version | None = None
    nothing: str = ""

    @property
    def word(self) -> str:
        """The level or version as text; `none` for nothing."""
        return self.kind.value if isinstance(self.kind, Level) else str(self.kind or "none")


def choose_level(facts: AutoFacts, rules: AutoConfig) -> AutoChoice:
    """Choose the highest level found; the newest `Release-As` overrides everything."""
    notes: list[str] = []
    exact_version: tuple[Version, CommitText] | None = None
    found: list[tuple[AutoWord, str]] = [*_of_bytes(facts, rules)]
    for said in read_commits(facts.commits, known_types(rules)):
        id, name = said.commit.id[:7], f"{said.commit.id[:7]} {said.commit.subject}"
        if said.reverted:
            found.append(("none", f"{name} (reverted)"))
            continue
        for trailer, value in said.trailers:
            version = parse_semver(value.removeprefix("v")) if trailer == "release-as" else None
            if version is not None and not version.build:
                if exact_version is not None:
                    notes.append(f"{id}: Release-As: {value} has no effect: that of {exact_version[1].id[:7]} is newer")
                exact_version = exact_version or (version, said.commit)
            elif trailer == "release-as":
                notes.append(
                    f"{id}: Release-As: {value or '(nothing)'} is not understood: name a full version, such as {_EXAMPLE}"
                )
            elif value.lower() not in WORDS:
                notes.append(f"{id}: Release: {value} is not understood: it is major, minor, patch or none")
        found.append((_of_commit(said, facts, rules), name))
    found.sort(key=lambda reason: -WORDS.index(reason[0]))
    reasons = tuple(f"{word}: {text}" for word, text in found)
    if exact_version is not None:
        version, commit = exact_version
        first = f"{version}: {commit.id[:7]} {commit.subject} (Release-As)"
        return AutoChoice(kind=version, reasons=(first, *reasons), notes=tuple(notes))
    word = found[0][0] if found else "none"
    return AutoChoice(kind=None if word == "none" else Level(word), reasons=reasons, notes=tuple(notes))


def _of_commit(said: CommitStatement, facts: AutoFacts, rules: AutoConfig) -> AutoWord:
    """Return a commit's level: its trailer `Release: LEVEL`, else the highest of its types."""
    wanted = [word for name, value in said.trailers if name == "release" for word in WORDS if word == value.lower()]
    if wanted:
        return _highest(wanted)
    types = TYPES | dict(rules.types)
    words = [types[note.type] for note in said.notes if note.type]
    if any(note.breaking for note in said.notes):
        words.append(_breaking("major", facts, rules))
    if not words and not said.commit.is_merge:
        words.append(rules.other)
    return _highest(words)


def known_types(rules: AutoConfig) -> frozenset[str]:
    """Return the types of commits that count, in lower case."""
    return frozenset(TYPES) | frozenset(rules.types)


def quiet_types(rules: AutoConfig) -> frozenset[str]:
    """Return the types of commits that are no reason for a release, in lower case."""
    return frozenset(type for type, word in (TYPES | dict(rules.types)).items() if word == "none")


def _of_bytes(facts: AutoFacts, rules: AutoConfig) -> Iterator[tuple[AutoWord, str]]:
    interface = _breaking("major", facts, rules)
    for path in facts.interface:
        yield (interface, f"{path} changed (an interface)")
    added = {change.after_oid: change.path for change in facts.pointers if change.change is Change.ADDED}
    for change in facts.pointers:
        if change.change is Change.REMOVED:
            new = added.get(change.before_oid) if change.before_oid else None
            text = f"{change.path} renamed to {new}" if new else f"{change.path} removed"
            yield (_breaking(rules.removed, facts, rules), text)
        elif change.path not in facts.interface:
            yield (_breaking(rules.data, facts, rules), f"{change.path} {change.change.value}")
    for param in facts.params:
        yield (_breaking(rules.params, facts, rules), f"{param.file}: {_param(param)}")


def _param(param: Param) -> str:
    before, after = _short(exact(param.before)), _short(exact(param.after))
    if param.change is Change.CHANGED:
        return f"{param.key} {before} -> {after}"
    return f"{param.key} {param.change.value}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


def _breaking(word: AutoWord, facts: AutoFacts, rules: AutoConfig) -> AutoWord:
    """Lower `major` below 1.0.0, as configured: there the API is not stable yet (semver.org section 4)."""
    return rules.breaking_below_1 if word == "major" and facts.base.major == 0 else word


def _highest(words: Iterable[AutoWord]) -> AutoWord:
    return max(words, key=WORDS.index, default="none")
