"""Messages and signatures of release tags: subject, trailers, digests, signing keys."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Sequence
from enum import Enum
from typing import Literal

from msgspec import Struct, ValidationError, convert

from release.core.check import Check, CheckName
from release.core.metrics import Metric, MetricVerdict, ValueFile
from release.core.text import count, delta, for_terminal, number

TAG_SETTINGS = ("tag.gpgSign", "tag.forceSignAnnotated")
COMMIT_SETTINGS = ("commit.gpgSign",)

_HELP = {
    "openpgp": "git config user.signingKey KEY   (gpg --list-secret-keys --keyid-format=long lists them)",
    "ssh": "git config user.signingKey FILE.pub   (ssh-add -L lists them)",
    "x509": "git config user.signingKey KEY   (gpgsm --list-secret-keys lists them)",
}


class Signed(Struct, frozen=True, kw_only=True):
    """Objects of a release that get a signature."""

    commit: bool = False
    tag: bool = False

    def __bool__(self) -> bool:
        return self.commit or self.tag

    def __str__(self) -> str:
        return " and ".join(name for name, on in (("commit", self.commit), ("tag", self.tag)) if on)


WITHOUT_SIGNATURE = Signed()


class SigningKey(Struct, frozen=True, kw_only=True):
    """Git's signing key. `format` is `gpg.format`; `key` None: git chooses by the committer's name."""

    format: str
    key: str | None

    def __str__(self) -> str:
        """Return text for display; a key that is in the configuration itself is shortened."""
        if self.key is None:
            return f"{self.format}, no user.signingKey"
        return f"{self.format}, {self.key if len(self.key) <= 60 else f'{self.key[:57]}...'}"


def what_to_sign(settings: Collection[str], asked: bool | None, *, writes: bool) -> Signed:  # noqa: FBT001 - an option's three states
    """Return which objects to sign under git's settings; `asked`: `--sign`, `--no-sign`, None for neither.

    `writes`: there is a release commit.
    """
    if asked is not None:
        return Signed(commit=asked and writes, tag=asked)
    return Signed(
        commit=writes and any(name in settings for name in COMMIT_SETTINGS),
        tag=any(name in settings for name in TAG_SETTINGS),
    )


def signed_check(signed: Signed, key: SigningKey) -> Check:
    """Report that the signatures were made."""
    return Check.ok(CheckName.SIGNING, f"{signed} signed ({key})")


def unsigned_check(signed: Signed, reason: str) -> Check:
    """Report that nothing was signed yet, to avoid a prompt for a passphrase."""
    return Check.skipped(CheckName.SIGNING, f"{signed} not signed yet: {reason}")


def failed_check(signed: Signed, key: SigningKey, words: str, unsigned: str | None) -> Check:
    """Report that signing failed. `words` are git's own; `unsigned` is the call that does not sign, if there is one."""
    said = "; ".join(line.strip() for line in words.splitlines() if line.strip())
    message = f"{signed} could not be signed ({key}): {said or 'git gave no reason'}"
    help_line = _HELP.get(key.format, _HELP["openpgp"])
    return Check.failed(CheckName.SIGNING, message, help_line if unsigned is None else f"{unsigned}, or: {help_line}")


# Verdict on a tag's signature, from the machine-readable output of gpg, gpgsm and ssh-keygen

SignatureFormat = Literal["openpgp", "ssh", "x509"]


class SignatureState(Enum):
    """States of a signature, as printed."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown-key"
    EXPIRED = "expired"
    UNSIGNED = "unsigned"
    CANNOT_CHECK = "cannot-check"


class TagSignature(Struct, frozen=True, kw_only=True):
    """Verdict on one tag's signature.

    `signer` is the owner of the key according to this clone's keyring or allowed signers (None: unknown); `key` the
    fingerprint (`SHA256:...` for ssh; None: not given); `format` openpgp, ssh or x509 (None: unsigned). `reason` says
    why it is not good (None: it is, or there is none).
    """

    state: SignatureState
    signer: str | None = None
    key: str | None = None
    format: SignatureFormat | None = None
    reason: str | None = None


UNSIGNED = TagSignature(state=SignatureState.UNSIGNED)

_FORMATS: dict[bytes, SignatureFormat] = {
    b"-----BEGIN PGP SIGNATURE-----": "openpgp",
    b"-----BEGIN PGP MESSAGE-----": "openpgp",
    b"-----BEGIN SSH SIGNATURE-----": "ssh",
    b"-----BEGIN SIGNED MESSAGE-----": "x509",
}
_TORN = "the signature does not match the text"
_REFUSED = "ssh-keygen does not accept it: its key is revoked, or it is broken"
_STATUS = "[GNUPG:] "
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_SSH_GOOD = re.compile(r'^Good "git" signature (?:for (?P<signer>.+) )?with \S+ key (?P<key>\S+)$', re.MULTILINE)
_SSH_EXPIRED = re.compile(r"key (?:has expired|is not yet valid)", re.IGNORECASE)


def signature_format(message: bytes) -> SignatureFormat | None:
    """Return the format of the signature in a tag's message, found as git finds it; None if there is none."""
    for line in message.split(b"\n"):
        if line in _FORMATS:
            return _FORMATS[line]
    return None


def read_gpg(status: str, *, accepted: bool, format: SignatureFormat) -> TagSignature:
    """Return the verdict from gpg's or gpgsm's status lines; `accepted`: git itself accepted the signature."""
    words = list(_status_lines(status))
    said = {line[0]: line[1:] for line in words}
    found = [name for name, *_ in words if name in _STATES]
    key = _key(said)
    if not found:
        return TagSignature(state=SignatureState.CANNOT_CHECK, format=format, key=key, reason=_last_line(status))
    name = found[0]
    state, reason = _STATES[name]
    signer = " ".join(said[name][1:]) or None if name != "ERRSIG" else None
    if len(found) > 1:
        return TagSignature(state=SignatureState.BAD, format=format, reason="it has several signatures")
    if name == "ERRSIG" and "NO_PUBKEY" not in said:
        state, reason = SignatureState.CANNOT_CHECK, "gpg cannot check this kind of signature"
    if name == "GOODSIG" and not accepted:
        state, reason = SignatureState.UNKNOWN_KEY, "the key is not trusted enough for gpg.minTrustLevel"
    return TagSignature(state=state, signer=signer, key=key, format=format, reason=reason)


def read_ssh(said: str, *, accepted: bool) -> TagSignature:
    """Return the verdict from ssh-keygen's output; `accepted`: git itself accepted the signature."""
    good = _SSH_GOOD.search(said)
    if good is None:
        # ssh-keygen reports a broken signature in these words; anything else means that it did not check it.
        broken = "verify signature" in said or "Signature verification failed" in said
        state = SignatureState.BAD if broken else SignatureState.CANNOT_CHECK
        torn = "incorrect signature" in said or "invalid format" in said
        reason = _TORN if torn else _REFUSED if broken else _last_line(said)
        return TagSignature(state=state, format="ssh", reason=reason)
    signer, key = good["signer"], good["key"]
    if accepted and signer is not None:
        return TagSignature(state=SignatureState.GOOD, signer=signer, key=key, format="ssh")
    if signer is not None:  # a known signer, but refused
        return TagSignature(state=SignatureState.BAD, signer=signer, key=key, format="ssh", reason=_last_line(said))
    if _SSH_EXPIRED.search(said):
        reason = "the allowed signers file limits the key to another time"
        return TagSignature(state=SignatureState.EXPIRED, key=key, format="ssh", reason=reason)
    reason = "the key is not among the allowed signers (gpg.ssh.allowedSignersFile)"
    return TagSignature(state=SignatureState.UNKNOWN_KEY, key=key, format="ssh", reason=reason)


_STATES = {
    "GOODSIG": (SignatureState.GOOD, None),
    "BADSIG": (SignatureState.BAD, _TORN),
    "ERRSIG": (SignatureState.UNKNOWN_KEY, "the public key is not in the keyring"),
    "EXPSIG": (SignatureState.EXPIRED, "the signature has expired"),
    "EXPKEYSIG": (SignatureState.EXPIRED, "the key has expired"),
    "REVKEYSIG": (SignatureState.BAD, "the key was revoked"),
}


def _status_lines(status: str) -> Iterator[list[str]]:
    for line in status.split("\n"):
        if line.startswith(_STATUS):
            yield _PERCENT.sub(lambda code: chr(int(code[1], 16)), line[len(_STATUS) :]).rstrip("\r").split(" ")


def _key(said: dict[str, list[str]]) -> str | None:
    for name in ("VALIDSIG", "NO_PUBKEY", "GOODSIG", "BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "ERRSIG"):
        if said.get(name):
            return said[name][0]
    return None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(_STATUS)]
    return lines[-1] if lines else "git gave no reason"


# Message of a release tag: subject, performance (or the whole entry), and trailers with a stable format

SCHEMA = 1
MAX_METRICS = 20

_BEGIN = "-----BEGIN "  # git takes everything from such a line on for a signature
_SIGNATURE = re.compile(rf"^{_BEGIN}", re.MULTILINE)
_TRAILER = re.compile(r"(?P<name>Release-[A-Za-z0-9-]+):(?: (?P<value>.*))?\Z")
_NEEDED = ("Release-Schema", "Release-Id", "Release-Previous", "Release-Objects")
_TRAILERS = {
    "Release-Schema": r"\d{1,9}",
    "Release-Id": r".+",
    "Release-Previous": r"none|[^ ]+ [0-9a-f]{40}(?:[0-9a-f]{24})?",
    "Release-Objects": r"\d{1,18} \d{1,18}",
    "Release-Excluded": r"\d{1,9}",
    "Release-Digest": r"[0-9a-f]{64}",
    "Release-Metrics": r"[0-9a-f]{64}",
    "Release-Scope": r"\[.+\]",
}


class Trailers(Struct, frozen=True, kw_only=True):
    """Attestation of a release tag; names and meaning are public (schema 1).

    `previous` is the previous release's tag and tag object id, None for the first. `digest` and `metrics_digest` are
    hex SHA-256, None if there was nothing to digest. `scope` has the paths of a model, whose data, with all that it was
    made from, was audited; empty: all data of the commit.
    """

    release_id: str
    previous: tuple[str, str] | None
    objects: int
    total_bytes: int
    excluded: int = 0
    regression: str | None = None
    digest: str | None = None
    metrics_digest: str | None = None
    scope: tuple[str, ...] = ()
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


def parse_message(message: str) -> TagMessage:
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
    return parse_message(data.partition(b"\n\n")[2].decode("utf-8", "replace"))


def metrics_digest(files: Sequence[ValueFile]) -> str:
    """Return the hex SHA-256 of the lines `path NUL sha256` (each with its LF), sorted by the path's bytes.

    Files whose `ValueFile.sha256` is "" have no line.
    """
    hashed = (file for file in files if file.sha256)
    lines = sorted((file.path.encode("utf-8", "surrogateescape"), file.sha256.encode()) for file in hashed)
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
    if trailers.scope:
        lines.append(f"Release-Scope: {json.dumps(trailers.scope)}")
    return lines


def _trailers(named: Sequence[tuple[str, str]]) -> Trailers:
    """Convert trailers to values; unknown ones of later schemas are ignored. Raises ValueError with a sentence."""
    values = dict(named)
    if len(values) < len(named):
        twice = next(name for name, _ in named if sum(other == name for other, _ in named) > 1)
        raise ValueError(f"{twice} is there twice")
    for name, form in _TRAILERS.items():
        if name not in values and name in _NEEDED:
            raise ValueError(f"{name} is missing")
        if name in values and not re.fullmatch(form, values[name], re.ASCII):
            raise ValueError(f"{name} is not as `release` writes it")
    previous, objects = values["Release-Previous"].split(" "), values["Release-Objects"].split(" ")
    return Trailers(
        schema=int(values["Release-Schema"]),
        release_id=values["Release-Id"],
        previous=None if len(previous) == 1 else (previous[0], previous[1]),
        objects=int(objects[0]),
        total_bytes=int(objects[1]),
        excluded=int(values.get("Release-Excluded", "0")),
        regression=values.get("Release-Regression"),
        digest=values.get("Release-Digest"),
        metrics_digest=values.get("Release-Metrics"),
        scope=_paths(values.get("Release-Scope", "[]")),
    )


def _paths(text: str) -> tuple[str, ...]:
    try:
        return convert(json.loads(text), tuple[str, ...])
    except (ValueError, ValidationError, RecursionError):
        raise ValueError("Release-Scope is not as `release` writes it") from None


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
