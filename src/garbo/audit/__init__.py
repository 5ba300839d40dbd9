"""What was decided, decided once more: the auditor's replay."""
