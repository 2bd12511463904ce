"""What is not imported: grammars that nobody needs, and what a kernel has no use for."""

import subprocess
import sys
from types import ModuleType

import pytest
from jupyter_core.utils import run_sync

import sfsip_nb
from sfsip_nb import sip
from sfsip_nb.replay.kernels import Kernels


def imports(first: str) -> str:
    code = f"{first}; import sys, nbformat; print(bool(sys.modules.get('rfc3987_syntax')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_without_the_stub_the_grammars_are_compiled() -> None:
    assert imports("pass") == "True"  # else the stub can go


def test_with_the_stub_they_are_not() -> None:
    assert (
        imports("from sfsip_nb.replay.lean import without_grammars; without_grammars()") == "False"
    )


def test_notebooks_are_still_validated() -> None:
    code = (
        "from sfsip_nb.replay.lean import without_grammars; without_grammars(); import nbformat\n"
        "nb = {'cells': [{'cell_type': 'x'}], 'nbformat': 4, 'nbformat_minor': 5, 'metadata': {}}\n"
        "try:\n nbformat.validate(nb)\n"
        "except nbformat.ValidationError:\n print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "refused"


NOT_AT_FIRST = {
    "from sfsip_nb import open_run": """
        numpy pandas dns cryptography jinja2 keyring stamina rich click sipmessage pylibsrtp
        IPython nbformat nbconvert papermill uvicorn starlette
        sfsip_nb.cli sfsip_nb.replay sfsip_nb.testbed.server
        sfsip_nb.platforms.genesys sfsip_nb.platforms.talkdesk sfsip_nb.sip.trace
    """,
    "from sfsip_nb.runs.session import GUIDES; [*GUIDES.values()]": """
        numpy pandas dns cryptography jinja2 keyring stamina sfsip_nb.sip.agent sfsip_nb.sip.call
    """,
    "sys.argv[1:] = ['--help']; from sfsip_nb.cli import main; main()": """
        pydantic yaml httpx ssl asyncio phonenumbers importlib.metadata rich pygments sipmessage
        jupyter_client nbformat papermill
        sfsip_nb.inputs.schema sfsip_nb.engine sfsip_nb.notebook sfsip_nb.present
    """,
}
"""What is loaded only once it is used, by what is begun with."""


@pytest.mark.parametrize("first", NOT_AT_FIRST)
def test_only_what_is_used_is_loaded(first: str) -> None:
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"{first}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stderr.split())
    assert [name for name in NOT_AT_FIRST[first].split() if name in loaded] == []
    assert not [name for name in loaded if ".standin" in name]


@pytest.mark.parametrize("package", [sfsip_nb, sip, sip.probes])
def test_a_package_has_what_it_offers_and_nothing_else(package: ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_replays_kernel_is_loaded_before_its_turn_and_has_no_debugger() -> None:
    kernels = Kernels({})
    manager = kernels.take(another=False)
    try:
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        code = (
            "import sys; names = ('sfsip_nb.notebook.run', 'debugpy')\n"
            "print([bool(sys.modules.get(name)) for name in names])"
        )
        said: list[str] = []
        client.execute_interactive(
            code, timeout=60, output_hook=lambda m: said.append(m["content"].get("text", ""))
        )
        client.stop_channels()
    finally:
        run_sync(manager.shutdown_kernel)(now=True)
        kernels.close()
    assert "".join(said).strip() == "[True, False]"
