# ./dev holds the logic and needs no make; this only forwards, for those who type make out of habit.
demo setup test lint type format coverage bench docs build clean:
	@./dev $@

.PHONY: demo setup test lint type format coverage bench docs build clean
