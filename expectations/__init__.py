"""What every layer of the lake must hold before it is published: suites per table, their runner, their redaction."""

EVERY_SOURCE = "all"  # in the column `source` of results: of no single trust
