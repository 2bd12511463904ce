"""What a notebook calls, and what it shows a person: cells, forms, widgets, waiting."""
