"""Synthflow's objects as the runbook changes them: the SIP number, its attachment, the transfer.

Field names are those of Synthflow's own pages and of the guides' tables.
"""

from __future__ import annotations

from typing import Any

from sfsip_nb.clients.synthflow import Synthflow
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.runbook.model import Fields, Refused, Seen

TERMINATION_URI = "Termination URI"
USERNAME = "SIP Username"
PASSWORD = "SIP Password"
OUTBOUND_PROXY = "Outbound Proxy"
REGISTERS = "Registers"
INBOUND_NUMBER = "Inbound number"
TRANSFERS_TO = "Transfers to"
TRANSFER_MODE = "Transfer mode"
INSTRUCTIONS = "When to transfer"
ANNOUNCEMENT = "Said before the transfer"
ATTACHED_TO = "Attached to"

# Our field → the client's one vocabulary.
_NUMBER = {
    TERMINATION_URI: "termination_uri",
    USERNAME: "username",
    PASSWORD: "password",
    OUTBOUND_PROXY: "outbound_proxy",
    REGISTERS: "register",
}
_ACTION = {
    TRANSFERS_TO: "phone",
    TRANSFER_MODE: "transfer_mode",
    INSTRUCTIONS: "instructions",
    ANNOUNCEMENT: "initiating_msg",
}


def find_assistant(client: Synthflow, wanted: str) -> dict[str, Any] | None:
    """The assistant of that id or exact name, read alone (the list leaves fields out)."""
    for assistant in client.assistants():
        if wanted in (assistant.get("model_id"), assistant.get("name")):
            return client.assistant(str(assistant["model_id"]))
    return None


def plain(value: Any) -> Any:
    """A field's value for the wire: the one place where a secret is opened."""
    return value.reveal() if isinstance(value, Secret) else value


class Number:
    """A number imported into Synthflow with its trunk (guide heading "Add the SIP Number")."""

    kind = "synthflow.number"
    # Read back by no API: GET /numbers returns neither the trunk's user name nor its password.
    write_only = frozenset({USERNAME, PASSWORD})
    marked = False

    def __init__(self, client: Synthflow, label: str) -> None:
        self._client = client
        self._label = label

    def read(self, key: str) -> Seen | None:
        """The number as Synthflow has it; its owner is the inbound assistant it is on."""
        number = self._client.number(key)
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
        """Remove a number that this run imported (a purchased one would be cancelled)."""
        self._client.delete_number(key)


class Attachment:
    """Which number an assistant answers (guide heading "Attach to the Assistant")."""

    kind = "synthflow.assistant"
    write_only: frozenset[str] = frozenset()
    marked = False

    def __init__(self, client: Synthflow) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The assistant; answering another number makes it production."""
        assistant = find_assistant(self._client, key)
        if assistant is None:
            return None
        number = str(assistant.get("phone_number") or "")
        owner = f"it answers {number}" if number else ""
        return Seen(str(assistant["model_id"]), {INBOUND_NUMBER: number}, owner=owner, shared=True)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Assistants are made by their author, never by a runbook."""
        raise Refused(
            f"Synthflow has no assistant “{key}”.",
            "Create the assistant (v2.0 or later), or correct synthflow.assistant: "
            "its id or its exact name.",
        )

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Attach the number."""
        if not fields[INBOUND_NUMBER]:
            raise Refused(
                f"No documented API call detaches the number of assistant “{key}”.",
                "Detach it in the assistant's settings; deleting the number detaches it too.",
            )
        self._client.update_assistant(seen.id, phone_number=fields[INBOUND_NUMBER])

    def delete(self, key: str, seen: Seen) -> None:
        """Never: the assistant is the customer's."""
        raise Refused("An assistant is never deleted by a runbook.", "Delete it in Synthflow.")


class TransferAction:
    """The live transfer, known by the number that it rings, attached to the assistant."""

    kind = "synthflow.action"
    write_only: frozenset[str] = frozenset()
    marked = False

    def __init__(self, client: Synthflow) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The live-transfer action to that number, and the assistants that use it."""
        for listed in self._client.actions():
            values = listed.get("parameters_hard_coded") or {}
            target = str(values.get("phone") or "").removeprefix("sip:").partition("@")[0]
            if listed.get("action_type") != "LIVE_TRANSFER" or target != key:
                continue
            action_id = str(listed["action_id"])
            fields: Fields = {name: values.get(inner) for name, inner in _ACTION.items()}
            fields[ATTACHED_TO] = self._assistants(action_id)
            return Seen(action_id, fields)
        return None

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Make the action, then attach it."""
        values = {_ACTION[name]: value for name, value in fields.items() if name in _ACTION}
        action_id = self._client.create_action("LIVE_TRANSFER", values)
        self._attach(action_id, [], fields.get(ATTACHED_TO, []))
        return action_id

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the action, and who it is attached to."""
        values = {_ACTION[name]: value for name, value in fields.items() if name in _ACTION}
        if values:
            whole = {_ACTION[name]: seen.fields[name] for name in _ACTION} | values
            self._client.update_action(seen.id, "LIVE_TRANSFER", whole)
        if ATTACHED_TO in fields:
            self._attach(seen.id, seen.fields[ATTACHED_TO], fields[ATTACHED_TO])

    def delete(self, key: str, seen: Seen) -> None:
        """Detach the action everywhere and delete it."""
        self._attach(seen.id, seen.fields[ATTACHED_TO], [])
        self._client.delete_action(seen.id)

    def _assistants(self, action_id: str) -> list[str]:
        ids = self._client.action(action_id).get("assistants") or []
        names = {str(a["model_id"]): str(a.get("name")) for a in self._client.assistants()}
        found = [str(a.get("model_id", a) if isinstance(a, dict) else a) for a in ids]
        return sorted(names.get(model_id, model_id) for model_id in found)

    def _attach(self, action_id: str, now: list[str], wanted: list[str]) -> None:
        ids = {str(a.get("name")): str(a["model_id"]) for a in self._client.assistants()}
        for name in sorted(set(wanted) - set(now)):
            self._client.attach_actions(ids.get(name, name), [action_id])
        for name in sorted(set(now) - set(wanted)):
            self._client.detach_actions(ids.get(name, name), [action_id])
