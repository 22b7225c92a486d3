"""The Python API: what `release --json` answers, as values; it reads and plans, and changes no repository."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from release.commands.list.view import JsonLine, ListDocument, listing
from release.commands.show.view import JsonOut, ShowDocument, show_document
from release.commands.show.work import show
from release.commands.verify.view import JsonProblem, JsonRevision, VerifyDocument, verified_document
from release.commands.verify.work import VerifyRequest, verify
from release.core.check import Verdict
from release.core.metric_deltas import is_number
from release.core.release import AUTO, BumpRequest, Outcome, optional_message
from release.core.secrets import without_secrets
from release.core.text import command_line, shown_path
from release.engine import project as engine
from release.engine.kind import read_next
from release.engine.plan import preview
from release.engine.release_list import ListRequest, list_releases
from release.engine.tag_reading import find_revision
from release.engine.values import CachedMetrics, read_values
from release.errors import (
    DataMissing,
    ExitCode,
    Interrupted,
    PartlyDone,
    Raced,
    Refused,
    ReleaseError,
    Unknown,
    UsageError,
)
from release.git.objects import Objects
from release.ui.json_documents import BumpDocument, JsonCheck, JsonGate, JsonMetric, bump_document

__all__ = [
    "BumpDocument",
    "DataMissing",
    "ExitCode",
    "Interrupted",
    "JsonCheck",
    "JsonGate",
    "JsonLine",
    "JsonMetric",
    "JsonOut",
    "JsonProblem",
    "JsonRevision",
    "ListDocument",
    "PartlyDone",
    "Project",
    "Raced",
    "Refused",
    "ReleaseError",
    "ShowDocument",
    "Unknown",
    "UsageError",
    "Verdict",
    "VerifyDocument",
    "open_project",
    "records",
]


class Project:
    """An opened project. Holds configuration and environment, but no file, process or connection: nothing to close.

    Each call reads the repository again. Several threads may share one. Every method raises only errors of `release`.
    """

    def __init__(self, opened: engine.Project, *, offline: bool) -> None:
        self._opened = opened
        self._offline = offline
        self._access = engine.Access.OFFLINE if offline else engine.Access.ALL

    def __repr__(self) -> str:
        """Return the folder and the mode, without what the environment holds."""
        return f"<Project {str(self.folder)!r}{', offline' if self._offline else ''}>"

    @property
    def folder(self) -> Path:
        """The top folder of the work tree."""
        return self._opened.repository.work_tree

    def releases(self, *, number: int | None = None, since: datetime | None = None) -> ListDocument:
        """Return the releases, newest version first, as `release list --json`: only `number`, only from the day `since` (UTC)."""
        with _typed():
            if number is not None and number < 1:
                raise UsageError(f"number is {number}, and a list has at least 1 release", help="project.releases()")
            wanted = ListRequest(number=number, since=since, offline=self._offline)
            return listing(list_releases(self._opened, wanted))

    def release(self, tag: str) -> ShowDocument:
        """Return one release, as `release show TAG --json`: by tag, version or `latest`. Raises UsageError: no such release."""
        with _typed():
            document = show_document(show(self._opened, tag, offline=self._offline))
            if isinstance(document, ShowDocument):
                return document
            way = command_line("release", "show", names=(document.version_tag or tag,))
            raise UsageError(f"{tag} is a stage and no release", help=way)

    def metrics(self, revision: str = "HEAD") -> dict[str, float]:
        """Return the numbers in the metric files of a tag, branch or commit, by key; by `file:key` if two files have it.

        Raises UsageError: no such revision; Unknown: a metric file cannot be read.
        """
        with _typed(), Objects(self._opened.repository.git) as objects:
            _, commit = find_revision(self._opened, revision)
            files = read_values(objects, commit, self._opened.config, CachedMetrics(self._opened, self._access)).metrics
        for file in files:
            if file.problem is not None:
                raise Unknown(f"{file.path} of {revision} cannot be read: {without_secrets(file.problem)}")
        found = {f"{file.path}:{key}": value for file in files for key, value in file.values.items()}
        names = _columns(found)
        return {names[name]: value for name, value in found.items() if is_number(value)}

    def verify(self, *revisions: str, every: bool = False, deep: bool = False) -> VerifyDocument:
        """Look for every DVC object of these revisions (default: HEAD) on its remote, as `release verify --json`.

        `every` release; `deep` reads and hashes the bytes. Raises UsageError: no such revision, or an offline project.
        """
        with _typed():
            if self._offline:
                raise UsageError("verify asks the DVC remotes, and the project is offline", help="open_project(folder)")
            request = VerifyRequest(revisions=revisions, every=every, deep=deep)
            return verified_document(verify(request, self._opened))

    def next_version(self, kind: str = AUTO, *, pre: str | None = None) -> str | None:
        """Return the version that a release of this KIND would get, as `release next`; None: there is nothing to release.

        Raises UsageError: no such KIND; Refused: no such version can follow; Unknown: the git remote does not answer.
        """
        with _typed():
            return read_next(self._opened, BumpRequest(kind=kind, pre=pre, called="next"), ask=not self._offline)

    def plan_bump(
        self,
        kind: str = AUTO,
        *,
        message: str | None = None,
        pre: str | None = None,
        at: str | None = None,
        base: str | None = None,
    ) -> BumpDocument:
        """Return what `release bump KIND --dry-run --json` answers: version, checks, metrics, entry and steps of a release.

        Failed checks do not raise: see `exit_code`, `errors` and `checks`. Raises UsageError: no such KIND or revision.
        """
        with _typed():
            said = optional_message(message)
            request = BumpRequest(kind=kind, message=said, pre=pre, at=at, base=base, ask_for_key=False)
            return bump_document(replace(preview(request, self._opened, self._access), outcome=Outcome.PREVIEW))


def open_project(folder: str | os.PathLike[str] = ".", *, offline: bool = False, model: str | None = None) -> Project:
    """Open the git repository around a folder. Changes, prints and asks nothing, and starts no connection.

    `offline`: no method contacts a git or DVC remote. `model`: only this model of the configuration. Environment
    variables and configuration are those of now. Raises UsageError: no repository or only a bare one, git too old, bad
    configuration, unknown model, or a process without exit codes.
    """
    with _typed():
        if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
            words = "this process ignores SIGCHLD, so it cannot see whether git failed"
            raise UsageError(words, help="signal.signal(signal.SIGCHLD, signal.SIG_DFL)")
        opened = engine.project_in(Path(folder), dict(os.environ), on_terminal=False, model=model)
    return Project(opened, offline=offline)


def records(listed: ListDocument) -> list[dict[str, object]]:
    """Return a row for each release, with a column for each metric, as `pandas.DataFrame` takes them; all have the same keys.

    A metric is named by its key, or by `file:key` if two files or a column of every release have that name. `date` is a
    datetime in UTC. What a release lacks is None.
    """
    metrics = _columns((name for each in listed.releases for name in each.metrics), taken=_FIXED)
    return [_record(each, metrics) for each in listed.releases]


_FIXED = ("tag", "version", "model", "date", "message", "commit", "here", "on_remote", "verified", "withdrawn")


def _record(line: JsonLine, metrics: Mapping[str, str]) -> dict[str, object]:
    row = {name: getattr(line, name) for name in _FIXED}
    if line.date is not None:
        row["date"] = datetime.fromisoformat(line.date.replace("Z", "+00:00"))
    return row | {column: line.metrics.get(name) for name, column in metrics.items()}


def _columns(names: Iterable[str], *, taken: Sequence[str] = ()) -> dict[str, str]:
    """Return for each `file:key` the key, if it is not taken and no other file has it."""
    keys = {name: name.partition(":")[2] or name for name in names}
    times = Counter(keys.values())
    return {name: key if times[key] == 1 and key not in taken else name for name, key in keys.items()}


@contextmanager
def _typed() -> Iterator[None]:
    """Turn errors of the system into Unknown, and mask secrets, as the command line does before it shows an error."""
    try:
        yield
    except ReleaseError as error:
        error.message = without_secrets(error.message)
        error.args = (error.message,)
        error.help = error.help and shown_path(error.help)
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Unknown(without_secrets(f"{where}{error.strerror or error}")) from error
