"""The public functions: names and paths in, results out."""
