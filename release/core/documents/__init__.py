"""JSON, YAML and TOML text into plain values, within limits."""
