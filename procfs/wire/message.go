package wire

// Messages are not compressed. 5,000 processes are 300 KB, because every text and every group
// of values that they have in common is sent once. Compressed they would be 100 KB, which takes
// 3 ms, and 2 ms at the other end. At 100 Mbit/s less than 20 ms would be saved
// (BenchmarkSnapshot). Without compression a message also cannot expand, so no limit is needed
// for that.

// encode makes a message of values.
func encode(write func(*coder)) []byte {
	c := newWriter()
	write(c)
	return c.data
}

// decode decodes a whole message, which may use so many bytes of memory.
func decode(message []byte, most int, read func(*coder)) error {
	c := newReader(message, most)
	read(c)
	return c.end()
}
