"""Environment variables that no git of ours gets: they redirect it to another repository or change path rules."""

from __future__ import annotations

# `git rev-parse --local-env-vars` without GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS, which carry the
# caller's own `-c` settings; a contract test compares this with the installed git.
LOCAL_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CONFIG",
        "GIT_OBJECT_DIRECTORY",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_COMMON_DIR",
    }
)
# Our commands say themselves how paths are meant; with these git refuses that, or matches other files.
_PATHSPECS = frozenset(f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE"))
DROPPED = LOCAL_VARIABLES | {"GIT_NAMESPACE", "GIT_QUARANTINE_PATH"} | _PATHSPECS
