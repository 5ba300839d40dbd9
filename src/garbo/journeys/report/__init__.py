"""The report people look at: one page, from plain data. `build` fills the data from cells, `page` writes it."""
