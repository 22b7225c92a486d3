"""How much of a repository is read at most. What goes beyond is an error or an `unknown` that names the place.

Each is at least ten times what the benchmarks have. docs/reference/limits.md lists them all.
"""

from __future__ import annotations

MAX_OBJECT_BYTES = 100_000_000  # of a file or folder of a commit, whatever it is read for
MAX_MESSAGE_BYTES = 10_000_000  # of a commit or a tag
MAX_TREE_DEPTH = 100  # folders in each other, in a commit
MAX_COMMIT_FILES = 2_000_000  # files and folders of a commit
MAX_POINTER_FILES = 200_000  # of a commit, with its ignore files
MAX_LOG_BYTES = 100_000_000  # of the messages of all commits, or the subjects of all tags, that are read at once

MAX_DOCUMENT_BYTES = 50_000_000  # of JSON, YAML and TOML with metrics or parameters, and of dvc.yaml
MAX_VALUES = 2_000_000  # in one document; in YAML keys count, too
MAX_DEPTH = 100  # of lists and mappings in each other
MAX_KEY_LENGTH = 10_000  # characters of a metric's name
MAX_KEYS_LENGTH = 200_000_000  # characters of all names of a file together
MAX_POINTER_BYTES = 64_000_000  # of a .dvc file or dvc.lock: on cloud-versioned remotes they list each file
MAX_POINTER_VALUES = 10_000_000
MAX_PIPELINE_VALUES = 1_000_000  # of a dvc.yaml

MAX_LISTING_BYTES = 1_000_000_000  # of a directory object
MAX_LISTING_ENTRIES = 10_000_000
MAX_METRICS_LISTING_BYTES = 64_000_000  # of a directory object that is looked into for metrics alone
MAX_WRITTEN_BYTES = 75_000_000  # of a changelog
MAX_WRITTEN_LINES = 2_000_000
MAX_VERSION_FILE_BYTES = 10_000_000  # where the version is found by a pattern; pyproject.toml is a settings file
MAX_SETTINGS_BYTES = 1_000_000  # of one file of this tool's, or of DVC's configuration

MAX_PATTERNS = 1_000  # in one list of the configuration; gates, too
MAX_PATTERN_LENGTH = 1_000  # characters

MAX_IGNORE_BYTES = 1_000_000  # of one .dvcignore or .gitignore
MAX_IGNORE_LINES = 5_000  # of all .dvcignore, or all .gitignore files of a commit

MAX_STAGES = 10_000  # that the `foreach` and `matrix` of a dvc.yaml come to
MAX_TEMPLATED_TEXT = 1_000_000_000  # characters that its templates come to
MAX_VARS_BYTES = 1_000_000  # of params.yaml and what `vars` names
