"""Command line: options to requests, reports to exit codes."""
