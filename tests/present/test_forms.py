"""The form: built from the schema, value first, secrets forgotten, nothing blocks."""

import json
from typing import Any, Literal

import ipywidgets
import pytest
from pydantic import BaseModel, Field

from sfsip_nb.inputs.schema import parameters_model, secret_keys
from sfsip_nb.present import forms, widgets

SECRET = "s3cr3t-value"


class Sip(BaseModel):
    """A nested block."""

    transport: Literal["udp", "tls"] = Field(default="udp", description="how")
    password: str = Field(default="env:PW", description="pw", json_schema_extra={"secret": True})
    register_: bool = Field(default=False, alias="register")


class Inputs(BaseModel):
    """A small schema with every kind of field."""

    customer: str = "Acme"
    numbers: list[str] = ["+15551230001"]
    limit: int = 3
    sip: Sip = Sip()
    people: dict[str, Any] = {}


def form() -> forms.Form:
    return forms.Form(forms.fields_of(Inputs()))


def controls(of: forms.Form) -> dict[str, Any]:
    return {widget.description: widget for widget in widgets.box(of).children}


def test_fields_come_from_the_schema() -> None:
    found = {field.key: (field.kind, field.secret) for field in forms.fields_of(Inputs())}
    assert found == {
        "customer": ("text", False),
        "numbers": ("lines", False),
        "limit": ("number", False),
        "sip.transport": ("choice", False),
        "sip.password": ("text", True),
        "sip.register": ("switch", False),
        "people": ("fixed", False),
    }


@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_the_secrets_of_the_real_schema_are_known_as_secrets(guide: str) -> None:
    found = {
        f"{name}.{field.key}"
        for name, info in parameters_model(guide).model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
        for field in forms.fields_of(_blank(info.annotation))
        if field.secret
    }
    assert found == set(secret_keys(parameters_model(guide)))


def _blank(model: type[BaseModel]) -> BaseModel:
    values: dict[str, Any] = dict.fromkeys(model.model_fields, "")
    return model.model_construct(None, **values)


def test_what_is_typed_is_noted_and_the_twin_shows_it() -> None:
    made = form()
    shown = controls(made)
    shown["customer"].value = "Other"
    shown["numbers"].value = " +15551230002 \n\n+15551230003"
    shown["sip.transport"].value = "tls"
    assert made.changes() == {
        "customer": "Other",
        "numbers": ["+15551230002", "+15551230003"],
        "sip.transport": "tls",
    }
    assert "Other" in made.static().text
    shown["customer"].value = "Acme"
    assert "customer" not in made.changes()


def test_a_typed_secret_is_handed_on_and_forgotten() -> None:
    made = form()
    field = controls(made)["sip.password"]
    field.value = SECRET
    assert made.changes() == {"sip.password": SECRET}
    assert field.value == ""
    assert field.get_state()["value"] == ""
    assert SECRET not in repr(field)
    assert SECRET not in made.static().html + made.static().text
    assert SECRET not in repr(made)


def test_the_widget_state_of_a_whole_form_holds_no_secret() -> None:
    made = form()
    shown = controls(made)
    shown["sip.password"].value = SECRET
    states = json.dumps([widget.get_state() for widget in shown.values()], default=str)
    assert SECRET not in states
    assert "env:PW" not in states


def test_nothing_acts_on_a_click() -> None:
    assert not any(isinstance(widget, ipywidgets.Button) for widget in controls(form()).values())


@pytest.mark.parametrize(("headless", "shown"), [("1", 1), ("", 2)])
def test_headless_only_the_static_twin_is_shown(
    monkeypatch: pytest.MonkeyPatch, headless: str, shown: int
) -> None:
    displayed: list[Any] = []
    monkeypatch.setenv(forms.HEADLESS, headless)
    monkeypatch.setattr("IPython.display.display", displayed.append)
    form()._ipython_display_()
    assert len(displayed) == shown
    assert "customer" in displayed[-1].text
