"""Tests of the studio's pages in a real browser; skipped where there is none."""
