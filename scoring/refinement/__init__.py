"""What refinement sessions read: facts for the agenda, the room's screen, the order with new numbers, the minutes."""
