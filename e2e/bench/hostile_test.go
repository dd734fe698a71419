//go:build linux

package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
	"testing"
)

// A row is about all commands together, and held against its target is the worst of them.
func TestHostileRow(t *testing.T) {
	found := outcome{times: map[string]*pair{}}
	for range 2 {
		found.add(map[string]float64{"tree": 100, "ns": 20}, map[string]float64{"tree": 100, "ns": 10}, 50e6)
	}
	rows := found.results("a kind")
	if len(rows) != 2 || rows[0].name != "hostile, a kind" || rows[0].pair.ours[1] != 120 || rows[0].pair.peer[1] != 110 {
		t.Fatalf("got %+v", rows)
	}
	if worst := rows[0].worst; worst == nil || worst.name != "ns" || rows[0].verdict() != "MISSED" {
		t.Errorf("the worst is %+v: %s", worst, rows[0].verdict())
	}
	if median(rows[1].pair.ours) != 50 || rows[1].verdict() != "held" {
		t.Errorf("memory is %+v: %s", rows[1], rows[1].verdict())
	}
	var out strings.Builder
	if err := report(&out, rows); err == nil || !strings.Contains(out.String(), "(worst: ns, 2.00)") {
		t.Errorf("error %v, report %s", err, out.String())
	}
}

func TestHostileFiles(t *testing.T) {
	var script bytes.Buffer
	writeChain(&script)
	if n := script.Len(); n > 64<<10 || strings.Count(script.String(), "(){") != chainFunctions {
		t.Errorf("a script of %d bytes is not read, or has not all functions", n)
	}
	var text bytes.Buffer
	writeSameConstants(&text, elf.ET_EXEC)
	var header elf.Header64
	if err := binary.Read(bytes.NewReader(text.Bytes()), binary.LittleEndian, &header); err != nil {
		t.Fatal(err)
	}
	section := func(i int) (s elf.Section64) {
		_ = binary.Read(bytes.NewReader(text.Bytes()[int(header.Shoff)+i*sectionSize:]), binary.LittleEndian, &s)
		return s
	}
	if last := section(manySections - 1); int(header.Shoff)+manySections*sectionSize != text.Len() || last != section(2) || last.Size != rodata {
		t.Errorf("the file has %d bytes, its headers are at %d, the last is %+v", text.Len(), header.Shoff, last)
	}
	if !bytes.HasPrefix(text.Bytes()[section(1).Off:], []byte(".rodata\x00A")) || !bytes.HasPrefix(text.Bytes()[headersSize-len(loader)-1:], []byte(loader+"\x00")) {
		t.Error("names or dynamic linker are not where they should be")
	}
}
