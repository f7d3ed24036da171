"""The report, and one writer for each format. Writers are pure functions of a report."""
