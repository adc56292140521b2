"""The care that pathways need, the queues that it waits in, and the dates that come of it."""
