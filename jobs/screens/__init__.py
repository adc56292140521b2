"""The terminal screens: what a person sees of the SQL publication, read from it alone and so without Spark."""
