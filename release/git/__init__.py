"""All that runs or reads git."""
