"""Makes a repository from nothing: an inventory, a workflow that checks it, a README.

``ansible`` and ``file_sd`` read what other tools know of the hosts, ``repository`` writes all files or none.
"""
