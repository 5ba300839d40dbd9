"""The independent checker: reads topics only, recomputes on its own, shares no decision code with the engine."""
