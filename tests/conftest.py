"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from sfsip_nb.inputs import draft

# A machine that is busy with calls is slow now and then; that says nothing about a property.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

# A shell's background job is started deaf to Ctrl-C, which some tests press.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_seal_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Testbeds that tests start keep their keys and their list out of the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _nothing_typed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test types into a form is not there in the next, whichever file ran before."""
    monkeypatch.setattr(draft, "_typed_here", {})
