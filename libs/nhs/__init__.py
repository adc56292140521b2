"""NHS identifiers, dates and organisations as Spark expressions: columns in, columns out, no input or output."""
