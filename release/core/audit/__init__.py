"""The verdict on data: what is asked, the rules, and what an audit, an upload or a lineage came to."""
