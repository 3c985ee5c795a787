"""The checks that follow from how an expression is written: what they say, and where they keep quiet."""

from __future__ import annotations

import pytest
import well_written
from expression_findings import Said, codes, in_alert, in_panel, in_record, in_rules
from monogen.promql.functions import FUNCTIONS, OPERATORS


def only(said: list[Said]) -> Said:
    assert len(said) == 1, [(one.code, one.at, one.message) for one in said]
    return said[0]


@pytest.mark.parametrize("expr", well_written.RECORDED)
def test_well_written_recording_rules_are_left_alone(expr: str) -> None:
    assert in_record(expr) == []


@pytest.mark.parametrize("expr", well_written.ALERTS)
def test_well_written_alerts_are_left_alone(expr: str) -> None:
    assert in_alert(expr) == []


class TestUnreadable:
    @pytest.mark.parametrize(
        ("expr", "at"),
        [
            ("sum(node_load1", "("),
            ("node_load1 +", ""),
            ('up{job="a}', '"'),
            ("foo(node_load1)", "foo"),
            ("rate(node_load1)", "rate"),
            ('up{job=~"("}', '"("'),
        ],
    )
    def test_what_prometheus_refuses_is_an_error_with_its_place(self, expr: str, at: str) -> None:
        said = in_record(expr)
        assert codes(said) == ["MG101"]
        assert said[0].severity == "error"
        assert at in said[0].at

    @pytest.mark.parametrize("expr", ["rate(up[5m + 5m])", "sum(rate(x[5m])) </ 3"])
    def test_what_only_this_reader_does_not_know_is_never_called_wrong(self, expr: str) -> None:
        said = in_record(expr, inventory=False)
        assert "MG101" not in codes(said)
        assert {one.code for one in said} <= {"MG102", "MG213", "MG214"}

    def test_a_long_chain_is_one_finding(self) -> None:
        assert codes(in_record("+".join(["a"] * 5000))) == ["MG103"]
        assert codes(in_record("(" * 3000 + "a" + ")" * 3000)) == ["MG103"]

    def test_a_newer_modifier_is_judged_by_the_version(self) -> None:
        assert codes(in_record("rate(x[5m] anchored)")) == ["MG214"]

    def test_a_function_that_is_gone_is_named_with_its_new_name(self) -> None:
        said = only(in_record("holt_winters(node_load1[1h], 0.5, 0.5)"))
        assert (said.code, said.at, said.severity) == ("MG214", "holt_winters", "error")
        assert "double_exponential_smoothing" in said.hint


class TestCounters:
    @pytest.mark.parametrize(
        "expr",
        [
            "node_network_receive_errs_total > 100",
            "sum(node_network_receive_errs_total) > 100",
            "node_network_receive_errs_total / node_network_receive_packets_total > 0.1",
            "node_network_receive_errs_total - node_network_receive_errs_total offset 1h > 10",
            "my_errors_total > 100",
            "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION > 100",
            "histogram_quantile(0.9, sum by (le) (vllm:e2e_request_latency_seconds_bucket)) > 3",
        ],
    )
    def test_a_bare_counter_in_an_alert(self, expr: str) -> None:
        said = in_alert(expr)
        assert set(codes(said)) == {"MG201"}
        assert {one.severity for one in said} == {"warning"}

    @pytest.mark.parametrize(
        "expr",
        [
            "node_network_receive_errs_total > 0",
            "absent(node_network_receive_errs_total)",
            "count(node_network_receive_errs_total) > 5",
            "node_load1 > 4 unless node_network_receive_errs_total > 3",
            "time() - timestamp(node_network_receive_errs_total) > 60",
            "my_started_total - my_finished_total > 10",
            "ollama_models_total > 5",  # a gauge, whatever its name says
            "nvidia_smi_ecc_errors_corrected_volatile_total > 1",
            "my_total:sum > 3",  # recorded elsewhere: nobody knows
            "node_network_receive_errs_total == node_network_receive_errs_total offset 1h",
            "max_over_time(node_network_receive_errs_total[5m]) > 3",
        ],
    )
    def test_a_counter_that_is_asked_for_something_else(self, expr: str) -> None:
        assert "MG201" not in codes(in_alert(expr))

    def test_another_name_or_unit_for_a_counter_is_a_counter(self) -> None:
        assert in_record("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION / 1000") == []
        assert codes(in_record("sum by (instance) (node_network_receive_errs_total)")) == ["MG201"]
        said = in_rules(
            ("host:energy_joules:total", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION / 1000"),
            ("host:energy:sum", "sum by (fleet) (host:energy_joules:total)"),
        )
        assert [(one.code, one.at) for one in said] == [("MG201", "host:energy_joules:total")]

    def test_a_panel_that_draws_it_and_one_that_shows_a_total(self) -> None:
        assert codes(in_panel("sum(node_network_receive_errs_total)")) == ["MG201"]
        assert in_panel("sum(node_network_receive_errs_total)", "stat") == []

    def test_a_rate_of_a_gauge(self) -> None:
        said = only(in_record("rate(node_memory_MemAvailable_bytes[5m])"))
        assert (said.code, said.at) == ("MG202", "rate")
        assert "`deriv`" in said.hint
        assert said.found.fix is None  # of what is a rate already, a slope would be as wrong

    def test_delta_of_a_counter(self) -> None:
        said = only(in_record("delta(node_network_receive_bytes_total[5m])"))
        assert said.fixed() == "increase(node_network_receive_bytes_total[5m])"
        assert said.found.fix is not None
        assert said.found.fix.safety == "unsafe"

    def test_a_rate_of_a_recorded_rate(self) -> None:
        rate = ("instance:net:rate5m", "sum by (instance) (rate(node_network_receive_bytes_total[5m]))")
        said = only(in_rules(rate, ("instance:net:rate", "rate(instance:net:rate5m[1h])")))
        assert (said.code, said.at) == ("MG202", "rate")

    def test_a_rate_of_a_sum(self) -> None:
        said = only(in_record("rate(sum by (instance) (node_network_receive_bytes_total)[5m:30s])"))
        assert (said.code, said.at) == ("MG205", "rate")
        summed = ("instance:net:sum", "sum by (instance) (node_network_receive_bytes_total)")
        assert set(codes(in_rules(summed, ("instance:net:rate", "rate(instance:net:sum[1h])")))) == {
            "MG201",
            "MG205",
        }
        assert in_record("max_over_time(sum by (instance) (node_load1)[5m:30s])") == []


class TestWindows:
    @pytest.mark.parametrize(
        ("expr", "severity"),
        [
            ("rate(node_network_receive_bytes_total[30s])", "error"),
            ("rate(node_network_receive_bytes_total[59s])", "error"),
            ("rate(node_network_receive_bytes_total[1m])", "warning"),
            ("rate(node_network_receive_bytes_total[119s])", "warning"),
            ("deriv(node_load1[1m])", "warning"),
            ("avg_over_time(node_load1[10s])", "warning"),
            ("absent_over_time(node_load1[20s])", "warning"),
        ],
    )
    def test_too_short_a_window(self, expr: str, severity: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.severity) == ("MG203", severity)
        assert said.at[0] == "["
        assert said.at[-1] == "]"

    @pytest.mark.parametrize(
        "expr",
        [
            "rate(node_network_receive_bytes_total[2m])",
            "avg_over_time(node_load1[1m])",
            "rate(nobody_knows_this_total[10s])",
        ],
    )
    def test_windows_that_do(self, expr: str) -> None:
        assert in_record(expr) == []

    def test_without_an_inventory_nobody_knows_the_interval(self) -> None:
        assert in_record("rate(node_network_receive_bytes_total[10s])", inventory=False) == []

    def test_a_window_that_grafana_chooses_is_nobody_s_fault(self) -> None:
        assert in_panel("rate(node_network_receive_bytes_total[$__interval])") == []
        assert codes(in_panel("rate(node_network_receive_bytes_total[30s])")) == ["MG203"]

    @pytest.mark.parametrize(
        ("expr", "severity"),
        [
            ("max_over_time(node_load1[30d])", "warning"),
            ("node_load1 offset 30d", "error"),
            ("avg_over_time(node_load1[10d] offset 10d)", "warning"),
            ("max_over_time(node_load1[10d:1h] offset 10d)", "warning"),
            ("max_over_time(rate(node_network_receive_bytes_total[8d])[8d:1h])", "warning"),
        ],
    )
    def test_beyond_retention(self, expr: str, severity: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.severity) == ("MG204", severity)

    def test_within_retention(self) -> None:
        assert in_record("max_over_time(node_load1[7d] offset 7d)") == []
        assert in_record("node_load1 offset -30d") == []
        assert in_record("node_load1 @ 1700000000 offset 30d") == []


class TestJoins:
    @pytest.mark.parametrize(
        ("expr", "at", "severity"),
        [
            ("node_load1 / sum by (device) (x)", "/", "error"),
            ("node_load1 * on (instance) vector(1)", "instance", "error"),
            ('x{device="a"} / on (instance, device) sum by (instance) (y)', "device", "error"),
            ("sum by (a, b) (x) / sum by (a) (y)", "/", "warning"),
            ("sum by (a) (x) / on (a, b) sum by (a, b) (y)", "b", "warning"),
            ("node_load1 unless sum by (device) (x)", "unless", "warning"),
            ("node_load1 and vector(1)", "and", "error"),
        ],
    )
    def test_sides_that_never_meet(self, expr: str, at: str, severity: str) -> None:
        said = [one for one in in_record(expr) if one.code == "MG206"]
        assert [(one.at, one.severity) for one in said] == [(at, severity)]

    @pytest.mark.parametrize(
        "expr",
        [
            "x / sum by (a) (y)",  # x may be a recorded series that has nothing but `a`
            "node_load1 * on () group_left () vector(1)",
            "node_load1 > on (instance) group_left () sum by (instance) (y)",
            "sum by (a) (x) or sum by (b) (y)",
            "vector(1) or node_load1",
            "sum by (a) (x) / scalar(sum(y))",
            "sum by (a, b) (x) / ignoring (b) group_left () sum by (a) (y)",
            "sum by (a) (x) unless on (a, server) up",
            'label_replace(sum by (a) (x), "b", "$1", "a", "(.*)") * on (b) sum by (b) (y)',
        ],
    )
    def test_sides_that_may_meet(self, expr: str) -> None:
        assert "MG206" not in codes(in_record(expr))

    @pytest.mark.parametrize(
        ("expr", "label"),
        [
            ("sum by (a, b) (x) / on (a) sum by (a) (y)", "b"),
            ("sum by (a) (x) / on (a) sum by (a, b) (y)", "b"),
            ("sum by (a) (x) / on (a) group_left () sum by (a, b) (y)", "b"),
            ("node_filesystem_avail_bytes / on (instance) node_memory_MemTotal_bytes", "device"),
            ("sum by (a, b) (x) / ignoring (b) sum by (a) (y)", "b"),
            ("node_cpu_seconds_total * 2 == ignoring (mode) sum without (mode) (y)", ""),
        ],
    )
    def test_several_series_where_one_is_needed(self, expr: str, label: str) -> None:
        said = [one for one in in_record(expr) if one.code == "MG207"]
        assert ([f"`{label}`" in one.message for one in said] == [True]) is bool(label)

    @pytest.mark.parametrize(
        "expr",
        [
            "sum by (a, b) (x) / on (a) group_left () sum by (a) (y)",
            "sum by (a) (x) * on (a) group_left (b) sum by (a, b) (y)",
            'sum by (a, b) (x{b="1"}) / on (a) sum by (a) (y)',
            'node_filesystem_size_bytes{mountpoint="/", device="x"} / on (instance) node_load1',
            "sum by (a, b) (x) and on (a) sum by (a, c) (y)",
            "node_memory_MemFree_bytes / on (instance) node_memory_MemTotal_bytes",
        ],
    )
    def test_sides_that_are_unique_or_may_have_many(self, expr: str) -> None:
        assert "MG207" not in codes(in_record(expr))


class TestLostLabels:
    @pytest.mark.parametrize(
        ("expr", "at"),
        [
            ("max by (b) (sum by (a) (x))", "b"),
            ("max by (a, b) (sum without (b) (x))", "b"),
            ("sum by (b) (sum by (a, b) (x) / on (a) sum by (a) (y))", "b"),
            ("x * on (a) group_left (b) sum by (a) (y)", "b"),
            ('label_replace(sum by (a) (x), "c", "$1", "b", "(.+)")', '"b"'),
            ('label_join(sum by (a) (x), "c", "-", "a", "b")', '"b"'),
            ("sum by (le) (histogram_quantile(0.9, x))", "le"),
        ],
    )
    def test_a_label_that_is_gone(self, expr: str, at: str) -> None:
        said = [one for one in in_record(expr) if one.code == "MG208"]
        assert [one.at for one in said] == [at]

    @pytest.mark.parametrize(
        "expr",
        [
            "max by (a) (sum by (a, b) (x))",
            "max by (b) (sum by (a) (x) or y)",
            'label_replace(sum by (a) (x), "c", "d", "", "")',
            'max by (c) (label_replace(sum by (a) (x), "c", "$1", "a", "(.+)"))',
            'max by (v) (count_values by (a) ("v", x))',
            "max by (b) (topk by (a) (1, x))",
            "max by (b) (sum by (a) (x) * on (a) group_left (b) y)",
        ],
    )
    def test_a_label_that_may_be_there(self, expr: str) -> None:
        assert "MG208" not in codes(in_record(expr))

    def test_what_a_rule_has_aggregated_away(self) -> None:
        rule = ("instance:fs:sum", "sum by (instance) (node_filesystem_size_bytes)")
        said = only(in_rules(rule, ("device:fs:max", "max by (device) (instance:fs:sum)")))
        assert (said.code, said.at) == ("MG208", "device")
        assert in_rules(rule, ("i:fs:max", "max by (instance, server) (instance:fs:sum)")) == []

    def test_a_quantile_without_le(self) -> None:
        bad = "histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))"
        said = only(in_record(bad))
        assert (said.code, said.at, said.severity) == ("MG209", "sum", "error")
        assert codes(in_record("histogram_quantile(0.9, sum without (le) (rate(x_bucket[5m])))")) == ["MG209"]
        assert in_record("histogram_quantile(0.9, sum by (job) (rate(native_seconds[5m])))") == []


class TestMatchers:
    @pytest.mark.parametrize(
        ("expr", "fixed"),
        [
            ('up{job=~"node"}', 'up{job="node"}'),
            ('up{job!~"node"}', 'up{job!="node"}'),
            ("up{job =~ 'node'}", 'up{job ="node"}'),
            ("up{job=~`node`}", 'up{job="node"}'),
            ('up{job=~"^node$"}', 'up{job="node"}'),
            (r'up{instance=~"a\\.b:9100"}', 'up{instance="a.b:9100"}'),
            ('up{job=~"(node)"}', 'up{job="node"}'),
            ('up{job=~""}', 'up{job=""}'),
            ('up{job=~"a/b c-d"}', 'up{job="a/b c-d"}'),
        ],
    )
    def test_equality_for_a_regular_expression(self, expr: str, fixed: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.severity) == ("MG210", "info")
        assert said.fixed() == fixed

    @pytest.mark.parametrize(
        ("expr", "fixed"),
        [
            ('up{job=~"^(a|b)$"}', 'up{job=~"(a|b)"}'),
            ('up{job=~"^a.*"}', 'up{job=~"a.*"}'),
            ('up{job!~".*a$"}', 'up{job!~".*a"}'),
        ],
    )
    def test_needless_anchors(self, expr: str, fixed: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.severity) == ("MG211", "info")
        assert said.fixed() == fixed

    @pytest.mark.parametrize(
        "expr",
        [
            'up{job=~"a|b"}',
            'up{job=~"a.*"}',
            'up{job=~".+"}',
            r'up{job=~"a.*\\$"}',
            'up{job=~"(?i)node"}',
            'up{job=~"a?"}',
            'up{job=~"a|b", job!="a"}',
            'up{job=~"a.*", job!~"ab.*"}',
        ],
    )
    def test_regular_expressions_that_are_needed(self, expr: str) -> None:
        assert in_record(expr) == []

    def test_a_variable_of_a_board_is_no_text(self) -> None:
        assert in_panel('up{job=~"$job", instance=~"^$instance$"}', variables=("job", "instance")) == []
        assert codes(in_panel('up{job=~"$job", instance=~"a"}', variables=("job",))) == ["MG210"]

    @pytest.mark.parametrize(
        ("expr", "at", "severity"),
        [
            ('up{job=~".*"}', 'job=~".*"', "info"),
            ('up{job!~".*"}', 'job!~".*"', "error"),
            ('up{job="a", job="b"}', 'job="b"', "error"),
            ('up{job="a", job!~"a|b"}', 'job!~"a|b"', "error"),
            ('up{job=~"a|b", job!~"[ab]"}', 'job!~"[ab]"', "error"),
        ],
    )
    def test_matchers_that_say_nothing_or_contradict(self, expr: str, at: str, severity: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.at, said.severity) == ("MG212", at, severity)

    def test_everything(self) -> None:
        assert codes(in_record('count by (job) ({__name__=~".+"})')) == ["MG216"]
        assert in_record('count by (__name__) ({job="node"})') == []


class TestVersions:
    def test_experimental_and_too_new(self) -> None:
        assert codes(in_record("limitk(3, node_load1)")) == ["MG213"]
        assert codes(in_record("ts_of_max_over_time(node_load1[1h])")) == ["MG213"]
        assert codes(in_record("sum(x) + fill(0) sum(y)")) == ["MG214"]
        assert codes(in_record('{"with.dots"}')) == []
        assert codes(in_record("time() - 5m")) == []

    def test_without_an_inventory_no_version_is_stated(self) -> None:
        assert "MG214" not in codes(in_record('histogram_quantiles(x, "q", 0.5)', inventory=False))


class TestValues:
    @pytest.mark.parametrize(
        "expr",
        [
            "avg(rate(a_total[5m]) / rate(b_total[5m])) > 0.1",
            "rate(a_total[5m]) / rate(b_total[5m]) != 1",
            "rate(a_total[5m]) / rate(b_total[5m])",
        ],
    )
    def test_nan_that_does_harm(self, expr: str) -> None:
        said = only(in_alert(expr))
        assert (said.code, said.at) == ("MG215", "/")
        assert "MG215" not in codes(in_record(expr))

    @pytest.mark.parametrize(
        "expr",
        [
            "rate(a_total[5m]) / rate(b_total[5m]) > 0.1",
            "avg(rate(a_total[5m]) / (rate(b_total[5m]) > 0)) > 0.1",
            "avg((rate(a_total[5m]) / rate(b_total[5m])) > 0.1) > 0",
            "max(rate(a_total[5m]) / rate(b_total[5m])) > 0.1",
            "avg(node_memory_MemFree_bytes / node_memory_MemTotal_bytes) < 0.1",
        ],
    )
    def test_nan_that_a_comparison_takes_out(self, expr: str) -> None:
        assert "MG215" not in codes(in_alert(expr))

    @pytest.mark.parametrize(
        ("expr", "severity"),
        [
            ("count(x) == 0", "error"),
            ("count(x) < 1", "error"),
            ("0 == count(x)", "error"),
            ("absent(x) == 0", "error"),
            ("up > 1", "error"),
            ("up >= 0", "warning"),
            ("(x > bool 3) > 1", "error"),
            ("count_over_time(x[5m]) == 0", "error"),
        ],
    )
    def test_comparisons_whose_outcome_is_known(self, expr: str, severity: str) -> None:
        said = only(in_record(expr))
        assert (said.code, said.severity) == ("MG217", severity)
        assert in_alert(f"({expr})") == []  # told with the alert, as MG410
        assert codes(in_alert(f"({expr}) and y")) == ["MG217"]

    @pytest.mark.parametrize(
        "expr",
        [
            "count(x) > 1",
            "count(x) > 0",
            "count(x) >= 1",
            "absent(x) > 0",
            "count(x) == 2.5",
            "(count(x) or vector(0)) == 0",
            "up == 0",
            "up < 1",
            "absent(x) == 1 and y",
            "x == 0",
        ],
    )
    def test_comparisons_that_ask_something(self, expr: str) -> None:
        assert "MG217" not in codes(in_record(expr))

    def test_absent_of_what_is_never_empty(self) -> None:
        said = only(in_alert('absent(up{job="a"} or vector(0))'))
        assert (said.code, said.severity) == ("MG218", "error")
        assert codes(in_alert('absent(count(up{job="a"}))')) == ["MG218"]
        assert in_alert("absent(sum by (job) (rate(a_total[5m])))") == []

    def test_quantiles(self) -> None:
        assert codes(in_record("quantile by (job) (99, node_load1)")) == ["MG220"]
        assert codes(in_record("quantile by (job) (-1, node_load1)")) == ["MG220"]
        assert in_record("quantile by (job) (1, node_load1)") == []

    def test_a_label_listed_twice(self) -> None:
        assert codes(in_record("sum by (a, b, a) (x)")) == ["MG219"]
        assert codes(in_record("x and on (a, a) y")) == ["MG219"]


class TestStrangeInput:
    def test_rules_that_read_rules_without_end(self) -> None:
        chain = [(f"a:b:c{n}", f"sum by (x) ({'(' * 90}a:b:c{n - 1}{')' * 90})") for n in range(1, 400)]
        said = in_rules(*reversed(chain), ("a:b:c0", "a:b:c399"))
        assert "MG208" not in codes(said)

    def test_deep_expressions(self) -> None:
        for expr in ("-" * 90 + "x", "+".join(["x"] * 200), "(" * 90 + "sum by (a) (x)" + ")" * 90):
            assert codes(in_record(f"max by (b) ({expr}) / sum by (b) (y)")) in ([], ["MG206", "MG208"])

    def test_every_function_and_operator_is_looked_at(self) -> None:
        samples = {"instant": "(y)", "range": "x_total[5m]", "scalar": "(1)", "string": '("a")'}
        for function in FUNCTIONS.values():
            for count in {function.least, function.most or function.least + 2}:
                args = [*function.args, *function.args[-1:] * count][:count]
                inner = f"{function.name}({', '.join(samples[kind] for kind in args)})"
                if function.result == "instant":
                    in_record(f"sum by (a) ({inner}) / on (a) max by (a) ({inner} > 0)")
                else:
                    in_alert(f"y > {inner}")
        for operator in OPERATORS.values():
            param = f"{samples[operator.param]}, " if operator.param else ""
            in_alert(f"max by (b) ({operator.name} without (a) ({param}x_total)) > 3")
