"""What is true of German only: sentences, quotation marks, word classes, phrases, lexicons."""
