"""Genesys Cloud on the phone: its edge, and the flows, plans and routes that it follows."""
