"""What a notebook comes to use after its start, loaded ahead of all kernels by what they copy."""

from collections.abc import Iterator
from importlib import import_module

from pydantic import BaseModel

from sfsip_nb import sip
from sfsip_nb.engine.shape import Shape
from sfsip_nb.inputs.numbers import dial_refusal
from sfsip_nb.inputs.schema import parameters_model, sample
from sfsip_nb.platforms import NAMES, guides
from sfsip_nb.present.html import environment
from sfsip_nb.sip import probes


def portions() -> Iterator[None]:
    """Load a portion with each step: in between a kernel may be wanted.

    The first is what the first cells of every notebook would load and build.
    """
    environment().get_template("parts.html")
    for guide in NAMES:
        guides.ALL[guide]
        parameters_model(guide)
    yield
    for guide in NAMES:
        inputs = parameters_model(guide)
        values = inputs.model_validate(sample(inputs, guide))
        for number in values.numbers:
            dial_refusal(number)
        yield
    for model in _kinds_of(Shape):
        model.model_rebuild()
        yield
    for name in ("stamina", "httpcore", "numpy.fft"):
        import_module(name)
        yield
    for face in (sip, probes):
        for name in face.__all__:
            getattr(face, name)
            yield
    import_module("pandas")


def _kinds_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for kind in model.__subclasses__():
        yield kind
        yield from _kinds_of(kind)
