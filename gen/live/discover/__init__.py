"""Looks at hosts for exporters and writes what it saw as entries of an inventory.

``looking`` asks the ports side by side, ``probing`` one of them; ``recognising`` tells an exporter by its
page, ``machine`` the host by all its pages, ``entry`` makes the inventory's lines of both. ``yamllines`` and
``into`` write them, the latter into a file that exists.
"""
