package wire

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// coder writes values as bytes, or reads them. One function for each type defines its fields
// and their order. It both writes and reads, so that the two cannot differ. While it writes, it
// changes no value, since others may read it at the same time.
//
// JSON is not suitable. It replaces bytes that are not UTF-8, which comm and arguments may
// have. It needs seven times as many bytes and four times as long (BenchmarkJSON).
type coder struct {
	// data has what was written, or what is still to be read.
	data    []byte
	reading bool
	// err is the first error of reading. After it every value is zero.
	err error
	// known has the places of the texts that were written before. texts are the texts that were
	// read. A text is written once, because most texts are in many processes.
	known map[string]uint64
	texts []string
	// pools are the values that were written before, as their bytes, or those that were read.
	written [pools]map[string]uint64
	read    [pools]any
	// room is how many bytes of memory the decoded values may still take.
	room int
}

func newWriter() *coder { return &coder{known: map[string]uint64{}} }

func newReader(data []byte, room int) *coder {
	return &coder{data: data, reading: true, room: room}
}

// end returns the first error of reading, or an error if anything is left.
func (c *coder) end() error {
	if c.err == nil && len(c.data) > 0 {
		c.fail("%d bytes too many", len(c.data))
	}
	return c.err
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = protocolError(format, args...)
	}
	c.data = nil
}

// take returns the next n bytes.
func (c *coder) take(n uint64) []byte {
	if c.err != nil || n > uint64(len(c.data)) {
		c.fail("a message that is cut")
		return nil
	}
	taken := c.data[:n]
	c.data = c.data[n:]
	return taken
}

// spend counts the memory for n values of so many bytes each. It is false if there is not
// enough.
func (c *coder) spend(n uint64, size uintptr) bool {
	if c.err == nil && n > uint64(c.room)/max(uint64(size), 1) {
		c.fail("a message that takes too much memory")
	}
	if c.err != nil {
		return false
	}
	c.room -= int(n * uint64(size))
	return true
}

// uint codes a number as a variable number of bytes (encoding/binary).
func (c *coder) uint(v *uint64) {
	if !c.reading {
		c.data = binary.AppendUvarint(c.data, *v)
		return
	}
	value, n := binary.Uvarint(c.data)
	if n <= 0 {
		c.fail("a number that is cut or too large")
		*v = 0
		return
	}
	*v, c.data = value, c.data[n:]
}

// int64 is a number with a sign.
func (c *coder) int64(v *int64) {
	folded := uint64(*v)<<1 ^ uint64(*v>>63)
	c.uint(&folded)
	if c.reading {
		*v = int64(folded>>1) ^ -int64(folded&1)
	}
}

func (c *coder) int(v *int) {
	wide := int64(*v)
	c.int64(&wide)
	if !c.reading {
		return
	}
	if *v = int(wide); int64(*v) != wide {
		c.fail("the number %d", wide)
	}
}

func (c *coder) uint32(v *uint32) { bounded(c, v, math.MaxUint32) }

// bounded is a number of a smaller type.
func bounded[T ~uint8 | ~uint16 | ~uint32](c *coder, v *T, most uint64) {
	wide := uint64(*v)
	c.uint(&wide)
	if !c.reading {
		return
	}
	if wide > most {
		c.fail("the number %d", wide)
		wide = 0
	}
	*v = T(wide)
}

func (c *coder) bool(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	bounded(c, &b, 1)
	if c.reading {
		*v = b == 1
	}
}

// The places of texts: a new text follows, the text is empty, or it is an earlier text.
const (
	newText = iota
	emptyText
	knownText
)

func (c *coder) text(v *string) {
	if c.reading {
		*v = c.readText()
		return
	}
	at, known := c.known[*v]
	switch {
	case *v == "":
		at = emptyText
	case !known:
		c.known[*v] = knownText + uint64(len(c.known))
	}
	c.uint(&at)
	if at == newText {
		c.data = binary.AppendUvarint(c.data, uint64(len(*v)))
		c.data = append(c.data, *v...)
	}
}

func (c *coder) readText() string {
	var at uint64
	c.uint(&at)
	switch {
	case c.err != nil || at == emptyText:
		return ""
	case at >= knownText:
		if at-knownText >= uint64(len(c.texts)) {
			c.fail("a text that was not sent")
			return ""
		}
		return c.texts[at-knownText]
	}
	var length uint64
	c.uint(&length)
	taken := c.take(length)
	if !c.spend(1, unsafe.Sizeof("")) || !c.spend(length, 1) {
		return ""
	}
	text := string(taken)
	c.texts = append(c.texts, text)
	return text
}

// pool is a kind of value that many processes have in common.
type pool int

// The pools.
const (
	poolNamespaces pool = iota
	poolCgroups
	poolUIDMap
	poolEtcMounts
	poolArgs
	poolUIDs
	poolSignals
	pools
)

// shared codes a value that is written once. If an earlier value has the same bytes, its place
// is written instead, counted from 1. The reader uses the same value and memory for all of
// them.
func shared[T any](c *coder, in pool, v *T, each func(*coder, *T)) {
	var at uint64
	if c.reading {
		readShared(c, in, v, each)
		return
	}
	start := len(c.data)
	c.uint(&at)
	first := len(c.data)
	each(c, v)
	// Bytes that equal earlier ones define no new text, because its text has been known since
	// then. So they can be dropped.
	at, known := c.written[in][string(c.data[first:])]
	if known {
		c.data = c.data[:start]
		c.uint(&at)
		return
	}
	if c.written[in] == nil {
		c.written[in] = map[string]uint64{}
	}
	c.written[in][string(c.data[first:])] = 1 + uint64(len(c.written[in]))
}

func readShared[T any](c *coder, in pool, v *T, each func(*coder, *T)) {
	values, _ := c.read[in].([]T)
	var at uint64
	c.uint(&at)
	switch {
	case c.err != nil:
	case at == 0:
		each(c, v)
		if c.spend(1, unsafe.Sizeof(*v)) {
			c.read[in] = append(values, *v)
		}
	case at > uint64(len(values)):
		c.fail("a value that was not sent")
	default:
		*v = values[at-1]
	}
}

// word is a text of another type.
func word[T ~string](c *coder, v *T) {
	text := string(*v)
	c.text(&text)
	if c.reading {
		*v = T(text)
	}
}

// set is a number of another type.
func set[T ~uint64](c *coder, v *T) {
	number := uint64(*v)
	c.uint(&number)
	if c.reading {
		*v = T(number)
	}
}

// list is a slice. One that is nil stays nil, and one that is empty stays empty.
func list[T any](c *coder, v *[]T, each func(*coder, *T)) {
	var count uint64
	if *v != nil {
		count = 1 + uint64(len(*v))
	}
	c.uint(&count)
	if c.reading {
		*v = nil
		if count == 0 || !c.holds(count-1) || !c.spend(count-1, unsafe.Sizeof(*new(T))) {
			return
		}
		*v = make([]T, count-1)
	}
	for i := range *v {
		each(c, &(*v)[i])
		if c.err != nil {
			*v = nil
			return
		}
	}
}

// holds reports whether so many values can be in the rest of the data. Each has at least one
// byte.
func (c *coder) holds(count uint64) bool {
	if c.err == nil && count > uint64(len(c.data)) {
		c.fail("a list of %d in %d bytes", count, len(c.data))
	}
	return c.err == nil
}

// table is a map, in the order of its keys.
func table[K cmp.Ordered, V any](c *coder, v *map[K]V, key func(*coder, *K), value func(*coder, *V)) {
	if c.reading {
		readTable(c, v, key, value)
		return
	}
	var count uint64
	if *v != nil {
		count = 1 + uint64(len(*v))
	}
	c.uint(&count)
	for _, k := range inOrder(*v) {
		held := (*v)[k]
		key(c, &k)
		value(c, &held)
	}
}

// inOrder are the sorted keys. There are few, so this is as fast as package slices, and makes
// the program 30 KB smaller.
func inOrder[K cmp.Ordered, V any](of map[K]V) []K {
	keys := make([]K, 0, len(of))
	for k := range of {
		at := len(keys)
		keys = append(keys, k)
		for ; at > 0 && keys[at-1] > k; at-- {
			keys[at] = keys[at-1]
		}
		keys[at] = k
	}
	return keys
}

func readTable[K cmp.Ordered, V any](c *coder, v *map[K]V, key func(*coder, *K), value func(*coder, *V)) {
	*v = nil
	var count uint64
	c.uint(&count)
	// A map takes up to twice the memory of its entries.
	if count == 0 || !c.holds(count-1) || !c.spend(count-1, 2*(unsafe.Sizeof(*new(K))+unsafe.Sizeof(*new(V)))) {
		return
	}
	*v = make(map[K]V, count-1)
	var before K
	for i := range count - 1 {
		var k K
		var held V
		key(c, &k)
		value(c, &held)
		if i > 0 && k <= before {
			c.fail("a table that is not in order")
		}
		if c.err != nil {
			*v = nil
			return
		}
		(*v)[k], before = held, k
	}
}

// absences are the reasons of absences. The index is sent. 0 means that there is a value.
var absences = []procfs.Absence{
	"", procfs.Unread, procfs.Denied, procfs.Gone, procfs.NotHeld, procfs.Unsupported, procfs.Malformed, procfs.TooLong,
	procfs.TooLarge, procfs.TimedOut,
}

// absence is a reason, "" for none.
func (c *coder) absence(v *procfs.Absence) {
	at := uint8(max(slices.Index(absences, *v), 0))
	bounded(c, &at, uint64(len(absences)-1))
	if c.reading {
		*v = absences[at]
	}
}

// opt is a value that may be absent.
func opt[T any](c *coder, v *procfs.Opt[T], each func(*coder, *T)) {
	value, _ := v.Get()
	why := v.Absence()
	c.absence(&why)
	if why == "" {
		each(c, &value)
	}
	switch {
	case !c.reading:
	case why == "":
		*v = procfs.Some(value)
	default:
		*v = procfs.None[T](why)
	}
}

// time is a moment, in UTC.
func (c *coder) time(v *time.Time) {
	seconds, nanoseconds := v.Unix(), uint32(v.Nanosecond())
	c.int64(&seconds)
	bounded(c, &nanoseconds, 999_999_999)
	if c.reading {
		*v = time.Unix(seconds, int64(nanoseconds)).UTC()
	}
}

func (c *coder) duration(v *time.Duration) {
	nanoseconds := int64(*v)
	c.int64(&nanoseconds)
	if c.reading {
		*v = time.Duration(nanoseconds)
	}
}

func (c *coder) ints(v *[]int)       { list(c, v, (*coder).int) }
func (c *coder) strings(v *[]string) { list(c, v, (*coder).text) }
