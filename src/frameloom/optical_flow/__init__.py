"""Optical flow for people and other programs: files, pictures, whole videos."""
