"""Signatures of commits and tags: made with git's settings, read and verified."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from release.core.tag_message import (
    UNSIGNED,
    SignatureFormat,
    SignatureState,
    SigningKey,
    TagSignature,
    read_gpg,
    read_ssh,
    signature_format,
)
from release.core.tags import TagRef
from release.errors import Refused
from release.git.objects import Objects
from release.git.process import Git, Result, TimedOut
from release.git.repository import Repository, Settings

_WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "SSH_ASKPASS")


class SigningFailed(Refused):
    """A signature that git or its signing program did not make; `message` has the output."""

    section = "signing"


def signing_key(settings: Settings) -> SigningKey:
    """Return the key with which git will sign."""
    return SigningKey(format=settings.last("gpg.format") or "openpgp", key=settings.last("user.signingkey"))


def run_signing(git: Git, *words: str, stdin: bytes = b"") -> Result:
    """Run a git command that signs: without a time limit on a terminal, elsewhere without any prompt.

    Raises SigningFailed with git's message.
    """
    quiet = git if git.on_terminal else _unasking(git)
    try:
        result = quiet.run(
            *words, stdin=stdin, ok=range(-64, 256), limit_s=None if git.on_terminal else git.ask_limit_s
        )
    except TimedOut as error:
        message = (
            f"the signing program did not answer within {git.ask_limit_s:g} s; it may have waited for a passphrase"
        )
        raise SigningFailed(message) from error
    if result.code:
        raise SigningFailed(result.error_text or f"git {words[0]}: exit code {result.code}")
    return result


def sign_tag(git: Git, settings: Settings, folder: Path, text: bytes) -> str:
    """Return the id of a signed tag object: the bytes of an unsigned one, and a signature after them.

    `git` writes the object to its own store; `folder` is private. Signing needs `git tag`, which needs a
    ref, so the tag is made in a temporary bare repository. That one has none of the repository's settings:
    those for signing are passed to it. Raises SigningFailed.
    """
    head, _, message = text.partition(b"\n\n")
    fields = dict(line.split(b" ", 1) for line in head.split(b"\n"))
    name, tagger = fields[b"tag"].decode("utf-8", "surrogateescape"), fields[b"tagger"]
    bare, file = folder / "signing.git", folder / "tag-message"
    kind = settings.last("extensions.objectformat") or "sha1"
    git.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", "--", str(bare))
    file.write_bytes(message)
    known = [f"{key}={settings.last(key)}" for key in settings.named(r"gpg\..+|user\.signingkey")]
    signer = git.having(*known, "core.hooksPath=/dev/null", **_committer(tagger.decode("utf-8", "surrogateescape")))
    words = ("tag", "-s", "-F", str(file), "--cleanup=verbatim", "--", name, fields[b"object"].decode())
    said = run_signing(signer, f"--git-dir={bare}", *words).error_text
    made = signer.run(f"--git-dir={bare}", "rev-parse", "--verify", f"refs/tags/{name}").text
    data = git.run("cat-file", "tag", made).out
    # Git 2.39 makes an unsigned tag and exits with 0 if ssh-keygen could not sign.
    if not data.startswith(text + b"-----BEGIN "):
        raise SigningFailed(said or "git made a tag without a signature")
    return git.run("mktag", stdin=data).text


def _unasking(git: Git) -> Git:
    """Return a git that prompts neither in a window nor on a terminal, even if someone is at the screen."""
    environment = {name: value for name, value in git.environment.items() if name not in _WINDOWS}
    return replace(git, environment={**environment, "SSH_ASKPASS_REQUIRE": "never"})


def _committer(line: str) -> dict[str, str]:
    who, _, when = line.rpartition("> ")
    name, _, email = who.partition(" <")
    return {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": f"@{when}"}


# Verification of tag signatures by git, gpg and ssh-keygen: one process per signed tag, several at a time

_AT_ONCE = 8


def read_signatures(repository: Repository, objects: Objects, tags: Sequence[TagRef]) -> Mapping[str, TagSignature]:
    """Return the verdict by tag name. Unsigned tags are only read; `release` itself contacts no remote."""
    verdicts = {tag.name: UNSIGNED for tag in tags}
    signed: list[tuple[TagRef, SignatureFormat]] = []
    annotated = [tag for tag in tags if tag.annotated]
    for tag, found in zip(annotated, objects.get_many([tag.object_id for tag in annotated]), strict=True):
        if found is None or found.kind != "tag":
            continue
        head, _, message = found.data.partition(b"\n\n")
        format_ = signature_format(message)
        name = _name(head)
        if format_ is not None and name != tag.name:
            # Git checks the signature, not the name: an old signed tag could pass for a new version.
            reason = f"it was signed as {name or 'a tag without a name'}"
            verdicts[tag.name] = TagSignature(state=SignatureState.BAD, format=format_, reason=reason)
        elif format_ is not None:
            signed.append((tag, format_))
    return verdicts | (_verify(_git(repository), signed) if signed else {})


def _verify(git: Git, signed: Sequence[tuple[TagRef, SignatureFormat]]) -> dict[str, TagSignature]:
    from concurrent.futures import ThreadPoolExecutor  # few tags are signed

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda one: _verdict(git, *one), signed)
        return {tag.name: verdict for (tag, _), verdict in zip(signed, found, strict=True)}


def _verdict(git: Git, tag: TagRef, format_: SignatureFormat) -> TagSignature:
    try:
        result = git.run("verify-tag", "--raw", tag.object_id, ok=range(-64, 256), limit_s=git.ask_limit_s)
    except TimedOut as error:
        return TagSignature(state=SignatureState.CANNOT_CHECK, format=format_, reason=error.message)
    said, accepted = result.error_text, result.code == 0
    return read_ssh(said, accepted=accepted) if format_ == "ssh" else read_gpg(said, accepted=accepted, format=format_)


def _git(repository: Repository) -> Git:
    """Return a git that checks ssh signatures even if no file of allowed signers is configured.

    Without such a file git checks nothing; with an empty one it still detects a broken signature.
    """
    if repository.settings.last("gpg.ssh.allowedsignersfile"):
        return repository.git
    return repository.git.having(f"gpg.ssh.allowedSignersFile={os.devnull}")


def _name(head: bytes) -> str:
    lines = (line[4:] for line in head.split(b"\n") if line.startswith(b"tag "))
    return next(lines, b"").decode("utf-8", "surrogateescape")
