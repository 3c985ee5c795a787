"""What is linted: files as documents, and the rules, expressions, scrape jobs and boards in them.

Plain data, made by ``monogen.lint.reading``. Everything knows the document it stands in and the keys that
lead to it, so that a check can say where.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

from monogen.lint.model import Keys, Position
from monogen.promql import Node, Unreadable
from msgspec import Struct, field

Kind = Literal[
    "rules",  # Prometheus' rule file: groups at the top
    "prometheus-rule",  # the operator's object: spec.groups
    "scrape-config",  # the operator's object
    "prometheus",  # prometheus.yml, or a file of scrape_config_files
    "dashboard",  # a board in JSON: classic, or exported with __inputs, or wrapped in {"dashboard": ...}
    "config-map",  # boards in a ConfigMap
    "manifest",  # any other Kubernetes object
    "overlooked",  # meant for Prometheus or Grafana, and nothing that is linted: misspelt, or too new
    "unreadable",  # a file or the rest of one that could not be read: ``data`` holds message and hint
]


class Source(Protocol):
    """A file that was read, or a board within one. ``path`` is as the user gave it."""

    @property
    def path(self) -> str:
        """The file, with forward slashes."""

    @property
    def text(self) -> str:
        """The whole file."""

    def place(
        self, document: int, keys: Keys, span: tuple[int, int] | None = None, *, on_key: bool = False
    ) -> tuple[Position, Position]:
        """Where the value (or its key, or some characters of it) begins and ends in the file."""


class Document(Struct, frozen=True, eq=False):
    """One YAML document or JSON text; ``number`` counts the documents of its file from 0.

    ``data`` is made of dict, list, str, int, float, bool and None.
    """

    source: Source
    number: int
    kind: Kind
    data: Any

    def at(self, keys: Keys) -> Any:
        """The value that keys lead to. LookupError or TypeError where they lead nowhere."""
        value = self.data
        for key in keys:
            value = value[key]
        return value


class Expression(Struct, frozen=True, eq=False):
    """A PromQL expression where it stands.

    ``text`` is what PromQL is read from. In a board that is the author's text with variables filled in, and
    ``origin`` gives for an offset in ``text`` the one in the author's text; elsewhere both are the same.
    ``tree`` is None where ``unreadable`` says why. ``used_in`` is "record", "alert", "panel",
    "variable" or "annotation", ``name`` the recorded series, the alert, or the panel's title.
    ``interval`` is how often it is evaluated, in seconds (None: not stated there).
    """

    document: Document
    keys: Keys
    text: str
    tree: Node | None
    used_in: Literal["record", "alert", "panel", "variable", "annotation"]
    name: str
    unreadable: Unreadable | None = None
    interval: float | None = None
    offsets: tuple[int, ...] | None = None

    @property
    def authors_text(self) -> str:
        """The value in the file that the expression, or a part of the value, was read from."""
        value = self.document.at(self.keys)
        return value if isinstance(value, str) else ""

    def origin(self, span: tuple[int, int]) -> tuple[int, int]:
        """The characters of the author's text that became those of ``text``."""
        if self.offsets is None:
            return span
        return self.offsets[span[0]], self.offsets[span[1]]


class RuleItem(Struct, frozen=True, eq=False):
    """A rule as written; texts are as in the file, "" where a key is missing. ``keys`` lead to the rule."""

    document: Document
    keys: Keys
    index: int
    expression: Expression
    record: str = ""
    alert: str = ""
    hold: str = ""
    keep_firing_for: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The recorded series or the alert."""
        return self.record or self.alert


class GroupItem(Struct, frozen=True, eq=False):
    """A rule group, where ``keys`` lead; ``interval`` is seconds, None where the server's own holds."""

    document: Document
    keys: Keys
    name: str
    rules: tuple[RuleItem, ...]
    interval: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class ScrapeItem(Struct, frozen=True, eq=False):
    """One way of scraping, with the names of Prometheus' own configuration whatever form it was read from.

    ``form`` is "operator" or "prometheus". ``data`` is the mapping as written (a ScrapeConfig's spec, or
    one entry of scrape_configs), ``keys`` lead to it. ``job`` is the label ``job`` its targets get if nothing
    is relabeled, ``interval`` and ``timeout`` are seconds (None: not stated).
    """

    document: Document
    keys: Keys
    form: Literal["operator", "prometheus"]
    job: str
    data: Mapping[str, Any]
    interval: float | None = None
    timeout: float | None = None


class PanelItem(Struct, frozen=True, eq=False):
    """A panel of a board, those of collapsed rows included; rows themselves are none."""

    document: Document
    keys: Keys
    title: str
    type: str
    data: Mapping[str, Any]
    expressions: tuple[Expression, ...] = ()


class BoardItem(Struct, frozen=True, eq=False):
    """A Grafana board. ``keys`` lead to it (("dashboard",) in a wrapped export); ``uid`` may be ""."""

    document: Document
    keys: Keys
    uid: str
    title: str
    data: Mapping[str, Any]
    panels: tuple[PanelItem, ...] = ()
    expressions: tuple[Expression, ...] = ()
    """Those of variables and annotations."""


class Linted(Struct):
    """All that was read, by what it is."""

    documents: list[Document] = field(default_factory=list)
    groups: list[GroupItem] = field(default_factory=list)
    scrapes: list[ScrapeItem] = field(default_factory=list)
    boards: list[BoardItem] = field(default_factory=list)

    @property
    def rules(self) -> Iterable[RuleItem]:
        """Every rule of every group."""
        return (rule for group in self.groups for rule in group.rules)

    @property
    def expressions(self) -> Iterable[Expression]:
        """Every expression of rules, panels, variables and annotations."""
        yield from (rule.expression for rule in self.rules)
        for board in self.boards:
            yield from (expression for panel in board.panels for expression in panel.expressions)
            yield from board.expressions
