"""The best choice without repeats: images for all frames together, with proof."""
