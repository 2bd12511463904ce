"""Studio flows of the type API request: started here, drawn by people.

Source: docs.talkdesk.com/reference/flows-api-ref.
"""

from __future__ import annotations

from sfsip_nb.testbed.web import ApiRequest, Endpoint, Reply

from .errors import not_found, unreadable


def _start(asked: ApiRequest) -> Reply:
    """Start a published flow with free arguments; the testbed's makes an outbound call."""
    world = asked.world
    flow = world.systems["talkdesk"]["flows"].get(asked.path["id"])
    if flow is None or not flow["published"]:
        raise not_found("Flow")
    if not isinstance(asked.body, dict):
        raise unreadable("The arguments must be a JSON object.")
    interaction = world.new_id()
    to, from_ = (str(asked.body.get(name) or "") for name in ("to", "from"))
    if to:
        call = {"call_id": interaction, "from": from_, "to": to, "flow_id": flow["id"]}
        world.dials["talkdesk"](call)
    return Reply(
        202,
        {
            "interaction_id": interaction,
            "flow_version_id": f"{flow['id']}-1",
            "flow_execution_id": world.new_id(),
        },
    )


ENDPOINTS = [
    Endpoint("POST", "/flows/{id}/interactions", _start, ("flows-interactions:start",)),
]
