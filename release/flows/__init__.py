"""User stories: read facts, decide a plan, confirm, run, report. This is the Python API."""
