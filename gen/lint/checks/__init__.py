"""The checks, a folder a family. Importing this package registers them all."""

from importlib import import_module
from pkgutil import walk_packages

for _module in sorted(found.name for found in walk_packages(__path__, f"{__name__}.")):
    import_module(_module)
