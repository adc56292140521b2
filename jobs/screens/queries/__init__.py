"""What the screens ask of the publication, as SQL, by subject; one connection sees one publication."""
