"""The parameters of magenta's arbitrary style transfer network: their names and shapes, files and conversion."""
