"""The edition in force, held in memory."""
