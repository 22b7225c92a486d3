"""Everything that `release` asks of DVC: configuration, remotes, cache."""
