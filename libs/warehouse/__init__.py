"""The SQL publication of gold: tables from frames, one transaction for the whole of it, nothing of Spark's session."""
