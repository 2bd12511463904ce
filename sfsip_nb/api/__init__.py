"""Clients of the platforms' public HTTP interfaces, over one shared transport."""
