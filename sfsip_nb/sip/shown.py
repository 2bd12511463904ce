"""Addresses and strangers' texts as a person reads them."""


def plain(text: str, most: int = 200) -> str:
    """A stranger's text: printable, on one line, and at most `most` characters long."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the singular for one: `1 packet`, `2 packets`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def bracketed(host: str) -> str:
    """A host as it stands in a URI: an IPv6 address in brackets (RFC 3261 §25.1)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def where(address: tuple[str, int]) -> str:
    """IP address and port as text: `192.0.2.1:5060`, `[2001:db8::1]:5060`."""
    host, port = address
    return f"{bracketed(host)}:{port}"
