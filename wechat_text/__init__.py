"""A German article in, attributed quotations in German, English and Chinese out."""
