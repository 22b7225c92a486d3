"""Masking of secrets in text that is shown or logged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

from msgspec import Struct

# Compiled only when needed: most calls have nothing to mask. Every repetition is bounded, because the text may be a
# remote's, of any length. A raw `@` belongs to the password, and so does a `/` after a colon that begins no port.
_USERINFO = (
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)"
    r"(?P<userinfo>[^/\s:@'\"\[]{0,200}:(?!\d+(?:[/\s'\"]|$))[^\s'\"]{1,1000}|[^/\s'\"]{1,1000})@"
)
_PAIR = (
    r"(?i)(?P<name>(?:password|passwd|passphrase|(?<=[a-z][_-])pass|(?<![a-z])(?:pwd|auth)|secret|token(?!_command\b)|"
    r"(?:access|account|api|private|shared)[_-]?key(?:[_-]?id)?|(?<![a-z])sig|signature|credentials?|authorization)"
    r"(?:[_-][\w-]{0,40})?['\"]?)(?P<sep>\s{0,9}[=:]\s{0,9})"
    r"(?:(?:basic|bearer|token|digest|negotiate|ntlm|sharedkey(?:lite)?|apikey|oauth)\s{1,9})?"
    r"(?!\*\*\*)(?:b?\"(?:[^\"\\\n]|\\.){0,4000}\"|b?'(?:[^'\\\n]|\\.){0,4000}'|[^\s&'\",;]+)"
)
# An option and its value as two words, also in Python's list of a command's words. Prose is recognized by the next
# word.
_OPTION = (
    r"(?i)(?P<name>(?<![\w-])--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|pwd|secret|token|credentials?|"
    r"(?:access|account|api|private|secret|shared)[_-]?key)(?:-[a-z0-9]{1,20}){0,2})(?P<sep>\s{1,9}|['\"],\s{0,9})"
    r"(?!\*\*\*)(?!-)(?!(?:a|an|and|are|as|at|can|cannot|could|does|flag|for|from|given|has|if|in|instead|into|is|it|"
    r"may|might|must|names?|need|needed|needs|no|nor|not|of|on|option|or|reads?|required|requires|set|should|takes?|"
    r"than|that|the|then|to|together|twice|was|were|when|which|will|with|without|would)\b(?:\s|[,.;:)]|$))"
    r"(?:\"(?:[^\"\\\n]|\\.){0,4000}\"|'(?:[^'\\\n]|\\.){0,4000}'|[^\s'\",;\]]+)"
)
# `user:password@host:path`, which ssh does not accept but users write; not an image (`name:tag@sha256:...`).
_SCP = (
    r"(?<![\w.+@:/-])(?!mailto:)[A-Za-z_][\w.+-]{0,60}:(?!\*\*\*)[^\s/'\"]{1,200}@"
    r"(?=(?!(?:sha\d+|md5):)[A-Za-z0-9][\w.-]{0,250}:[^\s:])"
)
# Credentials in a URL that is part of another URL, encoded once or twice.
_ENCODED = r"(?i)(?P<colon>%(?:25)?3a(?P<slash>%(?:25)?2f)(?P=slash))[\w.~%+!$*()-]{1,300}?(?P<at>%(?:25)?40)"
# The rest of the line, or the quoted value.
_COOKIE = r"(?i)(?P<name>\b(?:set-)?cookie['\"]?:\s{0,9})(?!\*\*\*)(?:\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|[^\s'\"][^\n'\"]{0,4000})"
_KEY_BLOCK = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)
# Token formats of services, recognized without a name before them.
_KNOWN_FORM = (
    r"\b(?:gh[opsru]_|github_pat_|glpat-|hf_|xox[abeoprs]-|ya29\.)[\w-]{16,}|\bA[KS]IA[0-9A-Z]{16}\b|"
    r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]*"
)

# A header's value of several parts: all of them.
_PARTS = (
    r"(?i)(?P<name>\bauthorization['\"]?\s{0,9}[=:]\s{0,9})['\"]?(?:digest|aws4-hmac-sha256|hawk|oauth|signature)\s{1,9}"
    r"[\w-]{1,60}=[^\n]{0,4000}"
)
_BEARER = r"\b(?P<name>(?i:bearer)\s{1,9})(?=[a-z]{0,200}[^\sa-z'\",;:)])[\w.~+/=-]{8,4000}"
# Base64 text, which soon has a capital letter.
_CODED = r"(?:[A-Za-z0-9+/_-]{4,1000}(?:=|%3[Dd]){0,2})(?![\w+/=-])"
_BASIC = rf"(?P<name>\b(?i:basic)(?:\s|%20|\+){{1,9}})(?P<value>{_CODED})"
_PAIR_CODED = rf"(?P<name>)(?<![\w+/=%-])(?=[a-z0-9]{{0,15}}[A-Z])(?=[\w+/-]{{12}})(?P<value>{_CODED})"


def without_secrets(text: str, known: Collection[str] = ()) -> str:
    """Mask passwords and tokens with `***`: in URLs, `name=value` pairs, options, or of a known form.

    Each form of a `known` secret is masked everywhere (see `forms_of`). A user name alone stays (`ssh://git@host`): ssh
    remotes are recognized by it.
    """
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, "***")
    low = text.lower()
    for sign, pattern, instead in _RULES:
        if sign in low:
            text = re.sub(pattern, instead, text)
    return text


def forms_of(secrets: Iterable[str], users: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every form in which a server may send secrets back, alone and as `user:secret`, for `known`.

    The forms: plain, and encoded for a URL, HTML, JSON, base64 and hexadecimal.
    """
    names = tuple(dict.fromkeys((*users, "")))
    found: dict[str, None] = {}
    for secret in secrets:
        for plain in dict.fromkeys((secret, unquote(secret))):
            if len(plain) > 1:
                found |= dict.fromkeys((plain, *_written(plain)))
                for text in (plain, *(f"{name}:{plain}" for name in names), f"{plain}:"):
                    found |= dict.fromkeys(form for form in _coded(text) if len(form) >= _SHORTEST_FORM)
    return tuple(found)


_SHORTEST_FORM = 6  # shorter ones occur in other words, too


def _written(text: str) -> Iterator[str]:
    import html  # only if a secret is known

    for form in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form)
    yield html.escape(text)
    yield json.dumps(text)[1:-1]


def _coded(text: str) -> Iterator[str]:
    from base64 import b64encode, urlsafe_b64encode  # only if a secret is known

    data = text.encode("utf-8", "surrogateescape")
    for code in (b64encode(data).decode(), urlsafe_b64encode(data).decode()):
        yield from (code, code.rstrip("="), *_written(code))
    yield from (data.hex(), data.hex().upper())


def _without_pair(found: re.Match[str]) -> str:
    """Mask a base64 word if it decodes to `user:password`."""
    from base64 import b64decode  # few texts have such words

    code = unquote(found["value"]).rstrip("=").replace("-", "+").replace("_", "/")
    said = b64decode(code + "=" * (-len(code) % 4)) if len(code) % 4 != 1 else b""
    text = said.decode("utf-8", "replace")
    is_text = (
        text.isprintable() and "\ufffd" not in text if not found["name"] else found["value"] != found["value"].lower()
    )
    return f"{found['name']}***" if ":" in text and is_text else found[0]


def _without_userinfo(found: re.Match[str]) -> str:
    user, colon, _password = found["userinfo"].partition(":")
    if not colon and found["scheme"].lower().startswith("http"):
        return f"{found['scheme']}***@"  # the user name may be a token
    return f"{found['scheme']}{user if not colon else '***'}@"


# Text (in lower case) that must occur for the pattern to be tried; the pattern; the replacement.
_RULES: tuple[tuple[str, str, str | Callable[[re.Match[str]], str]], ...] = (
    ("://", _USERINFO, _without_userinfo),
    ("authorization", _PARTS, r"\g<name>***"),
    ("", _PAIR, r"\g<name>\g<sep>***"),
    ("bearer", _BEARER, r"\g<name>***"),
    ("basic", _BASIC, _without_pair),
    ("", _PAIR_CODED, _without_pair),
    ("--", _OPTION, r"\g<name>\g<sep>***"),
    ("@", _SCP, "***@"),
    ("40", _ENCODED, r"\g<colon>***\g<at>"),
    ("cookie", _COOKIE, r"\g<name>***"),
    ("private key", _KEY_BLOCK, "***"),
    ("", _KNOWN_FORM, "***"),
)


class Guarded(Struct, frozen=True):
    """A value that may hold secrets: its repr, which tracebacks and logs show, is only its type."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
