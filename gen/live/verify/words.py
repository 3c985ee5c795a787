"""What servers and Go say when a scrape fails, in words that say what to do about it."""

from __future__ import annotations

import re

_SAYS = (
    (re.compile(r"connect: connection refused"), "nobody listens at {place}"),
    (re.compile(r"no such host|server misbehaving"), "the name of {place} is not known to DNS there"),
    (re.compile(r"no route to host|network is unreachable"), "there is no way to {place} from Prometheus"),
    (re.compile(r"context deadline exceeded|Client\.Timeout|i/o timeout"),
     "{place} gives no complete answer within the scrape timeout"),
    (re.compile(r"unable to read .{0,300}?open \S*?(?P<file>secrets/[^\s:]+): no such file"),
     "Prometheus cannot read `{file}`: put the key there"),
    (re.compile(r"unable to read .{0,300}?open (?P<file>[^\s:]+): (?P<why>[\w ]{1,60})"),
     "Prometheus cannot read `{file}`: {why}"),
    (re.compile(r"Content-Type \W{0,2}text/html|got \W{1,3}<\W{1,3} \(\W{0,2}INVALID"),
     "a web page answers at {place}; something else listens there"),
    (re.compile(r"HTTP status (?P<status>401|403)"),
     "{place} refuses the credentials of the scrape ({status})"),
    (re.compile(r"HTTP status (?P<status>404)"), "{place} has no such page ({status}): is the path right?"),
    (re.compile(r"HTTP status (?P<status>\d{3}[ \w]*)"), "{place} answers {status}"),
    (re.compile(r"gave HTTP response to HTTPS client"), "{place} speaks http, and is asked with https"),
    (re.compile(r"malformed HTTP response|first record does not look like a TLS handshake"),
     "{place} does not speak what it is asked with (http or https?)"),
    (re.compile(r"x509: (?P<why>[^\n]{1,120})"), "the certificate of {place} is not taken: {why}"),
    (re.compile(r"remote error: tls|tls: "), "{place} and Prometheus agree on no TLS connection"),
    (re.compile(r"(?:sample|label|body size|target)[_ ]limit(?:[_ ]exceeded)?|exceeds? .{0,30}limit"),
     "{place} gives more than a limit of the scrape allows"),
    (re.compile(r"unsupported Content-Type|non-compliant scrape target"),
     "{place} sends no Content-Type that Prometheus knows (fallbackScrapeProtocol helps)"),
    (re.compile(r"expected .{1,40} got|invalid metric|unexpected end of input|data does not end|parse"),
     "{place} sends a page that Prometheus cannot read"),
    (re.compile(r"\bEOF\b|connection reset|broken pipe"), "{place} breaks the connection off"),
)  # fmt: skip

LONGEST = 160


def scrape_failure(error: str, place: str) -> str:
    """Why a scrape failed, in half a sentence. ``place`` is host:port, or what else the target is called."""
    for pattern, words in _SAYS:
        if match := pattern.search(error):
            return words.format(place=place, **match.groupdict())
    said = " ".join("".join(c if c.isprintable() else " " for c in error).split())
    if not said:
        return "the server does not say why"
    return said if len(said) <= LONGEST else said[: LONGEST - 3] + "..."


def counted(number: int, one: str, several: str = "") -> str:
    """ "1 host", "1,000 hosts"."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def lasting(seconds: float) -> str:
    """ "6 hours", "90 seconds"."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def some(names: tuple[str, ...] | list[str], most: int = 3, between: str = ", ") -> str:
    """ "spark-1, spark-2, mac and 12 more"."""
    if len(names) <= most + 1:
        return between.join(names)
    return f"{between.join(names[:most])} and {len(names) - most:,} more"
