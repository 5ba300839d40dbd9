"""How Garbo speaks to Kafka: the settings every client shares, and the topics."""
