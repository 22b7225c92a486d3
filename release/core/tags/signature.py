"""Verdict on a tag's signature, from the machine-readable output of gpg, gpgsm and ssh-keygen; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Literal

from msgspec import Struct

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
_TORN = "text and signature do not fit"
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
        return TagSignature(state=SignatureState.BAD, format=format, reason="it holds several signatures")
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
