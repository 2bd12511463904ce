"""The live transfer of an assistant, and which assistants use it, as the runbook changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from sfsip_nb.platforms.synthflow.resources import listed_assistant, no_assistant

TRANSFERS_TO = "Transfers to"
TRANSFER_MODE = "Transfer mode"
INSTRUCTIONS = "When to transfer"
ANNOUNCEMENT = "Said before the transfer"
ATTACHED_TO = "Attached to"

TRANSFERRED = ("verify.transfer/queue", "verify.transfer/agent")
"""What proves a transfer whose settings the API does not show."""

# Our field → the API's.
_ACTION = {
    TRANSFERS_TO: "phone",
    TRANSFER_MODE: "transfer_mode",
    INSTRUCTIONS: "instructions",
    ANNOUNCEMENT: "initiating_msg",
}


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
        made: Callable[[str], Iterable[str]],
    ) -> None:
        self._client = client
        self._assistants = list(assistants)
        self._made = made

    def find(self, key: str) -> dict[str, Any] | None:
        """The live-transfer action to that number: this run's own read alone, else as listed."""
        for made in self._made(key):
            if own := self._client.action(made):
                return own
        actions = self._client.actions()
        listed = [action for action in actions if action.get("action_type") == "LIVE_TRANSFER"]
        return next((a for a in listed if _rings(a) == key), None) or self._unshown(listed)

    def _unshown(self, listed: list[dict[str, Any]]) -> dict[str, Any] | None:
        hidden = [a for a in listed if not _rings(a)]
        found = [listed_assistant(self._client, a) for a in self._assistants] if hidden else []
        ours = {str(assistant["model_id"]) for assistant in found if assistant}
        used = (a for a in hidden if ours & {*user_ids(self._client, str(a["action_id"]))})
        return next(used, None)

    def read(self, key: str) -> Seen | None:
        """The live-transfer action to that number, with what the API shows of it."""
        found = self.find(key)
        if found is None:
            return None
        values = found.get("parameters_hard_coded") or {}
        fields = {name: values[inner] for name, inner in _ACTION.items() if inner in values}
        return Seen(str(found["action_id"]), fields)

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
        found = self._transfers.find(number)
        if found is None:
            return None
        id_ = str(found["action_id"])
        assistant = listed_assistant(self._client, wanted) or {}
        used = assistant.get("model_id") in user_ids(self._client, id_)
        return Seen(id_, {ATTACHED_TO: str(assistant["name"]) if used else ""}, shared=True)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """An action that is not there is used by nobody."""
        number, _ = self._parts(key)
        raise Refused(f"Synthflow has no live transfer to {number}.", "Run the step again.")

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Attach the action to the assistant, or detach it from that one."""
        _, wanted = self._parts(key)
        assistant = listed_assistant(self._client, wanted)
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
        return number, assistant or self._assistants[0]  # earlier journals: the number alone


_OF = " of "


def use_of(number: str, assistant: str) -> str:
    """The key of an assistant's use of the transfer to a number."""
    return f"{number}{_OF}{assistant}"


def _rings(action: Mapping[str, Any]) -> str:
    """The number that a live transfer rings; empty where the API does not show it."""
    values = action.get("parameters_hard_coded") or {}
    return str(values.get("phone") or "").removeprefix("sip:").partition("@")[0]


def users_of(client: SynthflowClient, action_id: str) -> list[str]:
    """The names of the assistants that use an action."""
    names = {str(a["model_id"]): str(a.get("name")) for a in client.assistants(lasting=True)}
    return sorted(names.get(id, id) for id in user_ids(client, action_id))


def user_ids(client: SynthflowClient, action_id: str) -> list[str]:
    """The ids of the assistants that use an action."""
    users = (client.action(action_id) or {}).get("assistants") or []
    return [str(a.get("model_id", a) if isinstance(a, dict) else a) for a in users]
