"""`auto`: the level of a release, from commit messages and changed data. The rules: docs/reference/auto.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from semver import Version

from release.core.change import Change
from release.core.config.values import AutoConfig, AutoWord
from release.core.metrics.metric import Param
from release.core.numbers import exact
from release.core.pointers.pointer import PointerChange
from release.core.versions.commit_text import CommitStatement, CommitText, read_commit, reverted
from release.core.versions.version import Level, parse_semver

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
            found.append(_Reason("none", f"{name} (taken back)"))
            continue
        said = read_commit(commit, types)
        for trailer, value in said.trailers:
            version = parse_semver(value.removeprefix("v")) if trailer == "release-as" else None
            if version is not None and not version.build:
                exact_version = exact_version or (version, commit)
            elif trailer == "release-as" or value.lower() not in WORDS:
                notes.append(f"{commit.id[:7]}: {trailer.title()}: {value} is not understood")
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
        yield _Reason(interface, f"{path} changed, an interface")
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
