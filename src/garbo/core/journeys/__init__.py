"""Where a party stands in the journey and the life cycle, as values: no row here."""
