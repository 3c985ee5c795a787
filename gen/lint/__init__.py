"""The linter: what every rule, scrape config and dashboard will give, without a server.

``documents`` is what was read, ``checks`` what is looked for, ``model`` what is said about it.
"""
