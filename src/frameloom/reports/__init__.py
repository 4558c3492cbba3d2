"""HTML pages that show what was made and how good it is, and the drawn scene of the demonstration."""
