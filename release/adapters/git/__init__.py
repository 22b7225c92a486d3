"""Git access: everything that `release` asks of git, through one runner."""
