"""Interpolators: the frames between two frames."""
