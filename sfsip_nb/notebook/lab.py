"""Starts JupyterLab: `python -m sfsip_nb.notebook.lab`, arguments as its own.

It is there two seconds sooner than by itself. Where that is safe, its kernels are forked from a
process that has everything loaded: a notebook is ready at once.
"""

from sfsip_nb.replay.lean import without_grammars

if __name__ == "__main__":
    without_grammars()

    from sfsip_nb.replay.forking import fork_stock_kernels
    from sfsip_nb.replay.loaded import SAFE

    if SAFE:
        fork_stock_kernels()  # which loads while JupyterLab does

    from jupyterlab.labapp import main

    main()
