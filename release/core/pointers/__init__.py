"""DVC data of a commit: `.dvc` files, dvc.lock, dvc.yaml, directory objects."""
