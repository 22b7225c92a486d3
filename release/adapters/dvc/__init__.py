"""DVC access: everything that `release` asks of DVC: configuration, remotes, cache."""
