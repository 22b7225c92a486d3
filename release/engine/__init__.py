"""The release itself: facts, plan, preparation, publication, recovery, audit."""
