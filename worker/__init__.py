"""Paint the walks that the site commissions."""
