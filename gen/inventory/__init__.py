"""Reads hosts.yaml into a checked Fleet."""
