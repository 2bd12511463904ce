"""Synthflow: the part of its API that the guides need.

One vocabulary for a number, although Synthflow takes and shows it under different names:
``termination_uri``, ``username`` and ``password`` (never shown), ``outbound_proxy``,
``auth_username``, ``register``, ``register_expires``. Every method raises ApiError.
Source: docs.synthflow.ai API reference; the OpenAPI description of 2026-10-04.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.transport import Api, segment
from sfsip_nb.inputs.secrets import Secret

Json = dict[str, Any]

PREPARED = "registered"
"""The ``call_status`` of a call that is prepared and did not come yet."""

IN_PROGRESS = frozenset({"pending", PREPARED, "ringing", "in-progress", "paused"})
"""The values of ``call_status`` of a call that is not over."""

_PAGE_SIZE = 100
_MOST_PAGES = 200

# Our name → the name at creation, the name at a change (PATCH), the name when read ("": never).
_NUMBER_FIELDS = {
    "friendly_name": ("friendly_name", "friendly_name", "friendly_name"),
    "termination_uri": ("termination_uri", "sip_term_uri", "sip_term_uri"),
    "username": ("trunk_username", "trunk_username", ""),
    "password": ("trunk_pwd", "trunk_pwd", ""),
    "outbound_proxy": ("sip_outbound_proxy", "sip_outbound_proxy", "sip_outbound_proxy"),
    "auth_username": ("sip_auth_username", "sip_auth_username", "sip_auth_username"),
    "register": ("uac_enabled", "uac_enabled", "uac_enabled"),
    "register_expires": ("uac_register_expires", "uac_register_expires", "uac_register_expires"),
}
_KEPT = ("slug", "phone_number", "provider_name", "workspace_id", "assistants", "is_available")


class SynthflowClient:
    """A client of one workspace. `base` is the API's base URL with ``/v2``."""

    def __init__(
        self,
        api_key: Secret,
        workspace_id: str,
        *,
        base: str,
        assistant_ids: dict[str, str] | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._workspace = workspace_id
        self._may_be_listed: set[Any] | None = None
        self.assistant_ids = {} if assistant_ids is None else assistant_ids
        """The id under which an assistant was found by what it was asked for."""
        bearer: Callable[[], str] = api_key.reveal
        self._api = Api("Synthflow", base, read_problem=_problem, bearer=bearer, http=http)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    # Assistants

    def assistants(self, *, lasting: bool = False) -> list[Json]:
        """All assistants; the list may leave fields out.

        `lasting` says that only their ids, names and types are of interest: no run changes them.
        """
        return list(self._pages("/assistants/", "assistants", lasting=lasting))

    def assistant(self, model_id: str, *, include_actions: bool = False) -> Json | None:
        """One assistant, or None if there is none of that id (see `_known`)."""
        flag = {"include_actions": str(include_actions).lower()}
        try:
            answer = self._api.call("GET", f"/assistants/{segment(model_id)}", params=flag)
        except ApiError as error:
            if _known(error, model_id, lambda: (a.get("model_id") for a in self.assistants())):
                raise
            return None
        return next(iter(_items(answer, "assistants")), None)

    def update_assistant(self, model_id: str, **fields: Any) -> None:
        """Change the named fields of an assistant; ``phone_number`` attaches a number."""
        self._api.call("PUT", f"/assistants/{segment(model_id)}", json=fields)

    def attach_numbers(self, model_id: str, numbers: Sequence[str]) -> None:
        """Let an assistant answer further numbers (docs.synthflow.ai/number-pooling)."""
        path = f"/assistants/{segment(model_id)}/phone_numbers"
        self._api.call("PUT", path, json={"phone_numbers": list(numbers)})

    # Numbers

    def numbers(self) -> list[Json]:
        """The workspace's numbers: ``number`` and ``is_available`` (on no inbound assistant)."""
        listed = list(self._numbers())
        self._may_be_listed = {number.get("number") for number in listed}
        return listed

    def may_have(self, phone_number: str) -> bool:
        """Whether a number was listed when the list was last read whole, or imported since; true
        where it never was: then only asking for the number tells."""
        return self._may_be_listed is None or phone_number in self._may_be_listed

    def _numbers(self) -> Iterator[Json]:
        return self._pages("/numbers", "phone_numbers", workspace=self._workspace)

    def _listed(self, phone_number: str) -> set[Any]:
        """The listed numbers. The list is read again for one that was on it, or that this client
        may have imported since: of ten thousand new numbers none is, and it is read once."""
        if self._may_be_listed is None or phone_number in self._may_be_listed:
            self.numbers()
        return self._may_be_listed or set()

    def number(self, phone_number: str) -> Json | None:
        """One number in our vocabulary, or None if the workspace does not have it (see `_known`).

        The trunk's user name and password are returned by no API.
        """
        params = {"workspace": self._workspace}
        try:
            answer = self._api.call("GET", f"/numbers/{_slug(phone_number)}", params=params)
        except ApiError as error:
            if _known(error, phone_number, lambda: self._listed(phone_number)):
                raise
            return None
        if not isinstance(answer, dict):
            raise _unreadable("GET", "/numbers/…")
        # A flat object today, although the rest of the API wraps its answers.
        inner = answer.get("response")
        flat = inner if isinstance(inner, dict) and "sip_term_uri" not in answer else answer
        shown = {ours: flat.get(read) for ours, (_, _, read) in _NUMBER_FIELDS.items() if read}
        return shown | {name: flat.get(name) for name in _KEPT}

    def create_number(self, phone_number: str, **fields: Any) -> str:
        """Import a number with its trunk, in our vocabulary; returns Synthflow's key for it."""
        if self._may_be_listed is not None:
            self._may_be_listed.add(phone_number)
        body = {
            "workspace_id": self._workspace,
            "phone_number": phone_number,
            "provider_name": "custom",
        } | _named(fields, 0)
        answer = self._api.call("POST", "/custom-numbers", json=body)
        response = answer.get("response") if isinstance(answer, dict) else None
        return str(response.get("key", "")) if isinstance(response, dict) else ""

    def update_number(self, phone_number: str, **fields: Any) -> None:
        """Change the named fields of a number, in our vocabulary; the others stay."""
        self._api.call("PATCH", f"/numbers/{_slug(phone_number)}", json=_named(fields, 1))

    def delete_number(self, phone_number: str) -> None:
        """Remove a number. A purchased one would be canceled: only for imported ones."""
        try:
            self._api.call("DELETE", f"/numbers/{_slug(phone_number)}")
        except ApiError as error:
            if _known(error, phone_number, lambda: self._listed(phone_number)):
                raise

    # Actions

    def actions(self) -> list[Json]:
        """All actions: action_id, action_type, name, parameters_hard_coded."""
        return list(self._pages("/actions", "actions"))

    def action(self, action_id: str) -> Json | None:
        """One action, or None if there is none of that id (see `_known`).

        It has the ids of the assistants that use it under ``assistants``.
        """
        path, flag = f"/actions/{segment(action_id)}", {"include_assistants": "true"}
        try:
            answer = self._api.call("GET", path, params=flag)
        except ApiError as error:
            if _known(error, action_id, lambda: (a.get("action_id") for a in self.actions())):
                raise
            return None
        found = _items(answer, "actions")
        if not found:
            raise _unreadable("GET", path)
        return found[0]

    def create_action(self, type: str, fields: Mapping[str, Any]) -> str:
        """Create an action (LIVE_TRANSFER, …) and return its id."""
        answer = self._api.call("POST", "/actions", json={type: dict(fields)})
        response = answer.get("response") if isinstance(answer, dict) else None
        if not isinstance(response, dict) or not response.get("action_id"):
            raise _unreadable("POST", "/actions")
        return str(response["action_id"])

    def update_action(self, action_id: str, type: str, fields: Mapping[str, Any]) -> None:
        """Change an action."""
        self._api.call("PUT", f"/actions/{segment(action_id)}", json={type: dict(fields)})

    def delete_action(self, action_id: str) -> None:
        """Delete an action."""
        try:
            self._api.call("DELETE", f"/actions/{segment(action_id)}")
        except ApiError as error:
            if _known(error, action_id, lambda: (a.get("action_id") for a in self.actions())):
                raise

    def attach_actions(self, model_id: str, action_ids: list[str]) -> None:
        """Let an assistant use actions."""
        body = {"model_id": model_id, "actions": action_ids}
        self._api.call("POST", "/actions/attach", json=body)

    def detach_actions(self, model_id: str, action_ids: list[str]) -> None:
        """Take actions away from an assistant."""
        body = {"model_id": model_id, "actions": action_ids}
        self._api.call("POST", "/actions/detach", json=body)

    # Calls

    def calls(self, model_id: str, start: datetime, end: datetime) -> list[Json]:
        """An assistant's calls that began between two times (the end excluded).

        ``to_date`` is not sent: it is about the end of a call, so that one in progress has none.
        """
        since, until = _milliseconds(start), _milliseconds(end)
        rows = self._pages("/calls", "calls", personal=True, model_id=model_id, from_date=since)
        return [_call(row) for row in rows if int(row["start_time"]) < until]

    def call(self, call_id: str) -> Json | None:
        """One call, or None if there is none of that id."""
        try:
            answer = self._api.call("GET", f"/calls/{segment(call_id)}", personal=True)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return next(map(_call, _items(answer, "calls")), None)

    def place_call(self, model_id: str, phone: str, name: str, from_number: str = "") -> str:
        """Let an assistant call `phone`: it dials and bills. Sent once, never repeated.

        Without ``from_number`` it calls from a number of its own. Returns the call's id. Who may be
        called is decided before, not here.
        """
        body = {"model_id": model_id, "phone": phone, "name": name}
        if from_number:
            body["from_phone_number"] = from_number
        answer = self._api.call("POST", "/calls", json=body, retry=False)
        response = answer.get("response") if isinstance(answer, dict) else None
        return str(response.get("call_id", "")) if isinstance(response, dict) else ""

    def prepare_call(self, model_id: str, from_number: str, to_number: str) -> str:
        """Announce a call to an assistant; the id that Synthflow gives it, which may be empty.

        Sent once. Source: docs.synthflow.ai/forward-calls-to-synthflow.
        """
        body = {
            "from_number": from_number,
            "to_number": to_number,
            "model_id": model_id,
            "workspace_id": self._workspace,
        }
        answer = self._api.call("POST", "/prepare_inbound", json=body, retry=False)
        found = answer.get("response", answer) if isinstance(answer, dict) else {}
        return str(found.get("synthflow_call_id") or "") if isinstance(found, dict) else ""

    # Plumbing

    def _pages(
        self, path: str, name: str, *, personal: bool = False, lasting: bool = False, **params: Any
    ) -> Iterator[Json]:
        offset = 0
        for _ in range(_MOST_PAGES):
            paging = {"limit": _PAGE_SIZE, "offset": offset}
            answer = self._api.call(
                "GET", path, params=params | paging, personal=personal, lasting=lasting
            )
            items = _items(answer, name)
            yield from items
            offset += len(items)
            if not items or not _more(answer, offset, len(items)):
                return
        problem = Problem("endless", f"more than {_MOST_PAGES} pages")
        raise ApiError("Synthflow", "GET", path, 200, problem)


def _known(error: ApiError, wanted: str, listed: Callable[[], Iterable[Any]]) -> bool:
    """Whether what a request was refused for may be there all the same.

    The description has no 404 for numbers, assistants and actions, only a 400, and says nothing of
    its body: what is not there is told from a request that is wrong by the list. A 404 is taken at
    its word. Raises ApiError where the list cannot be read.
    """
    return error.status != 404 and (error.status != 400 or wanted in listed())


def _more(answer: Any, offset: int, received: int) -> bool:
    """Whether a further page may hold something; some lists state their total, some do not."""
    response = answer.get("response") if isinstance(answer, dict) else None
    pagination = response.get("pagination") if isinstance(response, dict) else None
    total = pagination.get("total_records") if isinstance(pagination, dict) else None
    return offset < total if isinstance(total, int) else received >= _PAGE_SIZE


def _items(answer: Any, name: str) -> list[Json]:
    """The objects under ``response.<name>``: an array, an object by id, or a single object."""
    response = answer.get("response", answer) if isinstance(answer, dict) else answer
    found = response.get(name) if isinstance(response, dict) else response
    if isinstance(found, dict):
        inner = list(found.values())
        found = inner if inner and all(isinstance(item, dict) for item in inner) else [found]
    items = found if isinstance(found, list) else []
    return [item for item in items if isinstance(item, dict) and item]


def _named(fields: Mapping[str, Any], column: int) -> Json:
    """`fields` under Synthflow's names; the one place where a password is opened."""
    named = {}
    for name, value in fields.items():
        theirs = _NUMBER_FIELDS[name][column]
        named[theirs] = value.reveal() if isinstance(value, Secret) else value
    return named


def _call(row: Json) -> Json:
    """A call with its state under ``call_status``, as in the list (one alone says ``status``)."""
    return row if "call_status" in row else row | {"call_status": row.get("status")}


def _milliseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("a time without its time zone")
    return int(moment.timestamp() * 1000)


def _slug(phone_number: str) -> str:
    return segment(phone_number.removeprefix("+"))


def _unreadable(method: str, path: str) -> ApiError:
    problem = Problem("unreadable", "the answer has another shape than documented")
    return ApiError("Synthflow", method, path, 200, problem)


def _problem(response: httpx.Response) -> Problem:
    """Four shapes: an object, a text or a list under ``detail``, or the gateway's own."""
    body = response.json()
    detail = body.get("detail")
    if isinstance(detail, dict):
        correlation = detail.get("request_id") or ""
        return Problem(
            detail.get("category") or "", detail.get("description") or "", None, correlation
        )
    if isinstance(detail, list):
        # Where and what only: the faulty input itself may be a secret.
        faults = [
            {"loc": list(map(str, fault.get("loc") or [])), "msg": str(fault.get("msg") or "")}
            for fault in detail
            if isinstance(fault, dict)
        ]
        told = "; ".join(f"{'.'.join(fault['loc'])}: {fault['msg']}" for fault in faults)
        return Problem("validation", told, faults)
    if isinstance(detail, str):
        return Problem("", detail)
    return Problem(str(body.get("error") or ""), str(body.get("message") or ""))
