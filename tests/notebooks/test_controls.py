"""Where JupyterLab's subshells are: what is typed comes in turn with the cells, buttons beside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.notebooks.forked import forked_kernels

TIMEOUT = 60
SHOWN = """
import threading
import ipywidgets

used = {}
handled = ipywidgets.Widget._handle_msg

def noted(widget, message):
    handled(widget, message)
    turn = threading.current_thread() is threading.main_thread()
    used.setdefault(widget.model_id, []).append(turn)

ipywidgets.Widget._handle_msg = noted

from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.load import parameters_cell
from sfsip_nb.notebook import file_widgets, forms, questions, rehearsing, widgets
from sfsip_nb.notebook.buttons import Buttons

guide = {}
exec(parameters_cell("genesys"), guide)
form = forms.Form(Draft("genesys", guide), propose=lambda: None,
    closed={"testbed.faults": {"Group": {"genesys.a": "about it"}}})
form.shown = widgets.Sheet(form)
form.offer("numbers", ["+15551230001"])
questions.intent([("by", "By", ""), ("which", "Which", "")], {}, {"which": ["a", "b"]}, "")
questions.questions({"guide": "genesys", "customer": "", "target": "live"}, {"genesys": "Genesys"})
file_widgets.choice("File", {}, {"file": ""}, "file")
rehearsing.controls({})
buttons = Buttons(ipywidgets.Dropdown(options=["a"]))
buttons.add("Dial", lambda: "Dialed.")
at_once = {w.model_id for w in buttons.box.children}
controls = {
    key: type(w).__name__
    for key, w in ipywidgets.widgets.widget._instances.items()
    if "disabled" in w.trait_names()
}
"""


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    with forked_kernels():
        manager, client = start_new_kernel(kernel_name="python3")
        try:
            yield client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def said(kernel: BlockingKernelClient, code: str, expression: str = "None") -> Any:
    """What an expression is after a cell was run."""
    wanted = {"it": f"({expression})"}
    reply = kernel.execute(
        code, user_expressions=wanted, reply=True, timeout=TIMEOUT, store_history=False
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    return eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])


def subshell(kernel: BlockingKernelClient) -> str:
    """The id of a subshell as JupyterLab makes one."""
    kernel.control_channel.send(kernel.session.msg("create_subshell_request"))
    return str(kernel.get_control_msg(timeout=TIMEOUT)["content"]["subshell_id"])


def test_a_field_is_used_in_turn_with_the_cells_and_a_rehearsals_button_beside_them(
    kernel: BlockingKernelClient,
) -> None:
    controls = said(kernel, SHOWN, "controls")
    at_once = said(kernel, "", "at_once & set(controls)")
    assert len(controls) > 50
    assert {controls[key] for key in at_once} == {"Button", "Dropdown"}
    beside = subshell(kernel)
    for _ in range(2):  # the first one is answered, and by whom decides who gets the second
        for key in controls:
            asked = {"comm_id": key, "data": {"method": "request_state"}}
            message = kernel.session.msg("comm_msg", asked)
            message["header"]["subshell_id"] = beside
            kernel.shell_channel.send(message)
    until = time.monotonic() + TIMEOUT
    while sum(map(len, (used := said(kernel, "", "used")).values())) < 2 * len(controls):
        assert time.monotonic() < until, "not all messages were handled"
    in_turn = {key for key, turns in used.items() if all(turns)}
    assert {controls[key] for key in controls.keys() - at_once - in_turn} == set()
    assert not at_once & {key for key, turns in used.items() if any(turns)}
