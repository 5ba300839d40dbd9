"""What we may do: the catalogue, and the rules that say when it may be done."""
