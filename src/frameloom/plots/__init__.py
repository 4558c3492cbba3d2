"""Pictures of results. The only part that imports matplotlib."""
