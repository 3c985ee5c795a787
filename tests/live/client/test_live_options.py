"""Settings of a connection from the command line: read, checked, and never shown."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from monogen.live.options import connection, connection_options
from monogen.live.settings import Connection


def test_nothing_said_means_no_credentials() -> None:
    made = connection()
    assert not made.auth
    assert made == Connection()


def test_a_token_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("\ufeffabc-secret\n", encoding="utf-8")
    assert connection(token_file=file).auth.header == "Bearer abc-secret"
    monkeypatch.setenv("MY_TOKEN", " xyz-secret ")
    made = connection(token_env="MY_TOKEN")
    assert made.auth.header == "Bearer xyz-secret"
    assert "secret" not in repr(made)


def test_where_credentials_are_from_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("abc-secret")
    monkeypatch.setenv("PW", "secret")
    assert connection(token_file=file).auth.origin == f"the token of --token-file {file}"
    assert connection(token_env="PW").auth.origin == "the token of --token-env PW"
    assert connection(user="joe", password_env="PW").auth.origin == "the login of --user joe"
    assert connection().auth.origin == ""


def test_a_user_with_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "pässword")
    assert connection(user="joe", password_env="PW").auth.header == "Basic am9lOnDDpHNzd29yZA=="


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token_env": "NOT_SET"}, "no environment variable `NOT_SET`"),
        ({"token_env": "glsa_secret-token.x"}, "no environment variable of that name"),
        ({"token_file": Path("/nonexistent/token")}, "cannot be read"),
        ({"token_env": "EMPTY"}, "is empty"),
        ({"token_env": "LINES"}, "more than one line"),
        ({"token_env": "GOOD", "token_file": Path("x")}, "not both"),
        ({"token_env": "GOOD", "user": "joe"}, "a token or a user"),
        ({"password_env": "GOOD"}, "needs --user"),
        ({"user": "a:b"}, "no `:`"),
        ({"key": Path("/etc/hostname")}, "--key needs --cert"),
        ({"ca_file": Path("/nonexistent")}, "--ca-file"),
        ({"insecure": True, "ca_file": Path("/etc/hostname")}, "one of both"),
        ({"headers": ("no colon",)}, "NAME: VALUE"),
        ({"headers": ("X-A: $NOT_SET",)}, "no environment variable"),
        ({"headers": ("X A: b",)}, "NAME: VALUE"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    options: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD", "hush-hush")
    monkeypatch.setenv("EMPTY", " ")
    monkeypatch.setenv("LINES", "hush\nhush")
    with pytest.raises(click.UsageError) as caught:
        connection(**options)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert "hush" not in caught.value.message
    assert "glsa_secret" not in caught.value.message


def test_headers_from_files_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "h").write_text("from file\n")
    monkeypatch.setenv("H", "from env")
    made = connection(headers=("X-Scope-OrgID: team-a", f"X-F: @{tmp_path / 'h'}", "X-E: $H"))
    assert made.headers == {"X-Scope-OrgID": "team-a", "X-F": "from file", "X-E": "from env"}


def test_a_command_gets_one_argument() -> None:
    seen: list[Connection] = []

    @click.command()
    @connection_options
    def command(connection: Connection) -> None:
        seen.append(connection)

    result = CliRunner().invoke(command, ["--timeout", "3", "--insecure"])
    assert result.exit_code == 0, result.output
    assert (seen[0].timeout, seen[0].tls.insecure) == (3, True)
    assert CliRunner().invoke(command, ["--timeout", "0"]).exit_code == 2
