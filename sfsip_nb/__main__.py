"""`python -m sfsip_nb` is the command `sfsip`."""

from sfsip_nb.cli import main

main()
