"""Guided runbooks that connect a contact centre to Synthflow over SIP, and prove that it works."""

from typing import TYPE_CHECKING, Any

from sfsip_nb._version import __version__

if TYPE_CHECKING:
    from sfsip_nb.run import open_run, overview

__all__ = ["__version__", "open_run", "overview"]


def __getattr__(name: str) -> Any:
    """Load the notebooks' face on first use: the testbed's process needs none of it."""
    if name in ("open_run", "overview"):
        from sfsip_nb import run

        return getattr(run, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
