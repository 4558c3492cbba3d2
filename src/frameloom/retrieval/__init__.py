"""The most similar picture out of many: index, search, selection, collage."""
