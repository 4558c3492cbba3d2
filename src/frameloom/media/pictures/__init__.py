"""Pictures in their native formats: planes, colours, what a pixel format holds."""
