"""The words everything else is said in: ids, instants, events, effects, reasons."""
