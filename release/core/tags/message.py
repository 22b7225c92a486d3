"""Message of a release tag: subject, performance (or the whole entry), and trailers with a stable format."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from msgspec import Struct

from release.core.escape import for_terminal
from release.core.metrics.metric import Metric, MetricVerdict, ValueFile
from release.core.numbers import count, delta, number

SCHEMA = 1
MAX_METRICS = 20

_BEGIN = "-----BEGIN "  # git takes everything from such a line on for a signature
_SIGNATURE = re.compile(rf"^{_BEGIN}", re.MULTILINE)
_TRAILER = re.compile(r"(?P<name>Release-[A-Za-z0-9-]+):(?: (?P<value>.*))?\Z")
_PREVIOUS = re.compile(r"(?P<tag>\S+) (?P<id>[0-9a-f]{40}(?:[0-9a-f]{24})?)\Z")
_OBJECTS = re.compile(r"(?P<count>\d{1,18}) (?P<bytes>\d{1,18})\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Trailers(Struct, frozen=True, kw_only=True):
    """Attestation of a release tag; names and meaning are public (schema 1).

    `previous` is the previous release's tag and tag object id, None for the first. `digest` and `metrics_digest` are
    hex SHA-256, None if there was nothing to digest.
    """

    release_id: str
    previous: tuple[str, str] | None
    objects: int
    total_bytes: int
    excluded: int = 0
    regression: str | None = None
    digest: str | None = None
    metrics_digest: str | None = None
    schema: int = SCHEMA


class TagMessage(Struct, frozen=True, kw_only=True):
    """A parsed tag message; `trailers` is None for a tag of another tool.

    `problem` describes trailers that exist but are invalid (None: valid, or there are none).
    """

    subject: str
    body: str
    trailers: Trailers | None
    problem: str | None = None


def compose(subject: str, trailers: Trailers, *, metrics: Sequence[Metric] = (), entry: str | None = None) -> str:
    """Return the message, with LF and a final newline. `entry`: the whole changelog entry instead of the summary."""
    body = entry.replace("\r\n", "\n") if entry is not None else _summary(metrics)
    paragraphs = [for_terminal(subject), body.strip("\n"), "\n".join(_lines(trailers))]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph.strip()) + "\n"
    return _SIGNATURE.sub(f" {_BEGIN}", text)


def parse(message: str) -> TagMessage:
    """Parse a message; a signature at its end is ignored. Never fails."""
    if signature := _SIGNATURE.search(message):
        message = message[: signature.start()]
    text = message.replace("\r\n", "\n").strip("\n")
    subject, _, rest = text.partition("\n")
    above, _, last = text.rpartition("\n\n")
    matches = [_TRAILER.match(line) for line in last.split("\n")]
    named = [(match["name"], match["value"] or "") for match in matches if match]
    if len(named) < len(matches) or "Release-Schema" not in dict(named):
        return TagMessage(subject=subject, body=rest.strip("\n"), trailers=None)
    body = above.partition("\n")[2].strip("\n")
    try:
        return TagMessage(subject=subject, body=body, trailers=_trailers(named))
    except ValueError as error:
        return TagMessage(subject=subject, body=body, trailers=None, problem=str(error))


def parse_object(data: bytes) -> TagMessage:
    """Parse the message of a tag object, given with its header as git stores it. Never fails."""
    return parse(data.partition(b"\n\n")[2].decode("utf-8", "replace"))


def metrics_digest(files: Sequence[ValueFile]) -> str:
    """Return the hex SHA-256 of the lines `path NUL sha256` (each with its LF), sorted by the path's bytes.

    Files whose `ValueFile.sha256` is "" have no line.
    """
    sworn = (file for file in files if file.sha256)
    lines = sorted((file.path.encode("utf-8", "surrogateescape"), file.sha256.encode()) for file in sworn)
    return hashlib.sha256(b"".join(path + b"\0" + sha256 + b"\n" for path, sha256 in lines)).hexdigest()


def _lines(trailers: Trailers) -> list[str]:
    lines = [
        f"Release-Schema: {trailers.schema}",
        f"Release-Id: {trailers.release_id}",
        f"Release-Previous: {' '.join(trailers.previous) if trailers.previous else 'none'}",
        f"Release-Objects: {trailers.objects} {trailers.total_bytes}",
    ]
    if trailers.excluded:
        lines.append(f"Release-Excluded: {trailers.excluded}")
    if trailers.regression is not None:
        lines.append(f"Release-Regression: {for_terminal(trailers.regression)}")
    if trailers.digest is not None:
        lines.append(f"Release-Digest: {trailers.digest}")
    if trailers.metrics_digest is not None:
        lines.append(f"Release-Metrics: {trailers.metrics_digest}")
    return lines


def _trailers(named: Sequence[tuple[str, str]]) -> Trailers:
    """Convert trailers to values; unknown ones of later schemas are ignored. Raises ValueError with a sentence."""
    values = dict(named)
    if len(values) < len(named):
        twice = next(name for name, _ in named if sum(other == name for other, _ in named) > 1)
        raise ValueError(f"{twice} stands there twice")
    return Trailers(
        schema=_whole(values, "Release-Schema"),
        release_id=_needed(values, "Release-Id"),
        previous=_previous(_needed(values, "Release-Previous")),
        objects=int(_objects(values)["count"]),
        total_bytes=int(_objects(values)["bytes"]),
        excluded=_whole(values, "Release-Excluded") if "Release-Excluded" in values else 0,
        regression=values.get("Release-Regression"),
        digest=_hex(values, "Release-Digest"),
        metrics_digest=_hex(values, "Release-Metrics"),
    )


def _needed(values: dict[str, str], name: str) -> str:
    if not values.get(name):
        raise ValueError(f"{name} is missing")
    return values[name]


def _whole(values: dict[str, str], name: str) -> int:
    value = values[name]
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise ValueError(f"{name} is no number")
    return int(value)


def _previous(value: str) -> tuple[str, str] | None:
    if value == "none":
        return None
    match = _PREVIOUS.match(value)
    if match is None:
        raise ValueError("Release-Previous names no tag and object id")
    return match["tag"], match["id"]


def _objects(values: dict[str, str]) -> re.Match[str]:
    match = _OBJECTS.match(_needed(values, "Release-Objects"))
    if match is None or not match[0].isascii():
        raise ValueError("Release-Objects is not two numbers")
    return match


def _hex(values: dict[str, str], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not _SHA256.match(value):
        raise ValueError(f"{name} is no SHA-256")
    return value


def _summary(metrics: Sequence[Metric]) -> str:
    """Format headline metrics (or else the changed ones) in aligned columns, and the number of others."""
    changed = [metric for metric in metrics if metric.verdict is not MetricVerdict.UNCHANGED]
    shown = ([metric for metric in metrics if metric.headline] or changed)[:MAX_METRICS]
    if not shown:
        return ""
    several = len({metric.file for metric in metrics}) > 1
    rows = [_row(metric, name=metric.identity if several else metric.key) for metric in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {values:>{widths[1]}}  {change:>{widths[2]}}  {verdict}".replace("\n", " ").rstrip()
        for name, values, change, verdict in rows
    ]
    more = len(metrics) - len(shown)
    return "\n".join(["Performance", "", *lines, *([f"... {count(more)} more"] if more else [])])


def _row(metric: Metric, *, name: str) -> tuple[str, str, str, str]:
    before, after = (for_terminal(number(value))[:40] for value in (metric.before, metric.after))
    if metric.verdict is MetricVerdict.NEW:
        values = after
    elif metric.verdict is MetricVerdict.REMOVED:
        values = before
    else:
        values = f"{before} -> {after}"
    return for_terminal(name)[:100], values, delta(metric.delta), metric.verdict.value
