"""Checks of how targets are scraped."""
