"""Headless replay: the notebooks of a guide in series, then the attempt's folder with the record."""
