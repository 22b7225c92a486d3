"""Releases of code, data and models: git tags whose DVC objects are proven to be on their remote.

The names in `__all__` are the Python API, which is in `api.py`. They are imported at their first use, because the command
line does not need them. Type checkers read `__init__.pyi` instead of this file.
"""

__version__ = "0.1.0"
__all__ = [
    "BumpDocument",
    "DataMissing",
    "ExitCode",
    "Interrupted",
    "JsonCheck",
    "JsonGate",
    "JsonLine",
    "JsonMetric",
    "JsonOut",
    "JsonProblem",
    "JsonRevision",
    "ListDocument",
    "PartlyDone",
    "Project",
    "Raced",
    "Refused",
    "ReleaseError",
    "ShowDocument",
    "Unknown",
    "UsageError",
    "Verdict",
    "VerifyDocument",
    "__version__",
    "open_project",
    "records",
]


def __getattr__(name: str) -> object:
    """Return a name of the API, and import it. Raises AttributeError for any other."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("release.api"), name)


def __dir__() -> list[str]:
    """Return the names that are here, and those of the API."""
    return sorted({*globals(), *__all__})
