"""Denser video: which frames, when, and from what."""
