"""Starts JupyterLab two seconds sooner: `python -m sfsip_nb.notebook.lab`, arguments as its own."""

from sfsip_nb.replay.lean import without_grammars

if __name__ == "__main__":
    without_grammars()

    from jupyterlab.labapp import main

    main()
