"""How well models restore frames of one clip that were left out of it."""
