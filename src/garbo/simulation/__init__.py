"""Hosts of the same engine without live traffic: the synchronous driver, the golden journeys, worlds and replays."""
