"""Whole images as unit vectors: how they are framed, the parts that describe them, and one file per method."""
