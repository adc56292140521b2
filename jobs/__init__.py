"""One file per step, a verb each: all reading and writing is called from here."""
