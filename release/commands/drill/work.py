"""`release drill`: a release restored in a clean room, and compared with what its tag attests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit_rules import digest_of_objects
from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.config import Config
from release.core.locate import PointerSet
from release.core.pointer import Out
from release.core.problems import ProblemKind, RevisionAudit, is_wanted
from release.core.release_checks import audit_check
from release.core.remotes import scheme_of
from release.core.tags import TagRef
from release.core.text import OnProgress, command_line, few_rows, many, no_progress, size
from release.core.verification import DrillReport, check_of_problem
from release.dvc.contents import Depth
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, RemoteSettings
from release.dvc.pointers import read_pointers
from release.dvc.pull import Pull, Restored
from release.dvc.stores import Stores
from release.engine.audit import Auditing, with_upload_hints
from release.engine.project import Project
from release.engine.tag_reading import LATEST, NO_LATEST, check_tags, named_tag, readable, scopes_of
from release.errors import ExitCode, NotFound, Refused
from release.git.clone import check_published, clone_tag
from release.git.objects import Objects
from release.git.refs import local_tags
from release.system.files import check_new_folder
from release.system.room import CleanRoom, clean_room

_MOST_LINES = 4  # of DVC's own words
_VARIABLES = {"gs": ("GOOGLE_APPLICATION_CREDENTIALS",), "ssh": ("SSH_AUTH_SOCK",)}  # more than `init` writes into CI


class DrillRequest(Struct, frozen=True, kw_only=True):
    """The tag or version to restore, and the variables that the room gets.

    `command` is run in the restored tree (empty: none); `keep` the folder for that tree (None: it is removed).
    """

    word: str = LATEST
    variables: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    keep: str | None = None


def drill(
    request: DrillRequest,
    project: Project,
    on_progress: OnProgress = no_progress,
    on_line: Callable[[str], None] = lambda _: None,
) -> DrillReport:
    """Restore a release in a clean room and compare it; nothing of the repository is changed.

    `on_line` gets each line that the command prints. Raises UsageError for an unknown tag, a folder that is not empty
    or a variable that is not set; Refused, Raced or Unknown if the tag cannot be cloned.
    """
    keep = None if request.keep is None else Path(request.keep)
    if keep is not None:
        check_new_folder(keep, help=command_line("release", "drill", request.word, "--keep", "NEW-FOLDER"))
    tag = _tag(project, request.word)
    remote = project.config.git_remote
    source = remote if remote in project.repository.settings.remotes else None
    with (
        clean_room(project.environment, request.variables, None if keep is None else keep.parent) as room,
        Objects(project.repository.git) as objects,
    ):
        one = _Drill(request, project, objects, room, tag, source)
        report = one.run(on_progress, on_line)
        if keep is not None and room.tree.is_dir():
            one.clear()
            room.keep(keep)
            report = replace(report, kept=str(keep))
        return report


def _tag(project: Project, word: str) -> TagRef:
    """Return the tag. Raises UsageError if there is none here, Refused if it cannot be read."""
    tags = {tag.name: tag for tag in local_tags(project.repository.git)}
    tag = readable(named_tag(word, tags, project))
    if tag is None or tag.commit_id is None:
        words = NO_LATEST if word == LATEST and tags else f"no release {word} here"
        raise NotFound(words, help="release fetch")
    return tag


class _Drill(Struct):
    """One drill, part by part."""

    request: DrillRequest
    project: Project
    objects: Objects
    room: CleanRoom
    tag: TagRef
    source: str | None
    checks: list[Check] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    restored: Restored | None = None
    code: int | None = None
    clear: Callable[[], None] = lambda: None  # removes from the tree what only the drill needed

    @property
    def commit(self) -> str:
        """The commit of the tag."""
        assert self.tag.commit_id is not None
        return self.tag.commit_id

    @property
    def _is_fine(self) -> bool:
        return exit_code(self.checks) is ExitCode.DONE

    def run(self, on_progress: OnProgress, on_line: Callable[[str], None]) -> DrillReport:
        """Clone, restore, compare and run the command, until a check fails."""
        audit = self._audit(on_progress)
        if self._is_fine:
            self._timed("clone", self._clone)
            self._restore(audit, on_progress)
        if self._is_fine and self.request.command:
            self._timed("command", partial(self._try, on_line))
        found = self.restored or Restored(sizes={}, files=0, faults=())
        return DrillReport(
            tag=self.tag.name,
            tag_object=self.tag.object_id,
            commit=self.commit,
            source=self.source,
            checks=tuple(self.checks),
            objects=len(found.sizes),
            files=found.files,
            total_bytes=sum(found.sizes.values()),
            seconds=self.seconds,
            ran=self.request.command,
            ran_code=self.code,
        )

    def _timed(self, part: str, work: Callable[[], None]) -> None:
        begun = monotonic()
        try:
            work()
        finally:
            self.seconds[part] = round(monotonic() - begun, 3)

    def _audit(self, on_progress: OnProgress) -> RevisionAudit:
        """Ask the remotes first, with the caller's own credentials: what is lost or unsafe is not pulled.

        DVC deletes damaged objects from a store that is a folder when it pulls: such a store is read before.
        """
        config, settings = self._config(), self.project.dvc
        with closing(Stores(settings)) as stores:
            remotes = _remotes(stores, read_pointers(self.objects, self.commit, config))
        deep = any(each.folder is not None for each in remotes)
        revision = (self.tag.name, self.commit)
        with Auditing(self.objects, config, settings) as auditing:
            (audit,) = auditing.revisions([revision], on_progress, Depth() if deep else None)
        audit = with_upload_hints(audit, self.project.repository.git, self._mend())
        inside = [each for each in audit.problems if each.kind is ProblemKind.IN_TREE_REMOTE]
        self.checks.append(audit_check(audit))
        self.checks += [
            Check.failed(CheckName.RESTORED_DATA, each.message, each.help, ExitCode.DATA) for each in inside[:1]
        ]
        return audit

    def _config(self) -> Config:
        """Return the configuration with the paths whose data the tag attests."""
        return replace(self.project.config, only=scopes_of(self.objects, [self.tag]).get(self.tag.name, ()))

    def _clone(self) -> None:
        repository = self.project.repository
        if self.source is not None:
            check_published(repository, self.source, self.tag)
        clone_tag(repository, self.source, self.tag, self.room.tree, self.room.environment)
        where = self.source or "this repository, which has no git remote"
        self.checks.append(Check.ok(CheckName.CLONE, f"{self.tag.name} cloned from {where}"))

    def _restore(self, audit: RevisionAudit, on_progress: OnProgress) -> None:
        pointers = read_pointers(self.objects, self.commit, self._config())
        wanted = tuple(out for out in pointers.outs if is_wanted(out))
        if not wanted:
            self.checks.append(Check.skipped(CheckName.RESTORED_DATA, f"{self.tag.name} has no data of DVC"))
            self._compare_tag(audit)
            return
        if find_spec("dvc") is None:
            raise Refused("DVC is not installed, and a drill runs `dvc pull`", help="pip install dvc")
        self._check_space(audit)
        self._check_links(pointers)
        with closing(Stores(self.project.dvc)) as stores:
            pull = self._pull_of(wanted, pointers, stores)
            self.clear = partial(pull.take_back, pull.set_up())
            self._timed("restore", partial(self._pull, pull, _remotes(stores, pointers), on_progress))
            if self._is_fine:
                self._timed("compare", partial(self._compare, pull, stores, audit, on_progress))

    def _check_links(self, pointers: PointerSet) -> None:
        """Refuse a symbolic link out of a folder of DVC: DVC would read and write there."""
        tree = self.room.tree
        for root in pointers.roots:
            for path in (tree / root / ".dvc", *(tree / root / ".dvc").rglob("*")):
                place = path.resolve()
                if not place.is_relative_to(tree) or place.is_relative_to(tree / ".git"):
                    link = str(path.relative_to(tree))
                    words = f"{link} is a symbolic link in git, and DVC would follow it out of the restored tree"
                    raise Refused(words, help=f"{command_line('git', 'rm', names=(link,))} && git commit")

    def _check_space(self, audit: RevisionAudit) -> None:
        """Check that the disk has space for the cache and the files."""
        free = shutil.disk_usage(self.room.folder).free
        if free < 2 * audit.total_bytes:
            needed = f"cache and files need {size(2 * audit.total_bytes)}"
            words = f"{self.room.folder.parent} has {size(free)} free, and {needed}"
            raise Refused(
                words, help=command_line("release", "drill", names=(self.tag.name,), more=("--keep", "FOLDER"))
            )

    def _pull_of(self, wanted: tuple[Out, ...], pointers: PointerSet, stores: Stores) -> Pull:
        """Return the pull; data that the release does not have on its own remotes is named, and left out."""
        every = read_pointers(self.objects, self.commit, Config(only=self._config().only)).outs
        chosen = {out.path for out in wanted}
        left = [out.path for out in every if out.cache and out.path not in chosen]
        if left:
            them = "it" if len(left) == 1 else "them"
            words = f"{many(len(left), 'out')} not restored, as the release does not answer for {them}"
            self.checks.append(Check.warning(CheckName.IMPORTS, words, details=few_rows(left, 8)))
        remotes = _remotes(stores, pointers)
        folders = {each.name: str(each.folder) for each in remotes if each.relative and each.folder}
        return Pull(
            room=self.room,
            outs=wanted,
            roots=pointers.roots,
            folders=folders,
            everything=chosen == {out.path for out in every if out.cache},
        )

    def _pull(self, pull: Pull, remotes: Sequence[RemoteSettings], on_progress: OnProgress) -> None:
        """Fetch into the empty cache, check the listings of directories, and pull."""
        said: list[str] = []
        on_progress("dvc pull", 0, None)
        if pull.run("fetch", said.append):
            self.checks.append(self._not_pulled(remotes, said))
            return
        damaged = pull.unsafe_listings()
        if damaged:  # DVC would write to any path in them
            words = f"{damaged[0]}: its directory object is damaged, so nothing was written"
            self.checks.append(Check.failed(CheckName.RESTORED_DATA, words, self._mend(), ExitCode.DATA))
        elif pull.run("pull", said.append):  # every object could be read
            words = "DVC fetched every object, and could not restore the files: some of them have other bytes"
            failed = Check.failed(CheckName.RESTORED_DATA, words, self._mend(), ExitCode.DATA, details=_last(said))
            self.checks.append(failed)

    def _not_pulled(self, remotes: Sequence[RemoteSettings], said: Sequence[str]) -> Check:
        """Return the check of a pull that failed although the caller's own credentials find every object."""
        schemes = {each.url.partition("://")[0]: scheme_of(each.url) for each in remotes}
        usual = [
            name
            for prefix, scheme in schemes.items()
            for name in (*(scheme.variables if scheme else ()), *_VARIABLES.get(prefix, ()))
        ]
        more = [word for name in (*self.request.variables, *usual) for word in ("--env", name)]
        if set(usual) <= set(self.request.variables):
            help = command_line("release", "verify", names=(self.tag.name,))
        else:
            help = command_line("release", "drill", names=(self.tag.name,), more=more)
        passed = ", ".join(self.request.variables) or "none of your variables"
        words = f"`dvc pull` of {self.tag.name} failed in the clean room, which has {passed}"
        return Check.unknown(CheckName.RESTORED_DATA, words, help, details=_last(said))

    def _compare(self, pull: Pull, stores: Stores, audit: RevisionAudit, on_progress: OnProgress) -> None:
        self.restored = found = pull.compare(stores, on_progress)
        if found.faults:
            rows = few_rows(found.faults, 8)
            words = found.faults[0] if len(found.faults) == 1 else f"{len(found.faults)} outs are not what was released"
            details = rows if len(found.faults) > 1 else ()
            failed = Check.failed(CheckName.RESTORED_DATA, words, self._mend(), ExitCode.DATA, details=details)
            self.checks.append(failed)
            return
        words = f"{many(found.files, 'file')}, {size(sum(found.sizes.values()))}, each read and equal to its pointer"
        self.checks.append(Check.ok(CheckName.RESTORED_DATA, words))
        self._compare_tag(replace(audit, digest=digest_of_objects(found.sizes), objects=len(found.sizes)))

    def _compare_tag(self, audit: RevisionAudit) -> None:
        """Compare data and metrics with the digests in the tag, and the tag with what later releases recorded."""
        tags = {tag.name: tag for tag in local_tags(self.project.repository.git)}
        bare = replace(audit, problems=(), verdict=Verdict.OK)
        (verified,) = check_tags(self.project, self.objects, [bare], tags, data=True)
        self.checks += [check_of_problem(CheckName.DATA_DIGEST, each) for each in verified.audit.problems]
        if verified.foreign:
            words = f"{self.tag.name} was not made by `release`: it has no digest to compare with"
            self.checks.append(Check.skipped(CheckName.DATA_DIGEST, words))
        elif not verified.audit.problems:
            self.checks.append(Check.ok(CheckName.DATA_DIGEST, f"data and metrics are what {self.tag.name} attests"))

    def _mend(self) -> str:
        return command_line("release", "verify", names=(self.tag.name,), more=("--push", "--deep"))

    def _try(self, on_line: Callable[[str], None]) -> None:
        """Run the command in the restored tree."""
        words = self.request.command
        self.code = self.room.run(words, self.room.tree, on_line)
        shown = command_line(*words)
        if self.code == 0:
            self.checks.append(Check.ok(CheckName.COMMAND, shown))
            return
        help = self._again() if self.request.keep is None else command_line("cd", self.request.keep)
        help = f"{help}   (and run the command there)"
        self.checks.append(Check.failed(CheckName.COMMAND, f"{shown} ended with exit code {self.code}", help))

    def _again(self) -> str:
        """Return the call that keeps the tree."""
        passed = [word for name in self.request.variables for word in ("--env", name)]
        return command_line("release", "drill", names=(self.tag.name,), more=(*passed, "--keep", "FOLDER"))


def _remotes(stores: Stores, pointers: PointerSet) -> list[RemoteSettings]:
    """Return the remotes of the outs of a commit; those that cannot be read are in the audit."""
    found: list[RemoteSettings] = []
    for out in filter(is_wanted, pointers.outs):
        with suppress(BadDvcConfig, BadDvcSettings):
            remote = stores.remote_of(out, pointers.roots[out.subrepo])
            found += [remote] if remote is not None and remote not in found else []
    return found


def _last(said: Sequence[str]) -> list[str]:
    return [line for line in said if line.strip()][-_MOST_LINES:]
