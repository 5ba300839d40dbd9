"""Real histories through a running pipeline: feed, watch, count, report."""
