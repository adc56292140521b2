"""From a trust's sealed file to rows of text: open, check, parse, and decide what the ledger says of it."""
