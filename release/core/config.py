"""The configuration `[tool.release]`: its values, its parser and the rows that `release config` shows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from msgspec import Meta, Struct, ValidationError, convert, field
from msgspec.json import schema_components
from msgspec.structs import replace

from release.core.documents import BadDocument, decode, load_toml, plain_words
from release.core.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS, MAX_SETTINGS_BYTES
from release.core.metrics import Direction
from release.core.pointer import reserved_folder
from release.core.text import command_line, nearest, quote, toml
from release.core.version import TagFormat
from release.errors import UsageError

_LARGEST = 1.7976931348623157e308
_Number = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]  # finite
_Amount = Annotated[float, Meta(ge=0, le=_LARGEST)]
_Text = Annotated[str, Meta(min_length=1, max_length=MAX_PATTERN_LENGTH, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
_Name = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*\Z")]  # git does not take it for an option
_Texts = Annotated[tuple[_Text, ...], Meta(max_length=MAX_PATTERNS)]
_Lines = Annotated[str, Meta(min_length=1, max_length=MAX_PATTERN_LENGTH, pattern=r"\A[^\x00-\x08\x0b-\x1f\x7f]*\Z")]

# Files whose version is found without a pattern; `core/version_file.py` reads them.
VERSION_FILES = (
    *("pyproject.toml", "uv.lock", "setup.cfg", "package.json", "package-lock.json", "npm-shrinkwrap.json"),
    *("CITATION.cff", "__init__.py"),
)


class VersionFile(Struct, frozen=True, kw_only=True):
    """A file that repeats the version. `pattern` None: one of `VERSION_FILES`.

    A pattern is text with `{version}` in the place of the version, and at most one `{date}`; it must match exactly once.
    """

    path: _Text
    pattern: _Lines | None = None

    def __post_init__(self) -> None:
        if self.pattern is not None and self.pattern.count("{version}") != 1:
            raise ValueError("pattern must contain {version} exactly once")
        if self.pattern is not None and self.pattern.count("{date}") > 1:
            raise ValueError("pattern must contain {date} at most once")
        if self.pattern is None and posixpath.basename(self.path) not in VERSION_FILES:
            raise ValueError(f"a file other than {', '.join(VERSION_FILES)} needs path and pattern")


_PLACE = re.compile(r"(\{[^{}]*\})")
_PLACES = {"{tag}": r"(?P<tag>\S+?)", "{version}": r"(?P<version>\S+?)", "{message}": r".*"}

_CONVENTIONAL = re.compile(r"(?P<type>[a-z]+(?:\([^(){}]*\))?)!?: ")


class CommitMessage(Struct, frozen=True, dict=True):
    """Template of a release commit's subject, such as `chore(release): {tag}`; the trailers follow it."""

    pattern: _Text = "Release {tag}: {message}"

    def __post_init__(self) -> None:
        found = _PLACE.findall(self.pattern)
        unknown = next((each for each in found if each not in _PLACES), None)
        if unknown is not None or len(set(found)) != len(found) or "}{" in self.pattern:
            raise ValueError(
                f"{unknown or self.pattern!r} is not understood: {', '.join(_PLACES)}, each once, and apart"
            )
        if not {"{tag}", "{version}"} & set(found):
            raise ValueError("it must contain {tag} or {version}")

    @cached_property
    def without_message(self) -> str:
        """The template for a release without a message: `{message}` and the signs around it are left out."""
        before, found, after = self.pattern.partition("{message}")
        if not found or "{" not in before:  # the default message stands there
            return self.pattern
        return re.sub(r"[^\w}]*\Z", "", before) + re.sub(r"\A[)\]'\"]+", "", after)

    def subject(self, *, tag: str, version: str, message: str | None) -> str:
        """Return the subject; `message` is None if none was given."""
        values = {"{tag}": tag, "{version}": version, "{message}": message or f"Release {version}"}
        pattern = self.pattern if message is not None else self.without_message
        return "".join(values.get(part, part) for part in _PLACE.split(pattern))

    def change_subject(self, change: str, tags: str) -> str:
        """Return the subject of a commit that undoes, yanks or restores releases, Conventional if the template is."""
        found = _CONVENTIONAL.match(self.pattern)
        return f"{change} {tags}" if found is None else f"{found['type']}: {change.lower()} {tags}"

    def names(self, subject: str, tag: str) -> bool:
        """Return True if the subject is that of a release commit of the tag."""
        for found in self._fits(subject):
            values = found.groupdict()
            version = values.get("version")
            of_tag = version is None or re.search(rf"(?<![0-9.]){re.escape(version)}(?![0-9])", tag)
            if values.get("tag", tag) == tag and of_tag:
                return True
        return False

    def _fits(self, subject: str) -> Iterator[re.Match[str]]:
        return (found for pattern in self._expressions if (found := pattern.fullmatch(subject)))

    @cached_property
    def _expressions(self) -> tuple[re.Pattern[str], ...]:
        patterns = dict.fromkeys((self.without_message, self.pattern))
        parts = ([_PLACES.get(part) or re.escape(part) for part in _PLACE.split(each)] for each in patterns)
        return tuple(re.compile("".join(each)) for each in parts)


class AuditConfig(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release.audit]`."""

    exclude: _Texts = ()
    external: Literal["fail", "allow"] = "fail"
    in_tree_remote: Literal["warn", "fail"] = "warn"
    lfs: Literal["warn", "fail"] = "warn"


class Tolerance(Struct, frozen=True, kw_only=True):
    """Allowed drop of a metric: absolute, or a fraction of the previous value (`"2%"` is 0.02)."""

    amount: _Amount
    relative: bool


class Gate(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release.gate."overall.f1"]`; None: not set.

    `key` may be a glob. `baseline` is a tag to compare with instead of the previous release; `std_key` names a standard
    deviation in the metric file; a drop within `std_factor` of them only warns.
    """

    key: str
    direction: Direction | None = None
    max_regression: Tolerance | None = None
    minimum: _Number | None = field(default=None, name="min")
    maximum: _Number | None = field(default=None, name="max")
    baseline: _Name | None = None
    std_key: _Text | None = None
    std_factor: _Amount = 1.0


class StageRules(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release.stage.prod]`: what a version must pass before it is promoted to the stage.

    `verify` audits its data now, `gates` compares it with the version in the stage, `signed` asks for a good signature.
    `branches` are patterns: the version must be on one of these branches of the git remote. `after` is a stage in which
    it must have been for `days`.
    """

    verify: bool = False
    gates: bool = False
    signed: bool = False
    branches: _Texts = ()
    after: _Text | None = None
    days: _Amount = 0.0

    def __post_init__(self) -> None:
        if self.days and self.after is None:
            raise ValueError("days must be set together with after")


_MODEL_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?")  # GTO's, see gto/constants.py
_MODEL_FOLDER = re.compile(r"[a-zA-Z0-9-_./]+")


class ModelConfig(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release.models.NAME]`: a model with versions of its own.

    `path` is its out, or a folder of outs. None: `changelog` is `CHANGELOG.NAME.md`, `params` are the values that its
    stages use, `headline` is detected.
    """

    path: _Text
    changelog: _Text | None = None
    metrics: _Texts = ()
    params: _Texts | None = None
    headline: _Texts | None = None
    gates: Mapping[str, Gate] = field(default_factory=dict, name="gate")

    def changelog_of(self, name: str) -> str:
        """Return the changelog of the model, which has this name."""
        return self.changelog or f"CHANGELOG.{name.replace('/', '-')}.md"


AutoWord = Literal["major", "minor", "patch", "none"]
COMMIT_TYPE = r"[^\W\d_][\w./+-]*"  # before the scope, `!` and colon of a Conventional Commit


class AutoConfig(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release.auto]`: the level for each kind of change; `types` overrides the default table.

    `interface` are patterns relative to the configuration; `other` is for commits that are not Conventional;
    `breaking_below_1` for a breaking change below 1.0.0.
    """

    interface: _Texts = ()
    removed: AutoWord = "major"
    data: AutoWord = "minor"
    params: AutoWord = "minor"
    other: AutoWord = "patch"
    types: Mapping[str, AutoWord] = field(default_factory=dict)
    breaking_below_1: AutoWord = "minor"


# Branches that make final releases if none are configured, in addition to the default one, and its usual names.
RELEASE_BRANCHES = ("release/*", "hotfix/*")
USUAL_DEFAULTS = ("main", "master", "trunk")


class Config(Struct, frozen=True, kw_only=True, rename="kebab"):
    """`[tool.release]`; paths are relative to `folder`, which is relative to the git root ("" is the root).

    `source` is the file, None if there is none. `branches`, `version_files`, `metrics`, `params`, `headline`: None
    means "detect", an empty tuple "none". `model` is set by `for_model`: the model to release (None: the repository);
    then only the data at the paths `only` (relative to the git root), and the data that this was made from, count.
    """

    folder: str = ""
    source: str | None = None
    tag_format: Annotated[TagFormat, Meta(description="how a version becomes a tag")] = TagFormat()
    ignore_tags: Annotated[_Texts, Meta(description="tags that are no releases though they look so")] = ()
    branches: Annotated[_Texts | None, Meta(description="the branches that may make final releases")] = None
    git_remote: Annotated[_Name, Meta(description="the git remote that releases are pushed to")] = "origin"
    changelog: Annotated[_Text, Meta(description="the file that gets the entry")] = "CHANGELOG.md"
    version_files: Annotated[tuple[VersionFile, ...] | None, Meta(description="files that repeat the version")] = None
    metrics: Annotated[_Texts | None, Meta(description="files with the numbers of a model")] = None
    params: Annotated[_Texts | None, Meta(description="files with parameters")] = None
    headline: Annotated[_Texts | None, Meta(description="the metrics that are shown first")] = None
    commit: Annotated[bool, Meta(description="false: only a tag is made")] = True
    commit_message: Annotated[
        CommitMessage, Meta(description="the subject of the release commit: {tag} {version} {message}")
    ] = CommitMessage()
    push_data: Annotated[bool, Meta(description="true: missing objects may be uploaded before the release")] = False
    publish: Annotated[bool, Meta(description="true: the release page is made after the push")] = False
    atomic_push: Annotated[
        bool, Meta(description="false only for git hosts that cannot push branch and tag as one")
    ] = True
    dirty_ok: Annotated[_Texts, Meta(description="modified files that only warn")] = ()
    lineage: Annotated[
        Literal["warn", "fail", "off"],
        Meta(description="what it means if dvc.lock records other dependencies or params than the commit has"),
    ] = "warn"
    audit: Annotated[AuditConfig, Meta(description="how the data is looked for")] = field(default_factory=AuditConfig)
    gates: Annotated[Mapping[str, Gate], Meta(description="gates by metric key or glob")] = field(
        default_factory=dict, name="gate"
    )
    auto: Annotated[AutoConfig, Meta(description="what each kind of change asks for")] = field(
        default_factory=AutoConfig
    )
    stages: Annotated[
        Mapping[str, StageRules], Meta(description="what must pass before a version is promoted to a stage")
    ] = field(default_factory=dict, name="stage")
    models: Annotated[Mapping[str, ModelConfig], Meta(description="models with versions of their own, by name")] = (
        field(default_factory=dict)
    )
    model: str | None = None
    only: tuple[str, ...] = ()

    @property
    def model_option(self) -> tuple[str, ...]:
        """The option that a call about the model has."""
        return () if self.model is None else ("--model", self.model)


def may_release(config: Config, branch: str, default: str | None) -> bool:
    """Return whether a branch of the git remote may make final releases; `default` is its default one (None: not known)."""
    usual = (*([default] if default else USUAL_DEFAULTS), *RELEASE_BRANCHES)
    return any(fnmatchcase(branch, pattern) for pattern in (usual if config.branches is None else config.branches))


class BadConfig(UsageError):
    """An invalid configuration."""

    section = "configuration"


# Parser of `[tool.release]`: checks each key, and names file and key in each error

OWN_CONFIG, SHARED_CONFIG = ".release.toml", "pyproject.toml"
# Most pyproject.toml do not configure release: those are not parsed. Spaces and quotes are TOML's freedom.
_MENTIONED = re.compile(rb"""tool\s*["']?\s*\]?\s*[.\]=]|["']tool["']""")
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")
_FILES = ("changelog", "path")
_NO_MARKDOWN = re.compile(r"\.(?:rst|rest|adoc|asciidoc|org|textile|html?|tex|json|ya?ml|toml)", re.IGNORECASE)
_PATHS = (*_FILES, "metrics", "params", "dirty-ok", "exclude", "interface")
_TABLES = ("version-files", "audit", "gate", "auto", "models", "stage")  # with parsers of their own
_NO_KEYS = ("folder", "source", "key", "model", "only")  # fields that a table does not set
_HELP = "release config --schema   (lists every key)"

_Kind = TypeVar("_Kind", bound=Struct)
_Any = TypeVar("_Any")


def parse_config(table: Mapping[str, object], *, source: str, folder: str) -> Config:
    """Parse the table of `[tool.release]`.

    `source` is the file's name for messages, `folder` its folder. Raises BadConfig, naming file and key; unknown keys
    get a suggestion.
    """
    plain = {key: value for key, value in table.items() if key not in _TABLES}
    if "tag-format" in table:
        plain["tag-format"] = {"pattern": table["tag-format"]}
    if "commit-message" in table:
        plain["commit-message"] = {"pattern": table["commit-message"]}
    found = replace(
        _struct(Config, plain, source),
        folder=folder,
        source=source,
        version_files=_version_files(table["version-files"], source) if "version-files" in table else None,
        audit=_struct(AuditConfig, table.get("audit", {}), source, "audit"),
        gates=_gates(table.get("gate", {}), source, "gate"),
        auto=_auto(table.get("auto", {}), source),
        stages={
            name: _struct(StageRules, rules, source, f"stage.{name}")
            for name, rules in _converted(table.get("stage", {}), dict[str, Any], source, "stage").items()
        },
    )
    _check_markdown(found.changelog, source, "changelog")
    if found.tag_format.pattern.endswith("@v{version}"):
        words = f"{source}: tag-format: tags such as {found.tag_format.pattern} are a model's versions (GTO)"
        raise BadConfig(words, help='tag-format = "v{version}"')
    return replace(found, models=_models(table.get("models", {}), found)) if "models" in table else found


def for_model(config: Config, name: str) -> Config:
    """Return the configuration of one model, whose metrics and gates are its own. Raises UsageError."""
    model = config.models.get(name)
    if model is None:
        known = ", ".join(sorted(config.models))
        near = nearest(name[:60], config.models)
        words = f"did you mean {near}?" if near else f"there are {known}" if known else "there are none"
        help_line = f'[tool.release.models.{toml(name[:60])}] with path = "OUT" in the configuration'
        help_line = command_line("--model", near) if near else help_line
        raise BadConfig(f"no model {name[:60]!r} is configured; {words}", help=help_line)
    return replace(
        config,
        tag_format=model_tags(config.folder, name),
        changelog=model.changelog_of(name),
        version_files=(),
        metrics=model.metrics,
        params=config.params if model.params is None else model.params,
        headline=model.headline,
        gates=model.gates,
        model=name,
        only=tuple(
            posixpath.join(config.folder, path.rstrip("/"))
            for path in (model.path, *model.metrics, *(model.params or ()))
        ),
    )


def for_models(config: Config, names: Iterable[str]) -> Config:
    """Return the configuration whose data is that of these models; with no name the same one."""
    paths = (path for name in names for path in for_model(config, name).only)
    return replace(config, only=tuple(dict.fromkeys(paths)) or config.only)


def of_tag(config: Config, tag: str) -> Config:
    """Return the configuration of the model whose version or stage a tag is; the same one for any other tag."""
    formats = {name: model_tags(config.folder, name) for name in config.models}
    stages = {name: f"{tags.prefix.removesuffix('@v')}#" for name, tags in formats.items()}
    found = (name for name, tags in formats.items() if tags.parse(tag) is not None or tag.startswith(stages[name]))
    name = next(found, None)
    return config if name is None else for_model(config, name)


def model_tags(folder: str, name: str) -> TagFormat:
    """Return the format of a model's tags, as GTO and DVC read them; a folder is that of its dvc.yaml."""
    return TagFormat(f"{f'{folder}=' if folder else ''}{name}@v{{version}}")


def configured(folder: str, read: Callable[[str], bytes | None]) -> tuple[dict[str, Any], str] | None:
    """Return the table that configures release in a folder, and the path of its file; None if there is none.

    `folder` is a path from the git root ("": the root). `read` returns the bytes of a file by its
    path from the git root, None if it is not there. Raises BadConfig.
    """
    found = {name: _table(f"{folder}/{name}" if folder else name, read) for name in (OWN_CONFIG, SHARED_CONFIG)}
    tables = {name: table for name, table in found.items() if table is not None}
    if len(tables) > 1:
        raise BadConfig(
            f"both {OWN_CONFIG} and {SHARED_CONFIG} configure release in {folder or 'this repository'}",
            help="keep one: move the keys of .release.toml to [tool.release] in pyproject.toml",
        )
    return next(((table, f"{folder}/{name}" if folder else name) for name, table in tables.items()), None)


def _table(path: str, read: Callable[[str], bytes | None]) -> dict[str, Any] | None:
    data = read(path)
    if data is None:
        return None
    if len(data) > MAX_SETTINGS_BYTES:
        raise BadConfig(f"{path} is larger than 1 MB", help=command_line("ls", "-l", names=(path,)))
    shared = path.endswith(SHARED_CONFIG)
    if shared and not (b"release" in data and _MENTIONED.search(data)):
        return None
    try:
        document: dict[str, Any] = load_toml(decode(data))
    except BadDocument as error:
        raise BadConfig(f"{path} is not valid TOML: {error}", help=f"correct {quote(path)}") from error
    tool = document.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    # In .release.toml the block as it is written in a pyproject.toml, header and all, means the same.
    if not shared and (len(document) > 1 or tool.keys() != {"release"}):
        return document
    table = tool.get("release")
    if table is not None and not isinstance(table, dict):
        raise BadConfig(f"{path}: tool.release must be a table", help="[tool.release]")
    return table


def _keys(kind: type[Struct]) -> dict[str, str]:
    """Return the keys of a table, each with its field, in the order of the reference."""
    names = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
    return {key: name for key, name in names if name not in _NO_KEYS}


KEYS = tuple(_keys(Config))  # docs/reference/configuration.md describes each


def _struct(kind: type[_Kind], table: object, source: str, name: str = "", **fields: object) -> _Kind:
    """Return a table as a struct with more `fields`; `name` is that of the table. Raises BadConfig."""
    values = dict(_converted(table, dict[str, Any], source, name))
    known = _keys(kind)
    for key, value in list(values.items()):
        if key not in known:
            near = nearest(key[:60].replace("_", "-").lower(), known)
            meant = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
            raise BadConfig(f"{source}: unknown key {_dotted(name, key[:60])}; {meant}", help=_HELP)
        full = _dotted(name, key)
        if isinstance(value, int) and abs(value) > _LARGEST:  # `convert` fails on it before msgspec 0.22
            raise BadConfig(f"{source}: {full}: the number is out of range", help=_HELP)
        if key in _PATHS and isinstance(value, str):
            values[key] = _inside(value, source, full, is_file=key in _FILES and (key, kind) != ("path", ModelConfig))
        elif key in _PATHS and isinstance(value, list):
            values[key] = [_inside(each, source, full) if isinstance(each, str) else each for each in value]
    return _converted(values | fields, kind, source, name)


def _converted(value: object, kind: type[_Any], source: str, name: str) -> _Any:
    try:
        return convert(value, kind)
    except ValidationError as error:
        words, _, place = plain_words(error).partition(" - at `$")
        key = f"{name}{place.rstrip('`')}".lstrip(".").replace("max-regression.amount", "max-regression")
        raise BadConfig(f"{source}: {key[:120]}: {_in_words(words, kind, key)[:200]}", help=_HELP) from error
    except UsageError as error:
        raise BadConfig(f"{source}: tag-format: {error.message}", help=error.help) from error


def _in_words(words: str, kind: object, key: str) -> str:
    """Return the message about a value, with the values that are allowed."""
    if words.startswith("Invalid enum value"):
        field = _keys(kind).get(key.rpartition(".")[2]) if isinstance(kind, type) and issubclass(kind, Struct) else None
        allowed = (
            ("up", "down") if field == "direction" else get_args(get_type_hints(kind)[field] if field else AutoWord)
        )
        return f"must be one of {', '.join(allowed)}, not{words.removeprefix('Invalid enum value')}"
    return words


def _dotted(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _inside(path: str, source: str, key: str, *, is_file: bool = False) -> str:
    """Return the path without `./` and doubled slashes, as git writes it; a trailing slash stays."""
    parts = path.split("/")
    kept = [part for part in parts if part not in (".", "")]
    outside = path.startswith(("/", "~")) or "\\" in path or ".." in parts or (is_file and path.endswith("/"))
    if outside or not kept or reserved_folder(path) == ".git":
        words = f"must be a {'file' if is_file else 'path'} inside the project, relative to the configuration"
        raise BadConfig(f"{source}: {key} {words}, not {path[:80]!r}", help='for example: changelog = "CHANGELOG.md"')
    return "/".join(kept) + ("/" if path.endswith("/") else "")


def _version_files(items: object, source: str) -> tuple[VersionFile, ...]:
    key = "version-files"
    found = tuple(
        _struct(VersionFile, {"path": item} if isinstance(item, str) else item, source, key)
        for item in _converted(items, list[Any], source, key)
    )
    if len({file.path for file in found}) != len(found):
        raise BadConfig(f"{source}: {key} must name each file once", help='version-files = ["pyproject.toml"]')
    return found


def _check_markdown(path: str, source: str, key: str) -> None:
    if _NO_MARKDOWN.fullmatch(posixpath.splitext(path)[1]):
        raise BadConfig(
            f"{source}: {key}: {path} is no Markdown, and entries are Markdown",
            help='changelog = "CHANGELOG.md", and keep or convert the old file',
        )


def _models(tables: object, around: Config) -> dict[str, ModelConfig]:
    """Parse the tables of the models of a configuration: names of GTO, each with a changelog of its own."""
    source, taken = around.source or "", {around.changelog.lower(): "the repository"}
    found: dict[str, ModelConfig] = {}
    for name, table in _converted(tables, dict[str, Any], source, "models").items():
        key = f"models.{name[:60]}"
        _check_model_name(name, around)
        values = dict(_converted(table, dict[str, Any], source, key))
        gates = _gates(values.pop("gate", {}), source, f"{key}.gate")
        model = replace(_struct(ModelConfig, values, source, key), gates=gates)
        changelog = model.changelog_of(name)
        _check_markdown(changelog, source, f"{key}.changelog")
        if changelog.lower() in taken:
            words = f"{source}: {key}: {changelog} is the changelog of {taken[changelog.lower()]}, too"
            raise BadConfig(words, help=f"changelog = {toml(f'CHANGELOG.{name}.md')}")
        taken[changelog.lower()] = f"model {name}"
        found[name] = model
    return found


def _check_model_name(name: str, around: Config) -> None:
    key = f"{around.source}: models.{name[:60]}"
    rule = "ASCII letters, digits, `-`, `_` and `/`, and begins and ends with a letter or digit (GTO)"
    if _MODEL_NAME.fullmatch(name) is None:
        raise BadConfig(f"{key}: a model's name has {rule}", help="for example: [tool.release.models.charCNN]")
    if around.folder and _MODEL_FOLDER.fullmatch(around.folder) is None:
        words = f"{key}: GTO knows no models in a folder named {around.folder[:60]!r}"
        raise BadConfig(words, help="rename the folder to ASCII letters, digits, `-`, `_`, `.` and `/`")
    try:
        model_tags(around.folder, name)
    except UsageError as error:
        raise BadConfig(f"{key}: {error.message}", help="choose another name") from error


def _gates(tables: object, source: str, name: str) -> dict[str, Gate]:
    found = _converted(tables, dict[str, Any], source, name)
    if len(found) > MAX_PATTERNS:
        raise BadConfig(f"{source}: {name} has more than {MAX_PATTERNS:,} patterns", help=_HELP)
    return {key: _gate(key, table, source, f"{name}.{key}") for key, table in found.items()}


def _gate(key: str, table: object, source: str, name: str) -> Gate:
    values = dict(_converted(table, dict[str, Any], source, name))
    if "max-regression" in values:
        percent = _PERCENT.fullmatch(str(values["max-regression"]))
        # 2.3 / 100 is not exactly 0.023
        amount = float(f"{percent[1]}e-2") if percent else values["max-regression"]
        values["max-regression"] = {"amount": amount, "relative": percent is not None}
    gate = _struct(Gate, values, source, name, key=key)
    problem = None
    if gate.direction is Direction.NEITHER:
        problem = "direction must be up or down"
    elif "std-factor" in values and gate.std_key is None:
        problem = "std-factor must be set together with std-key"
    elif gate.max_regression is None and (gate.baseline or gate.std_key):
        word = "baseline" if gate.baseline else "std-key"
        problem = f"{word} must be set together with max-regression"
    elif gate.minimum is not None and gate.maximum is not None and gate.minimum > gate.maximum:
        problem = f"min must be at most max ({gate.maximum:g})"
    if problem is not None:
        raise BadConfig(f"{source}: {name}.{problem}", help=_HELP)
    return gate


def _auto(table: object, source: str) -> AutoConfig:
    found = _struct(AutoConfig, table, source, "auto")
    known: dict[str, AutoWord] = {}
    for name, word in found.types.items():
        if re.fullmatch(COMMIT_TYPE, name) is None or name.lower() in known:
            why = "it is there twice" if name.lower() in known else "no commit has this type"
            raise BadConfig(
                f"{source}: auto.types.{name[:60]} has no effect: {why}",
                help='name each type once, without scope, ! and colon: types = {docs = "patch"}',
            )
        known[name.lower()] = word
    return replace(found, types=known)


# What is written otherwise than its struct, for the schema.
_WRITTEN = {
    "TagFormat": {"type": "string", "pattern": r"\{version\}"},
    "CommitMessage": {"type": "string", "pattern": r"\{(tag|version)\}"},
    "Tolerance": {
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": rf"^{_PERCENT.pattern}$"}],
        "description": "absolute, or a percentage of the previous value",
    },
    "Direction": {"enum": [Direction.UP.value, Direction.DOWN.value]},
}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of `[tool.release]` as it is written, which editors use."""
    (top,), parts = schema_components((Config,), ref_template="#/$defs/{name}")
    parts = {name: _as_written(part) for name, part in parts.items()} | _WRITTEN
    parts["VersionFile"] = {"anyOf": [{"type": "string", "minLength": 1}, parts["VersionFile"]]}
    parts["AutoConfig"]["properties"]["types"]["propertyNames"] = {"pattern": r"^[^\s!:()]+$"}
    parts["Config"]["properties"]["models"]["propertyNames"] = {"pattern": f"^{_MODEL_NAME.pattern}$"}
    title = "[tool.release] of pyproject.toml, or .release.toml"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **top, "$defs": parts}


def _as_written(part: Any) -> Any:
    """Return a part of the schema without what TOML cannot say (null) and fields that no table sets."""
    if isinstance(part, list):
        return [_as_written(each) for each in part]
    if not isinstance(part, dict):  # JSON Schema has JavaScript's patterns
        return part.replace(r"\A", "^").replace(r"\Z", "$") if isinstance(part, str) else part
    part = {key: _as_written(value) for key, value in part.items()}
    if {"type": "null"} in part.get("anyOf", ()):
        (kind,) = (each for each in part["anyOf"] if each != {"type": "null"})
        part = {key: value for key, value in part.items() if key not in ("anyOf", "default")} | kind
    if isinstance(part.get("default"), dict):
        part["default"] = part["default"].get("pattern", {})
    if "properties" in part:
        values = {key: value for key, value in part["properties"].items() if key not in _NO_KEYS}
        required = [key for key in part["required"] if key not in _NO_KEYS]
        part = {"type": "object", "properties": values, "required": required, "additionalProperties": False}
    return part


# The effective configuration, key by key, with the source of each value.

DEFAULT, FOUND = "default", "found"
_BY_RULE = {
    "branches": "the remote's default branch, release/*, hotfix/*",
    "headline": "the scores of `test`, else `val`, else the top level or `overall`",
}


class Setting(Struct, frozen=True, kw_only=True):
    """One key with its effective value.

    `source`: the file, `default`, or `found` (detected in HEAD). `value` is a text, number, boolean or list of those;
    None if `rule`, a sentence, describes it instead.
    """

    key: str
    value: Any
    source: str
    rule: str | None = None


def settings_in_force(
    config: Config, table: Mapping[str, object], found: Mapping[str, tuple[str, ...]]
) -> tuple[Setting, ...]:
    """Return every key in the order of the reference.

    `table` is the content of the file, `found` the detected values of lists that it does not set.
    """
    rows = _rows("", config, table, config.source or DEFAULT)
    return tuple(
        Setting(
            key=row.key,
            value=_plain(found.get(row.key)),
            source=FOUND if row.key in found else DEFAULT,
            rule=_BY_RULE.get(row.key),
        )
        if row.value is None
        else row
        for row in rows
        if not (row.key.startswith(("gate.", "models.", "stage.")) and row.source == DEFAULT)
    )


def _rows(prefix: str, section: Struct, table: Mapping[str, Any], source: str) -> Iterator[Setting]:
    for key, name in _keys(type(section)).items():
        value = getattr(section, name)
        if isinstance(value, AuditConfig | AutoConfig):
            yield from _rows(f"{key}.", value, table.get(key, {}), source)
        elif isinstance(value, Mapping):
            for inner, each in value.items():
                if isinstance(each, Gate | ModelConfig | StageRules):
                    quoted = f'"{inner}"' if not isinstance(each, ModelConfig) else inner
                    yield from _rows(f"{prefix}{key}.{quoted}.", each, table[key][inner], source)
                else:
                    yield Setting(key=f"{prefix}{key}.{inner}", value=each, source=source)
        else:
            yield Setting(key=f"{prefix}{key}", value=_plain(value), source=source if key in table else DEFAULT)


def _plain(value: object) -> object:
    if isinstance(value, Direction):
        return value.value
    if isinstance(value, TagFormat | CommitMessage):
        return value.pattern
    if isinstance(value, Tolerance):
        return f"{value.amount * 100:g}%" if value.relative else value.amount
    if isinstance(value, VersionFile):
        return value.path if value.pattern is None else {"path": value.path, "pattern": value.pattern}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
