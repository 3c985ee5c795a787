"""The checks, a folder a family. Importing this package registers them all."""

from importlib import import_module
from pathlib import Path

# A glob is several times faster than pkgutil.walk_packages, and every run of the linter pays for it.
for _module in sorted(Path(__file__).parent.glob("*/[!_]*.py")):
    import_module(f"{__name__}.{_module.parent.name}.{_module.stem}")
