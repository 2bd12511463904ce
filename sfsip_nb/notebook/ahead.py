"""What a notebook comes to use after its start, loaded ahead of all kernels by what they copy."""

from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

from pydantic import BaseModel

from sfsip_nb import sip
from sfsip_nb.engine.shape import Shape
from sfsip_nb.inputs.load import check_namespace
from sfsip_nb.inputs.schema import parameters_model, sample
from sfsip_nb.platforms import NAMES, guides
from sfsip_nb.platforms.shared import naming
from sfsip_nb.present.html import environment
from sfsip_nb.sip import probes
from sfsip_nb.testbed.faults import faults

_OF_EACH_KERNEL = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "ipykernel.debugger",
    "pdb",
    "psutil",
    "tornado.platform.asyncio",
    "tornado.queues",
)
_USED = (
    "certifi",
    "encodings.idna",
    "httpcore",
    "numpy.fft",
    "prometheus_client",  # by stamina, where it is there
    "stamina",
    "webrtcvad",
)


def portions() -> Iterator[None]:
    """Load a portion with each step: in between a kernel may be wanted.

    The first is what the first cells of every notebook would load and build.
    """
    _load(_OF_EACH_KERNEL)
    environment().get_template("parts.html")
    for guide in NAMES:
        guides.ALL[guide]
        parameters_model(guide)
    yield
    for guide in NAMES:
        check_namespace(guide, sample(parameters_model(guide), guide))
        yield
    faults()
    yield
    for model in _kinds_of(Shape):
        model.model_rebuild()
        yield
    for name in _USED:
        _load((name,))
        yield
    for face in (sip, probes):
        for name in face.__all__:
            getattr(face, name)
            yield
    for guide in NAMES:
        naming.causes(guide)
        yield
    _load(("pandas.io.formats.html",))


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(ImportError):  # whoever needs it says that it is missing
            import_module(name)


def _kinds_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _kinds_of(kind)
