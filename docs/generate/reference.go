package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// generated is the first line of each page.
const generated = "<!-- Made of the code by make docs. -->\n"

// reading is the document that says how to read what commands write, by hand.
const reading = "docs/reading.md"

// addReference adds a page for each command.
func (d documents) addReference(root string, commands []documented) error {
	explained, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(reading)))
	if err != nil {
		return err
	}
	for _, c := range commands {
		d.add("docs/reference/"+c.file()+".md", c.page(commands, string(explained)))
	}
	return nil
}

// page is the reference of a command. It links to the section about it in what is
// explained, if there is one.
func (c documented) page(all []documented, explained string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# docker %s\n\n%s.\n\n```\n%s\n```\n", generated, c.path, escapeMarkdown(strings.TrimSuffix(c.Short, ".")), c.usage())
	if about := c.about(); about != "" {
		b.WriteString("\n" + markdown(about))
	}
	if children := childrenOf(c, all); len(children) > 0 {
		b.WriteString("\n## Commands\n\n" + commandTable(children, ""))
	}
	if options := c.options(); len(options) > 0 {
		b.WriteString("\n## Options\n\n" + optionTable(options))
	}
	if examples := c.examples(); len(examples) > 0 {
		fmt.Fprintf(&b, "\n## Examples\n\n```\n%s\n```\n", strings.Join(examples, "\n"))
	}
	b.WriteString("\n## Exit status\n\n" + c.statusTable())
	if see := c.see(explained); see != "" {
		b.WriteString("\n## See also\n\n" + see)
	}
	return b.String()
}

// see are the links behind a page.
func (c documented) see(explained string) string {
	var b strings.Builder
	if strings.Contains(explained, "\n## "+c.Name()+"\n") {
		fmt.Fprintf(&b, "- [reading.md](../reading.md#%s): how to read what it writes\n", anchor(c.Name()))
	}
	for _, r := range rowsOf(c.path) {
		fmt.Fprintf(&b, "- [json.md](../json.md#%s): the keys of `--format` for %s\n", anchor(r.title()), r.title())
	}
	if c.HasParent() {
		fmt.Fprintf(&b, "- [docker %s](%s.md)\n", c.Parent().CommandPath(), strings.ReplaceAll(c.Parent().CommandPath(), " ", "_"))
	}
	return b.String()
}

func childrenOf(c documented, all []documented) []documented {
	var children []documented
	for _, other := range all {
		if other.HasParent() && other.Parent() == c.Command {
			children = append(children, other)
		}
	}
	return children
}

// commandTable is a row a command, linked to its page in the folder.
func commandTable(commands []documented, folder string) string {
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "| [`docker %s`](%s%s.md) | %s |\n", c.path, folder, c.file(), cell(c.Short))
	}
	return b.String()
}

func optionTable(options []option) string {
	var b strings.Builder
	b.WriteString("| option | meaning | default |\n|---|---|---|\n")
	for _, o := range options {
		byDefault := ""
		if o.byDefault != "" {
			byDefault = "`" + o.byDefault + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(o.names, "|", "\\|"), cell(o.meaning), byDefault)
	}
	return b.String()
}

func (c documented) statusTable() string {
	var b strings.Builder
	b.WriteString("| status | meaning |\n|---|---|\n")
	for _, m := range c.statuses() {
		meaning := cell(m.Meaning)
		if options := c.having(m.Options); len(options) > 0 {
			meaning += " (only with `" + strings.Join(options, "`, `") + "`)"
		}
		fmt.Fprintf(&b, "| %d | %s |\n", m.Status, meaning)
	}
	return b.String()
}

// cell is text in a cell of a table: lines of help become lines there.
func cell(text string) string {
	return strings.NewReplacer("\n", "<br>", "|", "\\|").Replace(escapeMarkdown(strings.TrimSpace(text)))
}

// escapeMarkdown escapes what Markdown takes for more than text.
func escapeMarkdown(text string) string {
	return strings.NewReplacer("\\", "\\\\", "<", "&lt;", "*", "\\*", "_", "\\_", "[", "\\[", "`", "\\`").Replace(text)
}

// markdown is a description of help: paragraphs are text, and what is lined up by blanks
// stays as it is.
func markdown(about string) string {
	var blocks []string
	for _, block := range strings.Split(about, "\n\n") {
		if block = strings.Trim(block, "\n"); isLinedUp(block) {
			blocks = append(blocks, "```\n"+block+"\n```\n")
		} else {
			blocks = append(blocks, escapeMarkdown(block)+"\n")
		}
	}
	return strings.Join(blocks, "\n")
}

func isLinedUp(block string) bool { return strings.Contains(block, "  ") }

// anchor is the place of a heading in its page, as it is linked.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// sectionsOf are the generated sections of README.md.
func sectionsOf(commands []documented) map[string]string {
	root := commands[0]
	return map[string]string{
		"commands": commandTable(childrenOf(root, commands), "docs/reference/"),
		"statuses": allStatuses(),
	}
}
