"""Files that `release init` proposes, one function each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from release import __version__
from release.core.escape import for_markdown
from release.core.init.config import gto_tags, old_releases, tag_pattern, tools_seen, version_files
from release.core.init.proposals import InitOptions, InitPlan, Proposals, RepositoryScan, Service, service_of
from release.core.numbers import many
from release.core.schemes import scheme_of
from release.core.shell import command_line, quote

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
