"""What the pictures are made of: a picture with its text twin, an SVG's pieces, a run's bars, matplotlib's figures."""
