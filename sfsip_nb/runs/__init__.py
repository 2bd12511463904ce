"""A run's folder and life: opened, judged, kept, signed, printed."""
