"""The `.dvcignore` files of the work tree, matched by DVC's own code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from release.core.limits import MAX_IGNORE_BYTES, MAX_IGNORE_LINES, MAX_PATTERN_LENGTH
from release.core.matching import LinearPattern


class Ignored:
    """The `.dvcignore` files of a commit: folder (from the git root, "" or with a final `/`) -> bytes.

    Most have only comments; then nothing is loaded. Patterns are matched by DVC's own code, in linear time.
    A file with an invalid pattern, over which every DVC command fails, hides nothing. `unreadable` has the
    reason for such files that `hides` met, and for files that are not UTF-8. `unknown` has the reason for
    files beyond the limits; they hide nothing here.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.unknown = beyond_limits(files)
        files = {folder: data for folder, data in files.items() if f"{folder}.dvcignore" not in self.unknown}
        self._lines = {folder: lines for folder, data in files.items() if (lines := _lines(data))}
        self._merged: dict[tuple[str, str], Any] = {}
        strange = {folder: reason for folder, data in files.items() if (reason := _not_text(data))}
        self.unreadable = {f"{folder}.dvcignore": reason for folder, reason in strange.items()}

    def hides(self, path: str, root: str) -> bool:
        """Return whether DVC, in its root, ignores the file `path`; both from the git root."""
        base = f"{root}/" if root else ""
        folder = posixpath.dirname(path)
        if not self._access(base, folder):
            return False
        parts = path[len(base) :].split("/")
        for depth in range(len(parts)):
            above = "/".join(parts[:depth])
            patterns = self._patterns(base, above)
            if patterns is not None and patterns.matches(f"/{above}", parts[depth], depth < len(parts) - 1):
                return True
        return False

    def _access(self, base: str, folder: str) -> bool:
        """Return whether a file with patterns is in a folder or above it, in the same DVC root."""
        return any(each.startswith(base) and f"{folder}/".startswith(each) for each in self._lines)

    def _patterns(self, base: str, folder: str) -> Any:
        """Return the patterns in force in `folder` (relative to the DVC root), merged from those above, or None."""
        if (base, folder) not in self._merged:
            from dvc.ignore import DvcIgnorePatterns
            from dvc.pathspec_math import PatternInfo, merge_patterns

            above = self._patterns(base, posixpath.dirname(folder)) if folder else None
            own = self._lines.get(f"{base}{folder}/" if folder else base)
            merged = above
            if own is not None:
                new = [PatternInfo(line, "") for line in own]
                old, prefix = (above.pattern_list, above.dirname) if above is not None else ([], "/")
                try:
                    merged = DvcIgnorePatterns(*merge_patterns(posixpath, old, prefix, new, f"/{folder}"), "/")
                    merged.ignore_spec = [tuple(map(in_linear_time, rules)) for rules in merged.ignore_spec]
                except (ValueError, re.error) as error:
                    self.unreadable[f"{base}{folder}/.dvcignore" if folder else f"{base}.dvcignore"] = str(error)
            self._merged[base, folder] = merged
        return self._merged[base, folder]


def beyond_limits(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return those of a commit's ignore files that exceed the limits, by path, with the reason."""
    found: dict[str, str] = {}
    total = 0
    for folder, data in sorted(files.items()):
        lines = data.splitlines() if len(data) <= MAX_IGNORE_BYTES else []
        total += len(lines)
        if len(data) > MAX_IGNORE_BYTES:
            found[f"{folder}.dvcignore"] = f"it has more than {MAX_IGNORE_BYTES:,} bytes"
        elif total > MAX_IGNORE_LINES:
            found[f"{folder}.dvcignore"] = (
                f"with it the .dvcignore files of the commit have more than {MAX_IGNORE_LINES:,} lines"
            )
        elif any(len(line) > MAX_PATTERN_LENGTH for line in lines):
            found[f"{folder}.dvcignore"] = f"a line has more than {MAX_PATTERN_LENGTH:,} characters"
    return found


def in_linear_time(value: Any) -> Any:
    """Return a linear-time matcher for a compiled expression of DVC's libraries; any other value unchanged."""
    return _Matcher(value) if isinstance(value, re.Pattern) else value


class _Matcher:
    """The part of a compiled expression that DVC and dulwich call."""

    def __init__(self, compiled: re.Pattern[Any]) -> None:
        self._linear = LinearPattern(compiled)
        self.pattern = compiled.pattern

    def match(self, text: Any) -> _Match | None:
        return _Match() if self._linear.match(text) else None


class _Match:
    """A match. DVC asks only for a message which of several patterns matched, so that does not matter here."""

    @staticmethod
    def groupdict() -> dict[str, str]:
        return {"rule_0": ""}


def _not_text(data: bytes) -> str | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    return None


def _lines(data: bytes) -> list[str]:
    stripped = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
