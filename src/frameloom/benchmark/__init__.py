"""How well models do on data with known truth."""
