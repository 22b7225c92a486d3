"""Everything that `release` asks of git, through one runner."""
