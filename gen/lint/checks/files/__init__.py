"""Checks of files as such: can they be read, and are the comments for the linter in use."""
