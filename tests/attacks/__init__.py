"""What somebody with the rights of one actor tried, and what happened: docs/security.md has the table."""
