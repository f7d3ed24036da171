"""The report, and one writer per format. Writers are pure functions of a report."""
