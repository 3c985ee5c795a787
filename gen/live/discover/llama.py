"""What may be asked of a llama-server, and what its answers say.

A router (several models, loaded on request) loads a model when its page is asked for with ``?model=``
and without ``autoload=false``, and may push another one out. So every request for a page says
``autoload=false``, whoever answers; lists of models load nothing.
"""

from __future__ import annotations

from typing import Any

from monogen.live.client import Client
from monogen.live.discover.seen import RouterModel
from monogen.live.errors import HttpStatusError, LiveError

HARMLESS = {"autoload": "false"}
"""The query of every request for a page. Other servers do not mind it."""

MOST_MODELS = 50
"""Models of one router that are listed; the cache of a machine may hold many more."""

_SERVER = "llama.cpp"
_NO_MODEL_NAMED = "model name is missing"
_BAD_REQUEST, _UNAVAILABLE, _NOT_SUPPORTED = 400, 503, 501


def is_llama(error: HttpStatusError) -> bool:
    """Whether the answer's header ``Server`` says llama.cpp."""
    return error.headers.get("Server", "") == _SERVER


def is_router(error: HttpStatusError) -> bool:
    """Whether this is what a router answers when its page is asked for without a model."""
    return error.status == _BAD_REQUEST and _NO_MODEL_NAMED in error.reason


def is_closed(error: HttpStatusError) -> bool:
    """Whether this is a llama-server without ``--metrics``."""
    return error.status == _NOT_SUPPORTED and "--metrics" in error.reason


def is_loading(error: HttpStatusError) -> bool:
    """Whether this is a llama-server that is loading its model."""
    return error.status == _UNAVAILABLE and is_llama(error)


def models(client: Client) -> list[RouterModel] | None:
    """The models that the server lists, in its order; None where it does not say."""
    try:
        answer = client.get("/v1/models")
    except LiveError:
        return None
    listed = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        return None
    found = [_model(entry) for entry in listed if isinstance(entry, dict)]
    return [model for model in found if model.name]


def _model(entry: dict[str, Any]) -> RouterModel:
    name, status = entry.get("id"), entry.get("status")
    loaded = isinstance(status, dict) and status.get("value") == "loaded"
    return RouterModel(name if isinstance(name, str) else "", loaded)
