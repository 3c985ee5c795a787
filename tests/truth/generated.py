"""Expressions that hypothesis makes up from the catalog's metrics and labels and the values on the pages.

Each is made for one host: mostly of what that host has, sometimes of what it does not have, so that a good
share of the answers is empty for each reason, and a good share is data. Expressions are right by type;
those that a server refuses all the same (a many-to-many match) are for the judge to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from truth_expressions import Question
from vocabulary import TARGET, HostVocabulary, Known, Vocabulary

DEPTH = 4
RATES = ("rate", "increase", "irate", "delta", "idelta", "deriv", "changes", "resets")
OVER_TIME = ("avg", "min", "max", "sum", "count", "last", "present", "stddev")
PLAIN = ("abs", "ceil", "floor", "sqrt", "exp", "sgn", "sort", "timestamp", "ln", "hour")
AGGREGATIONS = ("sum", "avg", "min", "max", "count", "group", "stddev")
ARITHMETIC = ("+", "-", "*", "/", "%", "^")
ODD = (
    "V|", "|", "|V", "(?i)V", "V?.*", "(V|x){1,2}", ".{1,200}", "VV", "xV", "[^^].*", "(|V)", "V.", "V$",
    "^V", "x?", "(?s).*", ".*x.*|.*", "[0-9a-z]*", "V|Vx|y", ".+.+", "(?:V)", "V|(?i)V", "[[:alpha:]]+",
    ".*V.*",
)  # fmt: skip
"""Patterns that take some thought; V is a value of the label, ^^ excludes its first letter."""

WORD = re.compile(r"\b(?:X|Y|SELECTOR|METRIC|MATCHER|LABELS|LABEL|BY|ATTACHED|VALUE|NUMBER|OP|CMP)\b")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")


@cache
def idioms() -> tuple[str, ...]:
    """idioms.yaml."""
    return tuple(yaml.safe_load((Path(__file__).parent / "idioms.yaml").read_text("utf-8")))


@st.composite
def questions(draw: st.DrawFn, words: Vocabulary) -> tuple[str, str]:
    """An expression, and the host it was made for."""
    # A true generator, seeded by hypothesis: its own choices prefer what stands first in these long lists.
    random = draw(st.randoms(use_true_random=True))
    host = random.choice(words.hosts)
    return _Maker(random, words, host).vector(random.randint(0, DEPTH)), host.name


class _Maker:
    """Draws the parts of one expression."""

    def __init__(self, random: Random, words: Vocabulary, host: HostVocabulary) -> None:
        self.random = random
        self.words = words
        self.host = host

    def one(self, *options: str) -> str:
        return self.random.choice(options)

    def chance(self, percent: int) -> bool:
        return self.random.randint(0, 99) < percent

    # --- selectors

    def metric(self) -> Known:
        where = self.random.randint(0, 99)
        if where < 62:
            return self.random.choice(self.host.there)
        if where < 76:
            other = self.random.choice(self.words.hosts)
            return self.random.choice(other.there)
        if where < 88:
            return self.random.choice(self.host.recorded)
        if where < 98:
            return self.random.choice(self.words.everything)
        return Known(self.one("up", "scrape_duration_seconds", "node_made_up_total", "ALERTS"))

    def selector(self, metric: Known | None = None) -> str:
        metric = metric or self.metric()
        matchers = [self.matcher(metric) for _ in range(self.random.choice((0, 0, 0, 1, 1, 2)))]
        name = metric.name
        if self.chance(3):
            pattern = self.one(name, f"{name}.*", f"{name}|node_load1", f"not_{name}")
            return "{" + ", ".join([f'__name__=~"{pattern}"', *matchers]) + "}"
        return name + ("{" + ", ".join(matchers) + "}" if matchers else "")

    def matcher(self, metric: Known) -> str:
        if self.chance(8):
            return self.odd_matcher(metric)
        kind = self.random.randint(0, 99)
        if kind < 30:
            label = self.one(*self.host.target)
            values = self.host.target[label]
        elif kind < 42:
            label = self.one(*self.words.foreign)
            values = self.words.foreign[label]
        elif kind < 88 and metric.labels:
            label = self.one(*metric.labels)
            values = metric.labels[label] or ("made up",)
        else:
            label = self.one("cluster", "namespace", "pod", "mode", "device", "le", "gpu", "model")
            values = ("made up", "", "idle", "0")
        return self.match(label, self.one(*values))

    def match(self, label: str, value: str) -> str:
        form = self.random.randint(0, 99)
        literal = value.replace("\\", "\\\\") if "\\\\" not in value else value
        escaped = re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\\\1", value)
        if form < 45:
            return f'{label}="{literal}"'
        if form < 60:
            return f'{label}!="{literal}"'
        if form < 80:
            pattern = self.one(
                escaped, f"{escaped}|other", f"{escaped[:2]}.*" if value[:2].isalnum() else ".+", ".+", ".*"
            )
            return f'{label}=~"{pattern}"'
        if form < 92:
            return f'{label}!~"{self.one(escaped, f"{escaped}|other", "other", ".+")}"'
        return f'{label}{self.one("=", "!=")}""'

    def ranged(self, metric: Known | None = None) -> str:
        offset = self.one("", "", "", "", " offset 2s", " @ end()")
        return f"{self.selector(metric)}[{self.random.randint(4, 8)}s]{offset}"

    # --- vectors

    def vector(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf()
        twice = (self.aggregation, self.arithmetic, self.match_on, self.set_operation)
        once = (self.comparison, self.function, self.relabeled, self.absent, self.quantile, self.picked)
        makers = (*twice, *twice, *once, self.subquery, self.from_scalar, *[self.idiom] * 5)
        return self.leaf() if self.chance(8) else self.random.choice(makers)(depth)

    def leaf(self) -> str:
        return self.selector() if self.chance(70) else self.rate()

    def rate(self) -> str:
        if self.chance(15):
            return f"{self.one(*OVER_TIME)}_over_time({self.ranged()})"
        if self.chance(8):
            return f"predict_linear({self.ranged()}, 60)"
        return f"{self.one(*RATES)}({self.ranged()})"

    def labels(self) -> str:
        pool = (
            *TARGET,
            "cpu",
            "mode",
            "device",
            "mountpoint",
            "gpu",
            "UUID",
            "uuid",
            "model_name",
            "server",
            "le",
            "nothing",
        )
        return ", ".join(self.random.sample(pool, self.random.randint(0, 3)))

    def grouping(self) -> str:
        form = self.random.randint(0, 9)
        if form < 3:
            return ""
        if form < 5:
            return " by (instance)"
        return f" {'by' if form < 8 else 'without'} ({self.labels()})"

    def aggregation(self, depth: int) -> str:
        return f"{self.one(*AGGREGATIONS)}{self.grouping()} ({self.vector(depth - 1)})"

    def picked(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        form = self.random.randint(0, 3)
        if form == 0:
            return f'count_values{self.grouping()} ("value", {inner})'
        if form == 1:
            return f"quantile{self.grouping()} (0.9, {inner})"
        return f"{self.one('topk', 'bottomk')}{self.grouping()} ({self.random.randint(1, 3)}, {inner})"

    def number(self) -> str:
        return self.one("0", "1", "2", "100", "0.5", "1e9", "time()", "-1")

    def operand(self, depth: int) -> str:
        """Something that may stand beside an operator."""
        text = self.vector(depth)
        return text if re.fullmatch(r"[\w:]+(\{[^{}]*\})?", text) else f"({text})"

    def arithmetic(self, depth: int) -> str:
        form = self.random.randint(0, 9)
        if form < 4:
            return f"{self.operand(depth - 1)} {self.one(*ARITHMETIC)} {self.number()}"
        if form < 7:
            # Two metrics of one exporter mostly have the same labels.
            left = self.random.choice(self.host.there)
            alike = [known for known in self.host.there if known.labels.keys() == left.labels.keys()]
            right = self.random.choice(alike)
            return f"{self.selector(left)} {self.one(*ARITHMETIC)} {self.selector(right)}"
        return f"{self.operand(depth - 1)} {self.one(*ARITHMETIC)} {self.operand(depth - 1)}"

    def modifier(self) -> str:
        return self.one(
            "", f" on ({self.labels()})", " on (instance)", " on (instance)", f" ignoring ({self.labels()})"
        )

    def match_on(self, depth: int) -> str:
        """Two sides that are mostly one series each, or many and one."""
        left, right = self.vector(depth - 1), self.vector(depth - 1)
        operator = self.one(*ARITHMETIC, *COMPARISONS)
        form = self.random.randint(0, 9)
        if form < 4:
            by = self.one(
                "instance", "instance, job", "os", "instance, device", "instance, mode", self.labels()
            )
            return (
                f"sum by ({by}) ({left}) {operator} on ({self.one(by, 'instance')}) max by ({by}) ({right})"
            )
        if form < 8:
            by = self.one("instance", "instance", "job", "instance, os", self.labels())
            group = self.one("group_left ()", "group_left ()", "group_left (mode)")
            return f"({left}) {operator} on ({by}) {group} (sum by ({by}) ({right}))"
        return f"({left}) {operator}{self.modifier()} ({right})"

    def comparison(self, depth: int) -> str:
        mode = self.one("", "", " bool")
        if self.chance(60):
            return f"{self.operand(depth - 1)} {self.one(*COMPARISONS)}{mode} {self.number()}"
        operator = f"{self.one(*COMPARISONS)}{mode}{self.modifier()}"
        return f"{self.operand(depth - 1)} {operator} {self.operand(depth - 1)}"

    def set_operation(self, depth: int) -> str:
        operator = self.one("and", "and", "or", "or", "unless")
        return f"{self.operand(depth - 1)} {operator}{self.modifier()} {self.operand(depth - 1)}"

    def function(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        form = self.random.randint(0, 9)
        if form == 0:
            return f"clamp_min({inner}, 1)"
        if form == 1:
            return f"round({inner})"
        if form == 2:
            return f"-({inner})"
        return f"{self.one(*PLAIN)}({inner})"

    def relabeled(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        label = self.one("device", "instance", "cpu", "gpu", "job", "new")
        if self.chance(70):
            replacement, source = (
                self.one("$1", "fixed", "x-$1", ""),
                self.one("instance", "job", "device", "nothing"),
            )
            pattern = self.one("(.*)", "(.+)", "(l.*)", "other", "")
            return f'label_replace({inner}, "{label}", "{replacement}", "{source}", "{pattern}")'
        first, second = self.one("instance", "job"), self.one("os", "nothing")
        return f'label_join({inner}, "{label}", "-", "{first}", "{second}")'

    def absent(self, depth: int) -> str:
        if self.chance(30):
            return f"absent_over_time({self.ranged()})"
        return f"absent({self.vector(depth - 1)})"

    def quantile(self, depth: int) -> str:
        buckets = [known for known in self.host.there if known.name.endswith("_bucket")]
        if buckets and self.chance(70):
            inner = f"rate({self.ranged(self.random.choice(buckets))})"
        else:
            inner = self.vector(depth - 1)
        by = self.one("", " by (le)", " by (instance, le)", " by (instance)", " without (le)")
        return f"histogram_quantile(0.9, sum{by} ({inner}))"

    def subquery(self, depth: int) -> str:
        function = self.one(
            "max_over_time", "avg_over_time", "count_over_time", "absent_over_time", "rate", "deriv"
        )
        return f"{function}(({self.vector(depth - 1)})[6s:1s])"

    def idiom(self, depth: int) -> str:
        """A line of idioms.yaml with its words filled in."""
        label, value = self.attached()
        once = {
            "X": self.vector(depth - 1),
            "Y": self.vector(depth - 1),
            "METRIC": self.metric().name,
            "LABEL": self.one("instance", "job", "device", "cpu", "mode", "gpu", "new"),
            "BY": self.one("instance", "instance, job", "device", "cpu", "new", "__name__, instance", ""),
            "ATTACHED": label,
            "VALUE": value,
            "NUMBER": self.number(),
            "OP": self.one(*ARITHMETIC),
            "CMP": self.one(*COMPARISONS),
        }
        anew = {
            "SELECTOR": self.selector,
            "LABELS": self.labels,
            "MATCHER": lambda: self.odd_matcher(self.metric_named(once["METRIC"])),
        }
        return WORD.sub(lambda w: once[w[0]] if w[0] in once else anew[w[0]](), self.one(*idioms()))

    def metric_named(self, name: str) -> Known:
        return next((known for known in self.host.there if known.name == name), Known(name))

    def odd_matcher(self, metric: Known) -> str:
        """A matcher whose pattern takes some thought, or that says something of a label that is not there."""
        label = self.one(*metric.labels, *self.host.target, "new")
        values = metric.labels.get(label) or self.host.target.get(label) or ("x",)
        value = re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\\\1", self.one(*values))
        pattern = self.one(*ODD).replace("V", value).replace("^^", f"^{value[:1] or 'x'}")
        return f'{label}{self.one("=~", "!~")}"{pattern}"'

    def attached(self) -> tuple[str, str]:
        """A label of the target, mostly with its value."""
        label = self.one(*self.host.target)
        return label, self.one(self.host.target[label][0], self.host.target[label][0], "another")

    def from_scalar(self, depth: int) -> str:
        form = self.random.randint(0, 3)
        if form == 0:
            return f"vector({self.number()})"
        if form == 1:
            return f"vector(scalar({self.vector(depth - 1)}))"
        return f"{self.operand(depth - 1)} / scalar({self.vector(depth - 1)})"


def generated(words: Vocabulary, count: int, hosts_each: int, seed: int | None = None) -> list[Question]:
    """Up to ``count`` different expressions, each for the host it was made for and some others.

    Without a ``seed`` the profile of tests/conftest.py decides: in CI they are the same each time.
    """
    found: dict[str, str] = {}

    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(questions(words))
    def collect(question: tuple[str, str]) -> None:
        found.setdefault(*question)

    (collect if seed is None else seeded(seed)(collect))()
    names = [host.name for host in words.hosts]
    return [
        Question(expr, _following(names, host, number, hosts_each), "generated", "generated")
        for number, (expr, host) in enumerate(found.items())
    ]


def _following(names: Sequence[str], first: str, step: int, count: int) -> tuple[str, ...]:
    """The host itself and others, not always the same ones."""
    start = names.index(first)
    stride = 1 + step % (len(names) - 1)
    return tuple(dict.fromkeys(names[(start + stride * number) % len(names)] for number in range(count)))
