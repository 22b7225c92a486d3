"""All that reads DVC files, caches and remotes."""
