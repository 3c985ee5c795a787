"""What Grafana's refusals mean, in sentences a person understands."""

from __future__ import annotations

from monogen.live.errors import HttpStatusError, LiveError, UnreachableError

Words = tuple[str, str]

STOPPING = (401, 407, 429)
"""Statuses after which the next board would fare no better."""

TOO_BIG = 413
"""A web page that says so comes from a proxy, and is about this one request."""

BROKEN = 500
AGAIN = "run the command again: what is done already is not touched"


def explained(error: LiveError, what: str) -> Words:
    """The sentence and the hint; ``what`` is the thing it was about: "dashboard `x`", "folder `y`"."""
    if not isinstance(error, HttpStatusError):
        return error.message, error.hint
    if error.status == 412:  # noqa: PLR2004
        return _precondition(error, what)
    if error.status in _STATUS:
        message, hint = _STATUS[error.status]
        return message.format(what=what) + _said(error), hint.format(credentials=error.hint)
    if error.status >= BROKEN:
        return f"Grafana failed at {what} ({error.status})" + _said(error), "Grafana's log says more"
    return f"Grafana refused {what} ({error.status})" + _said(error), error.hint


def at_first(error: LiveError, url: str) -> LiveError:
    """The same for the first questions, before any board: is the address right, are the credentials?"""
    if isinstance(error, HttpStatusError) and error.status in (401, 403) and not error.html:
        message, hint = _STATUS[error.status]
        told = hint.format(credentials=error.hint)
        return LiveError(f"{url}: {message.format(what='dashboards here')}{_said(error)}", told)
    return error


def stops(error: LiveError) -> bool:
    """Whether there is no use in trying the next board."""
    if isinstance(error, HttpStatusError):
        return error.status in STOPPING or error.status >= BROKEN or (error.html and error.status != TOO_BIG)
    return isinstance(error, UnreachableError) or not isinstance(error, HttpStatusError)


_STATUS: dict[int, Words] = {
    400: ("Grafana does not accept {what}", "see what it says; `monogen lint` knows what Grafana refuses"),
    401: (
        "Grafana does not know these credentials",
        "{credentials}; Grafana makes one under Administration > Users and access > Service accounts",
    ),
    403: (
        "these credentials may not change {what}",
        "the service account needs the role Editor, or dashboards:create, dashboards:write and "
        "folders:create, and the permission to edit in this folder",
    ),
    404: ("{what} is not there any more, or not visible with these credentials", AGAIN),
    409: ("{what} was changed or made by somebody else in the meantime", AGAIN),
    413: (
        "{what} is too big for Grafana or for the proxy before it",
        "Grafana takes 16 MiB; raise the proxy's limit (nginx: client_max_body_size)",
    ),
    422: ("Grafana does not accept {what}", "see what it says"),
}


def _precondition(error: HttpStatusError, what: str) -> Words:
    """412: Grafana says in ``status`` which of several things it means."""
    kind = error.data.get("status") if isinstance(error.data, dict) else ""
    if kind == "version-mismatch":
        return f"{what} was changed by somebody else in the meantime", AGAIN
    if kind == "plugin-dashboard":
        hint = "--force overwrites it; the next update of the plugin puts its own back"
        return f"{what} belongs to a plugin" + _said(error), hint
    if kind == "name-exists":
        hint = "rename or remove the other one, or choose another folder with --folder"
        return f"the folder already has another dashboard with the title of {what}", hint
    return f"Grafana does not take {what} as things stand (412)" + _said(error), AGAIN


def _said(error: HttpStatusError) -> str:
    return f": {error.reason}" if error.reason else ""
