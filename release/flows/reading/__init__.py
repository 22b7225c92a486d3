"""What commits and tags hold, read for many stories."""
