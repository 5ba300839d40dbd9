"""The files of a policy folder, as an analyst may write them: pydantic documents and the units they use."""
