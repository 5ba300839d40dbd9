"""Dead letters sent again: their messages mended, tried on the processor that refused them, and sent once."""
