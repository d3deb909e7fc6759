"""The parts of `unmask evaluate`: labelled files, their faces, the nets that are compared, what came out."""
