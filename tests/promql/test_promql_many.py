"""Many expressions at once: what a second process judges is what is read one by one."""

from __future__ import annotations

import pytest
from monogen.promql import Unreadable, read, read_ahead, reading
from monogen.second_process import SecondProcess, can_help


def _told(text: str) -> object:
    try:
        tree = read(text)
    except Unreadable as error:
        return (type(error), error.message, error.start, error.end)
    return (type(tree), tree.start, tree.end)


def test_reading_ahead_gives_what_reading_one_by_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f'sum by (job) (rate(x{{a="{i}"}}[5m])) > {i}' for i in range(reading.MANY)]
    texts += [
        "rate(up)",
        "sum(",
        "a" * 5_000,
        "+".join(["a"] * 4_000),
        'a{b=~"("}',
        "`\\x`",
        "holt_winters(a[5m],1,1)",
    ]
    monkeypatch.setattr(reading, "_kept", {})
    one_by_one = [_told(text) for text in texts]
    monkeypatch.setattr(reading, "_kept", {})
    read_ahead(texts)
    if can_help():
        assert len(reading._kept) > reading.MANY
    assert [_told(text) for text in texts] == one_by_one


def test_a_second_process_hands_its_result_over() -> None:
    seen = [1]
    helper = SecondProcess(lambda: seen + [2] * 100_000)
    seen.append(9)
    assert helper.result() == [1] + [2] * 100_000


def test_what_a_second_process_cannot_do_is_done_here() -> None:
    helper = SecondProcess(lambda: lambda: 7)  # a function cannot be pickled
    assert helper.result()() == 7


def test_where_there_can_be_no_second_process_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("os.fork", refused)
    assert SecondProcess(lambda: 7).result() == 7


def test_an_error_in_a_second_process_shows_here(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ValueError("here")

    helper = SecondProcess(fail)
    with pytest.raises(ValueError, match="here"):
        helper.result()
    assert "Traceback" not in capfd.readouterr().err
