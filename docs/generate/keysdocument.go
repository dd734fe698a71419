package main

import (
	"fmt"
	"strings"
)

// keysDocument is docs/json.md.
func keysDocument(k *keySets) string {
	var b strings.Builder
	b.WriteString(generated + `
# The keys of json

` + "`--format json` writes one object a line. A Go template uses the same keys: `--format '{{.HostPID}} {{.Command}}'`." + `
Keys are only ever added. A type in brackets is a list. Text that a process chose is whole in
json; on a terminal it has escapes of json where it could change the screen.

A value that could not be read is ` + "`null`, never zero or empty. `Absent`" + ` then has the key and one of these
words. A template prints ` + "`<no value>`" + ` for it.

| word | meaning |
|---|---|
`)
	for _, a := range k.absences {
		fmt.Fprintf(&b, "| `%s` | %s |\n", a.word, cell(a.meaning))
	}
	for _, s := range shared {
		fmt.Fprintf(&b, "\n## %s\n\n", s.heading)
		k.writeSet(&b, s.keys)
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "\n## %s\n\n", r.title())
		if r.keys == "processKeys" {
			b.WriteString("The " + linkTo("processKeys") + ", and no others.\n")
			continue
		}
		k.writeSet(&b, r.keys)
	}
	return b.String()
}

// linkTo is a link to the section of an embedded struct.
func linkTo(embedded string) string {
	for _, s := range shared {
		if s.keys == embedded {
			return fmt.Sprintf("[%s](#%s)", strings.ToLower(s.heading[:1])+s.heading[1:], anchor(s.heading))
		}
	}
	return embedded
}

// writeSet writes a table of keys, and one for each object among them.
func (k *keySets) writeSet(b *strings.Builder, name string) {
	set := k.sets[name]
	for _, embedded := range set.embeds {
		fmt.Fprintf(b, "The %s, and:\n\n", linkTo(embedded))
	}
	writeKeys(b, set.keys)
	for _, key := range set.keys {
		if object := objects[key.name]; object != "" {
			fmt.Fprintf(b, "\n`%s`:\n\n", key.name)
			k.writeSet(b, object)
		}
	}
}

func writeKeys(b *strings.Builder, keys []key) {
	b.WriteString("| key | type | meaning |\n|---|---|---|\n")
	for _, key := range keys {
		kind := key.kind
		if key.mayBeNull {
			kind += " or null"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key.name, kind, cell(key.meaning))
	}
}
