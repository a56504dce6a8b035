"""The studio: a page in the browser that stylizes pictures, and the server behind it.

Three processes work together. The server (`app`, `server`) answers requests and keeps the state; it imports neither
numpy nor jax. The painter (`painter`) owns the device and makes one picture at a time. The picture worker
(`picture_worker`) decodes uploads and makes thumbnails, so that the server answers while the painter is busy, and a
hostile file can end no more than this worker.
"""
