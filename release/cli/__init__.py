"""Door: words of the command line to requests, reports to exit codes."""
