"""The linter: what every rule, scrape config and dashboard will give, without a server.

From what knows least to what knows most:

- ``model``, ``documents``: what is said, and what it is said about; plain data.
- ``reading``: files to documents, with exact places. ``settings``: what people set.
- ``facts``: what expressions and rules say by themselves. ``abstract``: what an expression gives where the
  labels of series are known. ``world``: which series the hosts of an inventory have.
- ``context``: all of that, for one run. ``check``: what a check is. ``rewriting``: better expressions.
- ``checks``: what is looked for, a folder a family.
- ``run``: every check on everything. ``report``, ``pages``, ``explaining``: findings and checks as text.
- ``gathering``, ``generated``, ``building``: the files, and what a build of the inventory adds to them.
- ``fixing``: mends files. ``command``: `monogen lint`.
"""
