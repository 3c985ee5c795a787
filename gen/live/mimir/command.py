"""`monogen push-rules`: from the built rules to what the command prints."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from monogen.live.mimir import report
from monogen.live.mimir.pushing import Push, apply, plan
from monogen.live.mimir.ruler import Ruler
from monogen.live.settings import Connection
from monogen.monitoring import Monitoring
from monogen.output.flow import Flow
from monogen.problems import InputError, Problem
from monogen.targets import mimir
from msgspec import Struct

TENANT = "X-Scope-OrgID"
_TENANT = re.compile(r"[A-Za-z0-9!\-_.*'()]{1,150}")


class Options(Struct, frozen=True):
    """What the command line says."""

    url: str
    tenant: str = ""
    dry_run: bool = False
    diff: bool = False
    as_json: bool = False


def run(
    monitoring: Monitoring, options: Options, connection: Connection, tell: Callable[[str], None]
) -> tuple[str, bool]:
    """Push, or show what would be; the text to print, and whether all is well.

    ``tell`` gets a line with each step. Raises InputError for the options, LiveError where the namespace
    cannot even be read.
    """
    push = pushed(monitoring, options, connection, tell)
    if options.as_json:
        return json.dumps(report.as_json(push), indent=2) + "\n", not push.failed
    return report.text(push, diff=options.diff), not push.failed


def pushed(
    monitoring: Monitoring, options: Options, connection: Connection, tell: Callable[[str], None]
) -> Push:
    """What became of each group."""
    namespace = mimir.namespace(monitoring.fleet)
    built = [_plain(group) for group in mimir.rule_groups(monitoring)]
    ruler = Ruler(options.url, namespace, _with_tenant(connection, options.tenant))
    try:
        steps = plan(namespace, built, ruler.groups())
        stopped = ""
        if not options.dry_run:
            done, stopped = apply(ruler, steps, built, tell)
            steps = list(done)
        return Push(ruler.url, namespace, options.tenant, tuple(steps), options.dry_run, stopped)
    finally:
        ruler.close()


def _with_tenant(connection: Connection, tenant: str) -> Connection:
    if not tenant:
        return connection
    if not _TENANT.fullmatch(tenant) or tenant in (".", ".."):
        hint = "letters, digits and !-_.*'() are allowed, at most 150"
        raise InputError([Problem("--tenant", 0, 0, "this is no name of a tenant", hint)])
    if any(name.lower() == TENANT.lower() for name in connection.headers):
        hint = "leave one of both away"
        raise InputError([Problem("--tenant", 0, 0, f"the tenant is also given as --header {TENANT}", hint)])
    return connection.with_header(TENANT, tenant)


def _plain(value: Any) -> Any:
    """Data that any YAML writer takes."""
    if isinstance(value, Flow):
        return _plain(value.value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
