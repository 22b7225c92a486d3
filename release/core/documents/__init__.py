"""Parsers of JSON, YAML and TOML into plain values, within limits."""
