"""What `eniplan doctor` looks at: the installation, the data, the settings, and with --live the account."""
