"""Writing what was generated: YAML as people review it, and folders that are the old or the new.

``yamltext`` makes YAML; ``writing`` has ``write`` and ``compare``, and tells the way through the rest.
"""
