"""What a host is, told by the pages of its exporters: system, hardware, memory, chip, GPUs, its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monogen.live.discover.page import Page
from monogen.live.discover.seen import Found
from monogen.live.telling import cleaned
from msgspec import Struct

GIB = 2**30
SOLD = (1, 2, 4, 6, 8, 12, 16, 18, 24, 32, 36, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
"""Sizes in which RAM is sold, in GiB."""

KEPT_BY_KERNEL = 0.12
"""The part of the RAM that Linux may not tell of (firmware, the kernel itself); 6.5 % on a GB10."""

_GB10_NAMES = re.compile(r"dgx[ _-]?spark|\bgx10\b|gb10", re.IGNORECASE)
_GB10_CPUS = 20
_GB10_MEMORY = (118 * GIB, 124 * GIB)
_HOSTNAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,61}[A-Za-z0-9_])?")
_MIB = 2**20
_MAC_KINDS = ("macmon", "mactop")
_GPU_KINDS = ("dcgm", "nvidia-smi")


class Told(Struct, frozen=True):
    """A value, what told it, and whether that is no more than a guess."""

    value: str
    by: str
    guess: bool = False


class Machine(Struct, frozen=True):
    """A host. ``os`` and ``hardware`` are always there; None is not known. ``hints`` are sentences.

    ``gpu_memory`` is in MiB a GPU, ``memory`` in bytes as measured and as it is sold.
    """

    os: Told
    hardware: Told
    name: Told | None = None
    memory: Told | None = None
    memory_bytes: int = 0
    chip: Told | None = None
    gpu_memory: tuple[int, ...] = ()
    gpu_memory_by: str = ""
    hints: tuple[str, ...] = ()


def machine(found: Sequence[Found]) -> Machine:
    """The host on which these exporters run."""
    pages = {one.kind: one.page for one in reversed(found) if one.page}
    kinds = {one.kind for one in found if one.certain}
    os = _os(pages, kinds)
    hardware, hints = _hardware(pages, os)
    measured, by = _measured_memory(pages, os.value)
    gpu_memory, gpu_by = _gpu_memory(pages) if hardware.value == "nvidia" else ((), "")
    node = pages.get("node")
    # What a page of another system calls itself is another machine's name.
    own = next((one.page for one in _nodes(found) if one.page and _agrees(one.page, os.value)), None)
    return Machine(
        os, hardware, _name(own), _sold(measured, by, os.value) if measured else None, measured,
        _chip(pages) if hardware.value == "apple-silicon" else None,
        gpu_memory, gpu_by, (*_several(found), *hints, *_hints(pages, node, os, hardware)),
    )  # fmt: skip


def _nodes(found: Sequence[Found]) -> list[Found]:
    return [one for one in found if one.kind == "node" and one.page]


def _agrees(page: Page, os: str) -> bool:
    """Whether a page of node_exporter may be that of a host with this system."""
    told = os_of(page)
    return told is None or told.value == os


def _several(found: Sequence[Found]) -> Iterator[str]:
    """A sentence where the pages are hardly those of one machine, as behind one end of several tunnels."""
    pages = [one.page for one in _nodes(found) if one.page and not _in_docker_desktop(one.page)]
    names = {name: None for page in pages if (name := page.label("node_uname_info", "nodename"))}
    systems = {told.value for told in map(os_of, pages) if told}
    macs = next((one.kind for one in found if one.certain and one.kind in _MAC_KINDS), "")
    if len(names) > 1:
        shown = ", ".join(cleaned(name, longest=40) for name in names)
        why = f"node_exporter names {shown}"
    elif macs and "linux" in systems:
        why = f"{macs} is a Mac's, and node_exporter says linux"
    else:
        return
    yield f"these look like several machines ({why}): look at each by itself, HOST:PORT with --name NAME"


def _in_docker_desktop(node: Page) -> bool:
    return "linuxkit" in node.label("node_uname_info", "release")


def os_of(page: Page) -> Told | None:
    """The system that a page of node_exporter is about."""
    sysname = page.label("node_uname_info", "sysname").lower()
    if sysname in ("linux", "darwin"):
        return Told(sysname, "node_uname_info")
    goos = page.label("node_exporter_build_info", "goos")
    if goos in ("linux", "darwin"):
        return Told(goos, "node_exporter_build_info")
    if page.of("node_memory_MemTotal_bytes"):
        return Told("linux", "the names of its memory metrics")
    if page.of("node_memory_wired_bytes"):
        return Told("darwin", "the names of its memory metrics")
    return None


def _os(pages: dict[str, Page], kinds: set[str]) -> Told:
    for kind in _MAC_KINDS:
        if kind in kinds:
            return Told("darwin", f"{kind} runs on Macs only")
    node = os_of(pages["node"]) if "node" in pages else None
    if node:
        return node
    for kind in _GPU_KINDS:
        if kind in kinds:
            return Told("linux", f"{kind} runs on Linux only")
    return Told("linux", "nothing told the system", guess=True)


def _hardware(pages: dict[str, Page], os: Told) -> tuple[Told, list[str]]:
    """The hardware, and a hint where it may be more than could be told."""
    node = pages.get("node")
    if os.value == "darwin":
        return _mac(pages, node), []
    gpus = list(_gpu_names(pages))
    # A GB10 has one GPU and no place for another.
    for name, metric in [gpu for gpu in gpus if "GB10" in gpu[0].upper()] or gpus[:1]:
        hardware = "gb10" if "GB10" in name.upper() else "nvidia"
        return Told(hardware, f"{metric} says `{name}`"), []
    return _without_gpu_names(pages, node)


def _without_gpu_names(pages: dict[str, Page], node: Page | None) -> tuple[Told, list[str]]:
    """The hardware of a Linux host where no page names its GPU."""
    if "dcgm" in pages and any(name.startswith("DCGM_FI_DEV_FB_") for name in pages["dcgm"].samples):
        return Told("nvidia", "DCGM shows a framebuffer"), []
    if node and (board := _gb10_board(node)):
        return Told("gb10", f"node_dmi_info says `{board}`"), []
    for kind in _GPU_KINDS:
        if kind in pages:
            return Told("nvidia", f"{kind} runs here, and names no GPU", guess=True), []
    return Told("generic", "no GPU was seen"), [*_looks_like_gb10(node)]


def _mac(pages: dict[str, Page], node: Page | None) -> Told:
    for kind in _MAC_KINDS:
        if kind in pages:
            return Told("apple-silicon", f"{kind} runs on Apple Silicon only")
    if node:
        uname, build = (
            node.label("node_uname_info", "machine"),
            node.label("node_exporter_build_info", "goarch"),
        )
        if "arm64" in (uname, build):
            return Told("apple-silicon", "node_exporter says arm64")
        if uname or build:
            return Told("generic", f"node_exporter says {uname or build}: an Intel Mac")
    return Told("generic", "nothing told the chip", guess=True)


def _gpu_names(pages: dict[str, Page]) -> Iterator[tuple[str, str]]:
    """The names of the GPUs, and the metric that told each."""
    if "dcgm" in pages:
        names = {s.labels.get("modelName", ""): None for all_ in pages["dcgm"].samples.values() for s in all_}
        yield from ((name, "DCGM's modelName") for name in names if name)
    if "nvidia-smi" in pages:
        for name in pages["nvidia-smi"].labels("nvidia_smi_gpu_info", "name"):
            yield name, "nvidia_smi_gpu_info"


def _gb10_board(node: Page) -> str:
    """The board's name where it is one of a GB10's."""
    for label in ("product_name", "board_name", "product_family"):
        text = node.label("node_dmi_info", label)
        if _GB10_NAMES.search(text.replace("_", " ")) or _GB10_NAMES.search(text):
            return text
    return ""


def _looks_like_gb10(node: Page | None) -> Iterator[str]:
    """CPUs and memory of a GB10 are a hint, and no proof."""
    if node is None or node.label("node_uname_info", "machine") != "aarch64":
        return
    cpus = len({s.labels.get("cpu") for s in node.of("node_cpu_seconds_total")})
    low, high = _GB10_MEMORY
    if cpus == _GB10_CPUS and low <= (node.value("node_memory_MemTotal_bytes") or 0) <= high:
        yield "20 ARM CPUs and 128 GB of RAM are those of a GB10: if it is one, write `hardware: gb10`"


def _measured_memory(pages: dict[str, Page], os: str) -> tuple[int, str]:
    """Bytes of RAM, and the metric that says so; 0 where none does."""
    linux = (("node", "node_memory_MemTotal_bytes", 1),)
    mac = (("node", "node_memory_total_bytes", 1), ("macmon", "macmon_memory_ram_total_bytes", 1))
    for kind, name, factor in linux if os == "linux" else mac:
        value = pages[kind].value(name) if kind in pages else None
        if value and GIB / 4 <= value < 2**53:
            return int(value) * factor, name
    for sample in pages["mactop"].of("mactop_memory_gb") if os == "darwin" and "mactop" in pages else ():
        if sample.labels.get("type") == "total" and 0 < sample.value < 2**20:
            return int(sample.value * GIB), "mactop_memory_gb"
    return 0, ""


def _sold(measured: int, by: str, os: str) -> Told:
    """RAM as it is sold, for a number that a kernel tells; a Mac tells it exactly."""
    gib = measured / GIB
    size = next((size for size in SOLD if size >= gib - 0.01), None)
    if size is None or gib < size * (1 - KEPT_BY_KERNEL):
        return Told(f"{-(-measured // GIB)}GB", f"{by}, {gib:.1f} GiB, rounded up", guess=True)
    exact = abs(gib - size) < 0.01 * size and os == "darwin"
    return Told(f"{size}GB", by if exact else f"{by}, {gib:.1f} GiB")


def _chip(pages: dict[str, Page]) -> Told | None:
    """Apple's chip, without the maker."""
    if "macmon" not in pages:
        return None
    for samples in pages["macmon"].samples.values():
        name = samples[0].labels.get("chip", "")
        if re.fullmatch(r"Apple [A-Za-z0-9 ]{1,30}", name):
            return Told(name.removeprefix("Apple ").strip(), "macmon's label chip")
    return None


def _gpu_memory(pages: dict[str, Page]) -> tuple[tuple[int, ...], str]:
    """MiB of each discrete GPU, and what told them."""
    if "nvidia-smi" in pages:
        sizes = _by_gpu(pages["nvidia-smi"], ("nvidia_smi_memory_total_bytes",), "uuid", 1)
        if sizes:
            return sizes, "nvidia_smi_memory_total_bytes"
    dcgm = pages.get("dcgm", Page())
    sizes = _by_gpu(dcgm, ("DCGM_FI_DEV_FB_CAPACITY_BYTES",), "UUID", 1)
    if sizes:
        return sizes, "DCGM_FI_DEV_FB_CAPACITY_BYTES"
    parts = ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_RESERVED")
    return _by_gpu(dcgm, parts, "UUID", _MIB), "DCGM's framebuffer: used + free + reserved"


def _by_gpu(page: Page, names: Sequence[str], label: str, factor: int) -> tuple[int, ...]:
    total: dict[str, float] = {}
    for name in names:
        for sample in page.of(name):
            gpu = sample.labels.get(label, "")
            total[gpu] = total.get(gpu, 0) + sample.value * factor
    # A GPU without a sensible size would make the whole list wrong.
    sizes = [round(value / _MIB) if 0 < value < 2**53 else 0 for value in total.values()]
    return tuple(sizes) if all(sizes) else ()


def _name(node: Page | None) -> Told | None:
    """What the host calls itself."""
    nodename = node.label("node_uname_info", "nodename").split(".")[0] if node else ""
    if _HOSTNAME.fullmatch(nodename) and nodename.lower() != "localhost":
        return Told(nodename, "node_uname_info")
    return None


def _hints(pages: dict[str, Page], node: Page | None, os: Told, hardware: Told) -> Iterator[str]:
    if node and _in_docker_desktop(node):
        yield "node_exporter is in the virtual machine of Docker Desktop, and tells nothing of its host"
    if hardware.value == "gb10":
        framebuffer = [
            name for kind in _GPU_KINDS for name in pages.get(kind, Page()).samples
            if name.startswith(("DCGM_FI_DEV_FB_", "nvidia_smi_memory_"))
        ]  # fmt: skip
        if framebuffer:
            yield f"{framebuffer[0]} is there, which no GB10 had so far: has the driver been renewed?"
    if os.guess:
        yield "nothing told the system of this host: is `os: linux` right?"
