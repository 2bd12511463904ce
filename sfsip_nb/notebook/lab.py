"""Starts JupyterLab: `python -m sfsip_nb.notebook.lab`, arguments as its own.

It is there two seconds sooner than by itself. Where that is safe, its kernels are forked from a
process that has everything loaded: a notebook is ready at once.
"""

import sys

from sfsip_nb.replay.lean import without_grammars

if __name__ == "__main__":
    without_grammars()

    from sfsip_nb.replay.forking import SAFE, fork_in_lab

    forked = fork_in_lab() if SAFE else []

    from jupyterlab.labapp import main

    main([*forked, *sys.argv[1:]])
