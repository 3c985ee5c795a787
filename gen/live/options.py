"""Command line options that say how to reach a server; every command that talks to one has the same.

    @main.command()
    @click.option("--prometheus", "url", required=True, metavar="URL")
    @connection_options
    def verify(url: str, connection: Connection) -> None:
        with Client(url, connection) as client: ...

What is secret comes from the environment or a file, never as an argument: arguments can be seen by others
(`ps`) and stay in the shell's history.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
from monogen.live.settings import TIMEOUT, Auth, Connection, Tls

MAX_SECRET = 64 * 1024
"""Bytes of a file with a token or a password; a bigger one is the wrong file."""

_FILE = click.Path(path_type=Path)

_OPTIONS = (
    click.option("--token-file", type=_FILE, metavar="FILE", help="Send the bearer token in this file."),
    click.option("--token-env", metavar="NAME", help="Send the bearer token in this environment variable."),
    click.option("--user", metavar="NAME", help="Log in with basic auth, as this user."),
    click.option("--password-file", type=_FILE, metavar="FILE", help="With --user: the password's file."),
    click.option(
        "--password-env", metavar="NAME", help="With --user: the environment variable with the password."
    ),
    click.option("--ca-file", type=_FILE, metavar="FILE", help="Trust this CA (PEM) and no other."),
    click.option("--cert", type=_FILE, metavar="FILE", help="Client's certificate (PEM)."),
    click.option("--key", type=_FILE, metavar="FILE", help="Client's key (PEM), where not in --cert."),
    click.option("--insecure", is_flag=True, help="Do not check the server's certificate."),
    click.option(
        "--timeout", type=click.FloatRange(0.1, 3600), default=TIMEOUT, show_default=True, metavar="SECONDS",
        help="For one request.",
    ),
    click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'",
                 help="Send this with every request, as X-Scope-OrgID; @FILE or $NAME as the value reads it "
                      "from a file or the environment."),
)  # fmt: skip

_NAMES = (
    "token_file", "token_env", "user", "password_file", "password_env", "ca_file", "cert", "key", "insecure",
    "timeout", "headers",
)  # fmt: skip


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument ``connection``, read and checked.

    What is wrong with them is a usage error (exit 2).
    """

    @wraps(command)
    def with_connection(*args: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _NAMES}
        return command(*args, connection=connection(**given), **options)

    wrapped: Callable[..., Any] = with_connection
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def connection(
    *,
    token_file: Path | None = None,
    token_env: str | None = None,
    user: str | None = None,
    password_file: Path | None = None,
    password_env: str | None = None,
    ca_file: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    insecure: bool = False,
    timeout: float = TIMEOUT,
    headers: tuple[str, ...] = (),
) -> Connection:
    """What the options say, with secrets read. Raises click.UsageError; no message holds a secret."""
    token = _secret("--token-file", token_file, "--token-env", token_env)
    password = _secret("--password-file", password_file, "--password-env", password_env)
    if token and (user or password):
        raise click.UsageError("give a token or a user, not both")
    if password and not user:
        raise click.UsageError("a password needs --user")
    if user and (":" in user or not user.isprintable()):
        raise click.UsageError("--user: a user's name has no `:` and no control characters")
    if key and not cert:
        raise click.UsageError("--key needs --cert")
    if insecure and ca_file:
        raise click.UsageError(
            "--insecure checks no certificate, so --ca-file says nothing: give one of both"
        )
    if not token.isascii():
        raise click.UsageError("the token has characters that no token has: is it the right one?")
    tls = Tls(
        ca_file=_readable("--ca-file", ca_file), cert_file=_readable("--cert", cert),
        key_file=_readable("--key", key), insecure=insecure,
    )  # fmt: skip
    origin = _origin(token_file, token_env, user)
    auth = Auth(token=token, user=user or "", password=password, origin=origin)
    return Connection(auth, tls, timeout, dict(_header(text) for text in headers))


def _origin(token_file: Path | None, token_env: str | None, user: str | None) -> str:
    """Where the credentials are from, in words; "" without any."""
    if token_file is not None:
        return f"the token of --token-file {token_file}"
    if token_env is not None:
        return f"the token of --token-env {token_env}"
    return f"the login of --user {user}" if user else ""


def _secret(file_option: str, file: Path | None, env_option: str, name: str | None) -> str:
    """A token or a password from a file or the environment, "" where neither is named."""
    if file is not None and name is not None:
        raise click.UsageError(f"give {file_option} or {env_option}, not both")
    if file is not None:
        return _from_file(file_option, file)
    return _from_environment(env_option, name, os.environ) if name is not None else ""


def _from_file(option: str, file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SECRET + 1)
    except OSError as error:
        raise click.UsageError(f"{option}: `{file}` cannot be read: {error.strerror}") from None
    if len(content) > MAX_SECRET:
        raise click.UsageError(f"{option}: `{file}` is too big to be a secret")
    try:
        return _usable(option, f"the file `{file}`", content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise click.UsageError(f"{option}: the file `{file}` is not text") from None


def _from_environment(option: str, name: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        # A name with odd characters is as a rule the secret itself, given by mistake: not repeated.
        shown = f"`{name}`" if name.isidentifier() and len(name) <= 40 else "of that name"  # noqa: PLR2004
        raise click.UsageError(f"{option}: there is no environment variable {shown}")
    return _usable(option, f"the variable `{name}`", environment[name])


def _usable(option: str, place: str, text: str) -> str:
    """A secret without the line break that editors put at the end of a file."""
    secret = text.strip()
    if not secret:
        raise click.UsageError(f"{option}: {place} is empty")
    if not secret.isprintable():
        raise click.UsageError(f"{option}: {place} has more than one line, or control characters")
    return secret


def _readable(option: str, file: Path | None) -> str:
    """The path of a file that can be read; requests would say it late and badly."""
    if file is None:
        return ""
    try:
        with file.open("rb"):
            return str(file)
    except OSError as error:
        raise click.UsageError(f"{option}: `{file}` cannot be read: {error.strerror}") from None


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not name or not value or not all(c.isalnum() or c == "-" for c in name):
        raise click.UsageError("--header: write it as 'NAME: VALUE'")
    if value.startswith("@"):
        value = _from_file("--header", Path(value[1:]))
    elif value.startswith("$"):
        value = _from_environment("--header", value[1:], os.environ)
    if not value.isprintable() or not value.isascii() or not name.isascii():
        raise click.UsageError(f"--header: `{name}` has characters that a header cannot have")
    return name, value
