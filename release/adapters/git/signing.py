"""Signed commits and tags, made in a private store with git's own programs, keys and settings.

Git makes the signature, so everything that `git tag -s` supports works: gpg, ssh and x509, agents,
hardware keys, `key::` literals, default key commands.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from release.adapters.git.process import Git, Result, TimedOut
from release.adapters.git.repository import Settings
from release.core.tags.signing import SigningKey
from release.errors import Refused

_WINDOWS = ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "SSH_ASKPASS")


class SigningFailed(Refused):
    """A signature that git or its signing program did not make; `message` has the output."""


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
        message = f"the signing program gave no answer in {git.ask_limit_s:g} s; it may have waited for a passphrase"
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
