"""An opened project: repository, configuration, and which remotes a command may contact."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from msgspec import Struct

from release.core.config import Config, for_model, of_tag
from release.core.secrets import Guarded
from release.core.tags import RemoteRefs
from release.git.process import Git
from release.git.repository import Repository, open_repository
from release.system.config_file import find_config

if TYPE_CHECKING:
    from release.dvc.dvc_config import DvcSettings


class Access(Enum):
    """The remotes that a plan or a reader may contact."""

    ALL = "all"
    METRICS_ONLY = "metrics-only"  # as OFFLINE, plus DVC remotes for the metric files that DVC tracks
    OFFLINE = "offline"  # `--offline`: contact no git or DVC remote


class RemoteAnswer(Struct, frozen=True):
    """The refs of the git remote, as it answered at `at_s` (`time.monotonic`)."""

    refs: RemoteRefs
    at_s: float


_FRESH_S = 30.0  # long enough for two questions; a push that comes too late is refused, whatever was read before


class Project(Guarded, frozen=True, kw_only=True):
    """The repository and configuration of a command. `environment` is the caller's, for CI services and DVC.

    `answer` is what the git remote answered before a question (None: it was not asked).
    """

    repository: Repository
    config: Config
    environment: Mapping[str, str]
    answer: RemoteAnswer | None = None

    @property
    def remote_refs(self) -> RemoteRefs | None:
        """Return the refs of the git remote if they were read a moment ago; None: it has to be asked."""
        fresh = self.answer is not None and monotonic() - self.answer.at_s < _FRESH_S
        return self.answer.refs if self.answer is not None and fresh else None

    @property
    def dvc(self) -> DvcSettings:
        """Return the reader of DVC's own settings, which select the remotes."""
        from release.dvc.dvc_config import DvcSettings  # commands without DVC do not load it

        git = self.repository.git
        return DvcSettings(
            git_root=self.repository.work_tree, environment=self.environment, on_terminal=git.on_terminal
        )


def project_in(
    folder: Path, environment: Mapping[str, str], *, on_terminal: bool, model: str | None = None, of: str | None = None
) -> Project:
    """Open the project around a folder; that of a `model`, or (None) of the model to which the tag `of` belongs.

    Raises UsageError: no repository, git too old, bad configuration, unknown model.
    """
    start = folder.absolute()
    repository = open_repository(Git.from_environment(start, environment, on_terminal=on_terminal))
    config = find_config(start.resolve(), repository.work_tree.resolve())
    if model is not None:
        config = for_model(config, model)
    elif of is not None:
        config = of_tag(config, of)
    return Project(repository=repository, config=config, environment=environment)


def opened_again(project: Project) -> Project:
    """Open a project whose files have changed: all is read again, but what the call said, such as its model, stays."""
    repository, config = project.repository, project.config
    folder, on_terminal = repository.work_tree / config.folder, repository.git.on_terminal
    return project_in(folder, project.environment, on_terminal=on_terminal, model=config.model)
