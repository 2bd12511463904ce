"""Synthflow's objects as the runbook changes them: the SIP number, its attachment, the transfer.

Field names are those of Synthflow's own pages and of the guides' tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.synthflow.client import SynthflowClient

TERMINATION_URI = "Termination URI"
USERNAME = "SIP Username"
PASSWORD = "SIP Password"
OUTBOUND_PROXY = "Outbound Proxy"
REGISTERS = "Registers"
INBOUND_NUMBER = "Inbound number"
INBOUND_NUMBERS = "Inbound numbers"
TRANSFERS_TO = "Transfers to"
TRANSFER_MODE = "Transfer mode"
INSTRUCTIONS = "When to transfer"
ANNOUNCEMENT = "Said before the transfer"
ATTACHED_TO = "Attached to"

TRANSFERRED = ("verify.transfer/queue", "verify.transfer/agent")
"""What proves a transfer whose settings the API does not show."""

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


def find_assistant(client: SynthflowClient, wanted: str) -> dict[str, Any] | None:
    """The assistant of that id or exact name, read alone (the list leaves fields out)."""
    for assistant in client.assistants():
        if wanted in (assistant.get("model_id"), assistant.get("name")):
            return client.assistant(str(assistant["model_id"]))
    return None


def name_of(client: SynthflowClient, wanted: str) -> str:
    """The name of the assistant of that id or name; what is wanted where there is none."""
    listed = (a for a in client.assistants() if wanted in (a.get("model_id"), a.get("name")))
    return str(next(listed, {}).get("name") or wanted)


def answers(assistant: Mapping[str, Any]) -> list[str]:
    """The numbers (E.164) that an assistant, read alone, is attached to."""
    pooled = [str(n["number"]) for n in assistant.get("attached_phone_numbers") or []]
    first = str(assistant.get("phone_number") or "")
    return sorted({*filter(None, [first, *pooled])})


def holders(client: SynthflowClient, assistants: Iterable[str]) -> dict[str, set[str]]:
    """The names of the inbound assistants that answer each number.

    Those named in `assistants` are read alone, for the list may leave fields out.
    """
    alone = filter(None, (find_assistant(client, wanted) for wanted in assistants))
    found: dict[str, set[str]] = {}
    for assistant in (*client.assistants(), *alone):
        if assistant.get("type", "inbound") == "inbound":
            for number in answers(assistant):
                found.setdefault(number, set()).add(str(assistant.get("name")))
    return found


def no_assistant(wanted: str) -> Refused:
    """What is said where the assistant is not there."""
    return Refused(
        f"Synthflow has no assistant “{wanted}”.",
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
        """Remove a number that this run imported (a purchased one would be canceled)."""
        self._client.delete_number(key)


class Attachment(Resource):
    """Which numbers an assistant answers (guide heading "Attach to the Assistant").

    The one number of the guide is the assistant's ``phone_number``; several are its pool. Of the
    pool only `wanted`, the run's own numbers by assistant, are shown: others stay as they are.
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
        attached, own = answers(assistant), self._wanted.get(key, ())
        fields: Fields = {
            INBOUND_NUMBER: str(assistant.get("phone_number") or ""),
            INBOUND_NUMBERS: [number for number in own if number in attached],
        }
        others = [number for number in attached if len(own) == 1 or number not in own]
        owner = f"it answers {', '.join(ranges.compact(others))}" if others else ""
        free = len(own) == 1 or not others
        return Seen(str(assistant["model_id"]), fields, owner=owner, shared=free)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Assistants are made by their author, never by a runbook."""
        raise no_assistant(key)

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Attach the number, or those of several that are not attached yet."""
        present = seen.fields.get(INBOUND_NUMBERS, [])
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


class TransferAction(Resource):
    """The live transfer to a number.

    It is known by the id that Synthflow gave it when this run made it (``made``), else by the
    number that it rings. The API describes neither that number nor any other setting of a transfer
    as returned (``parameters_hard_coded`` has ``sms_message_text`` alone), so that a transfer of an
    assistant of the run's that shows no number is taken for this one: a second one would compete.
    """

    kind = "synthflow.action"
    write_only = frozenset(_ACTION)

    def __init__(
        self,
        client: SynthflowClient,
        assistants: Iterable[str],
        made: Callable[[str], Collection[str]],
    ) -> None:
        self._client = client
        self._assistants = list(assistants)
        self._made = made

    def find(self, key: str) -> dict[str, Any] | None:
        """The live-transfer action to that number, as it is listed."""
        made = self._made(key)
        listed = [a for a in self._client.actions() if a.get("action_type") == "LIVE_TRANSFER"]
        own = next((a for a in listed if str(a["action_id"]) in made), None)
        return own or next((a for a in listed if _rings(a) == key), None) or self._unshown(listed)

    def _unshown(self, listed: list[dict[str, Any]]) -> dict[str, Any] | None:
        hidden = [a for a in listed if not _rings(a)]
        ours = {name_of(self._client, wanted) for wanted in self._assistants} if hidden else set()
        used = (a for a in hidden if ours & {*users_of(self._client, str(a["action_id"]))})
        return next(used, None)

    def read(self, key: str) -> Seen | None:
        """The live-transfer action to that number, with what the API shows of it."""
        listed = self.find(key)
        if listed is None:
            return None
        values = listed.get("parameters_hard_coded") or {}
        fields = {name: values[inner] for name, inner in _ACTION.items() if inner in values}
        return Seen(str(listed["action_id"]), fields)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Make the action. Which assistants use it: see ``TransferUse``."""
        values = {_ACTION[name]: value for name, value in fields.items()}
        return self._client.create_action("LIVE_TRANSFER", values)

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the action; it is sent whole."""
        whole = {_ACTION[name]: value for name, value in (seen.fields | fields).items()}
        if len(whole) < len(_ACTION):
            raise Refused(
                f"Synthflow takes changes of a transfer only whole, and does not show what the"
                f" transfer to {key} is set to.",
                "Delete that transfer in Synthflow, then run the step again.",
            )
        self._client.update_action(seen.id, "LIVE_TRANSFER", whole)

    def delete(self, key: str, seen: Seen) -> None:
        """Delete the action, unless an assistant uses it."""
        if users := users_of(self._client, seen.id):
            raise Refused(
                f"The transfer to {key} is used by {', '.join(users)}, so it is not deleted.",
                "Detach it in the assistant's settings, then run it again.",
            )
        self._client.delete_action(seen.id)


class TransferUse(Resource):
    """Whether an assistant uses the live transfer; for its key see `use_of`."""

    kind = "synthflow.action_use"

    def __init__(
        self, client: SynthflowClient, assistants: Iterable[str], transfers: TransferAction
    ) -> None:
        self._client = client
        self._assistants = list(assistants)
        self._transfers = transfers

    def read(self, key: str) -> Seen | None:
        """The action; the field names the assistant where that one uses it."""
        number, wanted = self._parts(key)
        action = self._transfers.find(number)
        if action is None:
            return None
        id_ = str(action["action_id"])
        assistant = find_assistant(self._client, wanted)
        name = str(assistant["name"]) if assistant else ""
        used = name in users_of(self._client, id_)
        return Seen(id_, {ATTACHED_TO: name if used else ""}, shared=True)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """An action that is not there is used by nobody."""
        number, _ = self._parts(key)
        raise Refused(f"Synthflow has no live transfer to {number}.", "Run the step again.")

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Attach the action to the assistant, or detach it from that one."""
        _, wanted = self._parts(key)
        assistant = find_assistant(self._client, wanted)
        if assistant is None:
            raise no_assistant(wanted)
        model_id = str(assistant["model_id"])
        change = self._client.attach_actions if fields[ATTACHED_TO] else self._client.detach_actions
        change(model_id, [seen.id])

    def delete(self, key: str, seen: Seen) -> None:
        """Never: it goes with the action."""
        raise Refused("The runbook does not delete what an assistant uses.")

    def _parts(self, key: str) -> tuple[str, str]:
        number, _, assistant = key.partition(_OF)
        return number, assistant or self._assistants[0]


_OF = " of "


def use_of(number: str, assistant: str, assistants: Sequence[str]) -> str:
    """The key of an assistant's use of the transfer to a number; of the only one, the number."""
    return f"{number}{_OF}{assistant}" if len(assistants) > 1 else number


def _rings(action: Mapping[str, Any]) -> str:
    """The number that a live transfer rings; empty where the API does not show it."""
    values = action.get("parameters_hard_coded") or {}
    return str(values.get("phone") or "").removeprefix("sip:").partition("@")[0]


def users_of(client: SynthflowClient, action_id: str) -> list[str]:
    """The names of the assistants that use an action."""
    ids = client.action(action_id).get("assistants") or []
    names = {str(a["model_id"]): str(a.get("name")) for a in client.assistants()}
    found = [str(a.get("model_id", a) if isinstance(a, dict) else a) for a in ids]
    return sorted(names.get(model_id, model_id) for model_id in found)
