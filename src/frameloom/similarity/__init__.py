"""How alike frames are: of two images, over a video, patch by patch."""
