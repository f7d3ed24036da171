"""What `eniplan doctor` checks: installation, data, settings, and with --live the account."""
