"""Free text read by the words of a policy: tokens, stems, phrases, and what they say (docs/text.md)."""
