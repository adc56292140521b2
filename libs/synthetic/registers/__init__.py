"""The registers that trusts run: each writes the same knowledge in columns and words of its own."""
