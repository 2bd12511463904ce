"""A parameters file by questions: only what has no default, checked by the one schema."""

import typer

from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.generate import live_values
from sfsip_nb.inputs.secrets import HOW, is_reference
from sfsip_nb.notebook.forms import Field, fields_of
from sfsip_nb.present.text import visible


def ask_all(guide: str) -> Draft:
    """Ask for a live customer's inputs. Raises typer.Abort where a person interrupts."""
    typer.echo("Enter takes the value in brackets; Ctrl-C stops, and nothing is written.\n")
    customer = ""
    while not customer:
        customer = typer.prompt("Customer (the name to show in the record)", "").strip()
    draft = Draft(guide, live_values(guide) | {"customer": customer})
    fields = list(fields_of(draft.model))
    for field in fields:
        if field.secret or _wrong(draft, field):
            _ask(draft, field)
    while again := [field for field in fields if _wrong(draft, field)]:  # what contradicts
        _ask(draft, again[0])
    return draft


def unset(draft: Draft) -> dict[str, str]:
    """The secrets that their references do not lead to yet, on this computer, and why."""
    draft.check()
    problems = draft.problems()
    return {key: problems[key] for key in sorted(draft.secret_keys) if key in problems}


def _wrong(draft: Draft, field: Field) -> str:
    """What is wrong with an input; a secret's reference may lead to nothing as yet."""
    if field.secret and is_reference(str(draft.value(field.key))):
        return ""
    return draft.problems().get(field.key, "")


def _ask(draft: Draft, field: Field) -> None:
    """Ask for one input until it can be used."""
    value = draft.value(field.key)
    shown = ", ".join(value) if isinstance(value, list) else str(value)
    while True:
        given = typer.prompt(f"{field.label} ({_help(field)})", shown).strip()
        if field.secret and given and not is_reference(given):
            typer.echo(f"  ✖ A secret is never written here. {HOW}.")
            continue
        draft.note(field.key, _parsed(given, field))
        if not (wrong := _wrong(draft, field)):
            return
        typer.echo(f"  ✖ {visible(wrong)}")


def _help(field: Field) -> str:
    if field.secret:
        return "where it is kept: env:NAME, file:PATH or keyring:SERVICE/NAME"
    if field.kind == "lines":
        return field.help.replace(", one a line", ", separated by commas")
    return field.help


def _parsed(given: str, field: Field) -> object:
    if field.kind == "lines":
        return [item.strip() for item in given.split(",") if item.strip()]
    if field.kind == "number" and given.isdigit():
        return int(given)
    return given
