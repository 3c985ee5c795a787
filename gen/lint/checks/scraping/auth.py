"""How a scrape says who it is: one way at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monogen.lint.check import check
from monogen.lint.checks.scraping.examples import prometheus
from monogen.lint.checks.scraping.normal import ScrapeConfig, normal, operator_name, scalar_text
from monogen.lint.context import Context
from monogen.lint.documents import ScrapeItem
from monogen.lint.model import Found, Keys

WAYS = ("basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file")

_EITHER_OR = {
    "basic_auth": (("username", "username_file"), ("password", "password_file")),
    "authorization": (("credentials", "credentials_file"),),
    "oauth2": (("client_secret", "client_secret_file"),),
}
"""Prometheus' own form: the value, or the file that holds it."""


@check(
    "MG508",
    "several-authentications",
    family="scraping",
    severity="error",
    on="scrape",
    what="More than one way to authenticate in one scrape config, a secret stated twice, or basic "
    "authentication through `authorization`.",
    why="Prometheus does not start with it, and an API server refuses the object.",
    bad=prometheus("""
        scrape_configs:
        - job_name: litellm
          basic_auth: {username: prometheus, password_file: secrets/password}
          authorization: {credentials_file: secrets/key}
          static_configs:
          - targets: [nas.lan:4000]
            labels: {instance: nas}
    """),
    good=prometheus("""
        scrape_configs:
        - job_name: litellm
          authorization: {credentials_file: secrets/key}
          static_configs:
          - targets: [nas.lan:4000]
            labels: {instance: nas}
    """),
)
def several_authentications(item: ScrapeItem, _: Context) -> Iterator[Found]:
    """Look at the scrape itself and at the HTTP discovery beside it."""
    config = normal(item)
    yield from _of_client(item.data, item.keys, config)
    name = config.spelled("http_sd_configs")
    discovery = item.data.get(name)
    if isinstance(discovery, list):
        for index, entry in enumerate(discovery):
            if isinstance(entry, Mapping):
                yield from _of_client(entry, (*item.keys, name, index), config)


def _of_client(data: Mapping[str, Any], keys: Keys, config: ScrapeConfig) -> Iterator[Found]:
    spelled = {way: operator_name(way) if config.operator else way for way in WAYS}
    stated = [way for way in WAYS if data.get(spelled[way])]
    if len(stated) > 1:
        names = " and ".join(f"`{spelled[way]}`" for way in stated)
        yield Found((*keys, spelled[stated[1]]), f"{names} exclude each other", "leave one", on_key=True)
    kind = data.get(spelled["authorization"])
    if isinstance(kind, Mapping) and scalar_text(kind.get("type")).strip().lower() == "basic":
        yield Found(
            (*keys, spelled["authorization"], "type"),
            f"`{spelled['authorization']}` cannot be of type Basic",
            f"use `{spelled['basic_auth']}`",
        )
    if not config.operator:
        yield from _stated_twice(data, keys)


def _stated_twice(data: Mapping[str, Any], keys: Keys) -> Iterator[Found]:
    for way, pairs in _EITHER_OR.items():
        settings = data.get(way)
        if not isinstance(settings, Mapping):
            continue
        for value, file in pairs:
            if settings.get(value) and settings.get(file):
                yield Found(
                    (*keys, way, file), f"`{value}` and `{file}` exclude each other", "leave one", on_key=True
                )
