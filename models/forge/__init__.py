"""The forge: makes the miniature recogniser from synthetic speech alone."""
