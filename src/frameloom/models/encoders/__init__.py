"""One encoder per file: images to grids of tokens."""
