package audit

// Keeping returns the config of an audit that keeps fewer orders in memory.
func (c Config) Keeping(orders int) Config {
	c.keptOrders = orders
	return c
}
