"""CHANGELOG.md: an entry, the file, the file made whole."""
