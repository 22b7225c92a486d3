"""Verification of tag signatures by git, gpg and ssh-keygen: one process per signed tag, several at a time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from release.adapters.git.objects import Objects
from release.adapters.git.process import Git, Running, TimedOut
from release.adapters.git.repository import Repository
from release.core.tags.signature import (
    UNSIGNED,
    SignatureFormat,
    SignatureState,
    TagSignature,
    read_gpg,
    read_ssh,
    signature_format,
)
from release.core.tags.tag import TagRef

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
    verdicts |= _verify(_git(repository), signed)
    return verdicts


def _verify(git: Git, signed: Sequence[tuple[TagRef, SignatureFormat]]) -> dict[str, TagSignature]:
    verdicts = {}
    with ExitStack() as stack:
        running: list[tuple[TagRef, SignatureFormat, Running]] = []
        waiting = list(signed[::-1])
        while waiting or running:
            while waiting and len(running) < _AT_ONCE:
                tag, format_ = waiting.pop()
                process = git.start("verify-tag", "--raw", tag.object_id)
                stack.callback(process.stop)
                running.append((tag, format_, process))
            tag, format_, process = running.pop(0)
            verdicts[tag.name] = _verdict(process, format_)
    return verdicts


def _verdict(process: Running, format_: SignatureFormat) -> TagSignature:
    try:
        result = process.finish(ok=range(-64, 256), limit_s=process.ask_limit_s)
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
