"""Registers of others that the hub asks: which meter points a place has."""
