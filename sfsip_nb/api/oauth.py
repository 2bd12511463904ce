"""The OAuth client-credentials grant (RFC 6749 §4.4), as Genesys Cloud and Talkdesk take it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.transport import Api
from sfsip_nb.inputs.secrets import Secret

_PATH = "/oauth/token"
_RENEW_BEFORE = 60.0  # seconds before a token ends
_LASTS = 600.0  # seconds, where the answer does not say


class ClientCredentials:
    """The token of one OAuth client, asked for when it is first needed and before it ends.

    `login` is the token server's base URL, `platform` its name in errors. `on_token` is told each
    token. `explain` may give an error of the token server its hint. `correlation` and
    `pace` are as of `Api`.
    """

    def __init__(
        self,
        platform: str,
        login: str,
        client_id: str,
        client_secret: Secret,
        *,
        on_token: Callable[[str], object] | None,
        explain: Callable[[ApiError], None] = lambda error: None,
        correlation: str = "",
        pace: Callable[[], None] = lambda: None,
        http: httpx.Client | None = None,
    ) -> None:
        self.token: Secret | None = None
        """The present token, None before the first and after `forget`."""
        self.scopes: frozenset[str] = frozenset()
        """The scopes that the last token's answer lists."""
        self._platform = platform
        self._client_id = client_id
        self._client_secret = client_secret
        self._on_token = on_token
        self._explain = explain
        self._renew_at = 0.0
        self._login = Api(
            platform, login, read_problem=_problem, correlation=correlation, pace=pace, http=http
        )

    def bearer(self) -> str:
        """A token that is good as far as we know. Raises ApiError where none is given."""
        if self.token is None or time.monotonic() >= self._renew_at:
            answer = self._ask()
            token = answer.get("access_token") if isinstance(answer, dict) else None
            if not isinstance(token, str) or not token:
                problem = Problem("unreadable", "the answer holds no access token")
                raise ApiError(self._platform, "POST", _PATH, 200, problem)
            lasts = answer.get("expires_in")
            lasts = float(lasts) if isinstance(lasts, int | float) else _LASTS
            self.token = Secret(token)
            self.scopes = frozenset(str(answer.get("scope") or "").split())
            self._renew_at = time.monotonic() + max(lasts - _RENEW_BEFORE, lasts / 2)
            if self._on_token is not None:
                self._on_token(token)
        return self.token.reveal()

    def forget(self) -> None:
        """The present token is worth nothing: ask for another when one is needed."""
        self.token = None

    def close(self) -> None:
        """Close the connections."""
        self._login.close()

    def _ask(self) -> Any:
        basic = httpx.BasicAuth(self._client_id, self._client_secret.reveal())
        form = {"grant_type": "client_credentials"}  # without "scope": all that are granted
        try:
            return self._login.call("POST", _PATH, form=form, auth=basic, retry=True)
        except ApiError as error:
            self._explain(error)
            raise


def _problem(response: httpx.Response) -> Problem:
    """OAuth's own shape: error, error_description; Genesys adds description."""
    body = response.json()
    message = body.get("error_description") or body.get("description") or ""
    return Problem(body.get("error") or "", message)
