"""What a platform's refusal or silence is worth, as a sentence that is safe to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfsip_nb.inputs.errors import SfsipError

UNPROVEN = frozenset({408, 425})
"""4xx that do not say whether the request was carried out (RFC 9110 §15.5.9, RFC 8470 §5.2)."""


@dataclass(frozen=True)
class Problem:
    """What a platform says about a refused request, or why it said nothing, and what to do."""

    code: str = ""
    message: str = ""
    details: Any = None
    correlation: str = ""
    advice: str = ""


class ApiError(SfsipError):
    """A platform refused a request, or gave no usable answer.

    The text is a sentence that may be shown: method and path, never a query, a header or a body.

    Attributes:
        platform: who was asked, by name.
        status: HTTP status; 0 if no answer came.
        code: the platform's own code; where no answer came, that of `silence`; or ``unreadable``,
            ``endless``.
        message: the platform's explanation, bounded and printable; its wording is not trusted.
        details: further details as the platform sent them. Data: escape before showing.
        correlation: the id to quote to the platform's support, where it sent one.
        retry_after: seconds that the platform asks to wait, or None.
        hint: what a client knows to do about it; it stands before the general `advice`.
    """

    def __init__(
        self,
        platform: str,
        method: str,
        path: str,
        status: int,
        problem: Problem,
        retry_after: float | None = None,
    ) -> None:
        self.platform = platform
        self.method, self.path, self.status = method, path, status
        self.code = plain(problem.code, 80)
        self.message = plain(problem.message, 300)
        self.details = problem.details
        self.correlation = plain(problem.correlation, 80)
        self.retry_after = retry_after
        self.hint = problem.advice
        what = f"{platform} answered {status} to {method} {path}"
        if status == 0:
            what = f"{platform} gave no usable answer to {method} {path}"
        why = ": ".join(part for part in (self.code, self.message) if part)
        quote = f" (for their support: {self.correlation})" if self.correlation else ""
        super().__init__(f"{what}{': ' if why else ''}{why}{quote}")

    @property
    def transient(self) -> bool:
        """Whether network or platform was in trouble, so that this says nothing of the customer."""
        return (
            self.status < 400  # no answer, or one that cannot be read
            or self.status >= 500
            or self.status in UNPROVEN
            or self.status == 429
            or is_token_rate_limit(self)
        )

    @property
    def advice(self) -> str:
        """What to do about it, in a sentence; "" where the message has to speak for itself."""
        if self.hint:
            return self.hint
        if self.status == 429 or is_token_rate_limit(self):
            return "Too many requests were sent. Wait a few minutes, then run it again."
        if self.status == 0:
            return "Check the network, a proxy and the region, then run it again."
        return _ADVICE.get(self.status, "")


_ADVICE = {
    401: "Check the key or the client's id and secret, and that they belong to the stated region.",
    403: "Give the key or the OAuth client the permission named in the message.",
    404: "Check the name or the id, and that the key belongs to the stated region.",
    409: "Somebody else has changed it: make a new plan and look at the difference.",
    500: "The platform has an internal error: try again later, then ask its support.",
    **dict.fromkeys((502, 503, 504), "The platform is not available right now: try again later."),
}


def plain(value: Any, longest: int) -> str:
    """`value` as one printable line of at most `longest` characters."""
    text = str(value if value is not None else "")
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def is_token_rate_limit(error: ApiError) -> bool:
    """Whether this 400 is Genesys's token endpoint saying "too many requests"."""
    return error.status == 400 and "rate limit exceeded" in f"{error.code} {error.message}".lower()
