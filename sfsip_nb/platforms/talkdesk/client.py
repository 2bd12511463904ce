"""Talkdesk: the part of its API that the guide can be proved with.

There is no public API for SIP trunks, for what a number is routed to, or for drawing flows: a
person does that. Objects are dicts as the API returns them. Every method raises ApiError.
Source: docs.talkdesk.com, read 2026-11 (cc-basic, paging-results, calls-report, flows-api-ref,
migrating-from-ring-groups-to-queues-api).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from sfsip_nb.api.errors import ApiError, Problem, plain
from sfsip_nb.api.oauth import ClientCredentials
from sfsip_nb.api.transport import Api, segment, stamp
from sfsip_nb.api.waits import Tell, waiting
from sfsip_nb.inputs.secrets import Secret

Json = dict[str, Any]

REPORT_SECONDS = 180.0
"""How long a calls report may take by default."""

_NAME = "Talkdesk"
_MOST_PAGES = 200
_FIRST_LOOK, _LONGEST_LOOK = (
    0.3,
    5.0,
)  # seconds before the first look at a report's job, and the next
_JOBS, _FILES = "/data/reports/calls/jobs", "/data/reports/calls/files"
_OVER = frozenset({"failed", "canceled", "deleted"})
_USER_ONLY = (
    "Talkdesk documents the Queues API for Authorization Code clients; that it takes the Client "
    "Credentials grant is not confirmed. If the scope is granted, this account may be one that "
    "refuses: have a person confirm the queue instead."
)


class TalkdeskClient:
    """A client-credentials client of one account.

    `api` and `login` are base URLs; the login server's host names the account. `on_token` is told
    each token, so that it can be kept out of outputs. `report_seconds` bounds the wait for a
    calls report.
    """

    def __init__(
        self,
        account: str,
        client_id: str,
        client_secret: Secret,
        *,
        api: str,
        login: str,
        on_token: Callable[[str], object] | None = None,
        report_seconds: float = REPORT_SECONDS,
        http: httpx.Client | None = None,
    ) -> None:
        self._account = account
        self._login_host = urlsplit(login).netloc
        self._report_seconds = report_seconds
        self._base = api.rstrip("/")
        self._tokens = ClientCredentials(
            "Talkdesk login",
            login,
            client_id,
            client_secret,
            on_token=on_token,
            explain=self._explain_login,
            http=http,
        )
        self._api = Api(
            _NAME,
            api,
            read_problem=_problem,
            bearer=self._tokens.bearer,
            renew=self._tokens.forget,
            http=http,
        )

    def close(self) -> None:
        """Close the connections; the token ends by itself, no way to revoke it is documented."""
        self._tokens.close()
        self._api.close()

    # The token

    def scopes(self) -> frozenset[str]:
        """The scopes that the OAuth client was granted, as its token's answer lists them."""
        self._tokens.bearer()
        return self._tokens.scopes

    def _explain_login(self, error: ApiError) -> None:
        where = (
            f"Check that the account is called {self._account!r} in its address and lives in "
            f"the stated region; its login server was taken to be {self._login_host}."
        )
        if error.status in (0, 404):
            error.hint = where
        elif error.status in (400, 401, 403):
            error.hint = (
                "Check the OAuth client's id and secret (Builder, OAuth Clients), and that it "
                f"has the grant Client Credentials. {where}"
            )

    # Queues

    def queues(self, name: str | None = None) -> list[Json]:
        """The queues (formerly ring groups); `name` filters, and may match more than that name."""
        params = {"name": name, "order_by": "name:asc"}
        return list(self._pages("/ccaas/queues", "queues", "queues:read", params, _USER_ONLY))

    # Calls

    def calls(self, start: datetime, end: datetime) -> list[Json]:
        """Entries of the calls report between two times, a month apart at most.

        Talkdesk makes the report as a job, which is waited for: ``report_timeout`` where it takes
        longer than the client's patience, ``report_failed`` where the job says so.
        """
        span = {"from": stamp(start), "to": stamp(end)}
        body = {"format": "json", "timespan": span}
        note = "Whether data-reports:read is enough for this is not documented."
        # Repeating it makes a second report of the same calls, which does no harm.
        options = {"json": body, "retry": True}
        job = _job(self._call("POST", _JOBS, "data-reports:write", note, **options))
        id = segment(str(job["id"]))
        with waiting("Talkdesk's calls report", self._report_seconds) as tell:
            return self._entries(f"{_JOBS}/{id}", id, tell)

    def _entries(self, path: str, id: str, tell: Tell) -> list[Json]:
        limit, wait = time.monotonic() + self._report_seconds, _FIRST_LOOK
        time.sleep(min(wait, self._report_seconds))
        while True:
            answer = self._call("GET", path, "data-reports:read", redirects=True, personal=True)
            entries = answer.get("entries") if isinstance(answer, dict) else None
            if isinstance(entries, list):
                return [entry for entry in entries if isinstance(entry, dict)]
            status = str(_job(answer).get("status") or "")
            if status == "done" and path != f"{_FILES}/{id}":
                path = f"{_FILES}/{id}"  # usually a redirect leads there
                continue
            if status in _OVER:
                problem = Problem("report_failed", f"the calls report ended as {status}")
                raise ApiError(_NAME, "GET", path, 200, problem)
            if time.monotonic() + wait > limit:
                raise self._never_ready(path, status)
            tell(f"its job is {plain(status, 40) or 'not ready'}")
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_LOOK)

    def _never_ready(self, path: str, status: str) -> ApiError:
        message = f"the calls report was still {status or 'not ready'} after"
        problem = Problem("report_timeout", f"{message} {self._report_seconds:g} s")
        error = ApiError(_NAME, "GET", path, 200, problem)
        error.hint = (
            "Run it again later. If nothing changes, see whether the calls report opens in "
            "Talkdesk Explore, and ask Talkdesk's support with the job's id."
        )
        return error

    # Plumbing

    def _call(self, method: str, path: str, scope: str, note: str = "", **options: Any) -> Any:
        """A request that needs `scope`; a refusal is explained with it."""
        try:
            return self._api.call(method, path, **options)
        except ApiError as error:
            if error.method == method and error.path == path and error.status in (401, 403):
                error.hint = self._refused(error.status, scope, note)
            raise

    def _refused(self, status: int, scope: str, note: str) -> str:
        if status == 403 and scope not in self._tokens.scopes:
            advice = f"The token lacks the scope {scope}: add it to the OAuth client in Builder."
        elif status == 403:
            advice = f"The token has the scope {scope} and is still refused."
        else:
            advice = "A fresh token is refused: check that the account lives in the stated region."
        return f"{advice} {note}".strip()

    def _pages(
        self, path: str, name: str, scope: str, params: Mapping[str, Any], note: str
    ) -> Iterator[Json]:
        """The objects of all pages, by the link to the next one, as Talkdesk asks.

        They are of the kinds that no run writes.
        """
        for _ in range(_MOST_PAGES):
            answer = self._call("GET", path, scope, note, params=params, lasting=True)
            page = answer if isinstance(answer, dict) else {}
            embedded = page.get("_embedded")
            items = embedded.get(name) if isinstance(embedded, dict) else None
            yield from (item for item in items or () if isinstance(item, dict))
            links = page.get("_links")
            following = links.get("next") if isinstance(links, dict) else None
            href = following.get("href") if isinstance(following, dict) else None
            if not href:
                return
            path, params = self._within(path, str(href))
        problem = Problem("endless", f"more than {_MOST_PAGES} pages")
        raise ApiError(_NAME, "GET", path, 200, problem)

    def _within(self, path: str, href: str) -> tuple[str, dict[str, str]]:
        """Path and query of a link, which must stay at the API: it is followed with the token."""
        address, _, query = href.partition("?")
        inner = address.removeprefix(self._base)
        if not inner.startswith("/") or inner.startswith("//"):
            problem = Problem("unreadable", "the link to the next page leads elsewhere")
            raise ApiError(_NAME, "GET", path, 200, problem)
        return inner, dict(parse_qsl(query))


def _job(answer: Any) -> Json:
    """The job in an answer, wrapped or bare. Raises ApiError where there is none."""
    job = answer.get("job", answer) if isinstance(answer, dict) else None
    if isinstance(job, dict) and job.get("id"):
        return job
    problem = Problem("unreadable", "the answer holds neither a report nor its job")
    raise ApiError(_NAME, "GET", _JOBS, 200, problem)


def _problem(response: httpx.Response) -> Problem:
    """Talkdesk's shape: code, message, description, fields (name and description of each)."""
    body = response.json()
    fields = [field for field in body.get("fields") or () if isinstance(field, dict)]
    told = [f"{field.get('name')}: {field.get('description')}" for field in fields]
    message = str(body.get("message") or body.get("description") or "")
    message += f" ({'; '.join(told)})" if told else ""
    return Problem(str(body.get("code") or ""), message, fields)
