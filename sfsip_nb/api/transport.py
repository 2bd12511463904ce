"""The transport that all clients share: authorization, bounded retries, errors safe to show."""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from sfsip_nb.api import exchanges, memory
from sfsip_nb.api.errors import ApiError, Problem, is_token_rate_limit, plain
from sfsip_nb.api.exchanges import Exchange
from sfsip_nb.api.silence import LASTING, silence
from sfsip_nb.api.waits import tries, waiting
from sfsip_nb.inputs.fields import on_this_machine

# Each sending is noted as an exchange; without a handler Python would print each of them to stderr.
logging.getLogger("stamina").addHandler(logging.NullHandler())

ATTEMPTS = 5
LONGEST_WAIT = 30.0  # seconds that a Retry-After may make us wait
_BUSY = frozenset({429, 502, 503, 504})
_READS = frozenset({"GET", "HEAD"})
_IDEMPOTENT = _READS | {"PUT", "DELETE"}
_CORRELATIONS = ("X-Correlation-Id", "X-Request-Id", "Request-Id")
"""Headers in which a platform may name the id to quote to its support, though it documents none."""

_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_ONCE, _REPEATED = 30.0, 90.0
"""Most seconds for one sending, and until no other one begins."""


@functools.cache
def _trusted(trust_env: bool) -> ssl.SSLContext:
    """Whom a client trusts, read once: it takes 30 ms, and a notebook's cells make many clients."""
    return httpx.create_ssl_context(trust_env=trust_env)


def client(host: str, timeout: httpx.Timeout) -> httpx.Client:
    """What asks a host: by the environment's proxies and authorities, unless it is this machine."""
    here = on_this_machine(host)
    return httpx.Client(timeout=timeout, trust_env=not here, verify=_trusted(not here))


def segment(value: str) -> str:
    """`value` as one segment of a path, whatever is in it."""
    return quote(value, safe="")


def stamp(moment: datetime) -> str:
    """A time as the platforms take it: UTC, milliseconds, Z. Raises ValueError without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without its time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Api:
    """One platform's origin.

    `bearer` supplies the token; `renew` is called once where the platform answers 401, before the
    request is sent again with the token that `bearer` then supplies. `read_problem` understands
    the platform's error bodies. `correlation` names the header with the id to quote to its
    support, where one is documented. `pace` is called before each sending, and may wait. `http`
    may be given by tests.

    Requests that change nothing when repeated are repeated, a bounded number of times, on 429
    (after Retry-After, capped), 502, 503, 504, and where no answer came; what only reads also on
    any other 5xx and on a body that cannot be read. A POST is repeated only where it cannot have
    had an effect: on 429, and where no connection came about in time. What no waiting mends is not
    tried again: a name that does not resolve, a port that refuses, a bad certificate, a proxy.
    """

    def __init__(
        self,
        platform: str,
        base: str,
        *,
        read_problem: Callable[[httpx.Response], Problem],
        bearer: Callable[[], str] | None = None,
        renew: Callable[[], None] | None = None,
        correlation: str = "",
        pace: Callable[[], None] = lambda: None,
        http: httpx.Client | None = None,
    ) -> None:
        url = httpx.URL(base)
        if url.scheme != "https" and not on_this_machine(url.host):
            raise ValueError(f"{platform}: refusing to send credentials to {url.host} without TLS")
        self._platform = platform
        self._base, self._host = base.rstrip("/"), url.host
        self._read_problem = read_problem
        self._bearer = bearer
        self._renew = renew
        self._pace = pace
        self._correlations: Sequence[str] = [*filter(None, [correlation]), *_CORRELATIONS]
        self._http = http or client(url.host, _TIMEOUT)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
        retry: bool | None = None,
        redirects: bool = False,
        personal: bool = False,
        lasting: bool = False,
    ) -> Any:
        """The decoded JSON of the answer; None if it has no body. Raises ApiError.

        `retry` False sends exactly once, for what dials or bills; True says that repeating does no
        harm, as with a POST that only asks; None goes by the method. With `redirects` the answer
        may lie elsewhere; another origin than this one gets no token (httpx leaves it out).
        `personal` says that the answer tells of people's calls; to any other GET it may be a
        remembered one (`memory`), and `lasting` says that no write of a run changes it.
        """
        request = {
            "params": {k: v for k, v in (params or {}).items() if v is not None},
            "json": json,
            "data": form,
            "auth": auth,
            "follow_redirects": redirects,
        }
        ask = functools.partial(self._renewing, method, path, request, retry, personal)
        if method == "GET" and not personal:
            query = repr(sorted(request["params"].items()))
            return memory.answer((self._base, path, query), ask, lasting)
        if method in _READS or retry is True:
            return ask()
        with memory.writing(self._base):
            return ask()

    def _renewing(
        self, method: str, path: str, request: dict[str, Any], retry: bool | None, personal: bool
    ) -> Any:
        """The answer, with a new token where the one at hand has lapsed."""
        renewed = request["auth"] is not None or self._renew is None
        while True:
            try:
                return self._with_retries(method, path, request, retry, personal)
            except ApiError as error:
                if error.status != 401 or renewed:
                    raise
                assert self._renew is not None
                renewed = True
                self._renew()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _with_retries(
        self, method: str, path: str, request: dict[str, Any], retry: bool | None, personal: bool
    ) -> Any:
        harmless = method in _IDEMPOTENT if retry is None else retry
        reads = method in _READS or retry is True
        attempts, number = 1 if retry is False else ATTEMPTS, 1

        def again(error: Exception) -> bool | float:
            if not isinstance(error, ApiError):
                return False
            wait = _worth_repeating(error, harmless, reads)
            if wait is not False and number < attempts:
                then = "soon" if wait is True else f"in {wait:g} s"
                why = plain(error.status or error.code, 80)
                tell(f"attempt {number} of {attempts} got {why}, the next {then}")
            return wait

        most = _ONCE + (_REPEATED + LONGEST_WAIT if attempts > 1 else 0)
        with waiting(f"{self._platform}'s answer to {method} {path}", most) as tell:
            for attempt in tries(
                on=again, attempts=attempts, timeout=_REPEATED, wait_initial=0.2, wait_max=5.0
            ):
                number = attempt.num
                with attempt:
                    return self._once(method, path, request, reads, personal)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(
        self, method: str, path: str, request: dict[str, Any], reads: bool, personal: bool
    ) -> Any:
        headers = {"Accept": "application/json"}
        if self._bearer is not None and request["auth"] is None:
            headers["Authorization"] = f"Bearer {self._bearer()}"
        self._pace()
        started, at = time.monotonic(), datetime.now(UTC)
        response, answer, quoted = None, None, ""
        try:
            response = self._http.request(method, self._base + path, headers=headers, **request)
            quoted = self._correlation(response)
            answer = self._read(method, path, response)
            return answer
        except httpx.HTTPError as error:
            problem = silence(error)
            problem = replace(problem, message=f"{self._host}: {problem.message}")
            raise ApiError(self._platform, method, path, 0, problem) from None
        except ApiError as error:
            answer, quoted = {"code": error.code, "message": error.message}, error.correlation
            raise
        finally:
            exchanges.note(
                Exchange(
                    stamp(at),
                    self._platform,
                    method,
                    path,
                    response.status_code if response is not None else 0,
                    round((time.monotonic() - started) * 1000),
                    quoted,
                    writes=not reads,
                    personal=personal,
                    answer=answer if request["auth"] is None else None,
                )
            )

    def _read(self, method: str, path: str, response: httpx.Response) -> Any:
        if not response.is_success:
            raise self._refused(method, path, response)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            quoted = self._correlation(response)
            problem = Problem("unreadable", "the answer is not JSON", correlation=quoted)
            raise ApiError(self._platform, method, path, response.status_code, problem) from None

    def _refused(self, method: str, path: str, response: httpx.Response) -> ApiError:
        try:
            problem = self._read_problem(response)
        except (ValueError, TypeError, AttributeError, KeyError):
            problem = Problem("", response.reason_phrase)
        problem = replace(problem, correlation=self._correlation(response) or problem.correlation)
        wait = _retry_after(response.headers.get("Retry-After", ""))
        return ApiError(self._platform, method, path, response.status_code, problem, wait)

    def _correlation(self, response: httpx.Response) -> str:
        """The id to quote to the platform's support, as a header names it; "" without one."""
        named = (response.headers.get(name) for name in self._correlations)
        return plain(next(filter(None, named), ""), 80)


def _worth_repeating(error: ApiError, harmless: bool, reads: bool) -> bool | float:
    """Whether to send again; a number says after how many seconds."""
    if error.status == 0 and error.code in LASTING:
        return False
    limited = error.status == 429 or is_token_rate_limit(error)
    no_effect = limited or (error.status == 0 and error.code in ("unreachable", "dns"))
    stumbled = error.status in _BUSY or error.status == 0
    spoiled = error.status >= 500 or error.code == "unreadable"
    if not (no_effect or (harmless and stumbled) or (reads and spoiled)):
        return False
    return True if error.retry_after is None else min(error.retry_after, LONGEST_WAIT)


def _retry_after(header: str) -> float | None:
    """Seconds in a Retry-After header, which holds seconds or a date (RFC 9110 §10.2.3)."""
    try:
        return max(0.0, float(int(header)))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
