"""Mends what can be mended, in the text of the file."""
