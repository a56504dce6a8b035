"""The grade of how alike two pictures are, from 0 to 10."""
