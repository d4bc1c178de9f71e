"""Small files joined, old versions dropped, orphans found."""
