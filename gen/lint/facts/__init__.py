"""What expressions, rules and catalogs say by themselves, without looking at a host.

``labels`` are those that an expression can carry, ``series`` tells counters from gauges and how often samples
come, ``order`` which rule reads what which other rule records.
"""
