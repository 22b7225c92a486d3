"""The level that `auto` chooses: from commit messages, data, models and parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from semver import Version

from release.core.check import Change
from release.core.config import AutoConfig, AutoWord
from release.core.metrics import Param
from release.core.pointer import PointerChange
from release.core.text import exact
from release.core.version import Level, parse_semver

_CONVENTIONAL = re.compile(r"(?P<type>[a-z][\w./+-]*)(?:\([^()\n]*\))?(?P<breaking>!)?: +\S", re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*[*-] +(?P<subject>\S.*)$", re.MULTILINE)
# A footer's text may begin on a later line (rule 10 of conventionalcommits.org 1.0), but not with another footer.
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE:(?: *\S|\s+(?![A-Za-z][A-Za-z-]*(?:: | #))\S)", re.MULTILINE)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_TRAILER = re.compile(r"^(?P<name>Release|Release-As): *(?P<value>\S+)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_SHORTEST_ID = 7
_REVERTED_ID = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_REVERT_SUBJECT = re.compile(r'Revert "(?P<quoted>.+)"(?: \(#\d+\))?|revert(?:\([^()\n]*\))?!?: +(?P<plain>.+)')
_PULL_REQUEST = re.compile(r" \(#\d+\)\Z")


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
    r"^[ \t]*(?:[*-] )?Release (?P<tag>\S{1,200}?)(?:: [^\n]*)?\r?\n[ \t]*\r?\n[ \t]*Release-Tag: (?P=tag)[ \t\r]*$",
    re.MULTILINE,
)
_ANY_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S|\(cherry picked from commit |[ \t]+\S")
_OWN_SUBJECT = re.compile(r"Release (?P<tag>\S+?)(?:: .*)?")


def release_trailer(tags: Iterable[str]) -> str:
    """Return the trailers of a release commit, by which it is recognized later."""
    return "".join(f"Release-Tag: {tag}\n" for tag in tags)


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


def squashed_tags(commit: CommitText) -> tuple[str, ...]:
    """Return the tags of release commits that the body quotes completely, as in squash merges."""
    return tuple(found["tag"] for found in _SQUASHED.finditer(commit.body))


def has_trailer(commit: CommitText) -> bool:
    """Return True if a commit of `released_tags` has the trailer, False if only its subject matched."""
    return bool(commit.body.strip())


def is_release_commit(commit: CommitText) -> bool:
    """Return True for a release commit by trailer and subject: it changes nothing else, even if its tag is gone."""
    return has_trailer(commit) and any(is_named_for(commit, tag) for tag in released_tags(commit))


def reverts_release(commit: CommitText, is_ours: Callable[[str], bool]) -> bool:
    """Return True if it reverts only release commits, which leaves the released content as it is.

    `is_ours` decides by commit id, and is called only if the subject names a release.
    """
    ids = _REVERTED_ID.findall(commit.body) if "Release " in commit.subject else []
    return bool(ids) and all(is_ours(id) for id in ids)


def is_named_for(commit: CommitText, tag: str) -> bool:
    """Return True if the subject is that of a release commit of the tag."""
    return commit.subject.partition(": ")[0] == f"Release {tag}"


class CommitStatement(Struct, frozen=True, kw_only=True):
    """Parsed text of a commit.

    `types` are its known Conventional Commits types, for a squash commit those of every line. `breaking`: it has a `!`
    or a `BREAKING CHANGE`. `trailers` are those of this tool, in order, as (name in lower case, value).
    """

    types: tuple[str, ...]
    breaking: bool
    trailers: tuple[tuple[str, str], ...]


def read_commit(commit: CommitText, known: Collection[str]) -> CommitStatement:
    """Parse a commit's text; `known` are the types that count.

    A merge's first body line is its pull request's title.
    """
    body = _own_text(commit.body)
    lines = [commit.subject, *(found["subject"] for found in _BULLET.finditer(body))]
    if commit.is_merge:
        lines.append(commit.body.lstrip("\n").split("\n", 1)[0])
    matches = [match for line in lines if (match := _CONVENTIONAL.match(line))]
    return CommitStatement(
        types=tuple(type for match in matches if (type := match["type"].lower()) in known),
        breaking=bool(_BREAKING.search(body)) or any(match["breaking"] for match in matches),
        trailers=tuple((found["name"].lower(), found["value"]) for found in _TRAILER.finditer(body)),
    )


def _own_text(body: str) -> str:
    """Return a body without the text that it quotes: code fences, `>` lines and `<details>`."""
    own, fence, depth = [], "", 0  # the fence that is open, and how many `<details>` are
    for line in body.split("\n"):
        mark, text = _FENCE.match(line), line.strip().lower()
        if fence:
            fence = "" if mark and mark["fence"].startswith(fence) and text == mark["fence"] else fence
        elif depth or text.startswith("<details"):
            depth = max(0, depth + text.count("<details") - text.count("</details>"))
        elif mark:
            fence = mark["fence"]
        elif not text.startswith(">"):
            own.append(line)
    return "\n".join(own)


def reverted(commits: Sequence[CommitText]) -> frozenset[str]:
    """Return the ids of reverted commits and of the reverts themselves; `commits` are newest first.

    A revert of a revert restores the first commit.
    """
    by_id = {commit.id: commit for commit in commits}
    by_subject: dict[str, list[int]] = {}
    by_short: dict[str, list[int]] = {}
    for position, commit in enumerate(commits):
        by_subject.setdefault(commit.subject, []).append(position)
        by_short.setdefault(commit.id[:_SHORTEST_ID], []).append(position)
    gone: set[str] = set()
    for position, commit in enumerate(commits):
        if commit.id in gone:
            continue
        targets = [
            target
            for target in _targets(commit, position, commits, by_id, by_subject, by_short)
            if target.id not in gone
        ]
        if targets:
            gone.add(commit.id)
            gone.update(id for target in targets for id in _brought(target, by_id))
    return frozenset(gone)


def _targets(
    commit: CommitText,
    position: int,
    commits: Sequence[CommitText],
    by_id: Mapping[str, CommitText],
    by_subject: Mapping[str, list[int]],
    by_short: Mapping[str, list[int]],
) -> list[CommitText]:
    ids = _REVERTED_ID.findall(commit.body)
    if ids and not _adds(commit.subject):
        short = (id for id in ids if id not in by_id)
        places = (
            place for id in short for place in by_short.get(id[:_SHORTEST_ID], ()) if commits[place].id.startswith(id)
        )
        older = sorted({place for place in places if place > position})
        return [*(by_id[id] for id in ids if id in by_id), *(commits[place] for place in older)]
    match = _REVERT_SUBJECT.fullmatch(commit.subject)
    if match is None:
        return []
    named = match["quoted"] or match["plain"]
    found = by_subject.get(named) or by_subject.get(_PULL_REQUEST.sub("", named), [])
    return [commits[place] for place in found if place > position][:1]


def _adds(subject: str) -> bool:
    """Return whether a subject announces a change of its own; then "This reverts commit" in the body takes nothing back."""
    match = _CONVENTIONAL.match(subject)
    if match is None or match["type"].lower() == "revert":
        return False
    return match["type"].lower() == "feat" or not subject[match.end() - 1 :].lower().startswith("revert")


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
TYPES: dict[str, AutoWord] = {
    "feat": "minor",
    "fix": "patch",
    "perf": "patch",
    "revert": "patch",
    "data": "patch",
    "model": "patch",
    "exp": "patch",
    "build": "none",
    "chore": "none",
    "ci": "none",
    "docs": "none",
    "refactor": "none",
    "style": "none",
    "test": "none",
}
WORDS: tuple[AutoWord, ...] = ("none", "patch", "minor", "major")


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


class _Reason(Struct, frozen=True):
    word: AutoWord
    text: str


def choose_level(facts: AutoFacts, rules: AutoConfig) -> AutoChoice:
    """Choose the highest level found; the newest `Release-As` overrides everything."""
    notes: list[str] = []
    exact_version: tuple[Version, CommitText] | None = None
    found: list[_Reason] = [*_of_bytes(facts, rules)]
    gone = reverted(facts.commits)
    types = TYPES | dict(rules.types)
    for commit in facts.commits:
        name = f"{commit.id[:7]} {commit.subject}"
        if commit.id in gone:
            found.append(_Reason("none", f"{name} (reverted)"))
            continue
        said = read_commit(commit, types)
        for trailer, value in said.trailers:
            version = parse_semver(value.removeprefix("v")) if trailer == "release-as" else None
            if version is not None and not version.build:
                exact_version = exact_version or (version, commit)
            elif trailer == "release-as" or value.lower() not in WORDS:
                notes.append(f"{commit.id[:7]}: {trailer.title()}: {value} is invalid and ignored")
        found.append(_Reason(_of_commit(commit, said, facts, rules), name))
    found.sort(key=lambda reason: -WORDS.index(reason.word))
    reasons = tuple(f"{reason.word}: {reason.text}" for reason in found)
    if exact_version is not None:
        version, commit = exact_version
        first = f"{version}: {commit.id[:7]} {commit.subject} (Release-As)"
        return AutoChoice(kind=version, reasons=(first, *reasons), notes=tuple(notes))
    word = found[0].word if found else "none"
    return AutoChoice(kind=None if word == "none" else Level(word), reasons=reasons, notes=tuple(notes))


def _of_commit(commit: CommitText, said: CommitStatement, facts: AutoFacts, rules: AutoConfig) -> AutoWord:
    """Return a commit's level: its trailer `Release: LEVEL`, else the highest of its types."""
    wanted = [_word(value) for name, value in said.trailers if name == "release" and value.lower() in WORDS]
    if wanted:
        return _highest(wanted)
    types = TYPES | dict(rules.types)
    words = [types[name] for name in said.types]
    if said.breaking:
        words.append(_breaking("major", facts, rules))
    if not words and not commit.is_merge:
        words.append(rules.other)
    return _highest(words)


def _of_bytes(facts: AutoFacts, rules: AutoConfig) -> Iterator[_Reason]:
    interface = _breaking("major", facts, rules)
    for path in facts.interface:
        yield _Reason(interface, f"{path} changed (an interface)")
    added = {change.after_oid: change.path for change in facts.pointers if change.change is Change.ADDED}
    for change in facts.pointers:
        if change.change is Change.REMOVED:
            new = added.get(change.before_oid) if change.before_oid else None
            text = f"{change.path} renamed to {new}" if new else f"{change.path} removed"
            yield _Reason(_breaking(rules.removed, facts, rules), text)
        elif change.path not in facts.interface:
            yield _Reason(_breaking(rules.data, facts, rules), f"{change.path} {change.change.value}")
    for param in facts.params:
        yield _Reason(_breaking(rules.params, facts, rules), f"{param.file}: {_param(param)}")


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


def _word(text: str) -> AutoWord:
    return next(word for word in WORDS if word == text.lower())
