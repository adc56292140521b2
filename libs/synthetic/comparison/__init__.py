"""A world held against the published figures."""
