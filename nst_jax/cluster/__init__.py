"""Many pictures on many machines: plan, shards, and their state in a folder or an object storage."""
