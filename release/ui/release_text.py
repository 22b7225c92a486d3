"""Text of a planned or finished release: for the terminal and as a Markdown page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from release.core.check import Change, Check, CheckName, Verdict
from release.core.metrics import Metric, MetricVerdict, Param, last_name
from release.core.pointer import PointerChange
from release.core.release import BumpPlan, BumpReport, Outcome, StatusReport, StepKind
from release.core.text import (
    Scalar,
    columns_of,
    command_line,
    delta,
    enumerated,
    exact,
    for_log,
    for_markdown,
    for_terminal,
    many,
    number,
)
from release.core.version import Level
from release.errors import ExitCode
from release.ui.style import (
    Shade,
    Style,
    aligned,
    and_more,
    first,
    fitted,
    pad,
    plain,
    short,
    short_path,
    spaced,
    wrapped,
)

if TYPE_CHECKING:
    from release.core.config import Config
    from release.core.tags import ListReport

_MOST_ROWS = 8
_SHADES = {
    MetricVerdict.BETTER: Shade.GOOD,
    MetricVerdict.WORSE: Shade.BAD,
    MetricVerdict.UNREADABLE: Shade.DOUBTFUL,
    MetricVerdict.UNCHANGED: Shade.FAINT,
}
# Worse metrics come first: a release must not hide them.
_RANK = {MetricVerdict.WORSE: 0, MetricVerdict.BETTER: 1, MetricVerdict.UNREADABLE: 2, MetricVerdict.REMOVED: 3}
_FEW_PARAMS = 3
_ALIKE = 6  # characters before the first difference of two long texts
_WIDE = 60


def metric_lines(
    metrics: Sequence[Metric], style: Style, *, before: str | None, now: str = "now", most: int = _MOST_ROWS
) -> list[str]:
    """Return a table: headline first, then the largest changes; `before` names the previous release, if any."""
    shown = list(metrics) if style.everything else most_relevant(metrics, most)
    if not shown:
        return []
    lines = metric_table(shown, shown_names(metrics), (before, now), style)
    hidden = [metric for metric in metrics if metric not in shown]
    worse = sum(metric.verdict is MetricVerdict.WORSE for metric in hidden)
    return [*lines, *and_more(len(hidden), f"more, {worse} of them worse" if worse else "more")]


def metric_table(
    shown: Sequence[Metric], names: Mapping[str, str], sides: tuple[str | None, str], style: Style
) -> list[str]:
    """Return a head and a row for each metric.

    `names` by identity; `sides` are the titles of the two columns (None: only the second column). A narrow
    terminal shows only the second and the verdict.
    """
    left = sides[0] is not None
    heads = [short(plain(side), 24 if style.span >= _WIDE else 12) for side in sides if side is not None]
    head = [*heads, "change", ""] if left else heads
    rows = [head, *(_metric_row(metric, left=left) for metric in shown)]
    if left and style.room < _WIDE:
        rows = [[row[1], row[3]] for row in rows]
    values = aligned(rows, right=range(max(len(rows[0]) - 1, 1)))
    room = max(style.span - max(map(columns_of, values)) - 5, 12)
    labels = ["", *(short_path(names[metric.identity], room) for metric in shown)]
    table = aligned([[label, value] for label, value in zip(labels, values, strict=True)])
    lines = [short(f"  {table[0]}", style.span)]
    for metric, line in zip(shown, table[1:], strict=True):
        row, word = short(f"  {line}", style.span), metric.verdict.value
        shade = _SHADES.get(metric.verdict) if left and row.endswith(f" {word}") else None
        lines.append(f"{row.removesuffix(word)}{style.paint(word, shade)}" if shade else row)
    return lines


def most_relevant(metrics: Sequence[Metric], most: int = _MOST_ROWS) -> list[Metric]:
    """Return the rows to show: the headline metrics, then worse ones; the largest relative change first."""
    headline = [metric for metric in metrics if metric.headline]
    if len(headline) > most:
        headline = [metric for metric in headline if metric.verdict is not MetricVerdict.UNCHANGED] or headline
        headline = headline[:most]
    new = not any(metric.verdict is not MetricVerdict.NEW for metric in metrics)
    others = [m for m in metrics if not m.headline and m.verdict is not MetricVerdict.UNCHANGED]
    if new and headline:
        others = []  # a first release: nothing to compare, the headline is enough
    others.sort(key=lambda metric: (_RANK.get(metric.verdict, 4), -_relative(metric), metric.file))
    shown = headline + others[: max(most - len(headline), 0)]
    rest = [metric for metric in metrics if metric not in shown] if len(metrics) == len(shown) + 1 else []
    return shown + rest  # rather than a line that says `... 1 more`


def column_names(columns: Sequence[str]) -> dict[str, str]:
    """Return for each metric (`file:key`) the shortest unique form of `f1`, `overall.f1`, `file:overall.f1`."""
    forms = {column: (last_name(key := column.partition(":")[2] or column), key, column) for column in columns}
    taken = [Counter(form[level] for form in forms.values()) for level in range(3)]
    return {
        column: plain(next((word for word, count in zip(form, taken, strict=True) if count[word] == 1), column))
        for column, form in forms.items()
    }


def shown_names(metrics: Sequence[Metric]) -> dict[str, str]:
    """Return identity -> name to show: the key alone if only one file has it."""
    files = Counter(metric.key for metric in metrics)
    return {m.identity: plain(m.key if files[m.key] == 1 and m.key else m.identity) for m in metrics}


def thing_lines(
    pointers: Sequence[PointerChange], params: Sequence[Param], style: Style, most: int = _MOST_ROWS
) -> list[str]:
    """Return rows for data and models, then for parameters, with one column of paths."""
    inside = Counter[tuple[str | None, Change]](
        (change.parent, change.change) for change in pointers if change.parent is not None
    )
    roots = [change for change in pointers if change.parent is None]
    values = _param_rows(params, style.most(min(most, _FEW_PARAMS)))
    shown, some_values = first(roots, style.most(most)), first(values, style.most(most))
    states = aligned([_pointer_state(change, inside) for change in shown])
    rows = [*((root.path, state) for root, state in zip(shown, states, strict=True)), *some_values]
    room = max(style.span // 2 - 6, 16)
    lines = aligned([[short_path(plain(path), room), text] for path, text in rows])
    return [
        *(short(f"  {line}", style.span) for line in lines),
        *and_more(len(roots) - len(shown), "more pointers"),
        *and_more(len(values) - len(some_values), "more parameters"),
    ]


def metric_value(value: Scalar) -> str:
    """Return a metric value for the screen: numbers rounded, text escaped and shortened."""
    return short(plain(number(value)), 24)


def param_value(value: Scalar) -> str:
    """Return a parameter value for the screen, with all its digits."""
    return short(plain(exact(value)), 24)


def param_sides(before: Scalar, after: Scalar) -> tuple[str, str]:
    """Return both values for the screen; of long texts that begin alike, the part where they differ."""
    texts = param_value(before), param_value(after)
    if texts[0] != texts[1]:
        return texts
    before, after = plain(exact(before)), plain(exact(after))
    different = (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    start = next(different, min(len(before), len(after))) - _ALIKE
    return (short(f"...{before[start:]}", 24), short(f"...{after[start:]}", 24)) if start > 0 else texts


def _metric_row(metric: Metric, *, left: bool) -> list[str]:
    after = "-" if metric.verdict is MetricVerdict.REMOVED else metric_value(metric.after)
    if not left:
        return [after]
    before = "-" if metric.verdict is MetricVerdict.NEW else metric_value(metric.before)
    return [before, after, delta(metric.delta), metric.verdict.value]


def _relative(metric: Metric) -> float:
    """Return the size of a change relative to its values, 0 to 2; 0 if there is no number."""
    if metric.delta is None:
        return 0.0
    sizes = [abs(value) for value in (metric.before, metric.after) if isinstance(value, (int, float))]
    largest = max(sizes, default=0)
    return abs(metric.delta) / largest if largest else 0.0


def _pointer_state(change: PointerChange, inside: Counter[tuple[str | None, Change]]) -> list[str]:
    """Return size, kind of change, and how many files of a directory changed."""
    files = [f"{files} {word.value}" for word in Change if (files := inside.get((change.path, word), 0))]
    return [size_change(change), change.change.value, f"files: {', '.join(files)}" if files else ""]


def size_change(change: PointerChange) -> str:
    """Return both sizes, or the only one."""
    before, after = change.sides("size unknown")
    return {Change.ADDED: after, Change.REMOVED: before, Change.CHANGED: f"{before} -> {after}"}[change.change]


def _param_rows(params: Sequence[Param], few: int) -> list[tuple[str, str]]:
    """Return file and text of each parameter; a completely new file with more than `few` is one row."""
    added = Counter(param.file for param in params if param.change is Change.ADDED)
    whole = {file for file, number in added.items() if number == sum(param.file == file for param in params)}
    rows = {}
    for param in params:
        if param.file in whole and added[param.file] > few:
            rows[param.file, ""] = f"{many(added[param.file], 'parameter')}   added"
        else:
            rows[param.file, param.key] = _param_text(param)
    return [(file, text) for (file, _), text in rows.items()]


def _param_text(param: Param) -> str:
    key, (before, after) = plain(param.key), param_sides(param.before, param.after)
    if param.change is Change.ADDED:
        return f"{key} {after}   added"
    if param.change is Change.REMOVED:
        return f"{key} {before}   removed"
    return f"{key} {before} -> {after}"


# Reasons of `auto` for its choice, as rows

_MOST_REASONS = 6
_ROOM_FOR_REASONS = 6  # with fewer rows for each list, the strongest reason is enough
_MOST_ON_A_PAGE = 50


def reason_lines(plan: BumpPlan, style: Style, head: str, most: int = _MOST_REASONS) -> list[str]:
    """Return the head and the strongest reasons; empty if the user chose.

    Changes that require no release are listed only if there are no others.
    """
    if plan.release.chosen is None:
        return []
    reasons = [reason.partition(": ") for reason in _as_sentence(plan.release.reasons)]
    if most < _ROOM_FOR_REASONS and reasons:
        strongest, rest = plain(reasons[0][2] or reasons[0][0]), len(plan.release.reasons) - 1
        more = f", {rest} more (--all)" if rest else ""
        return [f"  {short(f'{head}: {strongest}', style.span - 2 - len(more))}{more}"]
    rows = aligned(
        [[plain(word), plain(text)] for word, _, text in first(reasons, style.most(min(most, _MOST_REASONS)))]
    )
    lines = [f"  {head}", *(f"    {short(row, style.span - 4)}" for row in rows)]
    return [*lines, *and_more(len(plan.release.reasons) - len(rows), indent=4)]


def reason_list(plan: BumpPlan) -> str:
    """Return the reasons as Markdown; empty if the user chose."""
    if plan.release.chosen is None or not plan.release.reasons:
        return ""
    rows = [f"- {for_markdown(reason)}" for reason in _as_sentence(plan.release.reasons)[:_MOST_ON_A_PAGE]]
    rest = len(plan.release.reasons) - len(rows)
    more = [f"- ... {rest} more (all with `--json`)"] if rest else []
    return "\n".join([f"`auto` chose {plan.release.chosen}:", "", *rows, *more])


def _as_sentence(reasons: Sequence[str]) -> list[str]:
    return [reason for reason in reasons if not reason.startswith("none: ")] or list(reasons)


# Plan of a release and its outcome, as lines for a terminal

_VERDICT_SHADES = {  # in the order of a plan: what needs a decision stands last
    Verdict.SKIPPED: Shade.FAINT,
    Verdict.OK: Shade.GOOD,
    Verdict.WARNING: Shade.DOUBTFUL,
    Verdict.UNKNOWN: Shade.BAD,
    Verdict.FAILED: Shade.BAD,
}
_QUIET_WHEN_OK = frozenset(
    {CheckName.CHANGES, CheckName.VERSION, CheckName.TAG}
)  # not interesting when ok; they are in the JSON
_MESSAGE_WHEN_OK = frozenset({CheckName.DATA_ON_REMOTE, CheckName.GATES, CheckName.SIGNING})
_ORDER = {verdict: at for at, verdict in enumerate(_VERDICT_SHADES)}
_MOST_DETAILS = 8
_MOST_LINES = 3  # of one detail, after its first
_SHOWN_ABOVE = frozenset({"Performance", "Parameters", "Data and models"})


def plan_lines(plan: BumpPlan, style: Style, seen: BumpPlan | None = None) -> list[str]:
    """Return the preview: header, the changes and steps of a release that can be made, and the checks.

    Changes, reasons and notes that the status has shown (`seen`) are left out.
    """
    if plan.nothing is not None and not plan.refused:
        return []
    if plan.refused:
        return spaced([header(one, style) for one in _each(plan)], verdict_lines(plan.checks, style))
    plan = plan if seen is None else _without(plan, seen)
    return fitted(lambda most: _release_lines(plan, style, most), style)


def _without(plan: BumpPlan, seen: BumpPlan) -> BumpPlan:
    """Return the plan of one release without the changes, the reasons and the notes that are `seen` already."""
    release, last = plan.release, seen.release
    if (release.previous, release.metrics, release.params) == (last.previous, last.metrics, last.params):
        release = replace(release, metrics=(), params=())
    if (release.previous, release.pointers) == (last.previous, last.pointers):
        release = replace(release, pointers=())
    if release.reasons == last.reasons:
        release = replace(release, chosen=None, reasons=())
    return replace(plan, releases=(release,), notes=tuple(note for note in plan.notes if note not in seen.notes))


def _release_lines(plan: BumpPlan, style: Style, most: int) -> list[str]:
    """Return the preview of a release that can be made, with `most` rows of each list; problems come last."""
    blocks = spaced(
        *(block for one in _each(plan) for block in _one_release(one, style, most)),
        _along(plan, style, most),
        note_lines(plan, style),
        verdict_lines(plan.checks, style),
    )
    return [*blocks, *wrapped(f"Will {_publish_line(plan)}.", style)]


def _each(plan: BumpPlan) -> list[BumpPlan]:
    """Return the plan once for each of its releases."""
    return [replace(plan, releases=(release,)) for release in plan.releases]


def _one_release(plan: BumpPlan, style: Style, most: int) -> list[list[str]]:
    """Return the blocks about the one release of a plan."""
    release = plan.release
    return [
        [header(plan, style)],
        reason_lines(plan, style, f"auto chose {plain(release.chosen or '')}", most),
        metric_lines(release.metrics, style, before=release.previous.name if release.previous else None, most=most),
        thing_lines(release.pointers, release.params, style, most),
        _entry(plan, style, max(most - 2, 1) if most < _MOST_ROWS else most),
    ]


# Checks that depend on the KIND; the others refuse a release of any kind.
_OF_THE_KIND = frozenset({CheckName.ALREADY_RELEASED, CheckName.BRANCH, CheckName.TAG, CheckName.VERSION})
_QUESTION_ROWS = 9  # of the question for KIND, below what changed
LEVELS = frozenset(level.value for level in Level)


def local_refusals(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks, made without a remote, that refuse a release of any KIND."""
    return tuple(check for check in checks if check.blocks and check.name not in _OF_THE_KIND)


def local_lines(report: StatusReport, style: Style) -> list[str]:
    """Return what changed and the checks made without a remote, before a question; or why nothing can be released."""
    plan, head = report.plan, [status_head(report, style), ""]
    if refused := local_refusals(plan.checks):
        return [*head, *refusal_lines(refused, style)]
    if report.released is not None:  # nothing is new, but a prerelease may become final
        return [] if report.is_final else head
    checks = [check for check in plan.checks if check.verdict is not Verdict.SKIPPED]
    below = spaced(verdict_lines(checks, style))
    rows = None if style.rows is None else style.rows - _QUESTION_ROWS
    return fitted(lambda most: [*head, *change_lines(report, style, most), *below], style._replace(rows=rows))


def status_head(report: StatusReport, style: Style) -> str:
    """Return the latest release and the number of commits since; or that there is nothing to release."""
    plan = report.plan
    where = f"on {plain(plan.branch)}" if plan.branch else f"at {plan.base[:7]}"
    if report.released is not None:
        here = f"{plan.branch or 'HEAD'} is at {report.released}"
        if plan.commit not in (None, plan.base):  # a later commit was released
            here = plan.nothing or here
        return style.paint(f"{plain(here)}; nothing to release", Shade.STRONG)
    commits = many(len(plan.release.commits), "commit")
    if plan.release.previous is None:
        return style.paint(f"no release yet   {where}, {commits}", Shade.STRONG)
    return style.paint(
        f"{plain(plan.release.previous.name)} is the latest release   {where}, {commits} since", Shade.STRONG
    )


def change_lines(report: StatusReport, style: Style, most: int, trends: Sequence[str] = ()) -> list[str]:
    """Return what `auto` would release and why, and what is new: commits, metrics, data; `most` rows of each."""
    plan = report.plan
    previous = plain(plan.release.previous.name) if plan.release.previous else None
    return spaced(
        reason_lines(plan, style, _chosen(report), most),
        note_lines(plan, style),
        _subjects(report, style, most),
        metric_lines(plan.release.metrics, style, before=previous, most=most),
        trends,
        thing_lines(plan.release.pointers, plan.release.params, style, most),
    )


def _chosen(report: StatusReport) -> str:
    plan = report.plan
    if plan.release.chosen == "none":
        return "auto: nothing to release"
    level = f" ({plan.release.chosen})" if plan.release.chosen in LEVELS else ""
    return f"auto would release {plain(plan.release.tag or plan.release.chosen or '')}{level}"


def _subjects(report: StatusReport, style: Style, most: int) -> list[str]:
    subjects = report.plan.release.commits
    lines = [f"  {short(plain(subject), style.span - 2)}" for subject in first(subjects, style.most(most))]
    return [*lines, *and_more(len(subjects) - len(lines))]


def outcome_lines(report: BumpReport, style: Style, *, quiet: bool = False) -> list[str]:
    """Return the outcome of the plan, and the next command; `quiet`: of a release only what it is."""
    plan = report.plan
    if plan.refused:
        return ["Nothing was changed.", *help_lines(plan.checks)]
    if plan.nothing is not None:
        said = wrapped(f"Nothing to release: {plain(plan.nothing)}.", style)
        none = plan.release.chosen == "none" and plan.release.reasons
        reasons = reason_lines(plan, style, "changes:") if none else []
        return [*said, *reasons, *note_lines(plan, style), *_page_lines(report, style)]
    if report.outcome is Outcome.PREVIEW:
        return ["Nothing was changed: this was a dry run."]
    commit, several = (plan.commit or plan.base)[:7], len(plan.releases) > 1
    tag_object = None if several else plan.release.tag_object
    ids = f"({commit}, tag {tag_object[:7]})" if tag_object else f"({commit})"
    done = style.paint(f"Released {plain(enumerated(plan.tags))}", Shade.GOOD)
    lines = [*([] if quiet else [""]), f"{done}  {ids}"]
    if not report.pushed:
        lines += wrapped(f"{'They are' if several else 'It is'} not on {plain(plan.remote)} yet.", style)
    for warning in report.warnings:
        lines += wrapped(f"warning: {plain(warning)}", style)
    lines += _page_lines(report, style)
    if quiet:
        return lines
    them = "them" if several else "it"
    if not report.pushed and plan.release.version is not None:
        one = (*plan.release.call, str(plan.release.version))
        again = ("release", "bump", "--all-models", "auto") if several else one
        lines.append(f"help: {command_line(*again)}   (publishes {them})")
        lines.append(f"help: release recover --undo   (takes {them} back)")
    else:
        named = plan.tags[:1] if plan.models else ()
        lines.append(f"To take {them} back: {command_line('release', 'undo', names=named)}")
    return lines


def _page_lines(report: BumpReport, style: Style) -> list[str]:
    """Return the address of the release page, or why it could not be made."""
    if report.without_page is not None:
        error = report.without_page
        words = f"warning: the release page is not made: {plain(error.message)}"
        return [*wrapped(words, style), f"help: {plain(error.help or 'release publish')}"]
    return [f"Its page: {plain(page)}" for page in report.pages]


def note_lines(plan: BumpPlan, style: Style) -> list[str]:
    """Return what the plan notes, indented: what was not understood or has no effect."""
    return [f"  {line}" for note in plan.notes for line in wrapped(f"note: {plain(note)}", style, 2)]


def header(plan: BumpPlan, style: Style) -> str:
    """Return `charCNN  v1.3.2 -> v1.4.0   on main, 6 commits since v1.3.2`; a long message is shortened."""
    previous = plain(plan.release.previous.name) if plan.release.previous else None
    if plan.release.tag is None:
        move = f"{plain(plan.release.kind)} after {previous}" if previous else plain(plan.release.kind)
    else:
        move = f"{previous} -> {plain(plan.release.tag)}" if previous else plain(plan.release.tag)
    at = f"at {plan.base[:7]}" if plan.files else f"tag only, at {plan.base[:7]}"
    where = f"on {short_path(plain(plan.branch), style.span // 3)}" if plan.branch else at
    commits = many(len(plan.release.commits), "commit")
    rests = (f"{where}, {commits} since {previous}" if previous else f"{where}, first release, {commits}", where)
    counted = plan.release.tag is not None or bool(plan.release.commits)
    rest = next((words for words in rests if counted and columns_of(move + words) + 25 <= style.room), where)
    said = plan.release.message.split("\n", 1)[0]
    said = "" if said == f"Release {plan.release.version}" else said  # the tag says it, too
    message = short(plain(said), max(style.span - columns_of(f"  {move}   {rest}"), 20))
    start = f"{style.paint(message, Shade.STRONG)}  " if message else ""
    return f"{start}{style.paint(move, Shade.STRONG)}   {rest}"


def verdict_lines(checks: Sequence[Check], style: Style) -> list[str]:
    """Return the passed checks in a sentence, then a row for each other one, the worst last."""
    # The rows of passed gates say no more than their metrics.
    passed = [
        each for each in checks if each.verdict is Verdict.OK and (not each.details or each.name == CheckName.GATES)
    ]
    others = sorted((check for check in checks if check not in passed), key=lambda check: _ORDER[check.verdict])
    shown = [check for check in passed if check.name not in _QUIET_WHEN_OK]
    said: dict[str, dict[str, None]] = {check.title: {} for check in shown}  # several models have the same ones
    for check in shown:
        said[check.title] |= {check.message: None} if check.name in _MESSAGE_WHEN_OK else {}
    words = [f"{title} ({'; '.join(each)})" if each else title for title, each in said.items()]
    head = f"{many(len(words), 'check')} passed"
    lines = [f"  {line}" for line in wrapped(plain(f"{head}: {', '.join(words)}"), style, 2)] if shown else []
    lines[:1] = [line.replace(head, style.paint(head, Shade.GOOD), 1) for line in lines[:1]]
    return [*lines, *check_lines(others, style)]


def check_lines(checks: Sequence[Check], style: Style) -> list[str]:
    """Return a row for each check worth showing, with its details, and the help of a warning.

    Commands are not broken into lines, so that they can be pasted.
    """
    checks = [check for check in checks if check.verdict is not Verdict.OK or check.name not in _QUIET_WHEN_OK]
    widest = max((columns_of(check.title) for check in checks), default=0)
    start = 11 + widest + 3
    lines = []
    for check in checks:
        verdict = style.paint(pad(check.verdict.value, 7), _VERDICT_SHADES[check.verdict])
        words = wrapped(plain(check.message), style, start)
        lines.append(f"  {verdict}  {pad(check.title, widest)}   {words[0]}".rstrip())
        lines += [" " * start + line for line in words[1:]]
        shown = first(check.details, style.most(_MOST_DETAILS))
        for row in shown:
            head, *more = wrapped(plain(row), style, 13)
            lines += [f"{'':13}{head}", *(f"{'':15}{line}" for line in more[: style.most(_MOST_LINES)])]
        lines += and_more(len(check.details) - len(shown), indent=13)
        if check.verdict is Verdict.WARNING and check.help:
            lines.append(f"{'':11}help: {plain(check.help)}")
    return lines


def help_lines(checks: Sequence[Check]) -> list[str]:
    """Return the help of each blocking check, each once, in their order; never broken, so that it can be pasted."""
    helps = (check.help for check in checks if check.blocks and check.help)
    return [f"help: {plain(help)}" for help in dict.fromkeys(helps)]


def refusal_lines(checks: Sequence[Check], style: Style) -> list[str]:
    """Return the checks of a refused call, and the commands that help."""
    return [*check_lines(checks, style), "", "Nothing was changed.", *help_lines(checks)]


def _entry(plan: BumpPlan, style: Style, most: int) -> list[str]:
    """Return the beginning of the changelog entry, without blank lines and the sections shown above it."""
    lines, above = [], False
    for line in plan.release.changelog_entry.split("\n"):
        if line.startswith("### "):
            above = line[4:].strip() in _SHOWN_ABOVE
        if line.strip() and not above:
            lines.append(line)
    if len(lines) > most + 1:  # heading and message stand in the header of the plan
        lines = [line for line in lines if line.startswith("- ")] or lines
    shown = [f"  | {short(plain(line), style.span - 4)}" for line in first(lines, style.most(most))]
    if len(lines) > len(shown):
        shown.append(f"  | ... {len(lines) - len(shown)} more (all with --all)")
    return [style.paint(line, Shade.FAINT) for line in shown]


def _along(plan: BumpPlan, style: Style, most: int) -> list[str]:
    """Return the unpushed commits and tags that the same push publishes."""
    rows = [plain(row) for row in first(plan.also_published, style.most(most))]
    where = f"also pushed to {plain(plan.remote)}:" if plan.push else f"not on {plain(plan.remote)} yet:"
    if len(rows) == 1 == len(plan.also_published):
        return [f"  {short(f'{where} {rows[0]}', style.span - 2)}"]
    more = and_more(len(plan.also_published) - len(rows), indent=4)
    return [f"  {where}", *(f"    {short(row, style.span - 4)}" for row in rows), *more] if rows else []


def _publish_line(plan: BumpPlan) -> str:
    tag = plain(enumerated(plan.tags))
    files = enumerated([plain(file.path) for file in plan.files])
    written = f"write {files}, " if files else ""
    if proposed := [step.text for step in plan.steps if step.kind is StepKind.PROPOSE]:
        return plain(enumerated(proposed))
    if not plan.push and not plan.steps:  # the plan of `release prepare`
        return f"write {files}, without commit or tag" if files else f"change nothing: {tag} is already prepared"
    if not plan.push:
        return f"{written}{'and ' if written else ''}tag {tag} here, without pushing"
    page = ", then make its release page" if plan.publish else ""
    if plan.branch is None:
        return f"tag {tag} and push it to {plain(plan.remote)}{page}"
    together = next((step.together for step in plan.steps if step.kind is StepKind.PUBLISH), True)
    how = "together" if together else "one after the other"
    tags = "the tags" if len(plan.tags) > 1 else "the tag"
    return f"{written}tag {tag}, and push {plain(plan.branch)} and {tags} to {plain(plan.remote)} {how}{page}"


# Report of a bump as Markdown, for the summary page of a CI job

_MOST_PAGE_ROWS = 50  # of one check: the size of a GitHub page is limited


def bump_page(report: BumpReport) -> str:
    """Return the release or the refusal, every check, and the changelog entry."""
    plan = report.plan
    parts = [f"## {_title(report)}"]
    if report.outcome is Outcome.PREVIEW and _is_unproven(plan):
        parts.append(_UNPROVEN)
    for one in _each(plan):
        if one.release.previous is not None and plan.nothing is None:
            of = f" of {one.release.model}" if len(plan.releases) > 1 else ""
            parts.append(f"The previous release{of} is {for_markdown(one.release.previous.name)}.")
        if plan.nothing is None or one.release.chosen == "none":  # else the title has the reason
            parts += filter(None, [reason_list(one)])
    parts += [f"Note: {for_markdown(note)}" for note in plan.notes]
    parts += _check_parts(plan.checks)
    parts += (f"[Release page]({page})" for page in report.pages)
    if report.without_page is not None:
        parts.append(f"**The release page is not made**: {for_markdown(report.without_page.message)}")
    for release in plan.releases if report.outcome is not Outcome.NOTHING else ():
        head = [f"### {for_markdown(release.tag)}"] if len(plan.releases) > 1 and release.tag else []
        parts += [*head, release.changelog_entry.rstrip()] if release.changelog_entry else []
    return "\n\n".join(parts) + "\n"


_IN_A_REQUEST = frozenset({CheckName.DATA_ON_REMOTE, CheckName.GATES, CheckName.LINEAGE, CheckName.METRICS})


def request_page(plan: BumpPlan, branch: str) -> str:
    """Return the text of a pull request: what its merge releases, the checks of data and numbers, the changelog entry."""
    release = plan.release
    before = f", after {for_markdown(release.previous.name)}" if release.previous is not None else ""
    tag = for_markdown(release.tag or "")
    making = for_markdown(command_line(*release.call, "auto"))
    merging = f"Merging this pull request releases **{tag}**{before}: `{making}` then makes the tag."
    writing = f"`release prepare --pull-request` rewrites this text and the commit of `{branch}`"
    parts = [
        f"{merging} Squash it, rebase it, or make a merge commit.",
        f"{writing}. It stops doing so when someone else pushes to the branch.",
    ]
    parts += filter(None, [reason_list(plan)])
    parts += _check_parts(
        [each for each in plan.checks if each.name in _IN_A_REQUEST or each.verdict is Verdict.WARNING]
    )
    parts.append(release.changelog_entry.partition("\n")[2].strip())
    return "\n\n".join(parts) + "\n"


def _check_parts(checks: Sequence[Check]) -> list[str]:
    """Return a table of checks, and below it what they have to say."""
    if not checks:
        return []
    rows = [f"| {_sign(check.verdict)} | {check.title} | {for_markdown(check.message)} |" for check in checks]
    return [
        "\n".join(["| | Check | |", "| --- | --- | --- |", *rows]),
        *(part for check in checks for part in _check_rows(check)),
    ]


def _sign(verdict: Verdict) -> str:
    return verdict.value if verdict in (Verdict.OK, Verdict.SKIPPED) else f"**{verdict.value}**"


def failure_page(code: ExitCode, message: str, help: str | None, section: str) -> str:
    """Return the page for an error without a plan, such as a wrong configuration or an interrupted release.

    The first line of a message is ours; what follows are the words of a git host or hook.
    """
    ours, *theirs = message.split("\n")
    parts = [f"## `release` ended with exit code {code.value} (`{section}`)", for_markdown(ours), *code_block(theirs)]
    if help:
        parts.append(f"To fix it: {for_markdown(help)}")
    return "\n\n".join(parts) + "\n"


def code_block(lines: Sequence[str]) -> list[str]:
    """Return words of others as a block of code, which they cannot leave; empty without words."""
    text = "\n".join(for_log(for_terminal(line.rstrip())) for line in lines)
    ticks = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return [f"{fence}text\n{text}\n{fence}"] if text.strip() else []


def status_page(report: StatusReport) -> str:
    """Return a preview of the release, for a pull request."""
    if report.released is not None:
        return f"## {for_markdown(report.released)} is already released here\n"
    return bump_page(BumpReport(plan=report.plan, outcome=Outcome.PREVIEW))


def _check_rows(check: Check) -> list[str]:
    """Return the details of a check: all rows if it is not ok; the rows of ok gates are folded."""
    rows = "\n".join(f"- {for_markdown(row)}" for row in check.details[:_MOST_PAGE_ROWS])
    if check.name == CheckName.PUSH:
        rows = "".join(code_block(check.details))
    rest = len(check.details) - _MOST_PAGE_ROWS
    if rest > 0:
        rows += f"\n- ... {rest} more (all with `--json`)"
    help = f"To fix it: {for_markdown(check.help)}" if check.blocks and check.help else ""
    if check.verdict in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING) and (rows or help):
        return [f"**{check.title}**", *filter(None, [rows, help])]
    if rows and check.name == CheckName.GATES:
        return [f"<details>\n<summary>Each gate</summary>\n\n{rows}\n\n</details>"]
    return []


_UNPROVEN = (
    "Nobody knows yet if this can be released: what needs a remote is skipped here, and checked after the merge."
)


def _is_unproven(plan: BumpPlan) -> bool:
    """Return whether data, or anything else that decides on a release, was not looked at."""
    return any(check.verdict is Verdict.SKIPPED and check.name == CheckName.DATA_ON_REMOTE for check in plan.checks)


def _title(report: BumpReport) -> str:
    plan = report.plan
    tag = enumerated([for_markdown(tag) for tag in plan.tags]) or "The release"
    match report.outcome:
        case Outcome.RELEASED:
            return f"Released {tag}"
        case Outcome.REFUSED:
            return f"{tag} {'were' if len(plan.tags) > 1 else 'was'} refused; nothing was changed"
        case Outcome.PREVIEW if plan.nothing is None and (plan.refused or plan.release.tag is None):
            return f"{tag} would be refused"
        case Outcome.PREVIEW if plan.nothing is None and _is_unproven(plan):
            return f"{tag}: data not checked"
        case Outcome.PREVIEW if plan.nothing is None:
            return f"Would release {tag}"
        case Outcome.PREVIEW | Outcome.NOTHING:
            return f"Nothing to release: {for_markdown(plan.nothing or '')}"


def nothing_listed(listing: ListReport, config: Config, *, remotes: Sequence[str]) -> str:
    """Return why there is no release to list, and the help."""
    found = listing.elsewhere
    if found is not None:
        return f"no releases yet; {plain(found.message)}\nhelp: {plain(found.help or '')}\n"
    if config.model is None and config.models:
        models = ", ".join(config.models)
        line = command_line("release", "list", "--model", next(iter(config.models)))
        return f"no releases of the whole repository; it has models: {models}\nhelp: {line}\n"
    model = () if config.model is None else ("--model", config.model)
    alone = () if remotes else ("--no-push",)
    return f"no releases yet\nhelp: {command_line('release', 'bump', *model, 'minor', *alone)}\n"
