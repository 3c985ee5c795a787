"""Says in words what the JSON Schema refuses. Slow and thorough: runs only when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
from jsonschema import ValidationError
from monogen.inventory.findings import Finding, Key, is_sensitive, nearest, nearest_or_all, quoted

RawText = Callable[[tuple[Key, ...]], str | None]
"""Gives a scalar as it is written in the file: `3.10`, where the value is 3.1."""

_TYPES = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number",
    bool: "a boolean",
}
_CREDENTIALS = frozenset(
    {"token", "password", "username", "bearer_token", "basic_auth", "authorization", "api_key"}
)


def explain(schema: dict[str, Any], document: Any, start: tuple[Key, ...], raw: RawText) -> Iterator[Finding]:
    """One finding for each thing the schema refuses in ``document``, which stands at ``start``."""
    for error in jsonschema.Draft7Validator(schema).iter_errors(document):
        for leaf in _leaves(error):
            yield from _explain(leaf, (*start, *leaf.absolute_path), raw)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Of alternatives, the complaints of the one whose type fits the value; else the whole error."""
    if error.validator != "anyOf":
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for inners in branches.values():
        if not any(inner.validator == "type" and not inner.path for inner in inners):
            for inner in inners:
                yield from _leaves(inner)
            return
    yield error


def _explain(error: ValidationError, keys: tuple[Key, ...], raw: RawText) -> Iterator[Finding]:
    keyword = error.validator
    if keyword == "additionalProperties":
        yield from _unknown_keys(error, keys)
    elif keyword == "required":
        yield _missing_key(error, keys)
    elif keyword == "propertyNames" or "propertyNames" in error.schema_path:
        name = str(error.instance)
        yield Finding((*keys, name), f"{quoted(name)} is not {_title(error)}", _examples(error), on_key=True)
    elif keyword in ("type", "anyOf"):
        yield _wrong_type(error, keys, raw)
    else:
        yield _wrong_value(error, keys)


def _schema(error: ValidationError) -> dict[str, Any]:
    """The part of the schema that refused the value; a mapping everywhere in schema.json."""
    part: Any = error.schema
    return part if isinstance(part, dict) else {}


def _title(error: ValidationError) -> str:
    return str(_schema(error).get("title", "what belongs here"))


def _examples(error: ValidationError) -> str:
    examples = [str(example) for example in _schema(error).get("examples", ())]
    if not examples:
        return ""
    return "write for example " + (
        ", ".join(examples[:-1]) + " or " + examples[-1] if examples[1:] else examples[0]
    )


def _unknown_keys(error: ValidationError, keys: tuple[Key, ...]) -> Iterator[Finding]:
    known = _schema(error).get("properties", {})
    patterns = _schema(error).get("patternProperties", {})
    mapping: Any = error.instance
    for key, value in mapping.items():
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        if value is None and "auth" in keys:
            # `password: {hunter2}` is a mapping whose key is the password.
            yield Finding(keys, f"unknown key in {_title(error)}", nearest_or_all("", known))
            continue
        hint = nearest_or_all(key, known)
        if key.lower() in _CREDENTIALS and not nearest(key, known):
            hint = "a credential is named, never written: auth: {bearer: {secret: NAME, key: KEY}}"
        yield Finding((*keys, key), f"unknown key {quoted(key)} in {_title(error)}", hint, on_key=True)


def _missing_key(error: ValidationError, keys: tuple[Key, ...]) -> Finding:
    mapping: Any = error.instance
    missing = next(key for key in _schema(error)["required"] if key not in mapping)
    hint = f"add `{missing}: ...`"
    if example := _schema(error).get("properties", {}).get(missing, {}).get("examples"):
        hint = f"add for example `{missing}: {example[0]}`"
    return Finding(keys, f"{_title(error)} needs `{missing}`", hint)


def _subject(keys: tuple[Key, ...]) -> str:
    """What a message is about: `memory`, or an entry of `models`."""
    if not keys:
        return "the file"
    if isinstance(keys[-1], int):
        name = next((key for key in reversed(keys) if isinstance(key, str)), "the list")
        return f"entry {keys[-1] + 1} of {quoted(name)}"
    return quoted(keys[-1])


def _wrong_type(error: ValidationError, keys: tuple[Key, ...], raw: RawText) -> Finding:
    subject, title, value = _subject(keys), _title(error), error.instance
    if value is None:
        return Finding(keys, f"{subject} is empty", f"it needs {title}: {_examples(error)}".rstrip(": "))
    text_allowed = "string" in _schema(error).get("type", ())
    if text_allowed and isinstance(value, bool | float):
        return _unquoted(subject, keys, value, raw(keys))
    if is_sensitive(keys, value) or isinstance(value, dict | list):
        message = f"{subject} must be {title}, not {_TYPES[type(value)]}"
    else:
        message = f"{subject} must be {title}, not {quoted(raw(keys) or str(value))}"
    return Finding(keys, message, _examples(error) or _type_hint(error))


def _type_hint(error: ValidationError) -> str:
    return "write true or false" if _schema(error).get("type") == "boolean" else ""


def _unquoted(subject: str, keys: tuple[Key, ...], value: bool | float, written: str | None) -> Finding:
    """YAML's best known trap: `on`, `no` and 3.10 are not the text that they look like."""
    if is_sensitive(keys, value) or written is None:
        return Finding(keys, f"{subject} must be text", "put it in quotes")
    meaning = ("true" if value else "false") if isinstance(value, bool) else f"the number {value}"
    return Finding(
        keys,
        f"{subject} must be text, but without quotes YAML reads {written} as {meaning}",
        f'write "{written}"',
    )


def _wrong_value(error: ValidationError, keys: tuple[Key, ...]) -> Finding:
    subject, value = _subject(keys), error.instance
    limit: Any = error.validator_value
    match error.validator:
        case "enum":
            return _not_allowed(error, keys, limit)
        case "minimum" | "maximum":
            low, high = _schema(error).get("minimum"), _schema(error).get("maximum")
            hint = f"from {low} to {high}" if high is not None else f"at least {low}"
            return Finding(keys, f"{subject} cannot be {value}", hint)
        case "maxLength":
            return Finding(keys, f"{subject} is longer than {limit} characters")
        case "minProperties" | "maxProperties":
            return Finding(keys, f"{subject} must be {_title(error)}", "exactly one of the two")
    return Finding(keys, f"{subject} is empty", _examples(error)) if not value else _wrong_text(error, keys)


def _not_allowed(error: ValidationError, keys: tuple[Key, ...], allowed: list[Any]) -> Finding:
    value, words = str(error.instance), [word for word in allowed if isinstance(word, str)]
    if is_sensitive(keys, value) or not words:
        return Finding(
            keys, f"{_subject(keys)} cannot be this", f"allowed: {', '.join(map(str, allowed)).lower()}"
        )
    near = nearest(value, words)
    hint = (f"did you mean `{near}`? " if near else "") + f"allowed: {', '.join(words)}"
    return Finding(keys, f"{quoted(value)} is not {_title(error)}", hint)


def _wrong_text(error: ValidationError, keys: tuple[Key, ...]) -> Finding:
    value = error.instance
    if (
        isinstance(value, str)
        and "@" in value
        and ("address" in keys or "endpoint" in keys or "://" in value)
    ):
        return Finding(
            keys,
            f"{_subject(keys)} cannot hold `@`: credentials do not belong here",
            "auth: {basic: ...} names a Kubernetes Secret"
            if "hosts" in keys
            else "use an address without them",
        )
    if is_sensitive(keys, value):
        return Finding(keys, f"{_subject(keys)} is not {_title(error)}", _examples(error))
    if isinstance(value, str) and "://" in value and keys[-1] in ("address", "endpoint"):
        hint = "without scheme and path, these have keys of their own: `scheme`, `path`"
        return Finding(keys, f"{quoted(value)} is not {_title(error)}", hint)
    return Finding(keys, f"{quoted(str(value))} is not {_title(error)}", _examples(error))
