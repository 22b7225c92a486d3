"""Signing of release commits and tags: settings and checks. For existing signatures see `core.tags.signature`."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict

TAG_SETTINGS = ("tag.gpgSign", "tag.forceSignAnnotated")
COMMIT_SETTINGS = ("commit.gpgSign",)

_HELP = {
    "openpgp": "gpg --list-secret-keys --keyid-format=long, git config user.signingKey KEY; or: release bump --no-sign",
    "ssh": "ssh-add -L, git config user.signingKey FILE.pub; or: release bump --no-sign",
    "x509": "gpgsm --list-secret-keys, git config user.signingKey KEY; or: release bump --no-sign",
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
    return Check(name=CheckName.SIGNING, verdict=Verdict.OK, message=f"{signed} signed ({key})")


def unsigned_check(signed: Signed, reason: str) -> Check:
    """Report that nothing was signed yet, to avoid a prompt for a passphrase."""
    return Check(name=CheckName.SIGNING, verdict=Verdict.SKIPPED, message=f"{signed} not signed yet: {reason}")


def failed_check(signed: Signed, key: SigningKey, words: str) -> Check:
    """Report that signing failed. `words` are git's own."""
    said = "; ".join(line.strip() for line in words.splitlines() if line.strip())
    message = f"{signed} could not be signed ({key}): {said or 'git gave no reason'}"
    return Check.failed(CheckName.SIGNING, message, _HELP.get(key.format, _HELP["openpgp"]))
