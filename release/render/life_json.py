"""`fetch`, `delete`, `checkout`, `diff` and `changelog` as JSON documents; schemas lie in `release/schemas`."""

from __future__ import annotations

from release.core.changelog.report import EntryReport, RebuildReport
from release.core.checkout import CheckoutReport
from release.core.diff import Diff, Side
from release.core.secrets import without_secrets
from release.core.shell import command_line
from release.core.tags.broken import told
from release.core.tags.delete import LOCAL, DeleteReport, Fate
from release.core.tags.fetch import FetchedTag, FetchReport, TagChange
from release.errors import ExitCode
from release.render import checked_out as arrival
from release.render import deleted as deletion
from release.render.as_json import Json, check, envelope, error, errors_of, metric, param, pointer
from release.render.fetched import bring_back


def fetched(report: FetchReport) -> Json:
    """What `release fetch` answers."""
    dead = [remote for remote in report.remotes if remote.trouble is not None]
    errors = [
        error(ExitCode.UNKNOWN, one.trouble or "", command_line("git", "ls-remote", names=(one.name,))) for one in dead
    ]
    if report.exit_code is ExitCode.RACED:
        errors = [
            error(ExitCode.RACED, f"{tag.tag} is another object on {tag.remote}; ours was kept", None)
            for tag in report.having(TagChange.MOVED)
        ]
    told = [tag for change in TagChange if change is not TagChange.UNCHANGED for tag in report.having(change)]
    return {
        **envelope("fetch", report.exit_code, errors),
        "fetched": report.fetched,
        "remotes": [
            {"name": remote.name, "verdict": "ok" if remote.trouble is None else "unknown", "message": remote.trouble}
            for remote in report.remotes
        ],
        "tags": [_tag(tag) for tag in told],
        "unchanged": len(report.having(TagChange.UNCHANGED)),
        "local_only": list(report.local),
        "warnings": list(report.warnings),
    }


def deleted(report: DeleteReport) -> Json:
    """What `release delete` answers."""
    plan = report.plan
    failed = [(one, spot) for one in plan.doomed for spot in one.spots if spot.fate not in (Fate.DELETED, Fate.PLANNED)]
    errors = [
        error(report.exit_code, f"{one.tag} {_where(spot.place)}: {spot.fate.value}, {spot.reason}", None)
        for one, spot in failed
    ]
    unasked = [found for found in plan.checks if found.code is ExitCode.UNKNOWN and not found.blocks]
    if report.deleted:
        errors += [error(ExitCode.UNKNOWN, found.message, found.help) for found in unasked]
    return {
        **envelope("delete", report.exit_code, [*errors_of(plan.checks), *errors]),
        "deleted": report.deleted,
        "where": plan.where.value,
        "checks": [check(found) for found in plan.checks],
        "warnings": list(plan.warnings),
        "stages": list(plan.stages),
        "tags": [
            {
                "tag": one.tag,
                "message": one.subject,
                "places": [
                    {
                        "remote": None if spot.place == LOCAL else spot.place,
                        "object": spot.object_id,
                        "fate": spot.fate.value,
                        "reason": without_secrets(spot.reason),
                    }
                    for spot in one.spots
                ],
                "restore": deletion.bring_back(one) or None,
            }
            for one in plan.doomed
        ],
    }


def difference(diff: Diff, *, strict: bool) -> Json:
    """What `release diff` answers; `strict` as `--exit-code`."""
    code = diff.strict_code if strict else ExitCode.DONE
    words = f"{diff.before.label} and {diff.after.label} differ"
    return {
        **envelope("diff", code, [error(code, words, None)] if code else []),
        "before": _side(diff.before),
        "after": _side(diff.after),
        "differs": diff.differs,
        "metrics": [metric(found) for found in diff.metrics],
        "params": [param(changed) for changed in diff.params],
        "pointers": [pointer(changed) for changed in diff.pointers],
        "commits": [{"commit": commit, "subject": subject} for commit, subject in diff.commits],
        "behind": diff.behind,
        "warnings": [without_secrets(note) for note in diff.notes],
    }


def checked_out(report: CheckoutReport) -> Json:
    """What `release checkout` answers."""
    return {
        **envelope("checkout", report.exit_code, errors_of(report.checks)),
        "moved": report.moved,
        "tag": report.tag,
        "commit": report.commit,
        "branch": None if report.refused else report.branch,
        "left": report.left,
        "left_commit": report.left_commit,
        "worktree": report.folder,
        "fetched": {"objects": report.fetched, "bytes": report.fetched_bytes},
        "written": report.written,
        "removed": report.removed,
        "checks": [check(found) for found in report.checks],
        "warnings": [without_secrets(warning) for warning in report.warnings],
        "left_out": [
            {"path": each.path, "reason": without_secrets(each.reason), "help": each.help} for each in report.left_out
        ],
        "back": arrival.way_back(report) if report.moved else None,
    }


def changelog_entry(report: EntryReport) -> Json:
    """What `release changelog [TAG]` answers."""
    return {
        **envelope("changelog", ExitCode.DONE, []),
        "tag": report.tag,
        "version": report.version,
        "entry": report.text,
        "source": report.source.value,
        "warnings": [told(tag) for tag in report.broken],
    }


def rebuilt(report: RebuildReport) -> Json:
    """What `release changelog --rebuild` answers."""
    return {
        **envelope("changelog", ExitCode.DONE, []),
        "path": report.path,
        "added": list(report.added),
        "diff": report.diff,
        "written": report.written,
    }


def _side(side: Side) -> Json:
    return {"revision": None if side.work_tree else side.label, "commit": side.commit}


def _where(place: str) -> str:
    return "here" if place == LOCAL else f"on {place}"


def _tag(tag: FetchedTag) -> Json:
    gone = tag.change is TagChange.PRUNED
    return {
        "tag": tag.tag,
        "remote": tag.remote,
        "change": tag.change.value,
        "before": tag.before,
        "after": tag.after,
        "restore": bring_back(tag) if gone else None,
    }
