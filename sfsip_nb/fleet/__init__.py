"""Many customers' replays in one night, on Dask: each is one task, and each night leaves a page."""
