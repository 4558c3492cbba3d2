"""Pictures that stay: images for all frames together, of which each must stay a while or earn its place."""
