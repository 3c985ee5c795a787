"""Rule files of any size that look like people's: alerts and records over what the example fleet exposes.

Every expression is another one, so that nothing is found by remembering the text.
"""
# ruff: noqa: E501 - lines as long as theirs

from __future__ import annotations

_EXPRESSIONS = (
    """\
(
  1 - sum by (instance, job) (rate(node_cpu_seconds_total{{job="node-exporter", mode="idle", instance!="x{i}"}}[5m]))
    /
  count by (instance, job) (node_cpu_seconds_total{{job="node-exporter", mode="idle", instance!="x{i}"}})
)
and on (instance) node_load1{{job="node-exporter", instance!="y{i}"}} > 0.{i}
""",
    """\
(
  sum by (instance) (increase(node_network_receive_bytes_total{{job="node-exporter", device!~"lo.*|veth{i}"}}[10m]))
    +
  sum by (instance) (increase(node_network_transmit_bytes_total{{job="node-exporter", device!~"lo.*|veth{i}"}}[10m]))
)
  / 600 > {i}000
""",
    """\
max by (instance, mountpoint) (
  1 - node_filesystem_avail_bytes{{job="node-exporter", fstype!~"tmpfs|squashfs", mountpoint!="/mnt/{i}"}}
    / node_filesystem_size_bytes{{job="node-exporter", fstype!~"tmpfs|squashfs", mountpoint!="/mnt/{i}"}}
) > 0.9{i} and on (instance, mountpoint) node_filesystem_readonly{{job="node-exporter"}} == 0
""",
    """\
(
  host:memory_used_bytes{{fleet="homelab", instance!="host-{i}"}}
    / on (instance) group_left ()
  host:memory_total_bytes{{fleet="homelab", instance!="host-{i}"}}
)
  * on (instance) group_left (nodename) max by (instance, nodename) (node_uname_info{{job="node-exporter"}}) > 0.9
""",
    """\
histogram_quantile(
  0.95,
  sum by (le, instance, model_name) (
    rate(vllm:time_to_first_token_seconds_bucket{{job="vllm", instance!="host-{i}", model_name!="m{i}"}}[5m])
  )
) > {i} and on (instance) sum by (instance) (vllm:num_requests_running{{job="vllm", instance!="host-{i}"}}) > 0
""",
)
_ALERT = """\
      - alert: SomethingIsWrong{i}
        expr: |-
{expr}
        for: 10m
        labels:
          severity: warning
          team: infrastructure
        annotations:
          summary: Something is wrong somewhere in the fleet.
          description: The host {{{{ $labels.instance }}}} is at {{{{ $value | humanize }}}}, which is more than it should be.
          runbook_url: https://runbooks.example.com/infrastructure/something-is-wrong-{i}
"""
_RECORD = """\
      - record: instance:something_{i}:value
        expr: |-
{expr}
        labels:
          team: infrastructure
"""


def rule_file(rules: int, in_a_group: int = 20) -> str:
    """A file of so many rules; two of three are alerts."""
    lines = ["groups:\n"]
    for i in range(rules):
        if i % in_a_group == 0:
            lines.append(f"  - name: group-{i // in_a_group}\n    interval: 30s\n    rules:\n")
        expr = _EXPRESSIONS[i % len(_EXPRESSIONS)].format(i=i).rstrip()
        indented = "\n".join(" " * 10 + line for line in expr.split("\n"))
        lines.append((_RECORD if i % 3 == 0 else _ALERT).format(i=i, expr=indented))
    return "".join(lines)
