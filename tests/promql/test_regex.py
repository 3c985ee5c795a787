"""Regular expressions as Prometheus reads them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monogen.promql import regex


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("node", "node", True),
        ("node", "node_cpu", False),
        ("node.*", "node_cpu", True),
        ("a|b", "ab", False),
        (".*", "two\nlines", True),
        ("(?i)NODE", "node", True),
        ("", "", True),
        ("", "a", False),
        (".+", "", False),
        ("ä.", "äö", True),
        (".*", "\ud800", False),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern: str, text: str, matches: bool) -> None:
    assert regex.full_match(pattern, text) is matches


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("a(", "a parenthesis is not closed"),
        ("a)", "closed that was never opened"),
        ("[a", "a character class is not closed"),
        ("*a", "nothing to repeat: `*`"),
        ("a**", "a repetition is repeated: `**`"),
        ("(?=a)", "no such group (look-around and the like): `(?=`"),
        ("(?!a)b", "`(?!`"),
        (r"\8", r"no such escape: `\8`"),
        (r"a\C", r"no such escape: `\C`"),
        ("[z-a]", "`z-a`"),
        ("a{1001}", "more than 1000"),
        ("a\\", "lone backslash"),
        ("\ud800", "not valid Unicode"),
        ("a" * 60_000, "60,000 characters"),
    ],
)
def test_what_is_wrong_is_said(pattern: str, says: str) -> None:
    with pytest.raises(regex.RegexError) as refused:
        regex.compiled(pattern)
    assert says in str(refused.value)


def test_a_quoted_or_escaped_backslash_before_c_is_no_escape() -> None:
    assert regex.full_match(r"\\C", "\\C")
    assert regex.full_match(r"\Q\C\E", "\\C")


def test_groups_and_their_names_are_known() -> None:
    found = regex.compiled("(a)(?P<port>b)(?:c)")
    assert found.groups == 2
    assert found.names == {"port"}


def test_nothing_runs_away() -> None:
    assert not regex.full_match("(a+)+b", "a" * 20_000)


@pytest.mark.parametrize(
    ("pattern", "strings"),
    [
        ("a", {"a"}),
        ("", {""}),
        ("a|b|c(d|e)?", {"a", "b", "c", "cd", "ce"}),
        ("^a|b$", {"a", "b"}),
        ("(?:^a)", None),
        ("a^b", None),
        (r"spark-1\.lan:9100", {"spark-1.lan:9100"}),
        (r"spark-1.lan", None),
        ("a||b", {"a", "", "b"}),
        ("ab??", {"a", "ab"}),
        ("[ab]1", {"a1", "b1"}),
        ("gpu[0-2]", {"gpu0", "gpu1", "gpu2"}),
        ("[-a]", {"-", "a"}),
        ("[^a]", None),
        (r"\d", None),
        (r"a\nb", {"a\nb"}),
        ("a+", None),
        ("a{2}", None),
        ("(?i)a", None),
        ("(?P<os>linux|darwin)-x", {"linux-x", "darwin-x"}),
        ("(a", None),
        ("[a-z][a-z][a-z]", None),
        ("(" * 50 + "a" + ")" * 50, None),
        ("a)|(b", None),
    ],
)
def test_the_strings_a_pattern_means(pattern: str, strings: set[str] | None) -> None:
    assert regex.literals(pattern) == strings


@settings(max_examples=400, deadline=None)
@given(
    st.text(alphabet="ab|()?[]-^$\\.*+{}0,1:P<>Qn", max_size=12), st.text(alphabet="ab-^$\\.|0", max_size=4)
)
def test_literals_mean_what_the_pattern_means(pattern: str, text: str) -> None:
    strings = regex.literals(pattern)
    if strings is None:
        return
    assert all(regex.full_match(pattern, string) for string in strings)
    assert regex.full_match(pattern, text) is (text in strings)
