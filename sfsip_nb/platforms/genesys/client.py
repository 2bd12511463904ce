"""Genesys Cloud: the part of its platform API that the guide needs.

Paths and field names are those of the official Python SDK 269.0.0; objects are dicts as the API
returns them. Every method raises ApiError. Writes send what they are given: read, change, write
back, with the object's `version`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx

from sfsip_nb.api import pace
from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.oauth import ClientCredentials
from sfsip_nb.api.transport import Api, segment, stamp
from sfsip_nb.inputs.secrets import Secret

Json = dict[str, Any]

_EDGES = "/api/v2/telephony/providers/edges"
_TRUNKS = f"{_EDGES}/trunkbasesettings"
_POOLS = f"{_EDGES}/didpools"
_IVRS = "/api/v2/architect/ivrs"
_TRACES = "/api/v2/telephony/siptraces"
_DOWNLOADS = f"{_TRACES}/download"
_CORRELATION = "ININ-Correlation-Id"
_PAGE_SIZE = 100
_MOST_PAGES = 200


class GenesysClient:
    """A client-credentials client of one organization.

    `api` and `login` are base URLs (two origins; one on the testbed). `on_token` is told each
    token, so that it can be kept out of outputs. Such a token cannot place calls: Genesys
    requires a user for that.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: Secret,
        *,
        api: str,
        login: str,
        on_token: Callable[[str], object] | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._tokens = ClientCredentials(
            "Genesys login",
            login,
            client_id,
            client_secret,
            on_token=on_token,
            correlation=_CORRELATION,
            pace=pace.of("genesys"),
            http=http,
        )
        self._api = Api(
            "Genesys Cloud",
            api,
            read_problem=_problem,
            bearer=self._tokens.bearer,
            renew=self._tokens.forget,
            correlation=_CORRELATION,
            pace=pace.of("genesys"),
            http=http,
        )

    def close(self) -> None:
        """Close the connections; the token stays good (see `revoke`)."""
        self._tokens.close()
        self._api.close()

    # The token and the organization

    def revoke(self) -> None:
        """Make the token worthless. Nothing happens where there is none."""
        if self._tokens.token is not None:
            try:
                self._api.call("DELETE", "/api/v2/tokens/me")
            finally:
                self._tokens.forget()

    def organization(self) -> Json:
        """The organization: id, name, thirdPartyOrgName (unique everywhere), defaultSiteId."""
        return self._get("/api/v2/organizations/me", lasting=True)

    def products(self) -> list[Json]:
        """The organization's products; BYOC Cloud has the id ``byoc``."""
        return list(self._pages("/api/v2/authorization/products"))

    # Trunks

    def trunk_template(self, metabase: str) -> Json:
        """The template that a trunk of this metabase is made from, with every property key."""
        return self._get(f"{_TRUNKS}/template", lasting=True, trunkMetabaseId=metabase)

    def trunks(self, *, lasting: bool = False) -> list[Json]:
        """Trunk base settings, whole. Handle as secrets: see `trunk`.

        `lasting` says that only their names and ids are of interest.
        """
        return list(self._pages(_TRUNKS, lasting, expand="properties", sortBy="name"))

    def trunk(self, id: str) -> Json:
        """One trunk. Handle as a secret: whether the password is in it is not known."""
        return self._get(f"{_TRUNKS}/{segment(id)}")

    def create_trunk(self, body: Json) -> Json:
        """Create a trunk."""
        return self._write("POST", _TRUNKS, body)

    def update_trunk(self, id: str, body: Json) -> Json:
        """Replace a trunk; `body` holds all properties and the `version` that was read."""
        return self._write("PUT", f"{_TRUNKS}/{segment(id)}", body)

    def delete_trunk(self, id: str) -> None:
        """Delete a trunk; refused while an outbound route points at it."""
        self._delete(f"{_TRUNKS}/{segment(id)}")

    def trunk_instances(self, trunk_id: str) -> list[Json]:
        """Live trunks made from a trunk base, with their health; may be empty on BYOC Cloud.

        ``inService`` follows from the trunk base; ``optionsStatus`` and ``registersStatus`` have
        an entry for each of ``proxyAddressList`` (``optionState``, ``registerState``, and an
        ``errorInfo`` where there was no good answer), as far as ``optionsEnabledStatus`` and
        ``registersEnabledStatus`` are ``ENABLED``; ``ipStatus`` is the interface's address.
        """
        params = {"trunkBase.id": trunk_id, "trunkType": "EXTERNAL"}
        return list(self._pages(f"{_EDGES}/trunks", False, **params))

    # Sites

    def sites(self) -> list[Json]:
        """The sites."""
        return list(self._pages(f"{_EDGES}/sites", True))

    def number_plans(self, site_id: str) -> list[Json]:
        """The site's number plans, in order of priority (at most 200)."""
        plans = self._api.call("GET", f"{_EDGES}/sites/{segment(site_id)}/numberplans")
        return _entities(plans)

    def put_number_plans(self, site_id: str, plans: list[Json]) -> list[Json]:
        """Replace the whole list of number plans."""
        path = f"{_EDGES}/sites/{segment(site_id)}/numberplans"
        return _entities(self._api.call("PUT", path, json=plans))

    def outbound_routes(self, site_id: str) -> list[Json]:
        """The site's outbound routes."""
        return list(self._pages(f"{_EDGES}/sites/{segment(site_id)}/outboundroutes"))

    def outbound_route(self, site_id: str, id: str) -> Json:
        """One outbound route."""
        return self._get(f"{_EDGES}/sites/{segment(site_id)}/outboundroutes/{segment(id)}")

    def create_outbound_route(self, site_id: str, body: Json) -> Json:
        """Add an outbound route."""
        return self._write("POST", f"{_EDGES}/sites/{segment(site_id)}/outboundroutes", body)

    def update_outbound_route(self, site_id: str, id: str, body: Json) -> Json:
        """Replace an outbound route; `body` holds the `version` that was read."""
        return self._write(
            "PUT", f"{_EDGES}/sites/{segment(site_id)}/outboundroutes/{segment(id)}", body
        )

    def delete_outbound_route(self, site_id: str, id: str) -> None:
        """Remove an outbound route."""
        self._delete(f"{_EDGES}/sites/{segment(site_id)}/outboundroutes/{segment(id)}")

    # Numbers, call routes, flows, queues

    def did_pools(self) -> list[Json]:
        """The DID pools."""
        return list(self._pages(_POOLS))

    def create_did_pool(self, body: Json) -> Json:
        """Add a DID pool; 409 where it overlaps another."""
        return self._write("POST", _POOLS, body)

    def delete_did_pool(self, id: str) -> None:
        """Delete a DID pool; 409 while a number of it is assigned."""
        self._delete(f"{_POOLS}/{segment(id)}")

    def dids(self, match: str | None = None, type: str = "ASSIGNED_AND_UNASSIGNED") -> list[Json]:
        """The numbers in the pools, with their owners; `match` filters by digits."""
        return list(self._pages(f"{_POOLS}/dids", type=type, numberMatch=match))

    def ivrs(self, *, lasting: bool = False) -> list[Json]:
        """The call routes. `lasting` says that only their names and ids are of interest."""
        return list(self._pages(_IVRS, lasting))

    def ivr(self, id: str) -> Json:
        """One call route."""
        return self._get(f"{_IVRS}/{segment(id)}")

    def create_ivr(self, body: Json) -> Json:
        """Add a call route."""
        return self._write("POST", _IVRS, body)

    def update_ivr(self, id: str, body: Json) -> Json:
        """Replace a call route; `body` holds the `version` that was read."""
        return self._write("PUT", f"{_IVRS}/{segment(id)}", body)

    def delete_ivr(self, id: str) -> None:
        """Delete a call route; its numbers become free."""
        self._delete(f"{_IVRS}/{segment(id)}")

    def flows(self, *, lasting: bool = False) -> list[Json]:
        """The Architect flows; one without ``publishedVersion`` takes no calls.

        `lasting` says that only their names and ids are of interest.
        """
        return list(self._pages("/api/v2/flows", lasting))

    def queues(self) -> list[Json]:
        """The queues."""
        return list(self._pages("/api/v2/routing/queues", True))

    def queue_members(self, queue_id: str) -> list[Json]:
        """Members who have joined a queue, each with the ``routingStatus`` that it has now."""
        path = f"/api/v2/routing/queues/{segment(queue_id)}/members"
        return list(self._pages(path, joined="true", expand="routingStatus"))

    # What was recorded of calls

    def siptraces(self, start: datetime, end: datetime, **filters: str) -> list[Json]:
        """SIP messages between two times; filters: callId, toUser, fromUser, conversationId."""
        params = {"dateStart": stamp(start), "dateEnd": stamp(end), **filters}
        answer = self._api.call("GET", _TRACES, params=params, personal=True)
        return _entities(answer, "data")

    def request_capture(self, start: datetime, end: datetime, **filters: str) -> str:
        """Have the SIP messages between two times made a capture; the id to ask for it by.

        Filters: those of `siptraces`. It takes ``telephony:pcap:add``; the capture lies in
        Genesys's own storage, so that another one does no harm.
        """
        body = {"dateStart": stamp(start), "dateEnd": stamp(end), **filters}
        answer = self._api.call("POST", _DOWNLOADS, json=body, retry=True, personal=True)
        return str(_object(answer, "POST", _DOWNLOADS).get("downloadId") or "")

    def capture_address(self, download_id: str) -> str:
        """The signed address of a capture, a key to it by itself; empty until there is one."""
        path = f"{_DOWNLOADS}/{segment(download_id)}"
        answer = self._api.call("GET", path, personal=True)
        return str(_object(answer or {}, "GET", path).get("url") or "")

    def media_statistics(self, conversation_id: str) -> list[Json]:
        """RTP statistics of a conversation's legs, with the trunk that carried each."""
        path = f"{_EDGES}/mediastatistics/conversations/{segment(conversation_id)}"
        return list(self._pages(path))

    def conversation_details(
        self, start: datetime, end: datetime, predicates: list[Json] | None = None
    ) -> list[Json]:
        """Voice conversations that began between two times, newest first.

        `predicates` are further segment predicates, all of which must hold.
        """
        voice = {"dimension": "mediaType", "value": "voice"}
        query = {
            "interval": f"{stamp(start)}/{stamp(end)}",
            "order": "desc",
            "orderBy": "conversationStart",
            "segmentFilters": [{"type": "and", "predicates": [voice, *(predicates or [])]}],
        }
        path = "/api/v2/analytics/conversations/details/query"
        found: list[Json] = []
        for number in range(1, _MOST_PAGES + 1):
            paging = {"pageSize": _PAGE_SIZE, "pageNumber": number}
            body = query | {"paging": paging}
            answer = self._api.call("POST", path, json=body, retry=True, personal=True)
            page = _entities(answer, "conversations")
            found += page
            if len(page) < _PAGE_SIZE:
                return found
        raise _endless("POST", path)

    def conversation(self, id: str) -> Json:
        """A call as it stands now; its legs accumulate."""
        path = f"/api/v2/conversations/calls/{segment(id)}"
        return _object(self._api.call("GET", path, personal=True), "GET", path)

    def calls_metrics(self) -> Json:
        """concurrentCallCount and maxCallCapacity."""
        return self._get("/api/v2/telephony/calls/metrics")

    # Plumbing

    def _get(self, path: str, *, lasting: bool = False, **params: Any) -> Json:
        return _object(self._api.call("GET", path, params=params, lasting=lasting), "GET", path)

    def _write(self, method: str, path: str, body: Json) -> Json:
        return _object(self._api.call(method, path, json=body), method, path)

    def _delete(self, path: str) -> None:
        try:
            self._api.call("DELETE", path)
        except ApiError as error:
            if error.status != 404:  # gone already: a repeated or a late delete
                raise

    def _pages(self, path: str, lasting: bool = False, /, **params: Any) -> Iterator[Json]:
        """The entities of all pages. Telephony lists end with an empty page or no next one."""
        for number in range(1, _MOST_PAGES + 1):
            paging = {"pageSize": _PAGE_SIZE, "pageNumber": number}
            answer = self._api.call("GET", path, params=params | paging, lasting=lasting)
            entities = _entities(answer)
            yield from entities
            if not entities or isinstance(answer, list):
                return
            count = answer.get("pageCount")
            last = number >= count if isinstance(count, int) else not answer.get("nextUri")
            if last:
                return
        raise _endless("GET", path)


def _entities(answer: Any, name: str = "entities") -> list[Json]:
    """The list in an answer, which is bare or stands under `name`."""
    found = answer.get(name) if isinstance(answer, dict) else answer
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _object(answer: Any, method: str, path: str) -> Json:
    if isinstance(answer, dict):
        return answer
    problem = Problem("unreadable", "the answer is not an object")
    raise ApiError("Genesys Cloud", method, path, 200, problem)


def _endless(method: str, path: str) -> ApiError:
    problem = Problem("endless", f"more than {_MOST_PAGES} pages")
    return ApiError("Genesys Cloud", method, path, 200, problem)


def _problem(response: httpx.Response) -> Problem:
    """ErrorBody: message, code, contextId (the correlation id, which is also a header), details."""
    body = response.json()
    return Problem(
        body.get("code") or "",
        body.get("message") or "",
        body.get("details"),
        body.get("contextId") or "",
    )
