"""The vendors' documents as steps. A guide is data and small functions; the engine runs it."""
