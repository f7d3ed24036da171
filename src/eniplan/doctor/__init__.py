"""The checks of `eniplan doctor`: installation, data, settings, and with --live the account."""
