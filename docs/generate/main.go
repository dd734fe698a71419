// Command generate writes the documents that are made of the code: the reference of
// commands, the manual pages, the keys of json, the rules, what is certain, the pictures,
// and the tables of README.md. With -check it writes nothing, and fails where a document
// is not what the code says.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail where a document is not current")
	root := flag.String("root", ".", "the top folder of the repository")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	documents, err := makeAll(root)
	if err != nil {
		return err
	}
	if check {
		return documents.check(root)
	}
	return documents.write(root)
}

// makeAll makes every document.
func makeAll(root string) (documents, error) {
	if err := plainEnvironment(); err != nil {
		return nil, err
	}
	commands, err := commandsOf(root)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(root)
	if err != nil {
		return nil, err
	}
	all := documents{}
	if err := all.addReference(root, commands); err != nil {
		return nil, err
	}
	all.addManual(commands)
	all.add("docs/json.md", keysDocument(rows))
	all.addRules()
	if err := all.addPictures(root); err != nil {
		return nil, err
	}
	if err := all.addSections(root, "docs/metrics/README.md", map[string]string{"metrics": metricsTable()}); err != nil {
		return nil, err
	}
	return all, all.addSections(root, "README.md", sectionsOf(commands))
}
