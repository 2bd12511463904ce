"""Clients of the platforms' public HTTP interfaces, over one shared transport."""

import sys

# Half the time of importing httpx is its own command line, with rich and click, which it can do
# without (httpx/__init__.py). This module runs before any other of the room imports httpx.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: import raises
