"""Where frames come from: files opened, packets listed, pictures decoded."""
