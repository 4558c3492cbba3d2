"""What the verbs return: frozen dataclasses with `to_dict()` and `save()`. Nothing in here draws."""
