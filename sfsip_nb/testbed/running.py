"""A testbed that runs, as whoever uses it sees it: its addresses and its control interface."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from sfsip_nb.inputs.blocks import without_token
from sfsip_nb.inputs.errors import SfsipError


class TestbedError(SfsipError, RuntimeError):
    """The testbed does not start, answer or end; the text says what to do."""

    __test__ = False  # not a test class, whatever pytest thinks of the name


class TestbedRefusal(TestbedError):
    """The testbed answers that it does not do that, for a ``reason``."""

    def __init__(self, asked: str, reason: str) -> None:
        super().__init__(f"Testbed, {asked}: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class RunningTestbed:
    """A running testbed. `info` is the ready line without credentials.

    `started` is true for the one call of `ensure` that brought it up.
    """

    __test__ = False

    info: Mapping[str, Any] = field(repr=False)  # its control URL opens the testbed
    started: bool = False

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """The JSON answer of a control request. Raises TestbedError for what it refuses."""
        url = urlsplit(self.info["control"])
        # Not httpx, whose log would show the token.
        line = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
        body = None if content is None else json.dumps(content)
        try:
            line.request(method, url.path + quote(path), body, {"Content-Type": "application/json"})
            response = line.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise TestbedError(
                f"The testbed at {self} does not answer"
                f" ({type(error).__name__}). Start the command again, which starts it again."
            ) from error
        finally:
            line.close()
        if response.status >= 400:
            raise TestbedRefusal(f"{method} {path}", _reason(response.status, content))
        return json.loads(content)

    @property
    def token(self) -> str:
        """What opens the control interface: a secret like any other."""
        return str(self.info["control"]).rpartition("/")[2]

    def __str__(self) -> str:
        return without_token(self.info["control"])

    def administer(self, system: str, step: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Have the simulated administrator carry out a card; what the person saw."""
        return dict(self.control("POST", f"/admin/{system}/{step}", dict(values)))

    def screen(self, system: str, step: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """What stands on the screen that a card is about; nothing is changed there."""
        return dict(self.control("POST", f"/screens/{system}/{step}", dict(values)))


def _reason(status: int, content: bytes) -> str:
    try:
        return str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}"
