"""Audit of a commit's data: problems, rules, uploads and lineage."""
