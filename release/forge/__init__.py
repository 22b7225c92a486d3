"""Forges: the only code that talks to their APIs."""
