"""The usual way: build the new folder beside the old one, then let the two exchange their names.

``.out.monogen-staging/`` holds ``tree`` (the new folder) and, once that is complete, ``inode`` (the
new folder's number). After the exchange ``tree`` is the old folder, which its number tells.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from monogen.output import durable, manifest
from monogen.output.contents import OWN_PREFIX, parents
from monogen.output.difference import Plan
from monogen.output.exchange import exchange
from monogen.output.place import Place

# What a file system, or the kernel, answers when it cannot exchange these two folders. EBUSY and EXDEV
# come from mount points, EPERM and EACCES from folders that may not be moved.
_NO_EXCHANGE = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES}
)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


class CannotSwapError(Exception):
    """The folder cannot be exchanged as a whole; the message ends the sentence "in place, because"."""


def swap(place: Place, plan: Plan) -> None:
    """Bring the folder to the plan in one step. Raises CannotSwapError or OSError; then nothing changed."""
    _refuse_what_must_stay(place)
    tree = place.staging / "tree"
    try:
        place.staging.mkdir()
        tree.mkdir()
        _fill(tree, place, plan)
        _note_inode(place)
        _take_the_name(tree, place)
    except BaseException:
        shutil.rmtree(place.staging, ignore_errors=True)
        raise
    with suppress(OSError):  # the new folder stands; what could not be tidied up, the next build does
        durable.sync([place.directory.parent])
        recover(place)


def recover(place: Place) -> bool:
    """Clear away what a killed build left beside the folder; says whether there was anything.

    Files that others put into the old folder after it was read are brought over to the new one first.
    """
    if not place.beside or not place.staging.is_dir():
        return False
    if _exchanged(place):
        _rescue(place.staging / "tree", place.directory)
    shutil.rmtree(place.staging)
    return True


def _refuse_what_must_stay(place: Place) -> None:
    if not place.beside:
        raise CannotSwapError("nothing can be written beside it")
    if not place.directory.exists():
        return
    with suppress(FileNotFoundError):
        if Path.cwd().is_relative_to(place.directory):
            raise CannotSwapError("it is the current folder")


def _fill(tree: Path, place: Place, plan: Plan) -> None:
    """Write what is new into ``tree`` and link everything over that stays, monogen's or not."""
    written = plan.written
    gone = {*written, *plan.removed}
    folders = {tree}
    if place.directory.exists():
        _keep_attributes(place.directory, tree)
        for path in _staying(place.directory, parents(plan.owned), gone):
            folders.update(_make_folders(path, tree, place.directory))
            _link(place.directory / path, tree / path)
    for path in written:
        folders.update(_make_folders(path, tree, place.directory))
    durable.write_files({tree / path: data for path, data in written.items()})
    durable.sync(sorted(folders))


def _staying(directory: Path, shared: set[str], gone: set[str], below: str = "") -> Iterator[str]:
    """Give the paths of the files and links that are neither replaced nor removed.

    A folder in which monogen has no file is a sign that something lives there (a Prometheus with its
    data, a git repository) that must not be moved under its feet.
    """
    with os.scandir(directory / below) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            path = f"{below}/{entry.name}" if below else entry.name
            if not entry.is_dir(follow_symlinks=False):
                if path not in gone:
                    yield path
            elif path in shared:
                yield from _staying(directory, shared, gone, path)
            else:
                raise CannotSwapError(f"the folder {path} in it is not monogen's")


def _make_folders(path: str, tree: Path, old: Path) -> set[Path]:
    """Make the folders above ``path`` in ``tree``, with the rights they had; give them all."""
    folders = sorted(parents([path]))
    for folder in folders:
        if not (tree / folder).exists():
            (tree / folder).mkdir()
            if (old / folder).is_dir():
                _keep_attributes(old / folder, tree / folder)
    return {tree / folder for folder in folders}


def _keep_attributes(old: Path, new: Path) -> None:
    """Give a folder the owner and the permission bits of its predecessor; access lists stay with theirs."""
    was, now = old.stat(), new.stat()
    if hasattr(os, "listxattr") and set(os.listxattr(old)) - {"security.selinux"}:
        raise CannotSwapError(f"the folder {old.name} has attributes of its own")
    if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
        try:
            os.chown(new, was.st_uid, was.st_gid)
        except PermissionError:
            raise CannotSwapError(f"the folder {old.name} belongs to someone else") from None
    new.chmod(stat.S_IMODE(was.st_mode))


def _link(old: Path, new: Path) -> None:
    """Give a file a second name, or make the same symbolic link again."""
    try:
        if old.is_symlink():
            new.symlink_to(old.readlink())
        else:
            new.hardlink_to(old)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        # A copy would lose the owner, or what somebody writes into the file right now.
        raise CannotSwapError(f"{old.name} cannot be linked ({error.strerror})") from None


def _note_inode(place: Place) -> None:
    number = str((place.staging / "tree").stat().st_ino)
    durable.write_files({place.staging / "inode": number.encode()})
    durable.sync([place.staging])


def _exchanged(place: Place) -> bool:
    """Whether ``tree`` is the old folder already."""
    with suppress(OSError):
        return (place.staging / "inode").read_text() != str((place.staging / "tree").stat().st_ino)
    return False


def _take_the_name(tree: Path, place: Place) -> None:
    if not place.directory.exists():
        tree.rename(place.directory)
        return
    try:
        exchange(tree, place.directory)
    except OSError as error:
        if error.errno in _NO_EXCHANGE:
            raise CannotSwapError(f"the file system cannot exchange folders ({error.strerror})") from None
        raise


def _rescue(old: Path, new: Path) -> None:
    """Move over what others created or replaced in the old folder while the new one was being built."""
    owned = {*manifest.read(old, str(old)), *manifest.read(new, str(new))}
    _rescue_folder(old, new, owned, "")


def _rescue_folder(old: Path, new: Path, owned: set[str], below: str) -> None:
    with os.scandir(old / below) as entries:
        for entry in list(entries):
            path = f"{below}/{entry.name}" if below else entry.name
            if path in owned or path.startswith(OWN_PREFIX):
                continue
            target = new / path
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and target.is_dir():
                _rescue_folder(old, new, owned, path)
            elif is_folder and path in parents(owned) and not _holds_others(old, owned, path):
                continue
            elif not os.path.lexists(target) or _is_later(entry, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(entry.path).rename(target)


def _holds_others(folder: Path, owned: set[str], below: str) -> bool:
    """Whether anything under ``below`` is not monogen's."""
    files = (p.relative_to(folder).as_posix() for p in (folder / below).rglob("*") if not p.is_dir())
    return any(path not in owned for path in files)


def _is_later(entry: os.DirEntry[str], target: Path) -> bool:
    """Whether a file was replaced in the old folder after it had been linked into the new one."""
    was, now = entry.stat(follow_symlinks=False), target.lstat()
    if stat.S_ISLNK(was.st_mode) or stat.S_ISDIR(now.st_mode):
        return False
    return was.st_ino != now.st_ino and was.st_mtime_ns > now.st_mtime_ns
