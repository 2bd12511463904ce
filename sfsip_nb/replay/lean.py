"""Keeps a needless and slow import away from nbformat and papermill."""

import sys


def without_grammars() -> None:
    """Stop `rfc3987_syntax` from being imported. To be called before nbformat is.

    jsonschema imports it for the `iri` formats, which no Jupyter schema uses; it then compiles
    some 35 grammars, which is four fifths of the time that importing papermill takes. jsonschema
    copes with its absence (python-jsonschema#1428, jupyter/nbformat#420,
    jupyter-server/jupyter_server#1559).
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: import raises
