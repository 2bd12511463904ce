"""States of the customer's objects, held against each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

State = dict[str, dict[str, dict[str, Any]]]

_COUNTED = frozenset(
    {"version", "dateCreated", "dateModified", "created_at", "updated_at", "_attached_at"}
)
_NAMES = ("name", "phone_number", "startPhoneNumber", "phone", "model_id")
_LIST = "genesys", "number_plans"  # each of these "objects" is a list of named plans


def plain(value: Any) -> Any:
    """A value without what a platform counts and stamps; numbers of a call route in any order."""
    if isinstance(value, dict):
        kept = {key: plain(item) for key, item in value.items() if key not in _COUNTED}
        if isinstance(kept.get("dnis"), list):
            kept["dnis"] = sorted(kept["dnis"])
        return kept
    return [plain(item) for item in value] if isinstance(value, list) else value


def objects(state: State) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Collection, id and fields of every object; a site's number plans one by one."""
    for system, collections in state.items():
        for collection, found in collections.items():
            for id_, thing in found.items():
                if (system, collection) == _LIST:
                    order = [str(p["name"]) for p in thing["plans"]]
                    yield f"{system}/{collection}", f"{id_}/order", {"order": order}
                    for plan in thing["plans"]:
                        yield f"{system}/{collection}", f"{id_}/{plan['name']}", plan
                else:
                    yield f"{system}/{collection}", str(id_), thing


def name_of(thing: dict[str, Any]) -> str:
    """What a person calls an object."""
    return str(next((thing[n] for n in _NAMES if thing.get(n)), "?"))


def differences(before: State, after: State) -> list[tuple[str, str, set[str]]]:
    """What is not as before: collection, what is different, and words that would name it."""
    old = {(c, i): plain(t) for c, i, t in objects(before)}
    new = {(c, i): plain(t) for c, i, t in objects(after)}
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if was is None or now is None:
            thing = was or now or {}
            what = f"{name_of(thing)} is {'new' if was is None else 'gone'}"
            words = {name_of(thing), _digits(name_of(thing)), *thing.get("dnis", ())}
        else:
            changed = {
                n: (was.get(n), now.get(n))
                for n in sorted(was.keys() | now.keys())
                if was.get(n) != now.get(n)
            }
            what = f"{name_of(now)}: {changed}"
            words = {name_of(now), _digits(name_of(now)), *_moved(was, now)}
        found.append((key[0], what, words - {"?", ""}))
    return found


def _moved(was: dict[str, Any], now: dict[str, Any]) -> set[str]:
    moved = set(was.get("dnis", ())) ^ set(now.get("dnis", ()))
    moved |= {str(x) for x in set(was.get("order", ())) ^ set(now.get("order", ()))}
    moved |= {str(thing.get("phone_number") or "") for thing in (was, now)}
    return moved


def _digits(name: str) -> str:
    found = re.search(r"\+?\d{8,}", name)
    return found.group() if found else ""


def canonical(before: State, state: State) -> Counter[str]:
    """Every object as a text in which new ones have their names for ids: equal for equal states."""
    old = {(c, i) for c, i, _ in objects(before)}
    names = {
        i: f"<{c} {name_of(t)}>"
        for c, i, t in objects(state)
        if (c, i) not in old and not c.endswith("number_plans")
    }
    names |= {
        str(p["id"]): f"<plan {p['name']}>"
        for site in state["genesys"]["number_plans"].values()
        for p in site["plans"]
    }
    found: Counter[str] = Counter()
    for collection, id_, thing in objects(state):
        text = f"{collection} {id_} {json.dumps(plain(thing), sort_keys=True)}"
        for known, name in names.items():
            text = text.replace(known, name)
        found[text] += 1
    return found


def twice(state: State) -> list[str]:
    """What is there twice: names of a collection, targets of transfers, numbers on routes."""
    seen: Counter[str] = Counter()
    for collection, id_, thing in objects(state):
        if not id_.endswith("/order"):
            seen[f"{collection} {thing.get('phone') or name_of(thing)}"] += 1
        for number in thing.get("dnis", ()):
            seen[f"{number} on a call route"] += 1
    for assistant in state["synthflow"]["assistants"].values():
        seen.update(f"action {a} on {assistant['name']}" for a in assistant["_actions"])
        if assistant["type"] == "inbound" and assistant["phone_number"]:
            seen[f"{assistant['phone_number']} on an inbound assistant"] += 1
    return [f"{what}: {count} times" for what, count in seen.items() if count > 1]


def ringing(state: State) -> set[str]:
    """The numbers that some call route takes."""
    return {n for ivr in state["genesys"]["ivrs"].values() for n in ivr["dnis"]}
