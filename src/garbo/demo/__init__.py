"""The golden journeys, told on a broker."""
