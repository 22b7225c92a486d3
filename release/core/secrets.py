"""Taking secrets out of text before anybody sees it."""

from __future__ import annotations

import re

from msgspec import Struct

# Compiled when there is something to hide: most calls have nothing.
_USERINFO = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<userinfo>[^/\s@'\"]+)@"
_PAIR = (
    r"(?i)(?P<name>(?:password|passwd|secret|token|access[_-]?key(?:[_-]?id)?|api[_-]?key|sig|signature|"
    r"credential|authorization)[\w-]*)(?P<sep>\s*[=:]\s*)(?:basic\s+|bearer\s+)?[^\s&'\",;]+"
)


def without_secrets(text: str) -> str:
    """The text with passwords and tokens in URLs and `name=value` pairs replaced by `***`.

    A user name alone stays (`ssh://git@host`), for ssh needs it to be recognised.
    """

    def hide(match: re.Match[str]) -> str:
        user, colon, _password = match["userinfo"].partition(":")
        if not colon and match["scheme"].lower().startswith("http"):
            return f"{match['scheme']}***@"  # a token stands in the place of the user
        return f"{match['scheme']}{user if not colon else '***'}@"

    return re.sub(_PAIR, r"\g<name>\g<sep>***", re.sub(_USERINFO, hide, text))


class Guarded(Struct, frozen=True):
    """A value that may hold secrets: its repr, which tracebacks and logs show, tells its type alone."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
