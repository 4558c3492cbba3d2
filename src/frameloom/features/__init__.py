"""Images as tokens and vectors: preparing, pooling, similarity, descriptors."""
