"""Expressions that hosts leave empty, rewritten to series that all of them have.

``stock`` is what can be rewritten to what, ``patterns`` and ``finding`` find it in somebody's expression,
``matchers``, ``scaling`` and ``fitting`` say whether and how the new series fit there, ``readers`` who else
reads their labels, ``writing`` writes them, ``proving`` shows that nobody gets less than before.
"""
