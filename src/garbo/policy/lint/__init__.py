"""What no single file can tell: whether the files of a policy fit together."""
