"""Loopback stand-ins for Genesys Cloud, Synthflow and the telephone network."""
