"""What everything stands on: storage, rules and formats. Knows nothing of jobs, models or suites."""
