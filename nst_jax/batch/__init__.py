"""Folders of images: jobs, buckets of shapes, batch sizes and the runner."""
