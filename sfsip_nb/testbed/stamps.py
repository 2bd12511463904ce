"""The world's objects as they may be shown: a stamp for each secret."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

PASSWORD_PROPERTY = "trunk_sip_authentication_credentials_password"
_SECRET_KEYS = frozenset({"_trunk_pwd", "_password"})


def public(value: Any, key: str) -> Any:
    """`value` without secrets: each becomes a stamp by `key` that shows change, not the secret."""
    if isinstance(value, dict):
        return {name: public(_masked(name, item, key), key) for name, item in value.items()}
    if isinstance(value, list):
        return [public(item, key) for item in value]
    return value


def _masked(name: str, item: Any, key: str) -> Any:
    if name == PASSWORD_PROPERTY:
        inner = item.get("value", {})
        return {**item, "value": {k: _stamp(v, key) for k, v in inner.items()}}
    return _stamp(item, key) if name in _SECRET_KEYS else item


def _stamp(secret: Any, key: str) -> str:
    if not secret:
        return ""
    digest = hmac.new(key.encode(), str(secret).encode(), hashlib.sha256)
    return "secret:" + digest.hexdigest()[:12]
