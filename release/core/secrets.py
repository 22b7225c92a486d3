"""Taking secrets out of text before anybody sees it."""

from __future__ import annotations

import re

from msgspec import Struct

# Compiled when there is something to hide: most calls have nothing. Every repetition is bounded: the
# text may be a remote's, however long. A raw `@` belongs to the password, and so does a `/` behind
# a colon that begins no port.
_USERINFO = (
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)"
    r"(?P<userinfo>[^/\s:@'\"\[]{0,200}:(?!\d+(?:[/\s'\"]|$))[^\s'\"]{1,1000}|[^/\s'\"]{1,1000})@"
)
_PAIR = (
    r"(?i)(?P<name>(?:password|passwd|passphrase|(?<=[a-z][_-])pass|(?<![a-z])(?:pwd|auth)|secret|token|"
    r"(?:access|account|api|private|shared)[_-]?key(?:[_-]?id)?|(?<![a-z])sig|signature|credentials?|authorization)"
    r"(?:[_-][\w-]{0,40})?['\"]?)(?P<sep>\s{0,9}[=:]\s{0,9})"
    r"(?:(?:basic|bearer|token|digest|negotiate|ntlm|sharedkey(?:lite)?|apikey|oauth)\s{1,9})?"
    r"(?!\*\*\*)(?:b?\"(?:[^\"\\\n]|\\.){0,4000}\"|b?'(?:[^'\\\n]|\\.){0,4000}'|[^\s&'\",;]+)"
)
# An option and its value as two words, also in Python's list of a command's words. Prose is told by how it goes on.
_OPTION = (
    r"(?i)(?P<name>(?<![\w-])--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|pwd|secret|token|credentials?|"
    r"(?:access|account|api|private|secret|shared)[_-]?key)(?:-[a-z0-9]{1,20}){0,2})(?P<sep>\s{1,9}|['\"],\s{0,9})"
    r"(?!\*\*\*)(?!-)(?!(?:a|an|and|are|as|at|can|cannot|could|does|flag|for|from|given|has|if|in|instead|into|is|it|"
    r"may|might|must|names?|need|needed|needs|no|nor|not|of|on|option|or|reads?|required|requires|set|should|takes?|"
    r"than|that|the|then|to|together|twice|was|were|when|which|will|with|without|would)\b(?:\s|[,.;:)]|$))"
    r"(?:\"(?:[^\"\\\n]|\\.){0,4000}\"|'(?:[^'\\\n]|\\.){0,4000}'|[^\s'\",;\]]+)"
)
# `user:password@host:path`, which ssh would not take, and which people write; not an image (`name:tag@sha256:...`).
_SCP = (
    r"(?<![\w.+@:/-])(?!mailto:)[A-Za-z_][\w.+-]{0,60}:(?!\*\*\*)[^\s/'\"]{1,200}@"
    r"(?=(?!(?:sha\d+|md5):)[A-Za-z0-9][\w.-]{0,250}:[^\s:])"
)
# The same as a part of another URL, once or twice encoded.
_ENCODED = r"(?i)(?P<colon>%(?:25)?3a(?P<slash>%(?:25)?2f)(?P=slash))[\w.~%+!$*()-]{1,300}?(?P<at>%(?:25)?40)"
# All that follows on the line, or the quoted value.
_COOKIE = r"(?i)(?P<name>\b(?:set-)?cookie['\"]?:\s{0,9})(?!\*\*\*)(?:\"[^\"\n]{0,4000}\"|'[^'\n]{0,4000}'|[^\s'\"][^\n'\"]{0,4000})"
_KEY_BLOCK = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"
)
# Forms that services give their tokens, known without a name before them.
_KNOWN_FORM = (
    r"\b(?:gh[opsru]_|github_pat_|glpat-|hf_|xox[abeoprs]-|ya29\.)[\w-]{16,}|\bA[KS]IA[0-9A-Z]{16}\b|"
    r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]*"
)


def without_secrets(text: str) -> str:
    """The text with passwords and tokens as `***`: in URLs, `name=value` pairs, options, or of a known form.

    A user name alone stays (`ssh://git@host`), for ssh needs it to be recognised.
    """

    def hide(match: re.Match[str]) -> str:
        user, colon, _password = match["userinfo"].partition(":")
        if not colon and match["scheme"].lower().startswith("http"):
            return f"{match['scheme']}***@"  # a token stands in the place of the user
        return f"{match['scheme']}{user if not colon else '***'}@"

    text = re.sub(_PAIR, r"\g<name>\g<sep>***", re.sub(_USERINFO, hide, text))
    if "--" in text:
        text = re.sub(_OPTION, r"\g<name>\g<sep>***", text)
    if "@" in text:
        text = re.sub(_SCP, "***@", text)
    if "40" in text:
        text = re.sub(_ENCODED, r"\g<colon>***\g<at>", text)
    if "ookie" in text.lower():
        text = re.sub(_COOKIE, r"\g<name>***", text)
    if "PRIVATE KEY" in text:
        text = re.sub(_KEY_BLOCK, "***", text)
    return re.sub(_KNOWN_FORM, "***", text)


class Guarded(Struct, frozen=True):
    """A value that may hold secrets: its repr, which tracebacks and logs show, tells its type alone."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
