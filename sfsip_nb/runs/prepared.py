"""What a replay needs of the run that it replays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from sfsip_nb.engine.model import Guide


class Redacting(Protocol):
    """Finds and masks the run's secrets (`inputs.secrets.Redactor`)."""

    def text(self, text: str) -> str: ...
    def data(self, data: Any) -> Any: ...
    def found_in(self, content: bytes) -> bool: ...


class Prepared(Protocol):
    """One attempt of a run, its inputs validated and its testbed (if any) ready."""

    @property
    def guide(self) -> Guide:
        """The guide; its name is the folder of its notebooks, its sections are the series."""

    @property
    def parameters(self) -> BaseModel:
        """The validated inputs; secrets as references."""

    @property
    def run_dir(self) -> Path:
        """The run's folder (README, "A run's folder")."""

    @property
    def attempt(self) -> int:
        """The attempt's number in the journal."""

    @property
    def attempt_name(self) -> str:
        """Number and mode, such as `0001-apply`."""

    @property
    def redactor(self) -> Redacting: ...

    @property
    def env(self) -> Mapping[str, str]:
        """Added to the kernels' environment; no secrets."""

    def reach(self) -> None:
        """Reach each host that the attempt needs. Raises Unreachable, which names them."""

    def close(self) -> None:
        """End the attempt, and the testbed if this attempt started it."""
