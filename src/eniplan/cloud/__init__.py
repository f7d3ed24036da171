"""The one room with the cloud SDK: reads, the create, receipts. SDK packages are imported inside functions."""
