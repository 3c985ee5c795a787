"""Checks of PromQL expressions, wherever they stand."""
