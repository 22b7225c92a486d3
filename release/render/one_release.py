"""Report of `show` as lines for a terminal."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from release.core.check import Check, Verdict
from release.core.diff import ShowReport
from release.core.metrics import ValueFile
from release.core.pointer import Out
from release.core.tag_message import SignatureState, TagSignature, Trailers
from release.core.text import command_line, count, many, size
from release.render.chain import chain_lines
from release.render.deltas import metric_lines, param_value, thing_lines
from release.render.look import Shade, Style, aligned, columns_of, pad, plain, short, short_path, wrapped

_MOST_OUTS = 40


def show_lines(report: ShowReport, look: Style) -> list[str]:
    """Return tagger and date, message, metrics, parameters, data and models, and the commands to get them."""
    previous = report.previous.name if report.previous else None
    blocks = [
        _head(report, look),
        # The rest of our own tags' messages is the table below.
        _body(report.message, look) if report.trailers is None else [],
        metric_lines(report.metrics, look, before=previous, now=report.tag.name),
        _changed_params(report, look),
        [line for file in report.params for line in _params(file, look)],
        [*_outs(report.outs, look), *_mismatch_lines(report.data, look)],
        chain_lines(report.stages, report.stale, look),
        [line for problem in report.problems for line in _wrapped(f"warning: {plain(problem)}", look)],
        _get(report),
    ]
    lines = [line for block in blocks if block for line in [*block, ""]]
    return lines[:-1]


def _head(report: ShowReport, look: Style) -> list[str]:
    tag = look.paint(plain(report.tag.name), Shade.STRONG)
    subject = plain(report.message.split("\n", 1)[0] or report.commit_subject)
    when = report.when.strftime("%Y-%m-%d %H:%M %z") if report.when is not None else "no date"
    commit = report.tag.ref.commit_id or ""
    rows = [("commit", f"{commit}   {plain(report.commit_subject)}")]
    if report.tagger is not None:
        rows.append(("tag", f"{report.tag.ref.object_id}   annotated"))
        rows.append(("tagger", plain(f"{report.tagger.name} <{report.tagger.email}>")))
    else:
        rows.append(("tag", "lightweight: no tagger, no message of its own"))
    rows += [("signature", plain(words))] if (words := describe_signature(report.signature)) else []
    rows.append(("date", when))
    rows.append(("previous", plain(report.previous.name) if report.previous else "none: the first release"))
    rows += _facts(report.trailers)
    widest = max(len(name) for name, _ in rows)
    return [
        f"{short(subject, look.room - 20)}  {tag}",
        "",
        *(f"  {pad(name, widest)}   {short(value, look.room - widest - 5)}" for name, value in rows),
    ]


def describe_signature(found: TagSignature) -> str:
    """Return the verdict with signer and reason; "" for an unsigned tag."""
    if found.state is SignatureState.UNSIGNED:
        return ""
    who = found.signer or found.key
    reason = f": {found.reason}" if found.reason else ""
    return f"{found.state.value}{f', {who}' if who else ''} ({found.format}){reason}"


def _facts(trailers: Trailers | None) -> list[tuple[str, str]]:
    """Return the trailers that matter to readers, without the digests."""
    if trailers is None:
        return []
    total = f"{count(trailers.objects)}, {size(trailers.total_bytes)}, on the remote when it was released"
    facts = [("objects", total)]
    if trailers.excluded:
        facts.append(("excluded", many(trailers.excluded, "path")))
    if trailers.regression is not None:
        facts.append(("regression", plain(trailers.regression)))
    return facts


def _body(message: str, look: Style) -> list[str]:
    lines = message.split("\n", 1)[1].strip("\n").split("\n") if message.strip("\n").count("\n") else []
    return [part for line in lines for part in _wrapped(plain(line), look)]


def _wrapped(text: str, look: Style) -> list[str]:
    """Return the text indented by two spaces; a text that someone wrote is never cut."""
    if columns_of(text) <= look.room - 2:
        return [f"  {text}".rstrip()]  # unchanged, with its spaces
    return [f"  {line}" for line in wrapped(text, look.room - 2)]


def _changed_params(report: ShowReport, look: Style) -> list[str]:
    lines = thing_lines((), report.changed_params, look)
    since = plain(report.previous.name) if report.previous else ""
    return [f"  parameters changed since {since}:", *(short(f"  {line}", look.room) for line in lines)] if lines else []


def _params(file: ValueFile, look: Style) -> list[str]:
    if file.problem is not None:
        return _wrapped(f"{plain(file.path)}: {plain(file.problem)}", look)
    words = ", ".join(f"{plain(key)} {param_value(value)}" for key, value in file.values.items())
    return [f"  {short(f'{plain(file.path)}: {words}', look.room - 2)}"]


def _outs(outs: Sequence[Out], look: Style) -> list[str]:
    room = max(look.room - 44, 20)
    rows = [
        [
            short_path(plain(out.path), room),
            "size unknown" if out.size_bytes is None else size(out.size_bytes),
            "" if out.nfiles is None else f"{out.nfiles:,} files",
            out.oid[:8] if out.oid else "not recorded",
        ]
        for out in outs[:_MOST_OUTS]
    ]
    lines = [short(f"  {line}", look.room) for line in aligned(rows, right=(1, 2))]
    return [*lines, f"  ... {len(outs) - _MOST_OUTS} more (all with --json)"] if len(outs) > _MOST_OUTS else lines


def _mismatch_lines(data: Check, look: Style) -> list[str]:
    """Return the command that checks the remote, if local information was not enough; a difference is a warning."""
    if data.verdict is not Verdict.UNKNOWN:
        return []
    return _wrapped(f"{plain(data.message)}; {plain(data.help or '')} asks the remote", look)


def _get(report: ShowReport) -> list[str]:
    checkout = command_line("release", "checkout", names=(report.tag.name,))
    if not report.outs:
        return [f"help: {checkout}"]
    out = report.outs[0]
    path = out.path
    stem, dot, end = posixpath.basename(path).partition(".")
    beside = f"{stem}-{report.tag.version}{dot}{end}"
    get = command_line("dvc", "get", names=(".", path), more=("--rev", report.tag.name, "-o", beside))
    kind = "folder" if out.is_dir else "file"
    proof = [f"help: {plain(report.data.help or '')}"] if report.data.verdict is Verdict.FAILED else []
    return [
        *proof,
        f"help: {checkout}   (code and data)",
        f"help: {get}   (one {kind}, beside yours)",
    ]
