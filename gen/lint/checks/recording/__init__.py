"""Checks of recording rules."""
