"""Asking the stores for what commits need, and uploading what they lack."""
