"""The states of the life cycle."""

LEAD, PROSPECT, CUSTOMER, FORMER = "lead", "prospect", "customer", "former"

STATES: tuple[str, ...] = (LEAD, PROSPECT, CUSTOMER, FORMER)
