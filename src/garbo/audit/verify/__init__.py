"""The independent checker: it reads topics only and shares no decision code with the engine."""
