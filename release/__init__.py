"""Releases of code, data and models: git tags whose DVC objects are proven to be on their remote."""

__version__ = "0.1.0"
