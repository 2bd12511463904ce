"""Rules by which an engineer reads a trace, each from a conversation to its findings."""
