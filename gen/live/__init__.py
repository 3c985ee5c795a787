"""What talks to running servers: Prometheus, Grafana, exporters. Nothing else in monogen uses the network.

``client`` is the one way to speak HTTP; each command has a folder or a module of its own beside it.
"""
