package wire

// Messages are not compressed. 5,000 processes are 300 KB, as every text and every group of
// values that they have in common is sent once. Compressed they would be 100 KB, which takes
// 3 ms, and 2 ms at the other end: less than 20 ms are gained at 100 Mbit/s (BenchmarkSnapshot).
// And a message that cannot grow needs no bound against that.

// encode makes a message of values.
func encode(write func(*coder)) []byte {
	c := newWriter()
	write(c)
	return c.data
}

// decode reads a message, the whole of it, which may take so many bytes of memory.
func decode(message []byte, most int, read func(*coder)) error {
	c := newReader(message, most)
	read(c)
	return c.end()
}
