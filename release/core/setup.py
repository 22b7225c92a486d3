"""Set-up of a repository: what `init` proposes, and the files that it writes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct, field

from release import __version__
from release.core.changelog import HEADER
from release.core.remotes import scheme_of
from release.core.tags import DatedTag, release_tags
from release.core.text import command_line, for_markdown, many, quote, unified
from release.core.version import TagForm, TagFormat, tag_prefix
from release.errors import UsageError


class Service(Enum):
    """CI service that makes releases on merge; NONE: no CI, or a service that is set up by hand."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class RepositoryScan(Struct, frozen=True, kw_only=True):
    """Result of scanning a repository.

    `files` are the bytes of those existing files that `init` may change or read. `configured` is the configuration's
    file, None if there is none. `headline` are the keys of the metrics that are shown first. `dvc_remotes` are the names
    in `.dvc/config`, `dvc_default` the default one (None: none is). `package` is what follows this package's name for
    pip to install it elsewhere (`==1.2.0`); None: it was installed from a place that only this machine has.
    """

    files: Mapping[str, bytes]
    remotes: tuple[str, ...]
    remote_url: str | None
    tags: tuple[DatedTag, ...]
    configured: str | None
    metrics: tuple[str, ...]
    headline: tuple[str, ...]
    dvc_remotes: tuple[str, ...]
    dvc_default: str | None
    dvc_url: str
    package: str | None


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
        return unified(self.path, self.before, self.after).removesuffix("\n")


class InitPlan(Struct, frozen=True, kw_only=True):
    """Everything that `init` would write, what it detected (`seen`), and what is left to the user (`advice`)."""

    files: tuple[FileProposal, ...] = ()
    seen: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


# What the tags and the files of a repository say: earlier releases, other release tools, the CI service.

_DEFAULT = "v{version}"
_GTO = re.compile(r"[^@#]+@v[0-9].*|[^@#]+#[^#]+(?:#[0-9]+)?")
# Other release tools: only the name of their table is looked for, because nothing depends on their settings.
TOOL_FILES = ("pyproject.toml", "setup.cfg", ".bumpversion.toml", ".bumpversion.cfg", ".cz.toml", "towncrier.toml")
_TOOLS = {
    "bumpversion": "bump-my-version",
    "commitizen": "commitizen",
    "semantic_release": "python-semantic-release",
    "towncrier": "towncrier",
}
_TOOL_TABLE = re.compile(rb"(?m)^[ \t]*\[{1,2}(?:tool\.)?(%s)[].:]" % "|".join(_TOOLS).encode())


class TagHistory(Struct, frozen=True):
    """Releases made before: the `pattern` of their tags, each with its version (newest first), and tags to ignore.

    A tag is ignored if another tag with the same version, on another commit, has a more complete name.
    """

    pattern: str
    releases: tuple[tuple[str, DatedTag], ...]
    ignored: tuple[str, ...]


def tag_history(tags: Sequence[DatedTag]) -> TagHistory:
    """Find the releases among the existing tags."""
    pattern = _tag_pattern(tags)
    tag_format = TagFormat(pattern)
    found = release_tags((tag.ref for tag in tags), tag_format).all
    by_name, by_version = {tag.ref.name: tag for tag in tags}, {str(release.version): release for release in found}
    ignored = []
    for name, tag in by_name.items():
        read = tag_format.read(name)
        kept = None if read is None or read[1] is TagForm.FOREIGN else by_version.get(str(read[0]))
        if kept is not None and kept.name != name and kept.ref.commit_id != tag.ref.commit_id:
            ignored.append(name)
    releases = tuple((str(release.version), by_name[release.name]) for release in reversed(found))
    return TagHistory(pattern, releases, tuple(sorted(ignored)))


def other_tools(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the names of other release tools that are configured here."""
    found = {name.decode() for path in TOOL_FILES for name in _TOOL_TABLE.findall(files.get(path, b""))}
    return tuple(spoken for name, spoken in _TOOLS.items() if name in found)


def service_of(scan: RepositoryScan) -> Service:
    """Detect the CI service from the remote's address or existing files."""
    url = (scan.remote_url or "").lower()
    if "github" in url or any(path.startswith(".github/") for path in scan.files):
        return Service.GITHUB
    if "gitlab" in url or ".gitlab-ci.yml" in scan.files:
        return Service.GITLAB
    return Service.NONE


def proposed_config(scan: RepositoryScan, gate: tuple[str, str] | None) -> dict[str, Any]:
    """Return the keys of `[tool.release]` that differ from the defaults, in the order of the reference."""
    config: dict[str, Any] = {}
    history = tag_history(scan.tags)
    if history.pattern != _DEFAULT:
        config["tag-format"] = history.pattern
    if history.ignored:
        config["ignore-tags"] = list(history.ignored)
    if scan.remotes and "origin" not in scan.remotes:
        config["git-remote"] = scan.remotes[0]
    if scan.metrics:
        config["metrics"] = list(scan.metrics)
    if gate is not None:
        config["gate"] = {gate[0]: {"max-regression": gate[1]}}
    return config


def _tag_pattern(tags: Sequence[DatedTag]) -> str:
    """Return the `tag-format` that fits the existing tags; the default if none fits, or the one that does is not allowed."""
    names = [tag.ref.name for tag in tags if not _GTO.fullmatch(tag.ref.name)]
    befores = Counter(before for name in names if (before := tag_prefix(name)) is not None)
    before = "v" if "v" in befores or not befores else max(befores, key=lambda each: (befores[each], each))
    try:
        TagFormat(f"{before}{{version}}")
    except UsageError:
        return _DEFAULT
    return _DEFAULT if before.endswith("@v") else f"{before}{{version}}"


# Files that `release init` proposes.

Template = Callable[[str], str]  # returns the text of a file in `release/templates`

# Each file of a CI service with its template and the reason for it.
CI_FILES: Mapping[Service, Mapping[str, tuple[str, str]]] = {
    Service.GITHUB: {
        ".github/actions/release/action.yml": ("github/action.yml", "what both workflows do"),
        ".github/workflows/release.yml": ("github/release.yml", "a merge makes the release"),
        ".github/workflows/pull-request.yml": (
            "github/pull-request.yml",
            "a pull request shows what its merge would release",
        ),
    },
    Service.GITLAB: {".gitlab-ci.yml": ("gitlab/gitlab-ci.yml", "a merge makes the release")},
    Service.NONE: {},
}
_CALLS_RELEASE = (b"release bump", b"actions/release", b'bump "$KIND"')
_DVC_FILES = {
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".dvcignore": (
        "# Add patterns of files dvc should ignore, which could improve\n"
        "# the performance. Learn more at\n"
        "# https://dvc.org/doc/user-guide/dvcignore\n"
    ),
}


class Proposals(Struct):
    """Collector of files to write and of advice."""

    scan: RepositoryScan
    files: list[FileProposal] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def text(self, path: str) -> str:
        """Return the existing text of a file, "" if there is none; any bytes survive `write`."""
        return self.scan.files.get(path, b"").decode("utf-8", "surrogateescape")

    def write(self, path: str, text: str, why: str) -> None:
        """Propose a new file, or another text for an existing one."""
        before, after = self.scan.files.get(path), text.encode("utf-8", "surrogateescape")
        if after != before:
            self.files.append(FileProposal(path=path, before=before, after=after, why=why))

    def create(self, path: str, text: str, why: str) -> bool:
        """Propose a new file. Returns False if it exists: nothing is overwritten."""
        if path in self.scan.files:
            return False
        self.write(path, text, why)
        return True


def plan_files(
    scan: RepositoryScan, options: InitOptions, *, branch: str, config: tuple[str, str] | None, template: Template
) -> InitPlan:
    """Propose everything that is missing.

    `config` is the configuration file's path and text (None: it exists, or none is needed).
    """
    found = Proposals(scan)
    _propose_dvc(found, options)
    if config is not None:
        found.write(*config, "releases go on with what this repository has")
    found.create("CHANGELOG.md", changelog(scan.tags), "each release writes its entry here")
    if options.hooks:
        _propose_hooks(found, template("pre-commit.yaml"))
    _propose_ci(found, options, branch, template)
    return InitPlan(files=tuple(found.files), seen=tuple(_seen(scan)), advice=(*found.advice, *_advice(scan)))


def changelog(tags: Sequence[DatedTag]) -> str:
    """Return a new changelog: an entry with date and message for each release made before."""
    entries = (
        f"\n## [{version}]{f' - {tag.when:%Y-%m-%d}' if tag.when else ''}\n\n{for_markdown(tag.subject) or tag.ref.name}\n"
        for version, tag in tag_history(tags).releases
    )
    return HEADER + "".join(entries)


def workflow(text: str, *, branch: str, package: str, storage: str) -> str:
    """Fill a workflow template: its branch, the package for pip, and the secrets of the DVC remote."""
    lines = "".join(f"\n          {name}: ${{{{ secrets.{name} }}}}" for name in _variables(storage))
    secrets = f"\n        env:{lines}" if lines else ""
    branch = branch.replace("\\", "\\\\").replace('"', '\\"')  # it is in double quotes
    return text.replace("{branch}", branch).replace("{package}", package).replace("{secrets}", secrets)


def package_for(storage: str, source: str) -> str:
    """Return the requirement for pip, with DVC's extra for the remote: `dvc-release[s3]==1.2.0`."""
    scheme = scheme_of(storage)
    return f"dvc-release[{scheme.extra}]{source}" if scheme is not None and scheme.ours else f"dvc-release{source}"


def _variables(storage: str) -> tuple[str, ...]:
    scheme = scheme_of(storage)
    return () if scheme is None else scheme.variables


def _with_default_remote(config: str, name: str, url: str | None) -> str:
    """Return `.dvc/config` with a default remote; `url` None: the remote exists and becomes the default."""
    core = re.search(r"(?m)^[ \t]*\[core\][ \t]*(?:\r?\n|\Z)", config)
    head, rest = (config[: core.end()], config[core.end() :]) if core else ("[core]\n", config)
    config = f"{_ended(head)}    remote = {name}\n{rest}"
    if url is None:
        return config
    if re.search(r"[#,'\"]", url):  # signs of ConfigObj
        url = f"'{url}'" if '"' in url else f'"{url}"'
    return f"{_ended(config)}['remote \"{name}\"']\n    url = {url}\n"


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _propose_dvc(found: Proposals, options: InitOptions) -> None:
    scan, path = found.scan, ".dvc/config"
    if path not in scan.files:
        for each, text in _DVC_FILES.items():
            found.create(each, text, "DVC keeps data and models beside git")
    if scan.dvc_default is not None:
        return
    if scan.dvc_remotes and options.storage is None:
        name, url = scan.dvc_remotes[0], None
    else:
        name, url = "storage", options.storage or scan.dvc_url
        while name in scan.dvc_remotes:
            name += "-2"
    found.write(path, _with_default_remote(found.text(path), name, url), "data has one place that every clone knows")
    if url == scan.dvc_url:
        found.advice.append(
            f"the DVC remote {quote(name)} is the folder {quote(url)} (from .dvc/): other machines do not see it; "
            f"then: {command_line('dvc', 'remote', 'modify', names=(name,))} url s3://BUCKET/PATH"
        )


def _propose_hooks(found: Proposals, template: str) -> None:
    path, why = ".pre-commit-config.yaml", "nobody forgets `dvc add` or `dvc push`"
    if found.create(path, template, why):
        found.advice.append("hooks run after: pip install pre-commit && pre-commit install")
        return
    if "release-hook" not in found.text(path) and "release-pointers" not in found.text(path):
        found.advice.append(f"{path} is yours: add the hooks of docs/how-to/hooks.md by hand")


def _propose_ci(found: Proposals, options: InitOptions, branch: str, template: Template) -> None:
    scan = found.scan
    service = options.service or service_of(scan)
    storage = options.storage or scan.dvc_url
    package = options.package or package_for(storage, scan.package or f"=={__version__}")
    for path, (name, why) in CI_FILES[service].items():
        text = workflow(template(name), branch=branch, package=package, storage=storage)
        if not found.create(path, text, why) and not any(call in scan.files[path] for call in _CALLS_RELEASE):
            found.advice.append(f"{path} is yours and stays as it is: docs/how-to/ci.md has the lines to add")
    if service is Service.NONE:
        found.advice.append("on merge, let CI run: release bump auto --yes   (`release init --ci github` or gitlab)")
    elif service is Service.GITLAB:
        found.advice.append("set RELEASE_TOKEN in the project's CI/CD variables: see docs/how-to/ci.md")
    elif names := _variables(storage):
        found.advice.append(f"the workflow reads the secrets {' and '.join(names)}: set them in the repository")
    missing = options.package is None and scan.package is None
    if missing and any(package.encode() in file.after for file in found.files):
        found.advice.append(
            f"CI installs {package}; yours came from a folder of this machine: "
            "let `package` there name what pip finds (`release init --package`)"
        )


def _seen(scan: RepositoryScan) -> Iterator[str]:
    """Yield what was detected, one sentence each."""
    history = tag_history(scan.tags)
    if history.releases:
        count = len(history.releases)
        others = f", {count} releases in all" if count > 1 else ""
        yield f"{history.releases[0][1].ref.name} is the latest release{others}; tags are {history.pattern}"
    if gto := sum(1 for tag in scan.tags if _GTO.fullmatch(tag.ref.name)):
        yield f"{many(gto, 'tag')} of GTO, which stay as they are"
    yield from (f"{tool} is configured here" for tool in other_tools(scan.files))
    yield from (f"metrics in {path}" for path in scan.metrics)


def _advice(scan: RepositoryScan) -> Iterator[str]:
    """Yield what is left to the user, whatever files are written."""
    if scan.configured is None:
        for tool in other_tools(scan.files):
            yield (
                f"{tool} and release would do the same work twice: take its job out of CI; "
                "docs/how-to/moving-in.md translates its settings"
            )
    yield "check that all data is on its remote: release verify"
    yield "clean up only with: dvc gc --workspace --all-tags --cloud   (without --all-tags releases lose data)"
