"""Synthflow on the phone: its regions, and the assistants behind their numbers."""
