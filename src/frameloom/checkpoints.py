"""Weights from files: found, verified, read without executing anything, and loaded completely or not at all."""
