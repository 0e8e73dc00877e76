"""What the operator does: it keeps each Exchange true, round by round."""
