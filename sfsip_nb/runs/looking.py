"""What the platforms have under the names in the inputs, and what else could be chosen there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from sfsip_nb.api.memory import remembering
from sfsip_nb.engine import fitting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.found import look as found_in
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor, Secret
from sfsip_nb.runs import places
from sfsip_nb.runs.environment import surroundings, testbed_of
from sfsip_nb.runs.session import GUIDES


def look(
    parameters: Parameters, secrets: Mapping[str, Secret], run_dir: Path | None = None
) -> dict[str, LookupResult]:
    """What both platforms say of the inputs, complete or not, by the inputs' keys. Only reads.

    `run_dir` is the run's folder where it is not that of its name. Raises InputError where nobody
    can be asked yet.
    """
    folder = run_dir or places.folder_of(parameters.run_name)
    with read_only_context(parameters, secrets, folder) as ctx, remembering():
        return {asked.key: fitting.asked(ctx, asked) for asked in ctx.guide.looks}


@contextmanager
def read_only_context(
    parameters: Parameters, secrets: Mapping[str, Secret], run_dir: Path
) -> Iterator[Context]:
    """A context to read with while inputs are missing. Raises ``InputError`` without a region."""
    guide, run_dir = GUIDES[parameters.guide], run_dir.resolve()
    found = found_in(run_dir)
    try:
        testbed = testbed_of(parameters, run_dir, (), found.testbed)
        around = surroundings(guide, parameters, testbed)
    except KeyError:
        raise InputError("region", "Choose the regions first: they say where to ask.") from None
    redactor = Redactor(secret.reveal() for secret in secrets.values())
    with closing(Journal(run_dir / JOURNAL, redactor.data)) as journal:
        ctx = Context(guide, parameters, "plan", journal, 0, run_dir, secrets, redactor, around)
        try:
            yield ctx
        finally:
            ctx.release()
