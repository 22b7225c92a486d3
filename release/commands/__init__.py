"""One folder for each command: options (cli), work, text and JSON (view)."""
