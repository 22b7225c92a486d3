"""Versions: choosing the next one, and reading and writing it."""
