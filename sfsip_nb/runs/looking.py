"""What the platforms have under the names in the inputs, and what else could be chosen there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sfsip_nb.engine import fitting
from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.runs import places
from sfsip_nb.runs import session as sessions


def look(
    parameters: Parameters, secrets: Mapping[str, Secret], run_dir: Path | None = None
) -> dict[str, LookupResult]:
    """What both platforms say of the inputs, complete or not, by the inputs' keys. Only reads.

    `run_dir` is the run's folder where it is not that of its name. Raises InputError where nobody
    can be asked yet.
    """
    folder = run_dir or places.folder_of(parameters.run_name)
    with sessions.read_only_context(parameters, secrets, folder) as ctx:
        return {asked.key: fitting.asked(ctx, asked) for asked in ctx.guide.looks}
