"""The files of a new repository, as text."""

from __future__ import annotations

from collections.abc import Sequence

from monogen import __version__
from monogen.live.discover.yamllines import block
from monogen.live.init.taken import Taken

INVENTORY = "hosts.yaml"

_HOSTS = """\
# Which machines there are; monogen's docs/inventory.md explains every key. For help in the editor write
# `monogen schema > schema.json`, and as the first line: # yaml-language-server: $schema=schema.json
fleet: {fleet} # part of the names of everything that is written

# kubernetes: {{labels: {{release: kube-prometheus-stack}}}} # by this label the operator finds the objects

hosts:
"""

_EXAMPLE = """\
  # An example. `monogen discover HOST --into hosts.yaml` adds hosts by looking at what they run.
  - {name: spark-1, address: spark-1.lan, hardware: gb10, memory: 128GB, exporters: {node: {}, dcgm: {}}}
"""

_WORKFLOW = """\
# Checks that what is committed in out/ follows from hosts.yaml, and that it will work.
name: monogen

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-latest
    env:
      MONOGEN: git+https://github.com/monogen/monogen@v{version} # where pip gets monogen from
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install monogen
        run: python -m pip install "$MONOGEN"
      - name: Is out/ up to date?
        run: monogen build hosts.yaml --check
      - name: Will it work?
        run: monogen lint --format github
"""

_IGNORED = """\
# The inventory only names secrets. Their values (a plain Prometheus reads them from files) never belong here.
secrets/
*.pem
*.key

# What is left behind when monogen is killed half way; out/.monogen-manifest is not among it.
.*.monogen-*
.monogen-lock
.monogen-work/

.venv/
"""

_README = """\
# Monitoring of {fleet}

[hosts.yaml](hosts.yaml) says which machines there are. monogen writes from it into `out/` what Prometheus and
Grafana need to watch them. `out/` is committed, so that a change of hosts.yaml is reviewed with its effect;
CI checks that both fit together.

| to | run |
|---|---|
| add a host | `monogen discover HOST --into hosts.yaml` |
| write `out/` | `monogen build hosts.yaml` |
| see what would change | `monogen build hosts.yaml --diff --dry-run` |
| look for what will not work | `monogen lint` |
| see which models fit where | `monogen fit hosts.yaml` |
| deploy with kube-prometheus-stack | `kubectl apply -f out/` |
| deploy without Kubernetes | `monogen build hosts.yaml --target prometheus -o prometheus` |

Secrets never stand in hosts.yaml: it names them, and the cluster (or a file beside Prometheus) has them.
"""


def files(fleet: str, hosts: Sequence[Taken]) -> dict[str, str]:
    """All files by their path in the repository."""
    blocks = "\n".join(block(host.lines, 2, host.notes) for host in hosts)
    return {
        INVENTORY: _HOSTS.format(fleet=fleet) + (blocks or _EXAMPLE),
        ".github/workflows/monogen.yaml": _WORKFLOW.format(version=__version__),
        ".gitignore": _IGNORED,
        "README.md": _README.format(fleet=fleet),
    }
