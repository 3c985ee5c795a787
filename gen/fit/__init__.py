"""Will a model fit on a host? Budgets before loading, from sizes alone; nothing here touches a network.

``kv_cache`` has the formulas, ``gguf`` and ``hf_config`` read what they need from a model's own files,
``verdict`` compares with a host, ``together`` tells which models fit side by side, ``speed`` gives the
ceiling that memory bandwidth sets, and ``report`` prints it all.
"""
