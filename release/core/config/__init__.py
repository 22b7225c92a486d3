"""Configuration: values, parsing and display."""
