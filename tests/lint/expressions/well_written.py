"""Rules as people write them for Kubernetes and for hosts, in our own words: nothing to complain about."""

RECORDED = (
    'sum by (cluster, namespace, pod, container) (rate(container_cpu_usage_seconds_total{image!=""}[5m])) '
    "* on (cluster, namespace, pod) group_left (node) "
    'topk by (cluster, namespace, pod) (1, max by (cluster, namespace, pod, node) (kube_pod_info{node!=""}))',
    'container_memory_working_set_bytes{job="kubelet", image!=""} * on (namespace, pod) group_left (node) '
    'topk by (namespace, pod) (1, max by (namespace, pod, node) (kube_pod_info{node!=""}))',
    "max by (cluster, namespace, workload, pod) (label_replace(label_replace("
    'kube_pod_owner{owner_kind="ReplicaSet"}, "replicaset", "$1", "owner_name", "(.*)") '
    "* on (replicaset, namespace) group_left (owner_name) topk by (replicaset, namespace) (1, max by "
    "(replicaset, namespace, owner_name) (kube_replicaset_owner)), "
    '"workload", "$1", "owner_name", "(.*)"))',
    "histogram_quantile(0.99, sum by (cluster, le) (rate(apiserver_request_duration_seconds_bucket[5m])))",
    'sum by (cluster, code, verb) (increase(apiserver_request_total{verb=~"LIST|GET", code=~"2.."}[1h]))',
    '1 - avg without (cpu, mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal"}[5m]))',
    'count without (cpu, mode) (node_cpu_seconds_total{mode="idle"})',
    '(node_load1 / count without (cpu, mode) (node_cpu_seconds_total{mode="idle"}))',
    "1 - (node_memory_MemAvailable_bytes or (node_memory_Buffers_bytes + node_memory_Cached_bytes "
    "+ node_memory_MemFree_bytes)) / node_memory_MemTotal_bytes",
    'rate(node_disk_io_time_seconds_total{device=~"nvme.+|sd.+|vd.+"}[5m])',
    'sum without (device) (rate(node_network_receive_bytes_total{device!="lo"}[5m]))',
    "sum by (instance) (rate(node_network_receive_drop_total[2m])) / sum by (instance) "
    "(rate(node_network_receive_packets_total[2m]))",
    "quantile_over_time(0.95, node_load5[1d])",
    'avg_over_time((sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])))[1h:5m])',
    "count by (cluster) (kube_node_info)",
    "sum by (job) (up)",
    "time() - node_boot_time_seconds",
    'label_replace(up, "host", "$1", "instance", "([^:]+):.*")',
    "process_resident_memory_bytes * on (instance, job) group_left (version) prometheus_build_info",
    "node_cpu_seconds_total * 1000",
    "sum by (instance) (http_requests_total > 0) * 0 + 1",
)
"""Recording rules."""

ALERTS = (
    'node_filesystem_avail_bytes{fstype!=""} / node_filesystem_size_bytes{fstype!=""} * 100 < 5 '
    'and predict_linear(node_filesystem_avail_bytes{fstype!=""}[6h], 86400) < 0 '
    'and node_filesystem_readonly{fstype!=""} == 0',
    "increase(kube_pod_container_status_restarts_total[10m]) > 3",
    'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
    'sum by (namespace, pod) (max by (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Unknown"}) '
    "* on (namespace, pod) group_left (owner_kind) topk by (namespace, pod) (1, max by (namespace, pod, "
    'owner_kind) (kube_pod_owner{owner_kind!="Job"}))) > 0',
    "kube_deployment_spec_replicas > kube_deployment_status_replicas_available "
    "and changes(kube_deployment_status_replicas_updated[10m]) == 0",
    'absent(up{job="kubelet"} == 1)',
    "count by (job) (up == 0) / count by (job) (up) > 0.1",
    'sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m])) > 0.01',
    "rate(prometheus_tsdb_compactions_failed_total[5m]) > 0",
    'node_md_disks{state="failed"} > 0',
    "(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0)",
    "abs(node_timex_offset_seconds) > 0.05 unless on (instance) node_timex_sync_status == 1",
    "time() - max by (job_name) (kube_job_status_completion_time) > 86400",
    '(count(up{job="etcd"} == 1) or vector(0)) < 2',
    "increase(node_edac_uncorrectable_errors_total[5m0s]) > 0",
    "process_open_fds / process_max_fds > 0.9",
    'kube_node_status_condition{condition="Ready", status="true"} == 0',
    "min_over_time(probe_success[10m]) == 0",
    'up == 0 unless on (instance) ALERTS{alertname="HostDown", alertstate="firing"}',
    "http_requests_total unless http_requests_total offset 1h",
    "ceph_osd_up == 0 and on (ceph_daemon) ceph_osd_in == 1",
)
"""Conditions of alerts."""
