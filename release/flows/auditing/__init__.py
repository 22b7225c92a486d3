"""Check that the DVC remotes have what commits need, and upload what they lack."""
