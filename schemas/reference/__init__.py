"""Dated rule tables as data, with their source, and the loaders that read them."""
