"""How the modules of a network are run: as PyTorch does, faster, or compiled."""
