"""Where frames go: encoded, put into files, and given their names when they are whole."""
