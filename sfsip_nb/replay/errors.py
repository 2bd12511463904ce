"""Why a replay ends early."""


class BrokeOff(Exception):
    """A notebook did not run to its end; the message says which cell and why."""


class Leak(Exception):
    """A secret stood in an output; the message names the files. Nothing was kept."""
