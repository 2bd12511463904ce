"""Figures that are read at a glance: a call's way, the whole run, what was heard."""

from .base import Figure
from .callflow import callflow
from .heard import heard
from .heard import read as read_heard
from .strip import strip

__all__ = ["Figure", "callflow", "heard", "read_heard", "strip"]
