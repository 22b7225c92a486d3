"""How much of a repository is read at most. What goes beyond is an error or an `unknown` that names the place.

Each is at least ten times what the benchmarks have. docs/reference/limits.md lists them all.
"""

from __future__ import annotations

MAX_PATTERNS = 1_000  # in one list of the configuration; gates, too
MAX_PATTERN_LENGTH = 1_000  # characters

MAX_IGNORE_BYTES = 1_000_000  # of one .dvcignore or .gitignore
MAX_IGNORE_LINES = 5_000  # of all .dvcignore, or all .gitignore files of a commit

MAX_STAGES = 10_000  # that the `foreach` and `matrix` of a dvc.yaml come to
MAX_TEMPLATED_TEXT = 1_000_000_000  # characters that its templates come to
MAX_VARS_BYTES = 1_000_000  # of params.yaml and what `vars` names
