"""What is made of the files that come with monogen, kept as Python keeps compiled modules: in __pycache__.

To read the catalogs and to compile rule templates and schemas takes longer than everything else that is done
for a few hosts. As with modules, what was kept is used for the very same text only, and where nothing can be
kept (or PYTHONDONTWRITEBYTECODE says so) it is made each time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")

STAMP = 8
"""Bytes of ``source_hash``."""


def compiled(file: Path, make: Callable[[str], T], maker: str, part: str = "") -> T:
    """What ``make`` makes of the text of one of monogen's own files; perhaps made by an earlier run.

    It must be something that marshal writes: code, or data of dict, list, tuple, str, numbers, bool and None.
    ``maker`` names the library that makes it, with its version. What another one made is not used, nor what
    was made before the module of ``make`` was changed. ``part`` tells apart what is made of one file.
    """
    source = file.read_bytes()
    made_by = _module(getattr(make, "__module__", None) or "")
    stamp = source_hash(b"\n".join([MAGIC_NUMBER, maker.encode(), part.encode(), made_by, source]))
    kept = _beside(file, part)
    # Whatever is there may have been cut off or overwritten by anybody.
    with suppress(OSError, EOFError, ValueError, TypeError):
        content = kept.read_bytes()
        if content[:STAMP] == stamp:
            return cast(T, marshal.loads(content[STAMP:]))  # noqa: S302 - as trusted as a module's
    made = make(source.decode())
    if not sys.dont_write_bytecode:
        _keep(kept, stamp + marshal.dumps(cast(Any, made)))
    return made


@cache
def _module(name: str) -> bytes:
    """The source of a module; nothing where there is none."""
    file = getattr(sys.modules.get(name), "__file__", None)
    try:
        return Path(file).read_bytes() if file else b""
    except OSError:
        return b""


def _beside(file: Path, part: str) -> Path:
    """Where a module of that name would be kept: PYTHONPYCACHEPREFIX holds here too."""
    name = f"{file.name}-{part}.py" if part else f"{file.name}.py"
    return Path(cache_from_source(str(file.with_name(name))))


def _keep(kept: Path, content: bytes) -> None:
    """Whole or not at all: others may read it at this moment."""
    unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(kept)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
