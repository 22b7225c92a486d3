"""Files, environment and configuration files of this machine."""
