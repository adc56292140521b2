"""Where tables live: the Spark session, the Delta jars it needs, and the one way to read and write a table."""
