"""Evidence that others can read: ladder pictures and captures."""
