"""The vendors' documents as steps. A guide is data and small functions; the engine runs it."""

NAMES = ("genesys", "talkdesk")
"""The built-in platforms, each a package here with its `PLATFORM`; see `inputs.platform`."""
