"""Models behind their roles, and the table of those that come with the package."""
