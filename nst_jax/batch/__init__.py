"""Stylization of folders of images: jobs, shape buckets, batch sizes and the runner."""
