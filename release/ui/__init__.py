"""Terminal: prompts, progress, style, and texts that several commands share."""
