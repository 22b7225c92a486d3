"""What can be true of a repository and its blob store: a case is a template and what is done to it with real tools.

A theme is a module: its acts, then its cases, those whose data a fresh clone gets (HEALTHY) and those whose it does not.
"""

from fault_cases import directories, imports, objects, oddities, pipelines, pointers, remotes, seen_files, unusual

HEALTHY = (
    *objects.HEALTHY,
    *directories.HEALTHY,
    *pointers.HEALTHY,
    *seen_files.HEALTHY,
    *pipelines.HEALTHY,
    *remotes.HEALTHY,
    *imports.HEALTHY,
    *oddities.HEALTHY,
    *unusual.HEALTHY,
)
BROKEN = (
    *objects.BROKEN,
    *directories.BROKEN,
    *pointers.BROKEN,
    *seen_files.BROKEN,
    *pipelines.BROKEN,
    *remotes.BROKEN,
    *imports.BROKEN,
    *oddities.BROKEN,
    *unusual.BROKEN,
)
