"""The account: calls, facts, the create and its receipt. The only package that uses the SDK; functions import it."""
