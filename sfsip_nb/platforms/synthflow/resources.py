"""Synthflow's objects as the runbook changes them: the SIP number and its attachment.

Field names are those of Synthflow's own pages and of the guides' tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sfsip_nb.engine.clock import until
from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.synthflow.client import IN_PROGRESS, SynthflowClient

TERMINATION_URI = "Termination URI"
USERNAME = "SIP Username"
PASSWORD = "SIP Password"
OUTBOUND_PROXY = "Outbound Proxy"
REGISTERS = "Registers"
INBOUND_NUMBER = "Inbound number"
INBOUND_NUMBERS = "Inbound numbers"

# Our field → the client's one vocabulary.
_NUMBER = {
    TERMINATION_URI: "termination_uri",
    USERNAME: "username",
    PASSWORD: "password",
    OUTBOUND_PROXY: "outbound_proxy",
    REGISTERS: "register",
}


def find_assistant(
    client: SynthflowClient, wanted: str, kind: str = "inbound"
) -> dict[str, Any] | None:
    """The assistant that is meant (see `listed_assistant`), read alone: the list leaves fields out.

    Where it was found before it is read at once: if it is still called that, it is the one.
    Raises ``Refused`` where several are called that.
    """
    before = client.assistant_ids.get(wanted)
    if before and (assistant := client.assistant(before)) and called([assistant], wanted, kind):
        return assistant
    if (found := listed_assistant(client, wanted, kind)) is None:
        return None
    client.assistant_ids[wanted] = str(found["model_id"])
    return client.assistant(client.assistant_ids[wanted])


def listed_assistant(
    client: SynthflowClient, wanted: str, kind: str = "inbound"
) -> dict[str, Any] | None:
    """The assistant of that id, else of that exact name and type; with id, name and type.

    Of several with the name it is the one that was found while it was the only one. Raises
    ``Refused`` where that tells nothing.
    """
    found = called(client.assistants(lasting=True), wanted, kind)
    before = client.assistant_ids.get(wanted)
    if kept := [assistant for assistant in found if assistant["model_id"] == before]:
        return kept[0]
    if len(found) > 1:
        raise Refused(ambiguous(wanted, found, kind))
    return next(iter(found), None)


def called(
    assistants: Iterable[dict[str, Any]], wanted: str, kind: str = "inbound"
) -> list[dict[str, Any]]:
    """The one of these assistants with that id, else all of that type with exactly that name."""
    among = list(assistants)
    own = [assistant for assistant in among if assistant.get("model_id") == wanted]
    return own or [a for a in among if a.get("name") == wanted and is_a(kind, a)]


def is_a(kind: str, assistant: Mapping[str, Any]) -> bool:
    """Whether an assistant is of a type: ``inbound`` ones take calls, ``outbound`` ones place them.

    One whose type is not shown counts as inbound.
    """
    return str(assistant.get("type", "inbound")) == kind


def ambiguous(wanted: str, found: Sequence[Mapping[str, Any]], kind: str) -> str:
    """What is said where a name is that of several assistants."""
    return (
        f"Synthflow has {len(found)} {kind} assistants named “{wanted}”:"
        " give the id of the one you mean."
    )


_RINGS = 0.3
"""Seconds for which a call rings at the least."""

TAKEN = frozenset({"completed", "in-progress"})
"""The values of ``call_status`` of a call that was answered."""

_UNDECIDED = {None, *IN_PROGRESS} - TAKEN


def settled_call(client: SynthflowClient, call_id: str) -> dict[str, Any]:
    """Synthflow's record of a call once it is answered or over, or as it is after a while."""

    def call() -> dict[str, Any]:
        return client.call(call_id) or {}

    what = "what Synthflow's record says of the call"
    return until(
        call, lambda row: row.get("call_status") not in _UNDECIDED, 20.0, what, first=_RINGS
    )


def name_of(client: SynthflowClient, wanted: str) -> str:
    """The name of the assistant of that id or name; what is wanted where there is none."""
    return str((listed_assistant(client, wanted) or {}).get("name") or wanted)


def answers(assistant: Mapping[str, Any]) -> list[str]:
    """The numbers (E.164) that an assistant, read alone, is attached to."""
    pooled = [str(n["number"]) for n in assistant.get("attached_phone_numbers") or []]
    first = str(assistant.get("phone_number") or "")
    return sorted({*filter(None, [first, *pooled])})


def holders(
    client: SynthflowClient, alone: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, str]]:
    """The inbound assistants that answer each number, by id, with their names.

    Those of `alone` were read alone, for the list may leave fields out.
    """
    found: dict[str, dict[str, str]] = {}
    for assistant in (*client.assistants(), *alone):
        if is_a("inbound", assistant):
            for number in answers(assistant):
                found.setdefault(number, {})[str(assistant["model_id"])] = str(
                    assistant.get("name")
                )
    return found


def no_assistant(wanted: str) -> Refused:
    """What is said where the assistant is not there."""
    return Refused(
        f"Synthflow has no inbound assistant “{wanted}”.",
        "Create the assistant (v2.0 or later), or correct synthflow.assistant: "
        "its id or its exact name.",
    )


def plain(value: Any) -> Any:
    """A field's value for the wire: the one place where a secret is opened."""
    return value.reveal() if isinstance(value, Secret) else value


class Number(Resource):
    """A number imported into Synthflow with its trunk (guide heading "Add the SIP Number")."""

    kind = "synthflow.number"
    # Read back by no API: GET /numbers returns neither the trunk's user name nor its password.
    write_only = frozenset({USERNAME, PASSWORD})

    def __init__(self, client: SynthflowClient, label: str) -> None:
        self._client = client
        self._label = label

    def read(self, key: str) -> Seen | None:
        """The number as Synthflow has it; its owner is the inbound assistant it is on."""
        number = self._client.number(key) if self._client.may_have(key) else None
        if number is None:
            return None
        fields = {name: number.get(inner) for name, inner in _NUMBER.items() if inner in number}
        fields[OUTBOUND_PROXY] = fields.get(OUTBOUND_PROXY) or ""
        return Seen(str(number.get("slug", key.lstrip("+"))), fields)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Import the number. ``provider_name`` is custom: Synthflow has none for the platform."""
        values = {_NUMBER[name]: plain(value) for name, value in fields.items()}
        self._client.create_number(key, friendly_name=self._label, **values)
        return key.lstrip("+")

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the trunk's settings; what is not named stays."""
        values = {_NUMBER[name]: plain(value) for name, value in fields.items()}
        self._client.update_number(key, **values)

    def delete(self, key: str, seen: Seen) -> None:
        """Remove a number that this run imported (a purchased one would be canceled)."""
        self._client.delete_number(key)


class Attachment(Resource):
    """Which numbers an assistant answers (guide heading "Attach to the Assistant").

    The one number of the guide is attached as the assistant's ``phone_number``, several as its
    pool. Of what is attached, `wanted`, the run's own numbers by assistant, are shown wherever they
    stand, and another one only as the ``phone_number`` that ours would replace.
    """

    kind = "synthflow.assistant"

    def __init__(self, client: SynthflowClient, wanted: Mapping[str, Sequence[str]]) -> None:
        self._client = client
        self._wanted = wanted

    def read(self, key: str) -> Seen | None:
        """The assistant; answering another number makes it production."""
        assistant = find_assistant(self._client, key)
        if assistant is None:
            return None
        attached = answers(assistant)
        own = [n for n in dict.fromkeys(self._wanted.get(key, ())) if n in attached]
        others = [number for number in attached if number not in own]
        first = str(assistant.get("phone_number") or "")
        fields: Fields = {INBOUND_NUMBER: own[0] if own else first, INBOUND_NUMBERS: own}
        owner = f"it answers {', '.join(ranges.compact(others))}" if others else ""
        return Seen(str(assistant["model_id"]), fields, owner=owner, shared=not others)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Assistants are made by their author, never by a runbook."""
        raise no_assistant(key)

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Attach the number, or those of several that are not attached yet."""
        present = set(seen.fields.get(INBOUND_NUMBERS, ()))
        further = [n for n in fields.get(INBOUND_NUMBERS, ()) if n not in present]
        if further:
            self._client.attach_numbers(seen.id, further)
        elif number := fields.get(INBOUND_NUMBER):
            self._client.update_assistant(seen.id, phone_number=number)
        else:
            raise Refused(
                f"The runbook does not detach numbers from assistant “{key}”.",
                "Detach them in the assistant's settings; deleting a number detaches it too.",
            )

    def delete(self, key: str, seen: Seen) -> None:
        """Never: the assistant is the customer's."""
        raise Refused("The runbook never deletes an assistant.", "Delete it in Synthflow.")
