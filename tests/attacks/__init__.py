"""What somebody with the rights of one actor tried, and what happens: each was seen to succeed before."""
