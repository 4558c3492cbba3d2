"""What a file holds besides its pictures, on its way into an output."""
