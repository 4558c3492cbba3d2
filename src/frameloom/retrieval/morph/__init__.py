"""A pool of images alone as a film: a path from picture to similar picture, in colours that follow one another."""
