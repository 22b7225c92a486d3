"""Set-up of a repository: what `init` proposes, and the files that it writes."""

from __future__ import annotations

import configparser
import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct, field

from release import __version__
from release.core.config import VersionFile
from release.core.documents import BadDocument, decode, load_toml
from release.core.remotes import scheme_of
from release.core.tags import DatedTag, release_tags
from release.core.text import command_line, for_markdown, many, quote
from release.core.version import TagFormat
from release.core.version_file import BadVersionFile, current_version, static_version
from release.errors import UsageError


class Service(Enum):
    """CI service that makes releases on merge; NONE: no CI, or a service that is set up by hand."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class RepositoryScan(Struct, frozen=True, kw_only=True):
    """Result of scanning a repository.

    `files` are the bytes of those existing files that `init` may change or read. `not_found` describes each out whose
    objects are neither on their remote nor in the cache (the remote may be a disk that is not mounted, so nothing is
    concluded from it). `dvc_remotes` are the names in `.dvc/config`, `dvc_default` the default one (None: none is).
    `headline` are the keys of the metrics that are shown first; `stages` counts the stages that were run. `package` is
    what follows this package's name for pip to install it elsewhere (`==1.2.0`); None: it was installed from a place
    that only this machine has.
    """

    name: str
    files: Mapping[str, bytes]
    remotes: tuple[str, ...]
    remote_url: str | None
    tags: tuple[DatedTag, ...]
    configured: str | None
    metrics: tuple[str, ...]
    not_found: tuple[str, ...]
    dvc_remotes: tuple[str, ...]
    dvc_default: str | None
    dvc_url: str
    headline: tuple[str, ...] = ()
    stages: int = 0
    package: str | None = None
    unknown: tuple[str, ...] = ()


class InitOptions(Struct, frozen=True, kw_only=True):
    """Options of `release init`.

    `service` None: detect it from the remote's address. `storage`: URL of DVC's default remote if it has none. `gate`:
    a metric's key and its allowed drop ("2%"); None: no gate. `package`: the requirement that pip installs in CI; None:
    this version of this package.
    """

    service: Service | None = None
    hooks: bool = True
    storage: str | None = None
    gate: tuple[str, str] | None = None
    package: str | None = None


class FileProposal(Struct, frozen=True, kw_only=True):
    """A file to write: `before` None if it does not exist yet. `why` is the reason."""

    path: str
    before: bytes | None
    after: bytes
    why: str

    @property
    def diff(self) -> str:
        """The difference in the format of `diff -u`."""
        old = (self.before or b"").decode("utf-8", "replace").splitlines()
        new = self.after.decode("utf-8", "replace").splitlines()
        origin = "/dev/null" if self.before is None else f"a/{self.path}"
        return "\n".join(difflib.unified_diff(old, new, origin, f"b/{self.path}", lineterm=""))


class InitPlan(Struct, frozen=True, kw_only=True):
    """Everything that `init` would write, what it detected (`seen`), and what is left to the user (`advice`)."""

    files: tuple[FileProposal, ...] = ()
    seen: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class InitReport(Struct, frozen=True, kw_only=True):
    """The plan; `written`: it was carried out; `preview`: dry run."""

    plan: InitPlan
    written: bool = False
    preview: bool = False


class Proposals(Struct):
    """Collector of files to write, findings and advice."""

    sight: RepositoryScan
    files: list[FileProposal] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def create(self, path: str, text: str, why: str) -> bool:
        """Propose a new file. Returns False if it exists: nothing is overwritten."""
        if path in self.sight.files:
            return False
        self.files.append(FileProposal(path=path, before=None, after=text.encode(), why=why))
        return True

    def change(self, path: str, after: bytes, why: str) -> None:
        """Propose other bytes for an existing file."""
        before = self.sight.files[path]
        if after != before:
            self.files.append(FileProposal(path=path, before=before, after=after, why=why))

    def plan(self) -> InitPlan:
        """Return everything collected."""
        return InitPlan(files=tuple(self.files), seen=tuple(self.seen), advice=tuple(self.advice))


def service_of(url: str | None, files: Sequence[str]) -> Service:
    """Detect the service from a remote's address or existing files."""
    told = (url or "").lower()
    if "github" in told or any(path.startswith(".github/") for path in files):
        return Service.GITHUB
    if "gitlab" in told or ".gitlab-ci.yml" in files:
        return Service.GITLAB
    return Service.NONE


# Version files of another release tool, translated to `version-files`.

_SHARED = "pyproject.toml"
_LONGEST_LINE = 300


class NamedFile(Struct, frozen=True):
    """A file that holds the version, and the text beside it on its line ("" if not given)."""

    path: str
    hint: str


def named_files(tools: Mapping[str, Mapping[str, Any]], ini: bytes) -> tuple[NamedFile, ...]:
    """Return the files that bump-my-version, commitizen and python-semantic-release name.

    `tools` are their tables; `ini` is a `.bumpversion.cfg`.
    """
    found = [*_of_bumpversion(tools.get("bumpversion", {})), *_of_ini(ini)]
    found += _of_pairs(tools.get("commitizen", {}).get("version_files"))
    semantic = tools.get("semantic_release", {})
    for key in ("version_toml", "version_variables"):
        found += (NamedFile(one.path, one.hint.rpartition(".")[2]) for one in _of_pairs(semantic.get(key)))
    return tuple(dict.fromkeys(one for one in found if _is_plain(one.path)))


def proposed(
    named: tuple[NamedFile, ...], files: Mapping[str, bytes], version: str
) -> tuple[list[str | dict[str, str]], list[str]]:
    """Return `version-files` for them, and the paths that the user must check. Empty if the default suffices."""
    wanted: list[str | dict[str, str]] = []
    unclear: list[str] = []
    shared = static_version(files.get(_SHARED, b"")) == version
    for one in named:
        if one.path not in files or (one.path == _SHARED and shared):
            continue
        pattern = _pattern(one, files.get(one.path, b""), version)
        if pattern is None:
            unclear.append(one.path)
        elif not any(isinstance(known, dict) and known["path"] == one.path for known in wanted):
            wanted.append({"path": one.path, "pattern": pattern})
    return ([_SHARED, *wanted] if shared and wanted else wanted), list(dict.fromkeys(unclear))


def _of_bumpversion(table: Mapping[str, Any]) -> Iterator[NamedFile]:
    files = table.get("files")
    for file in files if isinstance(files, list) else []:
        path = file.get("filename") if isinstance(file, dict) else None
        if isinstance(path, str):
            yield NamedFile(path, _beside(file.get("search", table.get("search"))))


def _of_ini(data: bytes) -> Iterator[NamedFile]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(decode(data))
    except (configparser.Error, BadDocument):
        return
    for section in parser.sections():
        if section.startswith("bumpversion:file:"):
            path = section.removeprefix("bumpversion:file:").strip()
            yield NamedFile(path, _beside(parser.get(section, "search", fallback=None)))


def _of_pairs(told: object) -> Iterator[NamedFile]:
    """Parse `path:text beside the version`; further parts after a second colon are ignored."""
    for text in told if isinstance(told, list) else []:
        if isinstance(text, str):
            path, _, rest = text.partition(":")
            yield NamedFile(path, rest.partition(":")[0])


def _beside(search: object) -> str:
    """Return the text before the version, from a search text of bump-my-version."""
    return search.partition("{current_version}")[0].strip() if isinstance(search, str) else ""


def _is_plain(path: str) -> bool:
    """Return True for a path inside the repository that is no pattern."""
    odd = path.startswith(("/", "~", "-")) or set("*?[\\") & set(path) or {"..", ".git"} & set(path.split("/"))
    return bool(path) and path.isprintable() and not odd


def _pattern(one: NamedFile, data: bytes, version: str) -> str | None:
    """Return a pattern made of the only line with the version and the hint; None if it is not unique."""
    try:
        lines = decode(data).splitlines()
    except BadDocument:
        return None
    found = {
        line.strip()
        for line in lines
        if len(line) < _LONGEST_LINE and line.count(version) == 1 and one.hint in line and "{version}" not in line
    }
    if len(found) != 1:
        return None
    pattern = found.pop().replace(version, "{version}")
    try:
        same = current_version(data, VersionFile(path=one.path, pattern=pattern)) == version
    except BadVersionFile:
        return None
    return pattern if same and pattern.isprintable() else None


# Configuration that fits a repository's tags, its data and its earlier release tool.

_DEFAULT = "v{version}"
_NUMBERED = re.compile(
    r"(?P<before>.{0,60}?)(?<![0-9.])[0-9]{1,9}\.[0-9]{1,9}(?:\.[0-9]{1,9})?(?P<rest>[-.+a-zA-Z0-9]{0,40})"
)
_GTO = re.compile(r"[^@#]+@v[0-9].*|[^@#]+#[^#]+(?:#[0-9]+)?")
_PLACES = {  # the version's placeholder in tags of other tools
    "bumpversion": ("tag_name", "{new_version}"),
    "commitizen": ("tag_format", "$version"),
    "semantic_release": ("tag_format", "{version}"),
}
_SPOKEN = {
    "bumpversion": "bump-my-version",
    "commitizen": "commitizen",
    "semantic_release": "python-semantic-release",
}


def proposed_config(sight: RepositoryScan, gate: tuple[str, str] | None) -> dict[str, Any]:
    """Return the keys of `[tool.release]` that differ from the defaults, in the order of the reference."""
    config: dict[str, Any] = {}
    pattern = tag_pattern(sight)
    if pattern != _DEFAULT:
        config["tag-format"] = pattern
    if ignored := _ambiguous(sight.tags, pattern):
        config["ignore-tags"] = list(ignored)
    if sight.remotes and "origin" not in sight.remotes:
        config["git-remote"] = sight.remotes[0]
    if versioned := version_files(sight)[0]:
        config["version-files"] = versioned
    if sight.metrics:
        config["metrics"] = list(sight.metrics)
    if gate is not None:
        config["gate"] = {gate[0]: {"max-regression": gate[1]}}
    return config


def tag_pattern(sight: RepositoryScan) -> str:
    """Return the `tag-format` of the existing tags, else of the other tool's setting."""
    befores = Counter(
        match["before"]
        for tag in sight.tags
        if not _GTO.fullmatch(tag.ref.name) and (match := _NUMBERED.fullmatch(tag.ref.name))
    )
    if befores:
        found = "v" if "v" in befores else max(befores, key=lambda before: (befores[before], before))
        pattern = f"{found}{{version}}"
        return pattern if _allowed(pattern) else _DEFAULT
    for table, key, place in other_tools(sight.files):
        told = table.get(key)
        if isinstance(told, str) and told.count(place) == 1:
            pattern = told.replace(place, "{version}").replace("$version", "{version}")
            return pattern if _allowed(pattern) else _DEFAULT
    return _DEFAULT


def files_of_tools(files: Mapping[str, bytes]) -> tuple[NamedFile, ...]:
    """Return the files that another tool's configuration names as version files."""
    ini = files.get(".bumpversion.cfg") or (files.get("setup.cfg", b"") if _has_ini(files) else b"")
    return named_files(_tools(files), ini)


def version_files(sight: RepositoryScan) -> tuple[list[str | dict[str, str]], list[str]]:
    """Return `version-files` as the other tool had them, and the paths that are unclear."""
    releases = old_releases(sight)
    version = releases[0][0] if releases else static_version(sight.files.get("pyproject.toml", b""))
    named = files_of_tools(sight.files)
    return proposed(named, sight.files, version) if version and named else ([], [])


def tools_seen(files: Mapping[str, bytes]) -> list[str]:
    """Return the names of other release tools that are configured here."""
    names = [_SPOKEN[name] for name in _PLACES if name in _tools(files)]
    return [*names, *(["bump-my-version"] if _has_ini(files) and "bump-my-version" not in names else [])]


def other_tools(files: Mapping[str, bytes]) -> list[tuple[Mapping[str, Any], str, str]]:
    """Return their tables, each with its key for the tag's name and its version placeholder."""
    tools = _tools(files)
    return [(tools[name], key, place) for name, (key, place) in _PLACES.items() if name in tools]


def gto_tags(tags: Sequence[DatedTag]) -> int:
    """Count the tags of GTO (`charCNN@v1.3.0`, `charCNN#prod#2`)."""
    return sum(1 for tag in tags if _GTO.fullmatch(tag.ref.name))


def old_releases(sight: RepositoryScan) -> list[tuple[str, DatedTag]]:
    """Return the tags that will count as releases with their versions, newest version first."""
    pattern = tag_pattern(sight)
    by_name = {tag.ref.name: tag for tag in sight.tags}
    found = release_tags((tag.ref for tag in sight.tags), TagFormat(pattern), _ambiguous(sight.tags, pattern)).all
    return [(str(release.version), by_name[release.name]) for release in reversed(found)]


def _ambiguous(tags: Sequence[DatedTag], pattern: str) -> tuple[str, ...]:
    """Return tags whose version another tag has on another commit, except the most complete name of each."""
    format_ = TagFormat(pattern)
    kept = {str(release.version): release for release in release_tags((tag.ref for tag in tags), format_).all}
    names = []
    for tag in tags:
        version = format_.parse(tag.ref.name) or format_.parse_short(tag.ref.name)
        chosen = kept.get(str(version)) if version is not None else None
        if chosen is not None and chosen.name != tag.ref.name and chosen.ref.commit_id != tag.ref.commit_id:
            names.append(tag.ref.name)
    return tuple(sorted(names))


def _tools(files: Mapping[str, bytes]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for path in ("pyproject.toml", ".bumpversion.toml", ".cz.toml"):
        tool = _toml(files.get(path)).get("tool")
        if isinstance(tool, dict):
            found |= {name: table for name, table in tool.items() if name in _PLACES and isinstance(table, dict)}
    return found


def _has_ini(files: Mapping[str, bytes]) -> bool:
    return ".bumpversion.cfg" in files or b"[bumpversion" in files.get("setup.cfg", b"")


def _toml(data: bytes | None) -> dict[str, Any]:
    try:
        document = load_toml(decode(data)) if data is not None else {}
    except BadDocument:
        return {}
    return document if isinstance(document, dict) else {}


def _allowed(pattern: str) -> bool:
    try:
        TagFormat(pattern)
    except UsageError:
        return False
    return not pattern.endswith("@v{version}")


# Files that `release init` proposes, one function each.

Template = Callable[[str], str]  # returns the text of a file in `release/templates`

GITHUB_FILES = {
    ".github/actions/release/action.yml": "github/action.yml",
    ".github/workflows/release.yml": "github/release.yml",
    ".github/workflows/pull-request.yml": "github/pull-request.yml",
}
_WHY = {
    "github/action.yml": "what both workflows do",
    "github/release.yml": "a merge makes the release",
    "github/pull-request.yml": "a pull request shows what its merge would release",
}
_DVC_FILES = {
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".dvcignore": (
        "# Add patterns of files dvc should ignore, which could improve\n"
        "# the performance. Learn more at\n"
        "# https://dvc.org/doc/user-guide/dvcignore\n"
    ),
}
HOOKS = """\
  - repo: local
    hooks:
      - id: release-pointers
        name: data equals its pointers
        entry: release-hook pointers
        language: system
        always_run: true
        pass_filenames: false
        stages: [pre-commit]
      - id: release-verify
        name: pushed data is on its DVC remote
        entry: release-hook verify
        language: system
        always_run: true
        pass_filenames: false
        stages: [pre-push]
"""
_HOOK_TYPES = "default_install_hook_types: [pre-commit, pre-push]\n"


def plan_files(
    sight: RepositoryScan, wishes: InitOptions, *, branch: str, config: tuple[str, bytes] | None, template: Template
) -> InitPlan:
    """Propose everything that is missing.

    `config` is the configuration file's path and text (None: it exists, or none is needed).
    """
    found = Proposals(sight)
    _tell(found)
    _dvc(found, wishes)
    if config is not None:
        path, text = config
        why = "releases go on with what this repository has"
        if path in sight.files:
            found.change(path, text, why)
        else:
            found.create(path, text.decode(), why)
    found.create("CHANGELOG.md", changelog(sight), "each release writes its entry here")
    if wishes.hooks:
        _hooks(found)
    _workflows(found, wishes, branch, template)
    _advise(found)
    return found.plan()


def changelog(sight: RepositoryScan) -> str:
    """Return a new changelog: an entry with date and message for each release made before."""
    head = "# Changelog\n\nAll notable changes to this project are documented in this file.\n\n## [Unreleased]\n"
    entries = [
        f"\n## [{version}]{f' - {tag.when:%Y-%m-%d}' if tag.when else ''}\n\n{for_markdown(tag.subject) or tag.ref.name}\n"
        for version, tag in old_releases(sight)
    ]
    return head + "".join(entries)


def workflow(text: str, *, branch: str, package: str, storage: str) -> str:
    """Fill a workflow template: its branch, the package for pip, and the secrets of the DVC remote."""
    names = _variables(storage)
    lines = "".join(f"\n          {name}: ${{{{ secrets.{name} }}}}" for name in names)
    secrets = f"\n        env:{lines}" if lines else ""
    branch = branch.replace("\\", "\\\\").replace('"', '\\"')  # it is in double quotes
    return text.replace("{branch}", branch).replace("{package}", package).replace("{secrets}", secrets)


def package_for(storage: str, source: str) -> str:
    """Return the requirement for pip, with DVC's extra for the remote: `dvc-release[s3]==1.2.0`."""
    scheme = scheme_of(storage)
    return f"dvc-release[{scheme.extra}]{source}" if scheme is not None and scheme.ours else f"dvc-release{source}"


def with_default_remote(config: str, name: str, url: str | None) -> str:
    """Return `.dvc/config` with a default remote; `url` None: the remote exists and becomes the default."""
    core = re.search(r"(?m)^[ \t]*\[core\][ \t]*(?:\r?\n|\Z)", config)
    line = f"    remote = {name}\n"
    if core is None:
        config = f"[core]\n{line}{config}"
    else:
        at = core.end()
        config = f"{config[:at]}{'' if config[:at].endswith(chr(10)) else chr(10)}{line}{config[at:]}"
    if url is not None:
        gap = "" if config.endswith("\n") else "\n"
        config = f"{config}{gap}['remote \"{name}\"']\n    url = {_value(url)}\n"
    return config


def _value(url: str) -> str:
    """Quote a value for ConfigObj if it has special characters."""
    if not re.search(r"[#,'\"]", url):
        return url
    return f"'{url}'" if '"' in url else f'"{url}"'


def _tell(found: Proposals) -> None:
    sight = found.sight
    releases = old_releases(sight)
    if releases:
        newest = releases[0][1].ref.name
        others = f", {len(releases)} releases in all" if len(releases) > 1 else ""
        found.seen.append(f"{newest} is the last release{others}; tags are {tag_pattern(sight)}")
    if count := gto_tags(sight.tags):
        found.seen.append(f"{count} {'tag' if count == 1 else 'tags'} of GTO, which stay as they are")
    found.seen.extend(f"{tool} is configured here" for tool in tools_seen(sight.files))
    if sight.stages:
        found.seen.append(
            f"{many(sight.stages, 'stage')} of dvc.yaml: what they were made from is compared (`lineage`)"
        )
    found.seen.extend(f"metrics in {path}" for path in sight.metrics)
    found.seen.extend(sight.not_found)
    found.seen.extend(sight.unknown)


def _dvc(found: Proposals, wishes: InitOptions) -> None:
    sight = found.sight
    config = sight.files.get(".dvc/config")
    if config is None:
        for path, text in _DVC_FILES.items():
            found.create(path, text, "DVC keeps data and models beside git")
    if sight.dvc_default is not None:
        return
    if sight.dvc_remotes and wishes.storage is None:
        name, url = sight.dvc_remotes[0], None
    else:
        name = "storage"
        while name in sight.dvc_remotes:
            name += "-2"
        url = wishes.storage or sight.dvc_url
    text = (config or b"").decode("utf-8", "surrogateescape")
    after = with_default_remote(text, name, url).encode("utf-8", "surrogateescape")
    why = "data has one place that every clone knows"
    if config is None:
        found.create(".dvc/config", after.decode("utf-8", "surrogateescape"), why)
    else:
        found.change(".dvc/config", after, why)
    if url is not None and url == sight.dvc_url:
        found.advice.append(
            f"the DVC remote {quote(name)} is the folder {quote(url)} (from .dvc/): other machines do not see it; "
            f"then: {command_line('dvc', 'remote', 'modify', names=(name,))} url s3://BUCKET/PATH"
        )


def _hooks(found: Proposals) -> None:
    path = ".pre-commit-config.yaml"
    if found.create(path, f"{_HOOK_TYPES}repos:\n{HOOKS}", "nobody forgets `dvc add` or `dvc push`"):
        found.advice.append("hooks run after: pip install pre-commit && pre-commit install")
        return
    data = found.sight.files[path]
    if b"release-hook" in data or b"release-pointers" in data:
        return
    text = data.decode("utf-8", "surrogateescape")
    # Hooks can be appended only if the list of repositories is the last item in the file.
    tops = re.findall(r"(?m)^([A-Za-z_][\w-]*|[\"'].*)[ \t]*:", text)
    indent = re.search(r"(?m)^( *)- +repo:", text)
    if not tops or tops[-1] != "repos" or indent is None or "\r" in text:
        found.advice.append(f"{path} is yours: add the hooks of docs/how-to/hooks.md by hand")
        return
    hooks = "".join(f"{indent[1]}{line[2:]}" for line in HOOKS.splitlines(keepends=True))
    gap = "" if text.endswith("\n") else "\n"
    found.change(
        path, f"{text}{gap}{hooks}".encode("utf-8", "surrogateescape"), "nobody forgets `dvc add` or `dvc push`"
    )
    found.advice.append("hooks run after: pre-commit install --hook-type pre-commit --hook-type pre-push")


def _workflows(found: Proposals, wishes: InitOptions, branch: str, template: Template) -> None:
    sight = found.sight
    service = wishes.service or service_of(sight.remote_url, tuple(sight.files))
    storage = wishes.storage or sight.dvc_url
    package = wishes.package or package_for(storage, sight.package or f"=={__version__}")
    given = {"branch": branch, "package": package, "storage": storage}
    if service is Service.GITHUB:
        for path, name in GITHUB_FILES.items():
            text = template(name)
            if not found.create(
                path,
                text if name.endswith("action.yml") else workflow(text, **given),
                _WHY[name],
            ):
                _left(found.sight.files, path, found)
        if names := _variables(storage):
            found.advice.append(f"the workflow reads the secrets {' and '.join(names)}: set them in the repository")
    elif service is Service.GITLAB:
        text = workflow(template("gitlab/gitlab-ci.yml"), **given)
        if not found.create(".gitlab-ci.yml", text, "a merge makes the release"):
            _left(found.sight.files, ".gitlab-ci.yml", found)
        found.advice.append("set RELEASE_TOKEN in the project's CI/CD variables: see docs/how-to/ci.md")
    else:
        found.advice.append("on merge, let CI run: release bump auto --yes   (`release init --ci github` or gitlab)")
    missing = wishes.package is None and sight.package is None
    if missing and any(package.encode() in file.after for file in found.files):
        found.advice.append(
            f"CI installs {package}; yours came from a folder of this machine: "
            "let `package` there name what pip finds (`release init --package`)"
        )


def _variables(storage: str) -> tuple[str, ...]:
    scheme = scheme_of(storage)
    return () if scheme is None else scheme.variables


def _left(files: Mapping[str, bytes], path: str, found: Proposals) -> None:
    if (
        b"release bump" not in files[path]
        and b"actions/release" not in files[path]
        and b'bump "$KIND"' not in files[path]
    ):
        found.advice.append(f"{path} is yours and stays as it is: docs/how-to/ci.md has the lines to add")


def _advise(found: Proposals) -> None:
    sight = found.sight
    if sight.configured is None:
        tools = tools_seen(sight.files)
        found.advice += (f"take {tool}'s own job out of CI: two tools that tag race each other" for tool in tools)
        found.advice += (
            f"{path} holds the version, too: add it to version-files by hand" for path in version_files(sight)[1]
        )
    if sight.not_found or sight.unknown:
        found.advice.append(
            "some data could not be checked or found; connect its disk or server, then check again with: release verify"
        )
    found.advice.append(
        "clean up only with: dvc gc --workspace --all-tags --cloud   (without --all-tags releases lose data)"
    )


__all__ = ["GITHUB_FILES", "changelog", "package_for", "plan_files", "with_default_remote", "workflow"]
