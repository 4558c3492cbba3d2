"""Images as tokens and vectors: preparing, pooling, similarity, descriptors; cuts and repeats in streams of frames."""
