"""Variables of the caller that no git of ours is given: they lead to another repository, or change what words mean."""

from __future__ import annotations

# `git rev-parse --local-env-vars`, less GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS, which carry the
# caller's own `-c` settings; a contract test compares it with the git that is installed.
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
# Words of ours say themselves how their paths are meant; with these git refuses that, or takes other files for them.
_PATHSPECS = frozenset(f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE"))
DROPPED = LOCAL_VARIABLES | {"GIT_NAMESPACE", "GIT_QUARANTINE_PATH"} | _PATHSPECS
