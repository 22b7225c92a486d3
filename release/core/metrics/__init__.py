"""Metrics and parameters: files, keys, directions and changes."""
