"""The same work done by the peers and by `release`, in one run, as ratios: `python -m benchmarks --help`."""
