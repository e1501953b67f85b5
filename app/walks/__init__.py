"""A walk and its life: as it is saved, in the queue, and the pictures it was given."""
