"""What registers show wrongly: when, where, and what it makes of a cell."""
