"""Inventories of any size, with the mix of machines and the detail that people write."""

from __future__ import annotations

GB10 = """\
  - name: spark-{i}
    address: spark-{i}.lan
    hardware: gb10
    memory: 128GB
    reserved: 12GiB
    labels: {{rack: r{rack}}}
    exporters:
      node: {{}}
      dcgm: {{}}
      vllm: {{endpoint: "spark-{i}.lan:18000", interval: 15s}}
    models:
      - {{name: qwen3-coder-30b-a3b, file: 18.6GiB, kv_cache: 6GiB, overhead: 2GiB}}
"""
MAC = """\
  - name: mac-{i}
    address: 10.{a}.{b}.{c}
    hardware: apple-silicon
    memory: 64GB
    availability: intermittent
    labels: {{rack: r{rack}}}
    exporters: {{node: {{}}, macmon: {{}}}}
"""
GPU = """\
  - name: gpu-{i}
    address: gpu-{i}.lan
    hardware: nvidia
    labels: {{rack: r{rack}, room: cellar}}
    exporters:
      node: {{collectors: {{systemd: true}}}}
      dcgm: {{version: "4.5.3"}}
    models:
      - {{name: llama-3.1-8b-instruct, file: 16.1GB, kv_cache: 4GiB}}
"""
LINUX = """\
  - name: linux-{i}
    address: linux-{i}.lan
    os: linux
    labels: {{rack: r{rack}}}
"""


def inventory(hosts: int) -> str:
    """An inventory of so many hosts: GB10s, Macs, GPU servers and plain Linux in turn."""
    kinds = (GB10, MAC, GPU, LINUX)
    entries = [
        kinds[i % 4].format(i=i, rack=i // 40, a=i // 65536, b=i // 256 % 256, c=i % 256)
        for i in range(hosts)
    ]
    return "fleet: bench\nprometheus: {scrape_interval: 30s}\nhosts:\n" + "".join(entries)
