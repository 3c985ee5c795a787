"""Puts a fleet's rules into Grafana Mimir's ruler over its HTTP API, and removes what is built no more."""
