"""The abstract reading: what an expression gives on a host, from what is known of labels and presence.

``values`` is what a label may be, ``shapes`` what series may be there, ``selecting`` what matchers leave of
them, ``evaluation`` what operators and functions make of them (``matching`` how two sides meet,
``relabeling`` what becomes of labels).
"""
