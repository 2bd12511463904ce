"""Headless replay: a guide's notebooks in series, then the attempt's folder with the record."""
