"""Where a testbed keeps itself: known to those who find it, without all that it is made of."""

FOLDER = "testbed"  # in the run's folder
INFO = "testbed.json"
LOG = "testbed.log"
