"""Limits on what is read of a repository. Beyond them a command fails or reports `unknown`, naming the place.

Each is at least ten times what the benchmarks have. docs/reference/limits.md lists them all.
"""

from __future__ import annotations

MAX_OBJECT_BYTES = 100_000_000  # per file or folder of a commit
MAX_MESSAGE_BYTES = 10_000_000  # per commit or tag
MAX_TREE_DEPTH = 100  # nested folders in a commit
MAX_COMMIT_FILES = 2_000_000  # files and folders per commit
MAX_POINTER_FILES = 200_000  # per commit, with its ignore files
MAX_LOG_BYTES = 100_000_000  # messages of all commits, or subjects of all tags, read at once

MAX_DOCUMENT_BYTES = 50_000_000  # of a file with metrics or parameters, and of dvc.yaml
MAX_VALUES = 2_000_000  # in one document; in YAML keys count, too, in a table each cell
MAX_DEPTH = 100  # of lists and mappings in each other
MAX_KEY_LENGTH = 10_000  # characters of a metric's name
MAX_KEYS_LENGTH = 200_000_000  # characters of all names in a file
MAX_POINTER_BYTES = 64_000_000  # .dvc file or dvc.lock; on cloud-versioned remotes they list each file
MAX_POINTER_VALUES = 10_000_000
MAX_PIPELINE_VALUES = 1_000_000  # per dvc.yaml

MAX_LISTING_BYTES = 1_000_000_000  # per directory object
MAX_LISTING_ENTRIES = 10_000_000
MAX_METRICS_LISTING_BYTES = 64_000_000  # per directory object that is read for metrics only
MAX_WRITTEN_BYTES = 75_000_000  # changelog
MAX_WRITTEN_LINES = 2_000_000
MAX_VERSION_FILE_BYTES = 10_000_000  # files with a version pattern; pyproject.toml is a settings file
MAX_SETTINGS_BYTES = 1_000_000  # one configuration file, of this tool or of DVC

MAX_PATTERNS = 1_000  # per list in the configuration; gates, too
MAX_PATTERN_LENGTH = 1_000  # characters

MAX_IGNORE_BYTES = 1_000_000  # per .dvcignore in the work tree
