"""Models: what is likely to breach, and how much is to come."""
