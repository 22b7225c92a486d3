"""CHANGELOG.md: writing an entry, editing the file, adding missing entries."""
