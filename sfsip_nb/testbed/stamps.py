"""The world's objects as they may be shown: a stamp for each secret."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from .standin import stand_ins
from .world import World


def public(world: World, value: Any) -> Any:
    """`value` without secrets: each becomes a stamp that shows change but not the secret."""
    secret = frozenset().union(*(own.secret_fields for own in stand_ins().values()))

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return [shown(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {n: stamped(v) if n in secret else shown(v) for n, v in value.items()}

    def stamped(item: Any) -> Any:
        if isinstance(item, dict):  # a property with its value, and what the value may be
            value = {name: stamped(inner) for name, inner in item.get("value", {}).items()}
            return {**item, "value": value}
        return _stamp(item, world.stamp_key)

    return shown(value)


def _stamp(secret: Any, key: str) -> str:
    if not secret:
        return ""
    digest = hmac.new(key.encode(), str(secret).encode(), hashlib.sha256)
    return "secret:" + digest.hexdigest()[:12]
