"""The configuration: its values, how they are read, how they are shown."""
