package wire

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// filler fills values, each with a different number or text.
type filler struct {
	t    *testing.T
	next int
}

func (f *filler) fill(v reflect.Value) {
	f.next++
	if _, isOpt := v.Addr().Interface().(json.Unmarshaler); isOpt && v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
		f.fillOpt(v)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.next))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.next))
	case reflect.String:
		v.SetString(f.text(v.Type()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		f.fillStruct(v)
	default:
		f.t.Fatalf("a %s cannot be filled", v.Type())
	}
}

func (f *filler) fillStruct(v reflect.Value) {
	if moment, is := v.Addr().Interface().(*time.Time); is {
		*moment = time.Unix(int64(f.next), 5).UTC()
		return
	}
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() != reflect.Func { // functions cannot be sent
			f.fill(field)
		}
	}
}

// fillOpt makes an Opt hold a value that is filled.
func (f *filler) fillOpt(v reflect.Value) {
	get, _ := v.Type().MethodByName("Get")
	value := reflect.New(get.Type.Out(0))
	f.fill(value.Elem())
	data, err := json.Marshal(value.Interface())
	if err == nil {
		err = json.Unmarshal(data, v.Addr().Interface())
	}
	if err != nil {
		f.t.Fatalf("%s: %v", v.Type(), err)
	}
}

// text is a text, or a reason for an absence if the type requires it.
func (f *filler) text(of reflect.Type) string {
	if of == reflect.TypeFor[procfs.Absence]() {
		return string(absences[1+f.next%(len(absences)-1)])
	}
	return "text " + string(rune('a'+f.next%26)) + string(rune('a'+f.next/26%26))
}

// sent codes a value and returns what was decoded.
func sent[T any](t *testing.T, value T, field func(*coder, *T)) T {
	t.Helper()
	var got T
	message := encode(func(c *coder) { field(c, &value) })
	if err := decode(message, mostAnswer, func(c *coder) { field(c, &got) }); err != nil {
		t.Fatalf("%T: %v", value, err)
	}
	return got
}

// arrives checks that a type arrives unchanged when it is full and when it is empty, and is
// refused if it is cut anywhere.
func arrives[T any](t *testing.T, field func(*coder, *T)) {
	t.Helper()
	var full, empty T
	f := filler{t: t}
	f.fill(reflect.ValueOf(&full).Elem())
	procfstest.Equal(t, sent(t, full, field), full)
	procfstest.Equal(t, sent(t, empty, field), empty)
	w := newWriter()
	field(w, &full)
	for n := range w.data {
		var got T
		r := newReader(w.data[:n], mostAnswer)
		field(r, &got)
		var odd *ProtocolError
		if err := r.end(); !errors.As(err, &odd) {
			t.Fatalf("%T, %d of %d bytes: %v", full, n, len(w.data), err)
		}
	}
	r := newReader(append(slices.Clone(w.data), 0), mostAnswer)
	var got T
	field(r, &got)
	if err := r.end(); err == nil {
		t.Errorf("%T: a byte too many is not refused", full)
	}
}

// Every field of every type arrives. A field that is added to a type of procfs and not here
// fails this test.
func TestEveryFieldArrives(t *testing.T) {
	arrives(t, (*coder).snapshot)
	arrives(t, (*coder).process)
	arrives(t, (*coder).thread)
	arrives(t, (*coder).zombiesSeen)
	arrives(t, (*coder).attention)
	arrives(t, (*coder).optFile)
	arrives(t, (*coder).host)
	arrives(t, (*coder).resources)
	arrives(t, (*coder).pidsGroup)
	arrives(t, (*coder).oomFacts)
	arrives(t, (*coder).taskLimits)
	arrives(t, (*coder).addressSpaces)
	arrives(t, (*coder).userNamespaces)
	arrives(t, (*coder).detail)
	arrives(t, (*coder).surveyOf)
	arrives(t, (*coder).familyOf)
	arrives(t, (*coder).sought)
}

// Values that other encodings lose arrive: bytes that are not UTF-8, nil and empty lists,
// extremes.
func TestOddValuesArrive(t *testing.T) {
	for _, text := range []string{"", "\xff\x00\x80", "�", "a", string(make([]byte, 70000))} {
		procfstest.Equal(t, sent(t, []string{text, text}, (*coder).strings), []string{text, text})
	}
	procfstest.Equal(t, sent(t, []string(nil), (*coder).strings), []string(nil))
	procfstest.Equal(t, sent(t, []string{}, (*coder).strings), []string{})
	for _, n := range []int{0, 1, -1, math.MaxInt, math.MinInt} {
		procfstest.Equal(t, sent(t, n, (*coder).int), n)
	}
	for _, n := range []uint64{0, 127, 128, math.MaxUint64} {
		procfstest.Equal(t, sent(t, n, (*coder).uint), n)
	}
	for _, moment := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(2026, 11, 30, 1, 2, 3, 999_999_999, time.UTC)} {
		procfstest.Equal(t, sent(t, moment, (*coder).time), moment)
	}
	for _, why := range absences[1:] {
		procfstest.Equal(t, sent(t, procfs.None[int](why), (*coder).optInt), procfs.None[int](why))
	}
	some := procfs.Some([]string(nil))
	procfstest.Equal(t, sent(t, some, func(c *coder, v *procfs.Opt[[]string]) { opt(c, v, (*coder).strings) }), some)
	empty := map[procfs.NamespaceType]procfs.Opt[uint64]{}
	procfstest.Equal(t, sent(t, empty, (*coder).namespaces), empty)
}

// Data that no coder writes are refused, and use no memory.
func TestRefused(t *testing.T) {
	number := func(n ...byte) []byte { return n }
	huge := number(0xff, 0xff, 0xff, 0xff, 0x0f)
	for name, test := range map[string]struct {
		data []byte
		read func(*coder)
	}{
		"nothing":                       {nil, func(c *coder) { c.int(new(int)) }},
		"a number without an end":       {number(0x80, 0x80), func(c *coder) { c.uint(new(uint64)) }},
		"a number that is too long":     {number(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), func(c *coder) { c.uint(new(uint64)) }},
		"a flag that is 2":              {number(2), func(c *coder) { c.bool(new(bool)) }},
		"a wait status of 33 bits":      {number(0xff, 0xff, 0xff, 0xff, 0x1f), func(c *coder) { c.waitStatus(new(procfs.WaitStatus)) }},
		"an absence that there is not":  {number(byte(len(absences))), func(c *coder) { c.optInt(new(procfs.Opt[int])) }},
		"a list longer than the data":   {append(huge, 1), func(c *coder) { c.ints(new([]int)) }},
		"a list that takes memory":      {append(number(0x80, 0x40), make([]byte, 8192)...), func(c *coder) { c.processes(new([]procfs.Process)) }},
		"a text longer than the data":   {append(number(newText), huge...), func(c *coder) { c.text(new(string)) }},
		"a text that was not sent":      {number(knownText), func(c *coder) { c.text(new(string)) }},
		"a table in no order":           {number(3, 2, 1, 1, 1, 1, 1), func(c *coder) { c.userNamespaces(new(map[uint64]procfs.UserNSOrigin)) }},
		"a table with a key twice":      {number(3, 1, 1, 1, 1, 1, 1), func(c *coder) { c.userNamespaces(new(map[uint64]procfs.UserNSOrigin)) }},
		"a time of 2,000,000,000 ns":    {number(0, 0x80, 0xa8, 0xd6, 0xb9, 7), func(c *coder) { c.time(new(time.Time)) }},
		"a detail that is not there":    {number(0, 1, 2, 2, 2, 0), func(c *coder) { c.completion(new(completion)) }},
		"an error of no kind":           {number(emptyText, 80, emptyText), func(c *coder) { var f failure; c.failure(&f); c.fail("%v", f.error()) }},
		"a nonce that is too long":      {append(number(newText, 0x81, 1), make([]byte, 129)...), func(c *coder) { c.nonce(new(string)) }},
		"another program's first bytes": {append(number(newText, 4), "SSH-"...), func(c *coder) { c.hello(new(Hello)) }},
	} {
		c := newReader(test.data, 1<<20)
		test.read(c)
		var odd *ProtocolError
		if err := c.end(); !errors.As(err, &odd) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Errors arrive with what callers compare, and with their text up to a maximum length.
func TestErrorsArrive(t *testing.T) {
	arrived := func(err error) error {
		f := sent(t, failureOf(err), (*coder).failure)
		return f.error()
	}
	for _, sentinel := range sentinels {
		err := arrived(errors.Join(errors.New("read x"), sentinel))
		var call *CallError
		if !errors.Is(err, sentinel) || !errors.As(err, &call) || call.Text != "read x\n"+sentinel.Error() {
			t.Errorf("%v arrives as %v", sentinel, err)
		}
		for _, other := range sentinels {
			if other != sentinel && errors.Is(err, other) {
				t.Errorf("%v arrives as %v", sentinel, other)
			}
		}
	}
	var unsupported *UnsupportedError
	if err := arrived(&UnsupportedError{"reason", "remedy"}); !errors.As(err, &unsupported) || *unsupported != (UnsupportedError{"reason", "remedy"}) {
		t.Errorf("got %v", err)
	}
	if err := arrived(errors.New(string(make([]byte, 1<<20)))); len(err.Error()) != mostErrorText {
		t.Errorf("%d bytes of text", len(err.Error()))
	}
}
