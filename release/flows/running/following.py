"""Data of a rollback in the work tree, updated after publishing or by `recover` after a kill."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.config import Config
from release.core.release import Record
from release.core.text import OnProgress, ignore
from release.core.work_tree import DataMoves, NeededObject
from release.errors import ReleaseError
from release.flows.project import Project
from release.flows.running.finish import work_tree_of
from release.flows.switching.files import DataSurvey, DataTree, check_caches, mark_programs, read_data_tree
from release.flows.switching.move import Move, check_as_seen, fetch_objects, missing_objects, save_before
from release.git.objects import Objects
from release.git.refs import resolve_commit
from release.git.repository import Repository

BY_HAND = "dvc checkout"


class Sides(Struct, frozen=True, kw_only=True):
    """The data before and after, and the moves between them.

    `left_out` are sentences about data that is not available here, with the command that fetches it.
    """

    before: DataTree
    after: DataTree
    moves: DataMoves
    left_out: tuple[str, ...] = ()


class DataFollow(Struct):
    """The pending update of the data; `trouble` is the reason if it failed. Called after refs and files."""

    repository: Repository
    commit: str
    branch: str | None
    data: Callable[[], Sides]
    on_progress: OnProgress = ignore
    trouble: str | None = field(default=None)

    def __call__(self) -> tuple[str, ...]:
        """Move the data in the order of a checkout; return warnings. Ctrl-C undoes all moves and is raised again."""
        if resolve_commit(self.repository.git, "HEAD") != self.commit:
            return (f"data here was left as it is, for HEAD is not the release: {BY_HAND} brings it",)
        try:
            sides = self.data()
            move = self._move(sides)
            check_as_seen(self.repository.work_tree, move.moves)
        except (OSError, ReleaseError) as error:
            self.trouble = str(error)
            return ()
        try:
            move.go()
        except KeyboardInterrupt:
            move.undo()
            raise
        except (OSError, ReleaseError) as error:
            self.trouble = str(error)
            move.undo()
        return sides.left_out

    def _move(self, sides: Sides) -> Move:
        return Move(
            repository=self.repository,
            now=sides.before,
            then=sides.after,
            moves=sides.moves,
            commit=self.commit,
            words=(),
            new_branch=None,
            blocking=frozenset(),
            old=(self.branch, self.commit),
            on_progress=self.on_progress,
        )


def following_of(project: Project, record: Record, on_progress: OnProgress = ignore) -> DataFollow | None:
    """Return the data update of an interrupted rollback, inspected again; None if there is none. For `recover`."""
    tree = work_tree_of(project.repository, record) if record.data and record.attached else None
    if tree is None:
        return None

    def data() -> Sides:
        return _looked_at(project, tree, record, on_progress)

    return DataFollow(repository=tree, commit=record.commit, branch=record.branch, data=data, on_progress=on_progress)


def _looked_at(project: Project, tree: Repository, record: Record, on_progress: OnProgress) -> Sides:
    """Return the current state; some data may have moved already. Raises Refused if something would be lost."""
    from release.dvc.pointers import read_pointers
    from release.dvc.stores import Stores
    from release.errors import Refused
    from release.flows.switching.foreign import left_out_here, missing_imports, without

    settings = replace(project.dvc, git_root=tree.work_tree)
    with Objects(tree.git) as objects:
        stores = Stores(settings)
        wanted = read_pointers(objects, record.commit, Config())
        lacking = missing_imports(wanted, settings, stores)
        after = read_data_tree(without(wanted, lacking), settings, stores, ask=True)
        check_caches(after, objects, tree.work_tree, record.base)
        mark_programs(after, objects, record.commit)
        pointers = without(read_pointers(objects, record.base, Config()), lacking)
        before = read_data_tree(pointers, settings, stores, ask=False)
        tracked = frozenset(entry.path for entry in objects.walk(objects.tree_of(record.base)))
        found = DataSurvey(tree.work_tree, before, after, tracked).look(settings)
        lost = sorted(found.unsaved | found.in_the_way)
        if lost or after.unlisted:
            path = [*lost, *sorted(after.unlisted)][0]
            raise Refused(f"{path} would be lost, or cannot be told", help=BY_HAND)
        missing: dict[NeededObject, str] = missing_objects(after, found.moves.write, on_progress)
        fetch_objects(after, missing, on_progress)
    save_before(tree.work_tree, before, after, found.moves)
    return Sides(before=before, after=after, moves=found.moves, left_out=left_out_here(lacking))
