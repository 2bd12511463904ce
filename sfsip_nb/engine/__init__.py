"""The engine: steps, checks and verdicts, plan, apply, verify and rollback, and the journal.

It knows neither a vendor nor a notebook: a guide hands it steps as data and small functions.
"""
