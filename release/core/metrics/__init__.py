"""Numbers and parameters: their files, keys, directions, and how they changed."""
