"""What a commit says about its data: `.dvc` files, dvc.lock, dvc.yaml, directory objects."""
