"""Readers of commits and tags, shared by many commands."""
