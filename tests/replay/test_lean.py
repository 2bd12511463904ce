"""What is not imported: grammars that nobody needs, and what a kernel has no use for."""

import subprocess
import sys

from jupyter_core.utils import run_sync

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


def test_a_notebooks_kernel_loads_neither_the_exporter_nor_the_testbed() -> None:
    code = (
        "import sys; from sfsip_nb import open_run, overview\n"
        "heavy = ('nbconvert', 'sfsip_nb.testbed.server', 'uvicorn', 'rich', 'click')\n"
        "print([name for name in sys.modules if name in heavy or '.standin' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


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
