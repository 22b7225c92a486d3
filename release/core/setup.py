"""Set-up of a repository: what `init` proposes, and the files that it writes."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from hashlib import sha256
from typing import Any

from msgspec import Struct, field

from release.core.changelog import HEADER
from release.core.config import parse_config
from release.core.lineage import is_model
from release.core.pointer import Origin, Out
from release.core.remotes import SCHEMES, scheme_of
from release.core.secrets import without_secrets
from release.core.tags import DatedTag, release_tags
from release.core.text import command_line, first_few, for_markdown, many, quote, toml, unified
from release.core.version import TagForm, TagFormat, tag_prefix
from release.errors import ExitCode, UsageError


class Service(Enum):
    """CI service that makes releases on merge; NONE: no CI, or one that the user sets up."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class Hooks(Enum):
    """Git hooks for forgotten data: refuse it (CHECK), add and upload it (AUTO), or none."""

    CHECK = "check"
    AUTO = "auto"
    NONE = "none"


class Package(Struct, frozen=True, kw_only=True):
    """The package that CI installs: a pip `requirement`, or a `wheel` (name and bytes) that is copied to the repository.

    The requirement has no extras for the DVC remotes yet.
    """

    requirement: str = ""
    wheel: tuple[str, bytes] | None = None


class RepositoryScan(Struct, frozen=True, kw_only=True):
    """Result of scanning a repository.

    `files` are the bytes of those existing files that `init` may change or read. `configured` is the configuration
    file (None: there is none). `headline` are the keys of the metrics that are shown first. `dvc_remotes` maps names in
    `.dvc/config` to URLs, `dvc_default` is the default one (None: none is), `dvc_url` its URL or one to propose.
    `dvc_projects` are the folders of the DVC projects ("" is the git root); if there are several, none is read.
    `in_tree` are the stores inside the work tree, each with True if git ignores it. `changelog` is the file that
    releases write, `no_markdown` one that they cannot write (None: there is none). `package` is what CI installs; a
    string says why CI cannot install the running one. `models` are the artifacts of `dvc.yaml`, each with its path;
    `likely_models` are outs of stages that look like models, if there are two or more and no artifact is one.
    `model_metrics` are the metric files of the stage that makes a model, by the model's path.
    """

    files: Mapping[str, bytes]
    remotes: tuple[str, ...]
    remote_url: str | None
    tags: tuple[DatedTag, ...]
    configured: str | None
    metrics: tuple[str, ...]
    headline: tuple[str, ...]
    dvc_projects: tuple[str, ...]
    dvc_remotes: Mapping[str, str]
    dvc_default: str | None
    dvc_url: str
    pointers: int
    in_tree: Mapping[str, bool]
    changelog: str
    no_markdown: str | None
    package: Package | str
    models: Mapping[str, str] = field(default_factory=dict)
    likely_models: Mapping[str, str] = field(default_factory=dict)
    model_metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class InitOptions(Struct, frozen=True, kw_only=True):
    """Options of `release init`.

    `service` None: detect it from the remote's address. `storage`: URL of DVC's default remote if it has none. `gate`:
    a metric's key and its allowed drop ("2%"); None: no gate. `pull_request`: CI keeps a pull request of the next release.
    `guard`: CI checks released data every day. `models` are names of likely models that get versions of their own.
    """

    service: Service | None = None
    hooks: Hooks = Hooks.CHECK
    dvc: bool = True
    headline: tuple[str, ...] = ()
    storage: str | None = None
    gate: tuple[str, str] | None = None
    pull_request: bool = False
    guard: bool = False
    models: tuple[str, ...] = ()


class FileProposal(Struct, frozen=True, kw_only=True):
    """A file to write: `before` None if it does not exist yet. `why` is the reason."""

    path: str
    before: bytes | None
    after: bytes
    why: str

    @property
    def diff(self) -> str:
        """The difference as of `diff -u`; one line for a binary file."""
        if b"\0" in self.after:
            return f"Binary files {'/dev/null' if self.before is None else f'a/{self.path}'} and b/{self.path} differ"
        return unified(self.path, self.before, self.after).removesuffix("\n")


class InitPlan(Struct, frozen=True, kw_only=True):
    """Everything that `init` would write; what it detected (`seen`) and found missing; `advice`: what is left to do.

    `conflicts` are the files of an update that have conflict markers.
    """

    files: tuple[FileProposal, ...] = ()
    seen: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """9 if a file has to be merged by hand, else 0."""
        return ExitCode.PARTIAL if self.conflicts else ExitCode.DONE


# Detection from tags and files: earlier releases, other release tools, the CI service.

_DEFAULT = "v{version}"
_GTO = re.compile(r"[^@#]+@(?:v[0-9].*|(?:deprecated|created)(?:#[0-9]+)?)|[^@#]+#[^#]+(?:#[0-9]+)?")
# Other release tools: only the name of their table is needed; their settings are not read.
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


def proposed_config(scan: RepositoryScan, options: InitOptions) -> dict[str, Any]:
    """Return the keys of `[tool.release]` that differ from the defaults, in the order of the reference."""
    config: dict[str, Any] = {}
    history = tag_history(scan.tags)
    if history.pattern != _DEFAULT:
        config["tag-format"] = history.pattern
    if history.ignored:
        config["ignore-tags"] = list(history.ignored)
    if scan.remotes and "origin" not in scan.remotes:
        config["git-remote"] = scan.remotes[0]
    if scan.changelog.lower() != "changelog.md":
        config["changelog"] = scan.changelog
    if scan.metrics:
        config["metrics"] = list(scan.metrics)
    if options.headline:
        config["headline"] = list(options.headline)
    if options.gate is not None:
        config["gate"] = {options.gate[0]: {"max-regression": options.gate[1]}}
    chosen = {name: scan.likely_models[name] for name in options.models}
    models: dict[str, dict[str, Any]] = {}
    for name, path in configurable({**scan.models, **chosen}).items():
        metrics = scan.model_metrics.get(posixpath.normpath(path))
        models[name] = {"path": path, "metrics": list(metrics)} if metrics else {"path": path}
    return {**config, "models": models} if models else config


def configurable(models: Mapping[str, str]) -> dict[str, str]:
    """Return the models that can be configured: DVC takes more names and paths than GTO and a release do."""
    found: dict[str, str] = {}
    for name, path in models.items():
        with suppress(UsageError):
            tables = {each: {"path": place} for each, place in ({**found, name: path}).items()}
            parse_config({"models": tables}, source="", folder="")
            found[name] = path
    return found


_TRAINS = re.compile(r".*@|(?:train|fit|build)[-_]")  # in the name of a stage, before the name of the model


def likely_models(outs: Iterable[Out], metrics: Collection[str]) -> dict[str, str]:
    """Return the paths of the outs of stages that look like models, by a name for each; none if there is only one.

    The name is that of the file if it differs from the others and says more than `model`, else that of the stage.
    """
    found = [out for out in outs if out.stage and out.cache and out.origin is Origin.OWN]
    found = [out for out in found if is_model(out.path) and out.path not in metrics]
    files = [posixpath.splitext(posixpath.basename(out.path))[0] for out in found]
    stages = [_TRAINS.sub("", out.stage or "") for out in found]
    own = len(set(files)) == len(files) and not any(map(is_model, files))
    named = configurable(dict(zip(files if own else stages, (out.path for out in found), strict=True)))
    return named if len(named) > 1 else {}


def metrics_by_out(outs: Sequence[Out], metrics: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return for each out of a stage the metric files of that stage, if it has any."""
    made_by: dict[tuple[str, str], list[str]] = {}
    for out in outs:
        if out.stage and out.path in metrics:
            made_by.setdefault((out.pointer, out.stage), []).append(out.path)
    found = ((out.path, made_by.get((out.pointer, out.stage or ""))) for out in outs)
    return {path: tuple(files) for path, files in found if files}


def _tag_pattern(tags: Sequence[DatedTag]) -> str:
    """Return the `tag-format` that fits the existing tags; the default if none is possible."""
    names = [tag.ref.name for tag in tags if not _GTO.fullmatch(tag.ref.name)]
    befores = Counter(before for name in names if (before := tag_prefix(name)) is not None)
    before = "v" if "v" in befores or not befores else max(befores, key=lambda each: (befores[each], each))
    try:
        TagFormat(f"{before}{{version}}")
    except UsageError:
        return _DEFAULT
    return _DEFAULT if before.endswith("@v") else f"{before}{{version}}"


# The package that CI installs, with its dependencies by their hashes.

NAME = "dvc-release"
LOCK_FOLDERS = {Service.GITHUB: ".github/actions/release", Service.GITLAB: ".gitlab/release"}
_OWN = re.compile(r"dvc[-_.]release(?:\s*\[(?P<extras>[^\]]*)\])?(?P<rest>\s*(?:[=<>!~@;].*)?)", re.IGNORECASE)
_LOCKED = re.compile(r"(?m)^(?P<name>[\w.-]+)==[^\n]*\n(?:[ ]+--hash=[^\n]*\n)+(?:[ ]+# via (?P<via>[^\n]*)\n)?")
_BUILDER = "hatchling"
_INSTALLER = "uv"


def public_url(url: str) -> str | None:
    """Return a git remote's URL as pip can clone it on another machine; None for a path, or a URL with a secret.

    An ssh URL becomes https, because a CI job has no key.
    """
    if found := re.fullmatch(r"(?:ssh://)?git@([\w.-]+)(?::|/)(?!\d+/)([^:]+)", url):
        url = f"https://{found[1]}/{found[2].lstrip('/')}"
    # Only signs that neither YAML nor a shell reads in its own way: the address is written into workflows.
    legal = re.fullmatch(r"(?:https?|ssh|git)://[\w.~:/@%+=-]+", url, re.ASCII) is not None
    return url if legal and without_secrets(url) == url else None


def package_of(text: str) -> Package:
    """Return the package of `--package TEXT`: a requirement, or the URL of one."""
    return Package(requirement=f"{NAME} @ {text}" if re.match(r"(?:git\+)?\w+://", text) else text)


def with_extras(requirement: str, extras: Collection[str]) -> str:
    """Add extras to a requirement of this package (`dvc-release[s3]==1.2.0`); any other is returned unchanged."""
    found = _OWN.fullmatch(requirement)
    if found is None:
        return requirement
    given = {each.strip() for each in (found["extras"] or "").split(",")} - {""}
    names = ",".join(sorted({*given, *extras}))
    return f"{NAME}[{names}]{found['rest']}" if names else f"{NAME}{found['rest']}"


def extras_of(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the extras of this package that DVC remotes need."""
    schemes = (scheme_of(url) for url in urls)
    return tuple(sorted({scheme.extra for scheme in schemes if scheme is not None and scheme.ours}))


def requirements(lock: str, requirement: str, *, builds: bool) -> str:
    """Return the lines of a lock file that a requirement with its extras needs; `builds`: also those to build it.

    uv, which installs them, is always among them.

    `lock` is in the format of `uv pip compile --generate-hashes`, with the line `# via` of each package.
    """
    found = _OWN.fullmatch(requirement)
    extras = {each.strip() for each in ((found and found["extras"]) or "").split(",")}
    plugins = {each.plugin.replace("_", "-"): each.extra for each in SCHEMES.values() if each.ours}
    blocks = [
        (match["name"], match[0], {each.split(" ")[0] for each in (match["via"] or "").split(", ")})
        for match in _LOCKED.finditer(lock)
    ]
    left_out = {name for name, extra in plugins.items() if extra not in extras} | (set() if builds else {_BUILDER})
    wanted = {NAME, _BUILDER, _INSTALLER} - left_out
    while more := {name for name, _, via in blocks if name not in wanted | left_out and via & wanted}:
        wanted |= more
    return "".join(text for name, text, _ in blocks if name in wanted)


# Files that `release init` proposes.

Template = Callable[[str], str]  # returns the text of a file in `release/templates`

# Each file of a CI service with its template and the reason for it.
CI_FILES: Mapping[Service, Mapping[str, tuple[str, str]]] = {
    Service.GITHUB: {
        ".github/actions/release/action.yml": ("github/action.yml", "what both workflows do"),
        ".github/workflows/release.yml": ("github/release.yml", "a merge makes the release"),
        ".github/workflows/pull-request.yml": ("github/pull-request.yml", "previews of pull requests"),
    },
    Service.GITLAB: {".gitlab-ci.yml": ("gitlab/gitlab-ci.yml", "a merge makes the release")},
    Service.NONE: {},
}
# With `--guard`: for GitLab the jobs are in the same file.
GUARD_FILES: Mapping[Service, Mapping[str, tuple[str, str]]] = {
    Service.GITHUB: {".github/workflows/release-guard.yml": ("github/guard.yml", "released data is checked every day")},
    Service.GITLAB: {},
    Service.NONE: {},
}
_GUARD = b"RELEASE_GUARD"
_REQUEST = b"--pull-request", b'pull-request: "true"'


def for_requests(template: Template) -> Template:
    """Return the templates with jobs that keep a pull request of the next release, and tag it after the merge."""

    def read(name: str) -> str:
        if name == "github/release.yml":
            return template("github/release-pull-request.yml")
        if name != "gitlab/gitlab-ci.yml":
            return template(name)
        head, job = re.split(r"(?m)^(?=release:)", template("gitlab/pull-request.yml"))
        text = re.sub(r"\A(?:#[^\n]*\n)+", lambda _: head, template(name))
        return re.sub(r"(?ms)^release:\n.*?^(?=release preview:)", lambda _: f"{job}\n", text)

    return read


def with_guard(template: Template) -> Template:
    """Return the templates with the job of GitLab that checks released data, for pipelines of a schedule."""

    def read(name: str) -> str:
        if name != "gitlab/gitlab-ci.yml":
            return template(name)
        text = re.sub(
            r"(?m)^(release:\n  extends: .release\n  rules:\n)",
            r"\1    - if: $RELEASE_GUARD\n      when: never\n",
            template(name),
        )
        return f"{text}\n{template('gitlab/guard.yml')}"

    return read


def ci_files(service: Service, *, guard: bool) -> Mapping[str, tuple[str, str]]:
    """Return the files of a CI service, with those of the guard."""
    return {**CI_FILES[service], **(GUARD_FILES[service] if guard else {})}


def has_guard(files: Mapping[str, bytes], service: Service) -> bool:
    """Return whether a workflow that is here checks released data."""
    own = any(path in files for path in GUARD_FILES[service])
    return own or any(_GUARD in files[path] for path in CI_FILES[service] if path in files)


def keeps_requests(files: Mapping[str, bytes], service: Service) -> bool:
    """Return whether a workflow that is here keeps a pull request of the next release."""
    named = [files[path] for path in CI_FILES[service] if path in files and not path.endswith("action.yml")]
    return any(words in text for text in named for words in _REQUEST)


_LOCK_HEADER = "# Written by `release init`: the dependencies of `release` that CI installs, with their hashes.\n"
_HOOK_FILES = {
    Hooks.CHECK: ("pre-commit.yaml", "data is not forgotten"),
    Hooks.AUTO: ("pre-commit-auto.yaml", "data is added, uploaded"),
}
_GIVE_PACKAGE = "for CI files: release init --package FILE.whl   (or git+URL@COMMIT)"
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
    """Collector of files to write, warnings and advice."""

    scan: RepositoryScan
    files: list[FileProposal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def text(self, path: str) -> str:
        """Return the existing text of a file, "" if there is none. `write` restores bytes that are not UTF-8."""
        return self.scan.files.get(path, b"").decode("utf-8", "surrogateescape")

    def write(self, path: str, text: str, why: str) -> None:
        """Propose a new file, or new text for an existing one."""
        before, after = self.scan.files.get(path), text.encode("utf-8", "surrogateescape")
        if after != before:
            self.files.append(FileProposal(path=path, before=before, after=after, why=why))

    def copy(self, path: str, data: bytes, why: str) -> None:
        """Propose a copy of a file, unless there is one with its name."""
        if path not in self.scan.files:
            self.files.append(FileProposal(path=path, before=None, after=data, why=why))

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
    if options.dvc:
        _propose_dvc(found, options)
    if config is not None:
        found.write(*config, "settings of this project")
    found.create(scan.changelog, changelog(scan.tags), "an entry for each release")
    _propose_hooks(found, options.hooks if options.dvc or scan.dvc_projects else Hooks.NONE, template)
    service = options.service or service_of(scan)
    urls = [*scan.dvc_remotes.values(), *([options.storage or scan.dvc_url] if options.dvc else [])]
    if options.pull_request:
        template = for_requests(template)
        if scan.files.keys() & CI_FILES[service].keys() and not keeps_requests(scan.files, service):
            found.advice.append(
                "for a pull request of each release in the workflow: release init --update --pull-request"
            )
    if options.guard:
        template = with_guard(template)
        if service is Service.GITLAB and ".gitlab-ci.yml" in scan.files and not has_guard(scan.files, service):
            found.advice.append("for a daily check of released data in the pipeline: release init --update --guard")
    _propose_ci(found, ci_files(service, guard=options.guard), service, branch, template, urls)
    _warn(found, service, urls)
    return InitPlan(
        files=tuple(found.files),
        seen=tuple(_seen(scan)),
        missing=tuple(_missing(scan, service)),
        warnings=tuple(found.warnings),
        advice=(*found.advice, *_advice(scan, options, dvc=options.dvc or bool(scan.dvc_projects))),
    )


def changelog(tags: Sequence[DatedTag]) -> str:
    """Return a new changelog: an entry with date and message for each release made before."""
    entries = (
        f"\n## [{version}]{f' - {tag.when:%Y-%m-%d}' if tag.when else ''}\n\n{for_markdown(tag.subject) or tag.ref.name}\n"
        for version, tag in tag_history(tags).releases
    )
    return HEADER + "".join(entries)


def workflow(text: str, *, branch: str, package: str, urls: Iterable[str] = ()) -> str:
    """Fill a workflow template: branch, package for pip ("": it is in the lock file), secrets of the DVC remotes."""
    lines = "".join(f"\n          {name}: ${{{{ secrets.{name} }}}}" for name in _variables(urls))
    secrets = f"\n        env:{lines}" if lines else ""
    branch = branch.replace("\\", "\\\\").replace('"', '\\"')  # it is in double quotes
    values = {"{branch}": branch, "{package}": package, "{secrets}": secrets}
    return re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], text)


def _variables(urls: Iterable[str]) -> tuple[str, ...]:
    schemes = (scheme_of(url) for url in urls)
    return tuple(dict.fromkeys(name for scheme in schemes if scheme is not None for name in scheme.variables))


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
    scan = found.scan
    if len(scan.dvc_projects) > 1:
        return
    folder = f"{scan.dvc_projects[0]}/" if "".join(scan.dvc_projects) else ""
    path = f"{folder}.dvc/config"
    if path not in scan.files:
        for each, text in _DVC_FILES.items():
            found.create(f"{folder}{each}", text, "data and models with DVC")
    if scan.dvc_default is not None:
        return
    if scan.dvc_remotes and options.storage is None:
        name, url = next(iter(scan.dvc_remotes)), None
    else:
        name, url = "storage", options.storage or scan.dvc_url
        while name in scan.dvc_remotes:
            name += "-2"
    found.write(path, _with_default_remote(found.text(path), name, url), "where the data is stored")
    if url is not None and "://" not in url:
        words = ("--cd", folder) if folder else ()
        change = command_line("dvc", *words, "remote", "modify", names=(name,))
        found.advice.append(f"for a store that others see: {change} url s3://BUCKET/PATH")


def _propose_hooks(found: Proposals, hooks: Hooks, template: Template) -> None:
    path = ".pre-commit-config.yaml"
    if hooks is Hooks.NONE:
        return
    name, why = _HOOK_FILES[hooks]
    text = template(name)
    if found.create(path, text, why):
        found.advice.append("hooks run after: pip install pre-commit && pre-commit install")
        return
    if "release-hook" not in found.text(path) and "release-pointers" not in found.text(path):
        found.advice.append(f"{path} is yours: add the hooks of docs/how-to/hooks.md by hand")


def _propose_ci(
    found: Proposals,
    files: Mapping[str, tuple[str, str]],
    service: Service,
    branch: str,
    template: Template,
    urls: Collection[str],
) -> None:
    scan, package = found.scan, found.scan.package
    if isinstance(package, str):
        if not files.keys() <= scan.files.keys():
            found.warnings.append(f"no CI files, for CI could not install the release that runs here: {package}")
            found.advice.append(_GIVE_PACKAGE)
            return
        package = Package()
    requirement = with_extras(package.requirement or NAME, extras_of(urls))
    text_of_package = '""' if service is Service.GITHUB and package.wheel else requirement
    written = {}
    for path, (name, why) in files.items():
        text = workflow(template(name), branch=branch, package=text_of_package, urls=urls)
        if found.create(path, text, why):
            written[path] = text
        elif not any(call in scan.files[path] for call in _CALLS_RELEASE):
            found.advice.append(f"{path} is yours and stays as it is: docs/how-to/ci.md has the lines to add")
    _propose_lock(found, service, package, template, requirement)
    if written:
        lines = {path: text.split("\n") for path, text in written.items()}
        found.create(shipped_path(service), f"{json.dumps(lines, indent=1)}\n", "for release init --update")
    if service is Service.NONE:
        found.advice.append("on merge, let CI run: release bump auto --yes   (`release init --ci github` or gitlab)")
    elif service is Service.GITLAB:
        found.warnings.append("CI needs the variable RELEASE_TOKEN, a token that may push: see docs/how-to/ci.md")


def shipped_path(service: Service) -> str:
    """Return the path of the file that keeps what `init` wrote: an update compares the user's edits with it."""
    return f"{LOCK_FOLDERS[service]}/written.json"


def lacks_ci_files(scan: RepositoryScan, service: Service) -> bool:
    """Return whether a file of the CI service is missing."""
    return not CI_FILES[service].keys() <= scan.files.keys()


def check_package(scan: RepositoryScan, service: Service, *options: str) -> None:
    """Refuse a CI service whose jobs could not install this package. Raises UsageError."""
    if isinstance(scan.package, str) and lacks_ci_files(scan, service):
        message = f"CI could not install the release that runs here: {scan.package}"
        again = command_line("release", "init", *options, "--ci", service.value, "--package", "FILE.whl")
        raise UsageError(message, help=f"{again}   (or git+URL@COMMIT)")


def _propose_lock(found: Proposals, service: Service, package: Package, template: Template, requirement: str) -> None:
    """Propose lock file and wheel for a CI service that has no files yet."""
    folder = LOCK_FOLDERS.get(service)
    written = {file.path for file in found.files}
    if folder is None or not written & CI_FILES[service].keys() or _OWN.fullmatch(requirement) is None:
        return
    builds = "://" in requirement and ".whl" not in requirement
    lines = requirements(template("requirements.txt"), requirement, builds=builds)
    if package.wheel is not None:
        name, data = package.wheel
        found.copy(f"{folder}/{name}", data, "what CI installs")
        lines += f"./{folder}/{name} \\\n    --hash=sha256:{sha256(data).hexdigest()}\n"
    found.create(f"{folder}/requirements.txt", _LOCK_HEADER + lines, "what CI installs, hashed")


_LOGINS = {  # where no variable holds the login itself, so that no workflow can name its secret
    "gs": ": a secret with the key file of a service account, and GOOGLE_APPLICATION_CREDENTIALS with that file's path",
    "ssh": ": a secret with a private key, which a step before hands to ssh-agent (ssh-add)",
}


def _warn(found: Proposals, service: Service, urls: Collection[str]) -> None:
    """Warn about stores that a clone or CI job cannot reach, and secrets that it needs."""
    scan = found.scan
    if scan.no_markdown is not None:
        found.warnings.append(f"{scan.no_markdown} is no Markdown and stays as it is: releases write {scan.changelog}")
    for path, ignored in scan.in_tree.items():
        found.warnings.append(f"the store {quote(path)} is inside the repository: no clone can pull from it")
        if not ignored:
            found.warnings.append(f"git does not ignore the store {quote(path)}: add /{path}/ to .gitignore")
    folders = [url for url in dict.fromkeys(urls) if "://" not in url and not scan.in_tree]
    who = "other machines do" if service is Service.NONE else "CI does"
    found.warnings += [f"{who} not see the store {quote(url)}, a folder of this machine" for url in folders]
    if service is Service.NONE:
        return
    if names := _variables(urls):
        found.warnings.append(f"CI needs the secrets {' and '.join(names)} (read access is enough)")
    schemes = {url.partition("://")[0] for url in urls if (scheme := scheme_of(url)) and not scheme.variables}
    for name in sorted(schemes - {"http", "https"}):
        found.warnings.append(f"CI needs a login for {name}:// that may read{_LOGINS.get(name, '')}")


def _missing(scan: RepositoryScan, service: Service) -> Iterator[str]:
    """Yield what is missing, in a word or two each."""
    if not scan.remotes:
        yield "a git remote"
    if not scan.dvc_projects:
        yield "DVC"
    elif scan.dvc_default is None and len(scan.dvc_projects) == 1:
        yield "a default remote of DVC"
    if scan.changelog not in scan.files:
        yield "a changelog"
    if ".pre-commit-config.yaml" not in scan.files:
        yield "hooks"
    if service is Service.NONE or lacks_ci_files(scan, service):
        yield "releases in CI"


def _seen(scan: RepositoryScan) -> Iterator[str]:
    """Yield what was detected, one sentence each."""
    if scan.remotes:
        yield f"git with the remote {scan.remotes[0]}{f' ({scan.remote_url})' if scan.remote_url else ''}"
    for folder in scan.dvc_projects:
        store = f" with the remote {scan.dvc_default} ({scan.dvc_url})" if scan.dvc_default else ""
        yield f"DVC in {quote(folder) if folder else 'the git root'}{store}, {many(scan.pointers, 'pointer file')}"
    if scan.changelog in scan.files:
        yield f"the changelog {scan.changelog}"
    history = tag_history(scan.tags)
    if history.releases:
        count = len(history.releases)
        others = f", {count} releases in all" if count > 1 else ""
        yield f"{history.releases[0][1].ref.name} is the latest release{others}; tags are {history.pattern}"
    counted = {tag.ref.name for _, tag in history.releases}
    names = [tag.ref.name for tag in scan.tags if tag.ref.name not in counted]
    if rest := [name for name in names if not _GTO.fullmatch(name)]:  # no releases once the tag format is set
        yield f"tags that are no releases: {first_few(rest, 4)}"
    if gto := sum(1 for tag in scan.tags if _GTO.fullmatch(tag.ref.name)):
        yield f"{many(gto, 'tag')} of GTO, which stay as they are"
    yield from (f"{tool} is configured here" for tool in other_tools(scan.files))
    yield from (f"metrics in {path}" for path in scan.metrics)
    yield from (f"model {name} in dvc.yaml, at {path}" for name, path in scan.models.items())
    if scan.likely_models:
        yield f"outs that look like models: {first_few(list(scan.likely_models.values()), 4)}"


def _advice(scan: RepositoryScan, options: InitOptions, *, dvc: bool) -> Iterator[str]:
    """Yield what the user has to do, whatever files are written."""
    if len(scan.dvc_projects) > 1 and scan.configured is None:
        yield "several DVC projects: each gets its remote by hand (dvc --cd FOLDER remote add --default NAME URL)"
    if scan.configured is None:
        for tool in other_tools(scan.files):
            yield (
                f"{tool} and release would do the same work twice: take its job out of CI; "
                "docs/how-to/moving-in.md translates its settings"
            )
    if scan.configured is None and scan.likely_models and not options.models:
        name, path = next(iter(scan.likely_models.items()))
        yield f"to give a model versions of its own: [tool.release.models.{name}] with path = {toml(path)} (docs/how-to/models.md)"
    paths = [*scan.models.values(), *(scan.likely_models[name] for name in options.models)]
    if scan.configured is None and any(posixpath.normpath(path) not in scan.model_metrics for path in paths):
        yield "name the metric files of each model: metrics = [FILE] in its table (docs/how-to/models.md)"
    if not dvc:
        return
    yield "check that all data is on its remote: release verify"
    yield "clean up only with: dvc gc --workspace --all-tags --cloud   (without --all-tags releases lose data)"
