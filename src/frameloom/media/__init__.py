"""Files, videos and streams: frames in, frames out."""
